"""Advice after a re-plan: taken word by word, the point is served by the day that goes on."""

from dataclasses import replace

from city.collection_problem import CollectionProblem
from city.waste_plans import CollectionPlan, RelaxationKind, Unserved
from optimization.collection.plan_building import cost_terms
from optimization.collection.relaxation import relaxed
from optimization.collection.usual import usual_terms
from tests.optimization.collection.advised import tight_day
from tests.optimization.collection.driven import clock, driven, replanned, started
from tests.optimization.collection.towns import HOUR, Town

BROKEN = (clock(5, 40), "breakdown:T1")
KINDS = ("daily_kg", "payload", "shift", "stops", "throughput", "window")


def missed(plan: CollectionPlan) -> list[Unserved]:
    return [entry for entry in plan.unserved if entry.mandatory]


def repriced(problem: CollectionProblem, plan: CollectionPlan) -> CollectionPlan:
    """The same days at the prices of another problem: overtime begins later where a shift is longer."""
    return replace(plan, cost=(*cost_terms(problem, plan.routes, plan.unserved), *usual_terms(problem, plan.routes)))


def a_late_street() -> Town:
    """T1's stops at 10 to 20 min east of the depot; T2 idles; shifts end at 08:00."""
    town = Town().depot("D").site("S").truck("T1").truck("T2")
    town.trucks = [replace(truck, shift=replace(truck.shift, end_s=8 * HOUR)) for truck in town.trucks]
    for number in range(4):
        town.point(f"A{number + 1}", 6000 + 1000 * number, 0)
    return town


def test_a_stop_that_a_broken_truck_leaves_is_told_how_much_longer_another_would_have_to_work() -> None:
    problem = a_late_street().build()
    plan = driven(problem, T1=["A1 A2 A3 A4"])
    assert missed(replanned(problem, plan, clock(6, 12), "breakdown:T1").plan) == []  # T2 has time for the rest

    late = driven(an_hour_later(problem), T1=["A1 A2 A3 A4"])
    left = missed(replanned(an_hour_later(problem), late, clock(7, 15), "breakdown:T1").plan)

    assert left
    assert {entry.relaxation.kind for entry in left if entry.relaxation} == {RelaxationKind.SHIFT_LATER}
    assert all("It fits with truck T2" in entry.sentence for entry in left)


def an_hour_later(problem: CollectionProblem) -> CollectionProblem:
    """Shifts from 07:00 to 07:40, which one truck needs for the whole street."""
    shift = replace(problem.trucks[0].shift, start_s=7 * HOUR, end_s=clock(7, 40))
    trucks = tuple(replace(truck, shift=shift) for truck in problem.trucks)
    return replace(problem, trucks=trucks)


def test_advice_taken_word_by_word_lets_one_point_more_be_served() -> None:
    taken = worked = 0
    for kind in KINDS:
        problem = tight_day(kind, seed=2)
        plan = started(problem)
        left = missed(replanned(problem, plan, *BROKEN, rounds=0).plan)
        for entry in [one for one in left if one.relaxation is not None][:2]:
            wider = relaxed(problem, entry)
            taken += 1
            # The smallest repair puts points in one by one: where another point gets the room, the search finds more.
            worked += any(
                len(missed(replanned(wider, repriced(wider, plan), *BROKEN, rounds=rounds).plan)) < len(left)
                for rounds in (0, 20)
            )

    assert taken >= 10
    assert worked >= 0.95 * taken
