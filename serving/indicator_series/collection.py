"""How collection went: completion, overflow, idling, km and kg per truck."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from city.clock import midnight
from city.errors import NotFoundError
from city.frames import BinReadings, Weighings
from city.ids import PlanId
from serving.desk import Desk
from serving.indicator_series.asked import Asked, NotTold, cells_of
from serving.indicator_series.compared import compared
from serving.plan_folder import INDICATORS, folder_of

LATE_TICKETS: Final = timedelta(days=7)
NOT_COMPARED: Final = "No day of these was compared with a published plan: publish plans and run `city compare`."


def overflow_rate(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    name = "waste.overflow_rate"
    since, until = asked.span(asked.starts()[0])[0], asked.span(asked.starts()[-1])[1]
    rows = desk.history.read(BinReadings, as_of=asked.as_of, since=since, until=until).filter("emptied")
    if rows.is_empty():
        return [], [NotTold(indicator_id=name, why="No emptying was recorded in these days.")]
    dated = rows.with_columns(asked.period_of(asked.local_day("read_at")), over=pl.col("fill_level") > 1.0)
    return list(_per_district_and_city(dated, pl.col("over").mean(), pl.len(), name)), []


def kg_per_truck(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    """The service date counts, whenever the ticket was written."""
    name = "waste.kg_per_truck"
    first, after = asked.whole
    since, until = midnight(first - LATE_TICKETS, asked.zone), midnight(after + LATE_TICKETS, asked.zone)
    rows = desk.history.read(Weighings, as_of=asked.as_of, since=since, until=until)
    own = rows.filter((pl.col("service_date") >= first) & (pl.col("service_date") < after))
    if own.is_empty():
        return [], [NotTold(indicator_id=name, why="No weighbridge ticket is of these days.")]
    dated = own.with_columns(asked.period_of(pl.col("service_date")))
    days = pl.struct("truck_id", "service_date").n_unique()
    return list(_per_district_and_city(dated, pl.col("net_kg").sum() / days, days, name)), []


def _per_district_and_city(rows: pl.DataFrame, value: pl.Expr, support: pl.Expr, name: str) -> Iterator[pl.DataFrame]:
    for by in (["start", "district_id"], ["start"]):
        yield cells_of(rows.group_by(by).agg(value=value, support=support), indicator_id=name)


def completion_rate(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    name = "waste.completion_rate"
    rows = [
        {"day": one.day, **{key: line[key] for key in ("district_id", "stops", "done")}}
        for one in compared(desk, asked, "routes")
        for line in one.document["districts"]
        if line["stops"]
    ]
    if not rows:
        return [], [NotTold(indicator_id=name, why=NOT_COMPARED)]
    dated = pl.DataFrame(rows).with_columns(asked.period_of(pl.col("day")))
    share = pl.col("done").sum() / pl.col("stops").sum()
    return list(_per_district_and_city(dated, share, pl.col("stops").sum(), name)), []


def km_per_truck(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    name = "waste.km_per_truck"
    rows = _truck_days(desk, asked)
    if rows.is_empty():
        return [], [NotTold(indicator_id=name, why=NOT_COMPARED)]
    return list(_of_trucks(rows, pl.col("km").mean(), name)), []


def idle_rate(desk: Desk, asked: Asked) -> tuple[list[pl.DataFrame], list[NotTold]]:
    name = "waste.idle_rate"
    trucks = _truck_days(desk, asked)
    if trucks.is_empty():
        return [], [NotTold(indicator_id=name, why=NOT_COMPARED)]
    spent = [row for plan_id in trucks["plan_id"].unique().sort() for row in _hours(desk, PlanId(plan_id))]
    if not spent:
        why = f"The plans that ran have no {INDICATORS} in their folders: they lie where the plans were made."
        return [], [NotTold(indicator_id=name, why=why)]
    rows = trucks.join(pl.DataFrame(spent), on=["plan_id", "truck_id"])
    return list(_of_trucks(rows, pl.col("waiting_h").sum() / pl.col("hours").sum(), name)), []


def _of_trucks(rows: pl.DataFrame, value: pl.Expr, name: str) -> Iterator[pl.DataFrame]:
    """Of a district the trucks all of whose stops lie in it."""
    alone = rows.filter(pl.col("district_id").is_not_null()).group_by("start", "district_id")
    for found in (alone, rows.group_by("start")):
        yield cells_of(found.agg(value=value, support=pl.len()), indicator_id=name)


def _truck_days(desk: Desk, asked: Asked) -> pl.DataFrame:
    rows = [_truck_day(one.day, truck) for one in compared(desk, asked, "routes") for truck in one.document["trucks"]]
    schema = {
        "day": pl.Date, "plan_id": pl.String, "truck_id": pl.String, "district_id": pl.String, "km": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema).with_columns(asked.period_of(pl.col("day")))


def _truck_day(day: date, truck: Mapping[str, Any]) -> dict[str, Any]:
    only = truck["districts"][0] if len(truck["districts"]) == 1 else None
    named = {key: truck[key] for key in ("plan_id", "truck_id")}
    return {"day": day, **named, "district_id": only, "km": float(truck["planned_km"])}


def _hours(desk: Desk, plan_id: PlanId) -> Iterable[dict[str, Any]]:
    try:
        path = folder_of(desk.settings.plans, plan_id) / INDICATORS
        told = json.loads(path.read_text(encoding="utf-8"))["trucks"]
        return [
            {"plan_id": plan_id, "truck_id": str(one["truck_id"]), "waiting_h": float(one["waiting_h"]),
             "hours": float(one["hours"])}
            for one in told
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, NotFoundError):
        return ()
