"""What a plan must do: serve what can be served, say why not otherwise, keep breaks, nights and deadlines."""

import time
from dataclasses import replace

import pytest

from city.collection_problem import CollectionProblem, Due
from city.documents import from_json, to_json
from city.errors import BrokenRuleError, InvalidValueError, SeveralErrors, UnknownIdError
from city.waste import ServiceKind, ServiceRule, Shift, Stream, TimeWindow
from city.waste_plans import CollectionPlan, Reason
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.collection.search import Report, RoutingTask
from optimization.collection.solution import Solution
from optimization.collection.start import insert_leftovers, start_solution
from optimization.collection.terrain import Terrain, terrain
from optimization.patience import Patience
from optimization.result import Infeasible, Result
from tests.optimization.collection.towns import HOUR, MADE_AT, NIGHT, PLAN, Town, carries, made_up_city
from tests.optimization.collection.turns import by_turns

TOO_SHORT_FOR_THE_SOLVER = 1.0


def planned(problem: CollectionProblem, seconds: float = TOO_SHORT_FOR_THE_SOLVER) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=seconds)
    assert isinstance(result, Result)
    assert check_plan(result.plan, problem).findings == ()
    return result.plan


def town() -> Town:
    return Town().depot("D").site("S", 3000, 0)


def test_loads_beyond_the_payload_take_as_many_trips_as_they_must() -> None:
    problem = town().truck("T", payload_kg=250.0)
    for number in range(6):
        problem.point(f"P{number}", 1000, 100.0 * number)

    plan = planned(problem.build())

    assert len(plan.routes[0].trips) == 3
    assert plan.unserved == ()


def test_volume_counts_with_compaction_and_kg_with_payload() -> None:
    def trips(compaction: float) -> int:
        bodies = tuple(
            type(body)(streams=body.streams, body_m3=2.0, compaction_ratio=compaction)
            for body in carries(Stream.RESIDUAL)
        )
        problem = town().truck("T", compartments=bodies)
        for number in range(4):
            problem.point(f"P{number}", 1000, 100.0 * number, m3=1.0)
        return len(planned(problem.build()).routes[0].trips)

    assert trips(1.0) == 2
    assert trips(2.0) == 1


def test_the_break_lies_inside_its_window_and_takes_its_time() -> None:
    window = TimeWindow(start_s=8 * HOUR, end_s=9 * HOUR)
    shift = Shift(start_s=6 * HOUR, end_s=14 * HOUR, break_s=2700, break_window=window)
    problem = town().truck("T", shift=shift)
    for number in range(8):
        problem.point(f"P{number}", 2000, 700.0 * number, service_s=1500)

    taken = planned(problem.build()).routes[0].break_taken

    assert taken is not None
    assert window.start_s <= taken.start_s <= window.end_s
    assert taken.end_s - taken.start_s == 2700


def test_a_day_that_ends_before_the_break_needs_none() -> None:
    window = TimeWindow(start_s=10 * HOUR, end_s=12 * HOUR)
    shift = Shift(start_s=6 * HOUR, end_s=14 * HOUR, break_s=2700, break_window=window)

    plan = planned(town().truck("T", shift=shift).point("P", 1000, 0).build())

    assert plan.routes[0].break_taken is None


def test_a_night_shift_runs_past_midnight_into_windows_and_sites_of_the_next_morning() -> None:
    early = TimeWindow(start_s=2 * HOUR, end_s=4 * HOUR)
    problem = Town().depot("D").site("S", 3000, 0, windows=(TimeWindow(start_s=3 * HOUR, end_s=20 * HOUR),))
    problem.truck("T", shift=Shift(start_s=21 * HOUR, end_s=30 * HOUR))
    problem.point("late", 1000, 0, windows=(NIGHT,)).point("early", 2000, 0, windows=(early,))

    route = planned(problem.build()).routes[0]

    starts = {stop.point_id: stop.start_s for stop in route.stops}
    assert 21 * HOUR <= starts["late"] <= 30 * HOUR  # type: ignore[index]
    assert 26 * HOUR <= starts["early"] <= 28 * HOUR  # type: ignore[index]
    assert route.trips[-1].tip is not None
    assert route.trips[-1].tip.start_s >= 27 * HOUR
    assert route.return_s <= 30 * HOUR


def test_a_truck_changes_stream_only_over_a_tip_and_a_wash() -> None:
    def routes(wash_s: int | None) -> CollectionPlan:
        both = carries(Stream.RESIDUAL, Stream.KITCHEN)
        problem = town().truck("T", compartments=both, wash_s=wash_s)
        return planned(problem.point("R", 1000, 0).point("K", 1000, 100, stream=Stream.KITCHEN).build())

    washed, forbidden = routes(900), routes(None)

    first, second = washed.routes[0].trips
    assert first.tip is not None
    assert second.stops[0].arrive_s - first.tip.depart_s >= 900
    assert len(forbidden.routes[0].trips) == 1
    assert len(forbidden.unserved) == 1
    assert forbidden.unserved[0].mandatory


def test_several_visits_a_day_each_have_their_own_window() -> None:
    morning, evening = TimeWindow(start_s=7 * HOUR, end_s=8 * HOUR), TimeWindow(start_s=12 * HOUR, end_s=13 * HOUR)
    twice = ServiceRule(kind=ServiceKind.DAILY, times_per_day=2)

    plan = planned(town().truck().point("P", 1000, 0, kg=100.0, rule=twice, windows=(evening, morning)).build())

    stops = sorted(plan.routes[0].stops, key=lambda stop: stop.start_s)
    assert [stop.kg for stop in stops] == [50.0, 50.0]
    assert morning.start_s <= stops[0].start_s <= morning.end_s
    assert evening.start_s <= stops[1].start_s <= evening.end_s


def test_a_point_that_may_wait_is_served_only_where_leaving_it_costs_more() -> None:
    problem = (
        town()
        .truck()
        .point("daily", 1000, 0)
        .point("dear", 1000, 100, price=50.0)
        .point("cheap", 1000, 9000, price=5.0)
    )

    plan = planned(problem.build())

    assert {stop.point_id for stop in plan.routes[0].stops} == {"daily", "dear"}
    assert [(entry.point_id, entry.reason, entry.mandatory) for entry in plan.unserved] == [
        ("cheap", Reason.NOT_WORTH_IT, False)
    ]
    assert "priced 5.0" in plan.unserved[0].sentence


def test_no_truck_goes_out_for_points_that_are_not_worth_its_shift() -> None:
    plan = planned(town().truck().point("A", 1000, 0, price=90.0).point("B", 1100, 0, price=90.0).build())

    assert plan.routes == ()
    assert len(plan.unserved) == 2


def test_caps_and_throughput_of_a_site_send_trucks_elsewhere() -> None:
    near = Town().depot("D").site("near", 1000, 0, daily_cap_kg=150.0).site("far", 9000, 0).truck("T", payload_kg=100.0)
    near.point("A", 500, 0).point("B", 500, 100)
    slow = Town().depot("D").site("S", 1000, 0, throughput_kg_h=120.0).truck("T", payload_kg=100.0)
    slow.point("A", 500, 0).point("B", 500, 100)

    by_cap, by_hour = planned(near.build()), planned(slow.build())

    assert {trip.tip.site_id for trip in by_cap.routes[0].trips if trip.tip} == {"near", "far"}
    hours = [trip.tip.start_s // HOUR for trip in by_hour.routes[0].trips if trip.tip]
    assert len(set(hours)) == 2


LATE = (TimeWindow(start_s=18 * HOUR, end_s=19 * HOUR),)
BOTH = carries(Stream.RESIDUAL, Stream.GLASS)
UNSERVABLE: dict[Reason, tuple[Town, str]] = {
    Reason.NO_TRUCK_FOR_STREAM: (town().truck().point("P", 1, 0, stream=Stream.GLASS), "licensed for glass"),
    Reason.NO_SITE_FOR_STREAM: (
        Town()
        .depot("D")
        .site("S", streams=(Stream.RESIDUAL,))
        .truck(compartments=BOTH)
        .point("P", 1, 0, stream=Stream.GLASS),
        "None of 1 sites accepts glass",
    ),
    Reason.TOO_LARGE: (town().truck().point("P", 1, 0, kg=5001.0), "5001 kg"),
    Reason.WINDOW_OUTSIDE_SHIFTS: (town().truck().point("P", 1, 0, windows=LATE), "18:00-19:00"),
    Reason.ACCESS: (town().truck().point("P", 1, 0, max_height_m=2.0), "3.2 m high"),
    Reason.NO_TIME: (town().truck().point("P", 150_000, 0), "even with nothing else to do"),
    Reason.NO_CAPACITY: (Town().depot("D").site("S", daily_cap_kg=150.0).truck().point("P", 1, 0), "100 kg"),
}


@pytest.mark.parametrize("reason", UNSERVABLE)
def test_an_unserved_point_says_why_with_the_numbers(reason: Reason) -> None:
    place, numbers = UNSERVABLE[reason]

    plan = planned(
        replace(place, at=dict(place.at), points=[*place.points], demand=[*place.demand]).point("Q", 1, 0).build()
    )

    assert [(entry.reason, entry.mandatory) for entry in plan.unserved] == [(reason, True)]
    assert numbers in plan.unserved[0].sentence
    assert len(plan.routes[0].stops) == 1


def test_where_nothing_that_must_be_served_can_be_there_is_no_plan_but_the_reasons() -> None:
    problem = town().truck().point("P", 1, 0, kg=5001.0).point("Q", 150_000, 0).build()

    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)

    assert isinstance(result, Infeasible)
    assert [str(reason).split(":")[0] for reason in result.reasons] == ["Point P (residual)", "Point Q (residual)"]


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_that_is_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidValueError, match="seconds"):
        plan_routes(town().truck().point("P", 1, 0).build(), plan_id=PLAN, made_at=MADE_AT, seconds=seconds)


def test_a_point_without_a_way_is_left_and_the_others_are_served() -> None:
    plan = planned(town().truck().point("P", 1, 0).point("Q", 2, 0).build(cut_off=("P",)))

    assert [(entry.point_id, entry.reason) for entry in plan.unserved] == [("P", Reason.NO_WAY)]
    assert [stop.point_id for stop in plan.routes[0].stops] == ["Q"]


def test_however_little_time_there_is_what_must_be_served_and_can_be_is_served() -> None:
    solution = Solution(terrain=terrain(made_up_city(20, 8, seed=1)))
    tasks = solution.terrain.tasks
    assert any(tasks[number].must for number in solution.left)

    insert_leftovers(solution, Patience(-1.0))

    assert [number for number in solution.left if tasks[number].must] == []


def test_what_makes_a_problem_meaningless_is_raised_at_once_in_sentences() -> None:
    with pytest.raises(SeveralErrors) as nothing:
        Town().depot("D").build()
    assert [type(error) for error in nothing.value.errors] == [BrokenRuleError] * 3

    with pytest.raises(UnknownIdError, match="Truck T: there is no depot 'X'"):
        town().truck("T", depot_id="X").point("P", 1, 0).build()
    with pytest.raises(BrokenRuleError, match="Site S: it is defined 2 times"):
        town().site("S").truck().point("P", 1, 0).build()
    with pytest.raises(BrokenRuleError, match=r"Point P \(residual\): it is defined 2 times in different ways"):
        town().truck().point("P", 1, 0).point("P", 1, 0, service_s=1).build()


def test_a_hundred_copies_of_a_point_are_one_point_and_said_so() -> None:
    problem = town().truck()
    for _ in range(100):
        problem.point("P", 1000, 0)

    plan = planned(problem.build())

    assert len(plan.routes[0].stops) == 1
    assert any("Point P (residual) is listed 100 times" in sentence for sentence in plan.assumed)


def test_a_plan_reads_back_from_json_as_it_was() -> None:
    plan = planned(made_up_city(20, 4, seed=3))

    assert from_json(CollectionPlan, to_json(plan), "plan.json") == plan


def stalls(_task: RoutingTask, _report: Report) -> None:
    """A solver that hangs."""
    time.sleep(60)


def crashes(task: RoutingTask, _report: Report) -> None:
    raise MemoryError(len(task.start))


def test_a_solver_that_stalls_is_killed_and_the_start_is_returned_on_time() -> None:
    problem = made_up_city(30, 4, seed=2)
    began = time.monotonic()

    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=4, engine=stalls)

    assert time.monotonic() - began < 5.5
    assert isinstance(result, Result)
    assert result.status == "start"
    assert "stopped after" in result.plan.degraded[0]
    assert check_plan(result.plan, problem).ok


def test_a_solver_that_crashes_leaves_the_start_and_its_words() -> None:
    result = plan_routes(made_up_city(30, 4, seed=2), plan_id=PLAN, made_at=MADE_AT, seconds=60, engine=crashes)

    assert isinstance(result, Result)
    assert "MemoryError: 4" in result.plan.degraded[0]


def nearest_first(ground: Terrain, seconds: float) -> Solution:
    return start_solution(ground, seconds=seconds)


def test_the_solver_improves_on_the_start_and_never_falls_behind_it() -> None:
    problem = made_up_city(60, 4, seed=4)

    result = plan_routes(
        problem, plan_id=PLAN, made_at=MADE_AT, seconds=600, start=nearest_first, engine=by_turns, cores=1
    )

    assert isinstance(result, Result)
    assert result.status == "optimised"
    assert result.objective < dict(result.work)["start_objective"]
    assert dict(result.plan.cost)["total_cost"] == pytest.approx(result.objective)
    assert dict(result.plan.provenance.work)["iterations"] > 1000
    assert all(problem.demand_of[entry.point_id, entry.stream].due is Due.MAY for entry in result.plan.unserved)
