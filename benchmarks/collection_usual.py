"""Daily points: the crews' fixed beats, a plan that starts from them and prices moved stops, a plan that knows no crew.

The beats are the demo city's own rounds of the weekday: each crew's points, of which the day's due ones are driven,
in the best order found in a short time. All three serve the same points on the same forecast roads.
"""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from benchmarks.collection_time_town import Town
from city.collection_problem import CollectionProblem, Due, PointKey
from city.ids import PlanId, TruckId
from city.waste_plans import CollectionPlan
from optimization.collection.planner import plan_routes
from optimization.collection.solution import Solution
from optimization.collection.terrain import Terrain
from optimization.collection.usual import Usual, price_of_calm, stops_kept, usual_start, with_usual
from optimization.result import Infeasible

FIRST_DAY = date(2026, 3, 31)  # the demo city's first day that no department has seen
MADE_AT = datetime(2026, 3, 30, 20, tzinfo=UTC)
LESS_HOURS_PCT, LEAST_SHARE = 5.0, 0.85
BEATS_PRICE = 50_000.0  # per moved stop: crews help out only where a duty would be missed
BEATS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    day: str
    plan: str
    truck_h: float
    shifts: int
    km: float
    missed: int
    stops: int
    share: float
    cost: float


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=3, help="days of the demo city to plan (default 3)")
    parser.add_argument("--first", type=date.fromisoformat, default=FIRST_DAY, help=f"first day (default {FIRST_DAY})")
    parser.add_argument("--moved-stop-min", type=float, help="minutes of a truck's time; default: the product's")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each plan (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the demo city (default 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the demo city: 1 is 300 points, 8 trucks")


def measure(asked: argparse.Namespace) -> Mapping[str, object]:
    town = Town(seed=asked.seed, scale=asked.scale)
    driven: list[Driven] = []
    calm: list[dict[str, object]] = []
    print(f"{'day':<12}{'plan':<8}{'truck-h':>9}{'shifts':>8}{'km':>9}{'missed':>8}{'stops':>7}{'usual %':>9}")
    for number in range(asked.days):
        day = asked.first + timedelta(days=number)
        problem = town.day(day).forecast
        usual = _beats(town, problem, day)
        minutes = asked.moved_stop_min
        price = None if minutes is None else minutes * problem.prices.truck_h / 60
        today = with_usual(problem, usual, moved_stop=price)
        beats = _planned(with_usual(problem, usual, moved_stop=BEATS_PRICE), usual, BEATS_S, asked.seed)
        priced = _planned(today, usual, asked.seconds, asked.seed)
        free = _planned(with_usual(problem, usual, moved_stop=0.0), usual, asked.seconds, asked.seed)
        driven += [_driven(day, name, today, one) for name, one in (("beats", beats), ("calm", priced), ("free", free))]
        calm.append({"day": day.isoformat(), **asdict(price_of_calm(today, priced, free))})
        _show(driven[-3:])
    return {"target": _target(), "reached": _reached(driven), "rows": [asdict(one) for one in driven], "calm": calm}


def _beats(town: Town, problem: CollectionProblem, day: date) -> Usual:
    points = town.world.points.points
    trucks: dict[PointKey, TruckId] = {}
    places: dict[PointKey, tuple[int, int]] = {}
    for beat in town.world.rounds.by_weekday[day.weekday()]:
        for place, number in enumerate(beat.stops):
            key = (points[number].point_id, points[number].stream)
            trucks[key], places[key] = beat.truck.truck_id, (0, place)
    due = {key for key, demand in problem.demand_of.items() if demand.due is not Due.NOT_TODAY}
    return Usual(
        trucks={key: truck for key, truck in trucks.items() if key in due},
        places={key: place for key, place in places.items() if key in due},
    )


def _planned(problem: CollectionProblem, usual: Usual, seconds: float, seed: int) -> CollectionPlan:
    def start(terrain: Terrain, seconds: float) -> Solution:
        return usual_start(terrain, usual, seconds=seconds)

    planned = plan_routes(problem, plan_id=PlanId("day"), made_at=MADE_AT, seed=seed, seconds=seconds, start=start)
    if isinstance(planned, Infeasible):
        raise planned.reasons[0]
    return planned.plan


def _driven(day: date, name: str, problem: CollectionProblem, plan: CollectionPlan) -> Driven:
    cost, kept = dict(plan.cost), stops_kept(problem, plan.routes)
    return Driven(
        day=day.isoformat(),
        plan=name,
        truck_h=round(cost["truck_h"], 2),
        shifts=round(cost["truck_shifts"]),
        km=round(cost["km"], 1),
        missed=round(cost["missed_mandatory_points"]),
        stops=sum(len(route.stops) for route in plan.routes),
        share=round(kept.share, 4),
        cost=round(cost["total_cost"], 1),
    )


def _target() -> dict[str, object]:
    return {"less_truck_h_pct": LESS_HOURS_PCT, "or_shifts_fewer": 1, "least_share": LEAST_SHARE}


def _reached(driven: list[Driven]) -> dict[str, object]:
    total = {
        name: [sum(getattr(one, key) for one in driven if one.plan == name) for key in ("truck_h", "shifts", "missed")]
        for name in ("beats", "calm", "free")
    }
    days = len({one.day for one in driven})
    return {
        "less_truck_h_pct": round(100 * (1 - total["calm"][0] / total["beats"][0]), 2),
        "shifts_fewer_per_day": round((total["beats"][1] - total["calm"][1]) / days, 2),
        "least_share": min(one.share for one in driven if one.plan == "calm"),
        "missed": {name: values[2] for name, values in total.items()},
        "truck_h_of_calm_pct": round(100 * (total["calm"][0] / total["free"][0] - 1), 2),
    }


def _show(driven: list[Driven]) -> None:
    for one in driven:
        print(
            f"{one.day:<12}{one.plan:<8}{one.truck_h:>9.1f}{one.shifts:>8}{one.km:>9.1f}{one.missed:>8}{one.stops:>7}"
            f"{100 * one.share:>9.1f}",
            flush=True,
        )
