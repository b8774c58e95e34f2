"""The README's tables about forecasts. A results file that is not there leaves its rows out.

Every row: the set, what is forecast, our error, that of the best simple forecast in the same run, their ratio.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]
QUICK = "_quick"
"""How files end of sets that were measured in full as well: the quick figures stand in decision 6."""

STEP_MIN = {"ne_bj_part": 5, "metr_la_10": 5, "scats_vicroads": 15, "scats_boroondara": 15}
PLACES = {
    "ne_bj_part": "Beijing, 500 roads, speed",
    "metr_la_10": "Los Angeles, 10 sensors, speed",
    "scats_vicroads": "Melbourne, flow",
    "scats_boroondara": "Boroondara, one month, flow",
    "bins_ankara": "Ankara, bins",
    "philly_dumping": "Philadelphia, complaints",
    "city": "demo city",
}
SIMPLE = {
    "repeat_last": "last value",
    "historical_average": "average of the slot",
    "ha_ar1": "HA + AR(1)",
    "median_8_same_weekdays": "8 same weekdays",
    "same_weekdays": "same weekdays",
    "same_weekdays_8": "8 same weekdays",
    "same_weekdays_4": "4 same weekdays",
    "last_20": "last 20 emptyings",
    "last_20_mean": "mean of the last 20",
    "lag_7": "a week before",
}
RANKINGS = {
    "fixed_frequency": "usual interval over",
    "longest_unserved": "longest unserved",
    "last_fill": "fullest last time",
}


def documents(folder: Path, pattern: str, key: str) -> Iterator[tuple[str, Document]]:
    """Files of one benchmark that hold `key`, by name."""
    for file in sorted(folder.glob(pattern)):
        found: Document = json.loads(file.read_text("utf-8"))
        if key in found:
            yield file.stem, found


def origin(found: list[Document], command: str) -> str:
    """Which command made the rows, with what."""
    commits = ", ".join(dict.fromkeys(str(one["commit"])[:12] for one in found))
    seeds = ", ".join(dict.fromkeys(str(one["seed"]) for one in found))
    machine = found[0]["machine"]
    return (
        f"\n`{command}`, seed {seeds}, commit {commits}, {machine['cores']} cores, Python {machine['python']}"
        f"{', --quick' if any(one['config'].get('quick') for one in found) else ''}.\n"
    )


def table(heads: str, rows: list[str], found: list[Document], command: str) -> str:
    """Markdown; empty where no row was measured."""
    if not rows:
        return ""
    rule = "|---" * (heads.count("|") - 1) + "|"
    return "\n".join([heads, rule, *rows]) + "\n" + origin(found, command)


def forecasting(folder: Path) -> str:
    every = documents(folder, "forecasting_*.json", "horizons")
    found = [document for name, document in every if not name.endswith(QUICK)]
    rows = [row for document in found for row in _horizons(document)]
    heads = "| set | ahead | MAE | best simple forecast | its MAE | ratio | p10 to p90 covers |"
    return table(heads, rows, found, "python -m benchmarks.forecasting --data ../shared/data/forecasting/SET")


def _horizons(document: Document) -> Iterator[str]:
    name, unit = document["name"], document["unit"]
    for steps, own in document["horizons"].items():
        every = {simple: line[steps]["mae"] for simple, line in document["baselines"].items()}
        best = min(every, key=every.__getitem__)
        yield (
            f"| {PLACES.get(name, name)} | {_ahead(name, int(steps))} | {own['mae']:.2f} {unit} | "
            f"{SIMPLE.get(best, best)} | {every[best]:.2f} | {own['mae'] / every[best]:.2f} | "
            f"{100 * own['coverage_80']:.0f} % |"
        )


def _ahead(name: str, steps: int) -> str:
    if name not in STEP_MIN:
        return f"{steps} steps"
    minutes = steps * STEP_MIN[name]
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:g} h"


def waste(folder: Path) -> str:
    found = dict(documents(folder, "waste_*.json", "config"))
    rows = [row for name, document in found.items() for row in _of_waste(name.removeprefix("waste_"), document)]
    heads = "| set | what, 1 to 7 days ahead | error | best simple forecast | its error | ratio |"
    return table(heads, rows, list(found.values()), "python -m benchmarks.waste")


def _of_waste(name: str, document: Document) -> Iterator[str]:
    place = PLACES.get(name, name)
    for stream, horizons in document.get("streams", {}).items():
        yield _scored(f"{place} | {stream}, found at emptyings, MAE, bin-units", horizons["all"], "mae")
    for stream, figures in document.get("workload", {}).get("points", {}).items():
        yield _scored(f"{place} | {stream}, work per point and day, MAE, bin-units", figures, "mae")
    if overflow := document.get("overflow"):
        yield _row(
            f"{place} | overflow found at visits, Brier score",
            overflow["brier"],
            "rate of the last 60 days",
            overflow["brier_trailing60"],
        )
    for category, horizons in document.get("complaints", {}).get("categories", {}).items():
        label = f"{place} | {category.replace('_', ' ')} per district and day, pinball"
        yield _scored(label, horizons["all"], "pinball")


def _scored(label: str, figures: Document, score: str) -> str:
    """Beside the simple forecast with the least error, which is the one with the largest ratio to it."""
    ratios = {name: one[score] for name, one in figures["ratio"].items()}
    best = max(ratios, key=ratios.__getitem__)
    return _row(label, figures[score], SIMPLE.get(best, best), figures[score] / ratios[best])


def _row(label: str, own: float, simple: str, error: float) -> str:
    return f"| {label} | {own:.3g} | {simple} | {error:.3g} | {own / error:.2f} |"


def choice(folder: Path) -> str:
    """What a third of the points, chosen day by day, would have caught."""
    found = [document for _, document in documents(folder, "waste_*.json", "choice")]
    rows = [
        f"| {RANKINGS.get(name, 'model: ' + name.replace('_', ' '))} | {100 * one['caught']:.0f} % | "
        f"{100 * (1 - one['regret']):.0f} % |"
        for document in found
        for name, one in document["choice"].items()
    ]
    heads = (
        "| demo city, a third of the points visited by | points in need reached | overflow prevented, of what can be |"
    )
    return table(heads, rows, found, "python -m benchmarks.waste --city var")


def speed(folder: Path) -> str:
    """Features, learning from a large history, a tick of the city."""
    rows: list[str] = []
    found: list[Document] = []
    makers: tuple[tuple[str, Callable[[Document], list[str]]], ...] = (
        ("features", _features),
        ("training_size", _training),
        ("training_tick", _tick),
    )
    for name, rows_of in makers:
        for _, document in documents(folder, f"{name}.json", "target"):
            rows += rows_of(document)
            found.append(document)
    heads = "| what | Chengyun | beside it |"
    return table(heads, rows, found, "python -m benchmarks.features`, `python -m benchmarks.training")


def _features(document: Document) -> list[str]:
    own, other = document["ours"], document["mlforecast"]
    what = f"19 lags and rolling figures of {document['rows'] / 1e6:.1f} M rows"
    return [
        f"| {what}, CPU s | {own['cpu_s']:.2f} | mlforecast {other['cpu_s']:.2f} |",
        f"| the same, peak MB | {own['peak_mb']:.0f} | mlforecast {other['peak_mb']:.0f} |",
    ]


def _training(document: Document) -> list[str]:
    reached, cpu_s = document["reached"], document["read"]["cpu_s"] + document["train"]["cpu_s"]
    what = f"a history of {document['rows'] / 1e6:.0f} M rows read and learned from"
    return [
        f"| {what}, CPU s | {cpu_s:.0f} | newest {document['learned_cells'] / 1e6:.1f} M values |",
        f"| the same, peak MB | {reached['peak_mb']:.0f} | at most {document['target']['peak_mb']:.0f} wanted |",
    ]


def _tick(document: Document) -> list[str]:
    tick, detectors = document["tick"], document["config"]["detectors"]
    what = f"next {tick['rows'] // detectors // 4} h of {detectors} detectors in one tick, s"
    return [f"| {what} | {tick['wall_s']:.1f} | at most {document['target']['tick_wall_s']:g} wanted |"]
