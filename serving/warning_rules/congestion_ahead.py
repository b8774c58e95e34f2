"""Congestion ahead: where, when, and how sure, from the newest stored congestion index."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from city.congestion_index import CONGESTED, AreaKind
from city.forecasts import CongestionIndexForecasts
from city.frames import TrafficCounts
from city.warning_bounds import WarningBounds
from city.warning_signs import Warned, id_of
from serving.desk import Desk
from serving.stored_issue import newest_issue

WORSE_BY_MIN = 30.0
"""A warning is worse when half an hour more of congestion is expected in its worst area."""
MOST_PARTS = 200
_ORDER = {AreaKind.DISTRICT: 0, AreaKind.CORRIDOR: 1, AreaKind.SEGMENT: 2}
_HALVES = ("before noon", "after noon")


def congestion_ahead(desk: Desk) -> Iterator[Warned]:
    """One warning per district and half day, over all its areas: the district, its corridors, its segments."""
    bounds = desk.settings.warnings
    now = desk.moment(TrafficCounts).at
    rows = _ahead(newest_issue(desk, CongestionIndexForecasts, now), now, bounds)
    zone = pl.col("valid_at").dt.convert_time_zone(desk.zone().key)
    halves = rows.with_columns(day=zone.dt.date(), half=(zone.dt.hour() >= 12).cast(pl.Int8))
    for (district, day, half), part in halves.group_by("district_id", "day", "half", maintain_order=True):
        areas = _areas(part)
        about = (str(district), str(day), str(half))
        yield _warned(desk, about, areas, bounds.congested_probability)


def _ahead(issue: pl.DataFrame, now: datetime, bounds: WarningBounds) -> pl.DataFrame:
    until = now + timedelta(hours=bounds.hours_ahead)
    ends = pl.col("valid_at") + pl.duration(seconds=pl.col("step_s"))
    probable = pl.col("congested_probability") >= bounds.congested_probability - bounds.slack
    inside = (ends > now) & (pl.col("valid_at") < until) & pl.col("area_kind").cast(pl.String).is_in(list(_ORDER))
    return issue.filter(inside & probable).sort("district_id", "valid_at", "area_kind", "area_id")


def _areas(part: pl.DataFrame) -> list[dict[str, Any]]:
    """One per area, the district first, then corridors, then segments, each by how sure it is."""
    step = pl.duration(seconds=pl.col("step_s"))
    minutes = pl.col("congested_probability") * pl.col("step_s") / 60
    worst = pl.col("congested_probability").arg_max()
    rank = pl.col("area_kind").cast(pl.String).replace_strict(_ORDER, return_dtype=pl.Int8)
    found = part.group_by("area_kind", "area_id").agg(
        begins_at=pl.col("valid_at").min(),
        ends_at=(pl.col("valid_at") + step).max(),
        peak_at=pl.col("valid_at").get(worst),
        probability=pl.col("congested_probability").max(),
        index=pl.col("index_p50").max(),
        minutes=minutes.sum(),
        issued_at=pl.col("issued_at").first(),
        model=pl.col("model").first(),
    )
    ordered = found.with_columns(rank=rank).sort("rank", "probability", "area_id", descending=[False, True, False])
    return ordered.to_dicts()


def _warned(desk: Desk, about: tuple[str, str, str], areas: list[dict[str, Any]], bound: float) -> Warned:
    district, day, half = about
    worst = max(areas, key=lambda one: (one["probability"], -one["rank"]))
    counted = Counter(str(one["area_kind"]) for one in areas)
    corridors, segments = counted[AreaKind.CORRIDOR], counted[AreaKind.SEGMENT]
    begins, ends = min(one["begins_at"] for one in areas), max(one["ends_at"] for one in areas)
    minutes = max(one["minutes"] for one in areas)
    return Warned(
        warning_id=id_of("forecasts", "congestion-ahead", *about),
        source="forecasts",
        cause="congestion-ahead",
        subject=f"district {district}, {day} {_HALVES[int(half)]}",
        sentence=f"Congestion ({CONGESTED.words} or worse) is expected in district {district} on {day}, "
        f"{_clock(desk, begins)}-{_clock(desk, ends)}: {_counted(counted)}. Surest: {worst['area_kind']} "
        f"{worst['area_id']} at {_clock(desk, worst['peak_at'])}, probability {worst['probability']:.0%}, "
        f"{worst['index']:.2f} times the free-flow time. "
        f"Cause: forecast {worst['model']} of {_clock(desk, worst['issued_at'])}.",
        todo="Look at the hours with `city index`; plan them with `city plan signals --district "
        f"{district}`, or tell the officers on duty.",
        district_id=district,
        begins_at=begins,
        ends_at=ends,
        figures=(
            ("probability", round(worst["probability"], 4)),
            ("index_p50", round(max(one["index"] for one in areas), 3)),
            ("corridors", float(corridors)),
            ("segments", float(segments)),
            ("expected_min", round(minutes, 1)),
        ),
        parts=tuple(_part(desk, one) for one in areas[:MOST_PARTS]),
        severity=minutes,
        worse_by=WORSE_BY_MIN,
        opens=worst["probability"] >= bound,
    )


def _counted(counted: Mapping[str, int]) -> str:
    parts = ["the district as a whole"] if counted.get(AreaKind.DISTRICT) else []
    for kind in (AreaKind.CORRIDOR, AreaKind.SEGMENT):
        number = counted.get(kind, 0)
        parts += [f"{number} {kind.value}{'s' if number > 1 else ''}"] if number else []
    return " and ".join(parts)


def _part(desk: Desk, one: dict[str, Any]) -> str:
    return (
        f"{one['area_kind']} {one['area_id']} {_clock(desk, one['begins_at'])}-{_clock(desk, one['ends_at'])} "
        f"(probability {one['probability']:.0%})"
    )


def _clock(desk: Desk, moment: datetime) -> str:
    return f"{moment.astimezone(desk.zone()):%H:%M}"
