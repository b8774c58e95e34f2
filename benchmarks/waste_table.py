"""The waste figures for people."""

from typing import Any, cast

Nested = dict[str, Any]


def shown(found: dict[str, object]) -> None:
    for stream, horizons in cast("Nested", found.get("streams", {})).items():
        _amounts(f"{stream}: bin-units if emptied at a given time", horizons)
    cold = cast("Nested", found.get("cold", {}))
    for stream, figures in cold.get("streams", {}).items():
        _amounts(f"{stream}: cold points (fewer than {cold['points_below']} training emptyings)", {"all": figures})
    for kind, streams in cast("Nested", found.get("workload", {})).items():
        for stream, figures in streams.items():
            _amounts(f"{stream}: bin-units per day, {kind}", {"all": figures})
    overflow = cast("Nested", found.get("overflow", {}))
    for stream, figures in ({"all": overflow} | overflow["streams"] if overflow else {}).items():
        print(f"\noverflow at visits made, {stream}")
        for name, value in figures.items():
            if name != "streams":
                print(f"  {name:<36}{_told(value):>10}")
    categories = cast("Nested", found.get("complaints", {})).get("categories", {})
    for category, horizons in categories.items():
        _amounts(f"complaints per day, {category}", horizons)
    rankings = cast("Nested", found.get("choice", {}))
    for ranking, figures in rankings.items():
        print(f"points chosen by {ranking:<18} overflow caught {figures['caught']:.3f}, regret {figures['regret']:.3f}")


def _amounts(title: str, horizons: Nested) -> None:
    baselines = list(horizons["all"]["ratio"])
    print(f"\n{title}; MAE / pinball as ratios to each baseline")
    print(f"  {'days':<6}{'n':>7}{'mae':>9}{'pinball':>9}{'crps':>9}" + "".join(f"{name:>19}" for name in baselines))
    for horizon, figures in horizons.items():
        ratios = (figures["ratio"][name] for name in baselines)
        told = "".join(f"{_told(one['mae']):>10} / {_told(one['pinball'])}" for one in ratios)
        scores = "".join(f"{_told(figures[name]):>9}" for name in ("mae", "pinball", "crps"))
        print(f"  {horizon:<6}{figures['n']:>7}{scores}{told}")
    worse = horizons["all"]["series_worse"]
    if worse["share"] is not None:
        low, high = worse["interval"]
        print(f"  series worse than {worse['than']}: {worse['share']:.2f} ({low:.2f} to {high:.2f})")


def _told(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value}" if isinstance(value, int) else f"{value:.4f}"
