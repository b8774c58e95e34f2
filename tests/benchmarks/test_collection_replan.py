"""The benchmark of replanning measures what it says: when so many stops are left, and the worst of its cases."""

import argparse
import random

from benchmarks.collection_replan import LEAST_SHARE, MOST_S, Case, _case, _events, _reached, _when
from city.disturbances import Breakdown, Closure, Late, SiteShut, Urgent
from tests.optimization.collection.driven import driven, started, two_streets
from tests.optimization.collection.towns import made_up_city


def case(**changes: float) -> Case:
    settled: dict[str, object] = {
        "seed": 1, "at": "08:00", "event": "e", "status": "improved", "left": 300, "hit": 20, "wall_s": 1.0,
        "cpu_s": 1.0, "smallest_repair": 10.0, "objective": 9.0, "gain": 1.0, "disturbed": 5, "share": 0.95,
        "dropped_duties": 0, "violations": 0, "rounds": 9,
    }  # fmt: skip
    return Case(**{**settled, **changes})  # type: ignore[arg-type]


def test_a_repair_begins_when_so_many_stops_are_left() -> None:
    problem = two_streets().build()
    plan = driven(problem, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"])

    for left in (0, 2, 4, 6):
        now_s = _when(plan, left)
        assert sum(stop.start_s > now_s for route in plan.routes for stop in route.stops) == left


def test_every_kind_of_event_is_drawn_and_hits_what_is_planned() -> None:
    problem = made_up_city(60, 6, seed=1)
    plan = started(problem)

    drawn = list(_events(problem, plan, _when(plan, 20), random.Random(1), 1))

    assert {type(event) for events in drawn for event in events} == {Breakdown, Late, Closure, Urgent, SiteShut}
    trucks = {route.truck_id for route in plan.routes}
    assert all(event.truck_id in trucks for events in drawn for event in events if isinstance(event, Breakdown | Late))


def test_a_case_is_measured_on_the_answer_and_its_check() -> None:
    problem = made_up_city(60, 6, seed=1)
    plan = started(problem)
    asked = argparse.Namespace(seconds=1.0, seed=1)

    measured = _case(problem, plan, (Breakdown(truck_id=plan.routes[0].truck_id),), _when(plan, 30), asked)

    assert (measured.left, measured.violations) == (30, 0)
    assert measured.gain == round(measured.smallest_repair - measured.objective, 2) >= 0


def test_what_is_reached_is_the_worst_of_all() -> None:
    reached = _reached([case(), case(wall_s=6.0, share=0.8, gain=-1.0, violations=2)])

    assert (reached["most_s"], reached["least_share_untouched"]) == (6.0, 0.8)
    assert (reached["worse_than_smallest_repair"], reached["violations"]) == (1, 2)
    assert MOST_S < 6.0
    assert LEAST_SHARE > 0.8
