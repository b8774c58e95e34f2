"""A driver's link is of a truck and a day: after a re-plan it shows the new plan, and former reports still count."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.access import SCOPES, Caller
from city.driver_links import DriverLink
from city.feedback import Feedback
from city.ids import PlanId, PointId, TruckId
from city.settings import Settings
from city.waste import Stream
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.driver_days import changes_document, linked_day, linked_districts, reports_of
from tests.city.lives import HOUR, MORNING, NORTH, SOUTH, City, Clock, routes, stop

T1 = TruckId("T1")
DISPATCHER = Caller(person="Chen Jie", key_id="k1", scopes=frozenset(SCOPES))
OLD = routes("routes-old", T1=(stop("P1"), stop("P2", 9 * HOUR)), T2=(stop("P3"),))
NEW = routes("routes-new", T1=(stop("P1"), stop("P3", 9 * HOUR), stop("P2", 10 * HOUR)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Settings.from_environment({"CITY_HOME": str(tmp_path)}), clock=Clock())


@pytest.fixture
def town(desk: Desk) -> City:
    return City(desk.ledger, desk.clock)  # type: ignore[arg-type]


def link_to(town: City, plan: CollectionPlan, truck: str = "T1") -> DriverLink:
    ends = datetime.now(UTC) + timedelta(days=1)
    made = town.ledger.links.make(plan.plan_id, TruckId(truck), by=DISPATCHER, expires_at=ends)
    found = town.ledger.links.find(made.token)
    assert found is not None
    return found


def done(event: str, point: str, hour: int) -> Feedback:
    at = MORNING + timedelta(hours=hour)
    return Feedback(event_id=event, at=at, kind="done", point_id=PointId(point), stream=Stream.RESIDUAL)


def test_a_link_to_a_draft_shows_the_draft(town: City, desk: Desk) -> None:
    town.draft(OLD)

    assert linked_day(desk, link_to(town, OLD)).plan_id == OLD.plan_id


def test_after_a_re_plan_the_same_link_shows_the_new_plan_and_names_the_old(town: City, desk: Desk) -> None:
    town.put_on_the_street(OLD)
    link = link_to(town, OLD)
    town.put_on_the_street(NEW)

    day = linked_day(desk, link)

    assert (day.plan_id, day.before, day.gone_with) == (NEW.plan_id, OLD.plan_id, None)
    assert linked_districts(desk, link, NEW.plan_id) == frozenset([NORTH])


def test_a_truck_without_a_route_in_the_new_plan_is_told_so(town: City, desk: Desk) -> None:
    town.put_on_the_street(OLD)
    link = link_to(town, OLD, "T2")
    town.put_on_the_street(NEW)

    day = linked_day(desk, link)

    assert (day.plan_id, day.gone_with) == (OLD.plan_id, NEW.plan_id)


def test_a_link_opens_no_plan_of_another_truck_day_or_that_was_never_published(town: City, desk: Desk) -> None:
    other = routes("routes-other", (SOUTH,), T9=(stop("P9"),))
    town.put_on_the_street(OLD, other)
    town.draft(NEW)
    link = link_to(town, OLD)

    assert linked_districts(desk, link, OLD.plan_id) == frozenset([NORTH])
    assert [linked_districts(desk, link, plan.plan_id) for plan in (NEW, other)] == [None, None]


def test_what_was_reported_of_the_old_plan_counts_in_the_new_one_once(town: City, desk: Desk) -> None:
    town.put_on_the_street(OLD)
    town.ledger.feedback.add(OLD.plan_id, T1, [done("a", "P1", 2)], DISPATCHER)
    town.put_on_the_street(NEW)
    # Two that were said without a connection: one of the old plan, which arrives twice, one of the new.
    for _ in range(2):
        town.ledger.feedback.add(OLD.plan_id, T1, [done("b", "P2", 3)], DISPATCHER)
    town.ledger.feedback.add(NEW.plan_id, T1, [done("b", "P2", 3), done("c", "P3", 4)], DISPATCHER)

    found = reports_of(desk, town.ledger.plan(NEW.plan_id), T1)

    assert [one.feedback.event_id for one in found] == ["a", "b", "c"]
    assert [one.feedback.event_id for one in reports_of(desk, town.ledger.plan(PlanId(OLD.plan_id)), T1)] == ["a", "b"]


def test_the_driver_is_told_what_became_other() -> None:
    assert changes_document(OLD.routes[0], NEW.routes[0]) == {
        "added": ["P3/residual"], "dropped": [], "reordered": False,
    }  # fmt: skip
    turned = routes("routes-turned", T1=(stop("P2"), stop("P1", 9 * HOUR)))
    assert changes_document(OLD.routes[0], turned.routes[0])["reordered"]
    assert changes_document(None, OLD.routes[1])["added"] == ["P3/residual"]
