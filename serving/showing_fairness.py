"""Fairness between districts as tables for a person."""

from zoneinfo import ZoneInfo

from serving.fairness import FairnessReport, Gap
from serving.terminal import Column, Terminal

DISTRICTS = (
    Column("district"),
    Column("visits made", "of those asked for", number=True),
    Column("overflows", "of visits", number=True),
    Column("90 % interval"),
    Column("response", "h, median", number=True),
    Column("complaints", number=True),
    Column("propensity", "city = 1", number=True),
    Column("complains"),
)
GAPS = (
    Column("measure"),
    Column("worst district"),
    Column("there", number=True),
    Column("city", number=True),
    Column("gap", number=True),
    Column("beyond chance"),
)
FINE = 0.0995
"""Below this a share is told with one decimal."""


def show_fairness(speak: Terminal, report: FairnessReport, clock: ZoneInfo) -> None:
    first, last = (moment.astimezone(clock) for moment in (report.since, report.until))
    speak.table(
        f"What each district got, {first:%Y-%m-%d} to {last:%Y-%m-%d}",
        DISTRICTS,
        [
            (
                one.district_id,
                _share(one.completion),
                _share(one.overflow_rate),
                "-" if one.overflow_low is None else f"{_share(one.overflow_low)} to {_share(one.overflow_high)}",
                "-" if one.response_median_h is None else f"{one.response_median_h:.1f}",
                one.complaints,
                "-" if one.propensity is None else f"{one.propensity:.2f}",
                "little" if one.quiet else "",
            )
            for one in report.districts
        ],
    )
    if report.gaps:
        speak.table("The worst district's gap", GAPS, [_gap(one) for one in report.gaps])
    for note in report.notes:
        speak.note(note)


def _gap(one: Gap) -> tuple[object, ...]:
    shares = one.unit == "share"
    chance = "-" if one.beyond_chance is None else "yes" if one.beyond_chance else "no"
    values = [
        _share(value) if shares else f"{value:.3g} {one.unit}".strip() for value in (one.value, one.city, one.gap)
    ]
    return (one.measure.replace("_", " "), one.worst + (" (complains little)" if one.quiet else ""), *values, chance)


def _share(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if value < FINE or value > 1 - FINE else f"{value:.0%}"
