"""Overflow ahead: which points, when, and how sure, unless a published route is there before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from city.clock import at_second, zone
from city.documents import from_json
from city.driven import progress_of
from city.forecasts import EmptyingForecasts, FillForecasts
from city.frames import BinReadings
from city.warning_bounds import WarningBounds
from city.warning_signs import Warned, id_of
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.stored_issue import newest_issue

MOST_PARTS = 500
LEAST_STEP, STEP_SHARE = 2.0, 0.25
"""A warning is worse when two more points, or a quarter more, are expected to overflow."""
KEY = ("point_id", "stream")
Visits = dict[tuple[str, str], list[datetime]]


def overflow_ahead(desk: Desk) -> Iterator[Warned]:
    """One warning per district, over all its points."""
    bounds = desk.settings.warnings
    now = desk.moment(BinReadings).at
    found = pl.concat([_by_fill(desk, now, bounds), _by_visit(desk, now, bounds)])
    visits = planned_visits(desk, now)
    first = [one for one in found.sort("at", *KEY).iter_rows(named=True) if not _is_averted(one, visits, now)]
    for district in sorted({one["district_id"] for one in first}):
        points = [one for one in first if one["district_id"] == district]
        yield _warned(desk, district, points, bounds.overflow_probability)


def _by_fill(desk: Desk, now: datetime, bounds: WarningBounds) -> pl.DataFrame:
    """Of each point the first moment at which it is more likely over than the bound, if nobody comes."""
    issue = newest_issue(desk, FillForecasts, now)
    until = now + timedelta(hours=bounds.hours_ahead)
    least = bounds.overflow_probability - bounds.slack
    ahead = issue.filter((pl.col("valid_at") > now) & (pl.col("valid_at") <= until))
    likely = ahead.filter(pl.col("overflow_probability") >= least).sort("valid_at")
    return likely.group_by(KEY, maintain_order=True).agg(
        pl.col("district_id").first(),
        pl.col("valid_at").first().alias("at"),
        pl.col("overflow_probability").max().alias("probability"),
        pl.col("issued_at").first(),
        pl.col("model").first(),
    )


def _by_visit(desk: Desk, now: datetime, bounds: WarningBounds) -> pl.DataFrame:
    """Points without a forecast by the hour: over before the next visit that the timetable expects."""
    until = now + timedelta(hours=bounds.hours_ahead)
    told = newest_issue(desk, FillForecasts, now).select(KEY).unique()
    issue = newest_issue(desk, EmptyingForecasts, now).join(told, on=list(KEY), how="anti")
    least = bounds.overflow_probability - bounds.slack
    due = pl.col("next_visit") & (pl.col("emptied_at") > now) & (pl.col("emptied_at") <= until)
    likely = issue.filter(due & (pl.col("overflow_before_probability") >= least))
    return likely.select(
        *KEY, "district_id", at="emptied_at", probability="overflow_before_probability", issued_at="issued_at",
        model="model",
    )  # fmt: skip


def planned_visits(desk: Desk, now: datetime) -> Visits:
    """When the published routes of yesterday, today and tomorrow serve each point; what was skipped is no visit."""
    today = desk.local_date(now)
    visits: Visits = {}
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        for plan_id in sorted(set(desk.ledger.life.in_force("routes", day).values())):
            plan = from_json(CollectionPlan, desk.ledger.plan(plan_id).document, f"Plan {plan_id}")
            driven = progress_of(plan, desk.ledger.feedback.of(plan_id))
            for route in plan.routes:
                for stop, told in zip(route.stops, driven[route.truck_id].stops, strict=True):
                    if told.outcome in ("open", "done"):
                        at = told.at or at_second(plan.service_date, stop.start_s, zone(plan.time_zone))
                        visits.setdefault((stop.point_id, stop.stream.value), []).append(at)
    return visits


def _is_averted(one: dict[str, Any], visits: Visits, now: datetime) -> bool:
    """Somebody comes, or came after the forecast was made, before it overflows."""
    began = min(one["issued_at"], now)
    return any(began < at <= one["at"] for at in visits.get((one["point_id"], one["stream"]), ()))


def _warned(desk: Desk, district: str, points: list[dict[str, Any]], bound: float) -> Warned:
    surest = max(points, key=lambda one: one["probability"])
    expected = sum(one["probability"] for one in points)
    begins = points[0]["at"]
    many = f"{len(points)} points" if len(points) > 1 else f"Point {points[0]['point_id']}"
    return Warned(
        warning_id=id_of("forecasts", "overflow-ahead", district),
        source="forecasts",
        cause="overflow-ahead",
        subject=f"district {district}",
        sentence=f"{many} of district {district} will probably overflow from {_at(desk, begins)} on, and no published "
        f"route is there before. Surest: {_part(desk, surest)}. Cause: forecast {surest['model']} of "
        f"{_at(desk, surest['issued_at'])}.",
        todo=f"Plan them with `city plan routes --district {district}`, or send a truck with `city replan routes`.",
        district_id=district,
        begins_at=begins,
        figures=(
            ("points", float(len(points))),
            ("expected_points", round(expected, 2)),
            ("probability", round(float(surest["probability"]), 4)),
        ),
        parts=tuple(_part(desk, one) for one in points[:MOST_PARTS]),
        severity=expected,
        worse_by=max(LEAST_STEP, STEP_SHARE * expected),
        opens=bool(surest["probability"] >= bound),
    )


def _part(desk: Desk, one: dict[str, Any]) -> str:
    return f"point {one['point_id']} ({one['stream']}) {_at(desk, one['at'])}, probability {one['probability']:.0%}"


def _at(desk: Desk, moment: datetime) -> str:
    return f"{moment.astimezone(desk.zone()):%Y-%m-%d %H:%M}"
