"""The report of a simulated life as one document, and the sums that people look at first."""

from typing import Any, Final

from city.documents import encode
from features.sources.synthetic.world import CITY_NAME
from serving.simulation.scores import Scores, rows_of

TableRow = tuple[str, float | None, float | None]
_SUMS: Final = (
    ("km, all points", "km"),
    ("km, by-fill points", "by_fill_km"),
    ("km, daily points", "daily_km"),
    ("truck-hours", "hours"),
    ("truck-hours, daily points", "daily_h"),
    ("truck-shifts", "shifts"),
    ("visits to by-fill points", "visits"),
    ("of them after an overflow", "late_visits"),
    ("share after an overflow", "overflow"),
    ("full hours above the brim, by-fill points", "overflow_h"),
    ("full hours above the brim, daily points", "daily_overflow_h"),
    ("complaints about waste", "complaints"),
    ("trips heavier than the truck may carry", "heavy_trips"),
    ("delay, vehicle-hours", "delay_h"),
    ("delay, s per vehicle", "delay_s"),
    ("vehicles that turned elsewhere", "turned_off"),
)
_NOTES: Final = (
    (
        "Fixed rounds: our own router on average fill; one brim for all points, the highest at which no more "
        "visits come after an overflow than in our own life (chosen with hindsight)."
    ),
    (
        "Fixed programs: Webster's cycle and splits on average counts of the four weeks before, for workdays and free "
        "days and six times of day, at every junction for itself."
    ),
    (
        "Delay: vehicles one by one in vertical queues before the real lamps, coming at random moments. Whoever finds "
        "a queue of a quarter of an hour turns elsewhere and counts as having lost so long. There are no platoons: "
        "offsets gain nothing, and what a common cycle costs is paid."
    ),
    (
        "A plan runs by traffic where the junction's record says that its controller does (mode actuated), no "
        "countdown promises its greens and detectors watch; elsewhere it runs as fixed lamps. The other figure is that "
        "of all junctions where at most the record's mode is in the way."
    ),
    "Km and hours of a stop: the way to it and the work there; ways to sites and home are shared by a trip's stops.",
    (
        "Crews of every policy leave late, miss stops and break down by the same draws; demand, incidents and weather "
        "are the same too."
    ),
)


def document_of(scores: Scores) -> dict[str, Any]:
    lived = scores.lived
    return {
        "city": CITY_NAME,
        "size": encode(lived.size),
        "first_day": lived.days[0].day.isoformat(),
        "last_day": lived.days[-1].day.isoformat(),
        "targets": [encode(one) for one in scores.targets()],
        "ours": scores.ours,
        "fixed": scores.theirs,
        "of_old": scores.of_old,
        "signals": encode(scores.signals),
        "fixed_rounds": {
            "brim": scores.fixed.brim,
            "by_fill_visits_a_week": scores.fixed.visits_a_week,
            "tried": [{"brim": brim, "overflow": share} for brim, share in scores.fixed.tried],
        },
        "skills": [
            encode(one)
            | {
                "coverage": one.coverage,
                "mae": one.error / max(one.values, 1),
                "mae_beside_simple": one.error_beside / max(one.simple_values, 1),
                "simple_mae": one.simple_error / max(one.simple_values, 1),
            }
            for one in scores.skills()
        ],
        "learned": [
            {"day": day, "model": what, "promoted": promoted, "reason": why}
            for day, what, promoted, why in lived.learned
        ],
        "seconds": lived.seconds,
        "days": rows_of(scores),
        "notes": list(_NOTES),
    }


def sum_rows(scores: Scores) -> list[TableRow]:
    ours, fixed, signals = scores.ours, scores.theirs, scores.signals
    count = f"{signals.with_detectors} of {signals.junctions} junctions"
    return [
        *((words, ours[name], fixed[name]) for words, name in _SUMS),
        ("delay, s per vehicle, plans as fixed lamps", signals.fixed_lamps_s, fixed["delay_s"]),
        (f"delay, s per vehicle, if traffic ran the plans at {count}", signals.by_traffic_s, fixed["delay_s"]),
    ]
