"""Outcome lines put together: sums of counts, means weighed by how many values stand behind them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Line = Mapping[str, Any]
COUNTS: Final = ("rows", "below", "above", "simple_rows", "champion_rows")
BY_ROWS: Final = ("mae", "bias", "pinball", "truth_mean")
BY_SIMPLE_ROWS: Final = ("simple_mae", "mae_beside_simple")


def summed(lines: Iterable[Line], by: Sequence[str]) -> list[dict[str, Any]]:
    """Lines of forecasts, one for each combination of `by`, in order; `days` counts those that stand behind it."""
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(tuple(str(line[name]) for name in by), []).append(line)
    return [
        {**dict(zip(by, key, strict=True)), **_together(groups[key])}
        for key in sorted(groups, key=lambda key: tuple(map(in_order, key)))
    ]


def _together(lines: Sequence[Line]) -> dict[str, Any]:
    counts = {name: sum(line[name] for line in lines) for name in COUNTS}
    means: dict[str, float | None] = {name: _weighed(lines, name, "rows") for name in BY_ROWS}
    means |= {name: _weighed(lines, name, "simple_rows") for name in BY_SIMPLE_ROWS}
    return {**counts, **means, "days": len({line["day"] for line in lines if "day" in line})}


def _weighed(lines: Iterable[Line], name: str, weight: str) -> float | None:
    told = [(line[name], line[weight]) for line in lines if line[weight] and line[name] is not None]
    total = sum(rows for _, rows in told)
    return sum(value * rows for value, rows in told) / total if total else None


def coverage_of(line: Line) -> float:
    """Share of the truths that came out between p10 and p90; 0.8 is what was promised."""
    return float(1.0 - (line["below"] + line["above"]) / line["rows"])


def skill_of(line: Line) -> float | None:
    """1 - error over the simple rule's error, on the same values; None where that says nothing."""
    if not line["simple_mae"] or line["mae_beside_simple"] is None:
        return None
    return float(1.0 - line["mae_beside_simple"] / line["simple_mae"])


def in_order(text: str) -> tuple[float, str]:
    """'6-12 h' before '12-24 h', 'day 2' before 'day 10'."""
    digits = "".join(letter if letter.isdigit() else " " for letter in text).split()
    is_horizon = text.endswith(" h") or text.startswith(("day ", "over "))
    return (float(digits[0]) + 0.5 * text.startswith("over"), text) if is_horizon and digits else (-1.0, text)
