"""A day after something went wrong: what has begun stays, the rest changes no more than pays."""

from dataclasses import replace

from city.collection_problem import CollectionProblem
from city.disturbances import event_of
from city.waste import EndLoaded, Shift, TimeWindow
from city.waste_plans import CollectionPlan, Reason
from optimization.collection.replan import replan
from optimization.result import Infeasible
from tests.optimization.collection.driven import (
    AGAIN,
    clock,
    driven,
    order,
    replanned,
    route,
    stop,
    two_streets,
)
from tests.optimization.collection.towns import MADE_AT, Town

# Both trucks leave at 6:00; they serve stops at 6:01:40, 6:04:20, 6:07:00 and 6:09:40, a minute each.
SECOND_STOP = clock(6, 4, 30)
BOTH = {"T1": ["A1 A2 A3 A4"], "T2": ["B1 B2 B3 B4"]}


def streets() -> tuple[CollectionProblem, CollectionPlan]:
    problem = two_streets().build()
    return problem, driven(problem, **BOTH)


def test_a_broken_trucks_stops_go_to_another_and_its_load_is_towed_and_tipped() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "breakdown:T1")

    assert order(done.plan)["T1"] == "A1 A2"
    assert sorted(order(done.plan)["T2"].split()) == ["A3", "A4", "B1", "B2", "B3", "B4"]
    tip = route(done.plan, "T1").trips[0].tip
    assert tip is not None
    assert tip.kg == 200
    assert any("towed with the 200 kg" in sentence for sentence in done.plan.assumed)
    assert "truck T1: stops A3, A4 -> truck T2 (because truck T1 broke down at 06:04)" in done.difference.sentences


def test_what_has_begun_stays_word_for_word() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "breakdown:T1")

    for truck in ("T1", "T2"):
        was, now = route(plan, truck), route(done.plan, truck)
        assert now.depart_s == was.depart_s
        assert now.stops[:2] == was.stops[:2]


def test_no_change_is_an_answer_and_the_plan_stays_the_same() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "closure:A1", "site-shut:S:12:00-13:00")

    assert done.unchanged
    assert done.plan is plan
    assert (done.difference.disturbed, done.difference.pending, done.difference.changes) == (0, 4, ())


def test_a_point_closed_for_the_day_is_dropped_with_its_reason() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "closure:A3")

    assert order(done.plan)["T1"] == "A1 A2 A4"
    assert [(entry.point_id, entry.reason, entry.mandatory) for entry in done.plan.unserved] == [
        ("A3", Reason.WINDOW_OUTSIDE_SHIFTS, True)
    ]
    assert "Point A3 is closed for the rest of the day" in done.plan.unserved[0].sentence


def test_a_point_closed_for_an_hour_is_served_after_it() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "closure:A3:06:00-06:30")

    assert stop(done.plan, "A3").start_s > clock(6, 30)
    assert done.plan.unserved == ()


def test_an_urgent_point_that_was_left_is_served_in_time() -> None:
    problem = two_streets().point("left", 500, 3000, price=0.01).build()
    plan = driven(problem, **BOTH)
    assert [entry.point_id for entry in plan.unserved] == ["left"]

    done = replanned(problem, plan, SECOND_STOP, "urgent:left:by=06:12")

    assert stop(done.plan, "left").start_s <= clock(6, 12)
    assert "truck T2: stop left served as well (because point left is urgent: by 06:12)" in done.difference.sentences


def test_an_urgent_point_that_nobody_can_reach_in_time_is_served_late_and_said_to_be() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "urgent:B4:by=06:05")

    assert stop(done.plan, "B4").start_s > clock(6, 5)
    assert any("B4 (residual) cannot be served in time" in sentence for sentence in done.said)
    assert done.check.measures["urgent_late"] == 1


def test_a_late_truck_is_late_at_every_stop_it_keeps() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "late:T1:20min", price=1000.0)

    later = [stop(done.plan, name).start_s - stop(plan, name).start_s for name in ("A3", "A4")]
    assert later == [1200, 1200]
    assert order(done.plan) == order(plan)
    assert "truck T1: stops A3, A4 20 min later (because truck T1 is 20 min late)" in done.difference.sentences


def test_a_truck_that_has_not_left_leaves_later_if_it_is_late() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, clock(5), "late:T1:10min", price=1000.0)

    assert route(done.plan, "T1").depart_s == route(plan, "T1").depart_s + 600


def test_a_truck_so_late_that_no_shift_holds_it_is_granted_what_brings_it_home() -> None:
    """Free at 6:02:40 + 60 min, it drives 100 s to the site and tips 300 s; its shift ends at 7:00."""
    pause = TimeWindow(start_s=clock(6, 10), end_s=clock(6, 20))
    shift = Shift(start_s=clock(6), end_s=clock(7), break_s=600, break_window=pause)
    problem = Town().depot("D").site("S").truck("T1", shift=shift).point("A1", 1000, 0).point("A2", 9000, 0).build()
    plan = driven(problem, T1=["A1 A2"])

    done = replanned(problem, plan, clock(6, 2), "late:T1:60min")

    assert route(done.plan, "T1").return_s == clock(7, 2, 40) + 100 + 300
    assert [entry.point_id for entry in done.plan.unserved] == ["A2"]
    assert {
        "Truck T1 is granted to go without its break of 10 min.",
        "Truck T1 cannot be home before 07:09 and is granted that overtime.",
    } <= set(done.plan.assumed)


def test_trucks_tip_elsewhere_while_a_site_is_shut() -> None:
    problem = two_streets().site("S2", 5000, 0).build()
    plan = driven(problem, **BOTH)
    used = [trip.tip.site_id for trip in route(plan, "T2").trips if trip.tip]
    assert used == ["S"]

    done = replanned(problem, plan, SECOND_STOP, "site-shut:S")

    assert {trip.tip.site_id for one in done.plan.routes for trip in one.trips if trip.tip} == {"S2"}


def test_a_truck_waits_for_the_only_site_to_open_again() -> None:
    problem, plan = streets()

    done = replanned(problem, plan, SECOND_STOP, "site-shut:S:06:00-07:00")

    tips = [trip.tip.start_s for one in done.plan.routes for trip in one.trips if trip.tip]
    assert min(tips) == clock(7) + 1


def test_a_load_that_no_site_takes_any_more_is_no_plan_but_a_reason() -> None:
    problem, plan = streets()

    done = replan(problem, plan, (event_of("site-shut:S"),), now_s=SECOND_STOP, plan_id=AGAIN, made_at=MADE_AT)

    assert isinstance(done, Infeasible)
    assert [str(reason).split(",")[0] for reason in done.reasons] == [
        "Truck T1: it has 200 kg of residual on board",
        "Truck T2: it has 200 kg of residual on board",
    ]


def test_a_truck_under_way_turns_round_or_drives_on_whichever_is_sooner() -> None:
    """T1 has left A1 500 s ago for A2, which it reaches in 500 s and which is closed; 'back' lies beside A1."""

    def served_at(x: float) -> int:
        town = Town().depot("D").site("S").truck("T1").point("A1", 100, 0).point("A2", 10_100, 0)
        problem = town.point("next", x, 0).build()
        plan = driven(problem, T1=["A1 A2 next"])
        left_s = stop(plan, "A1").depart_s
        assert stop(plan, "A2").arrive_s == left_s + 1000
        done = replanned(problem, plan, left_s + 500, "closure:A2")
        return stop(done.plan, "next").arrive_s - left_s - 500

    assert served_at(100) == 501
    assert served_at(10_100) == 500


def test_a_truck_that_may_go_home_loaded_still_does() -> None:
    town = two_streets()
    town.trucks[0] = replace(town.trucks[0], end_loaded=EndLoaded(allowed=True))
    problem = town.build()
    plan = driven(problem, T1=["A1 A2 A3 A4 loaded"], T2=["B1 B2 B3 B4"])
    assert route(plan, "T1").trips[0].tip is None

    beside = replanned(problem, plan, SECOND_STOP, "closure:B3")
    hit = replanned(problem, plan, SECOND_STOP, "closure:A3", "site-shut:S:06:00-06:30")

    assert route(beside.plan, "T1") == route(plan, "T1")
    assert route(hit.plan, "T1").trips[0].tip is None


def test_spare_trucks_leave_after_now_only() -> None:
    problem = two_streets().truck("T3").build()
    plan = driven(problem, **BOTH)

    done = replanned(problem, plan, clock(5, 59), "breakdown:T1")
    assert {"T1", "T3"} & set(order(done.plan)) <= {"T3"}

    late = replanned(problem, plan, SECOND_STOP, "breakdown:T1", "breakdown:T2")
    assert route(late.plan, "T3").depart_s > SECOND_STOP
    assert sorted(order(late.plan)["T3"].split()) == ["A3", "A4", "B3", "B4"]
