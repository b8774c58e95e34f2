"""What publishing replaces, what returns when it is rolled back, and that of many who publish at once one wins."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

import pytest

from city.audit_check import verify
from city.errors import CityError
from city.plan_deeds import Deed
from city.plan_life import ConflictError
from tests.city.lives import DAY, LI, MORNING, NORTH, SOUTH, City, routes, schedule, stop


@pytest.fixture
def city(ready_sqlite: str) -> Iterator[City]:
    opened = City.at(ready_sqlite)
    yield opened
    opened.ledger.close()


@pytest.fixture
def anywhere(ready_url: str) -> Iterator[City]:
    """On SQLite, then on PostgreSQL."""
    opened = City.at(ready_url)
    yield opened
    opened.ledger.close()


def test_publishing_over_the_same_junctions_expires_the_former_and_rolling_back_returns_it(anywhere: City) -> None:
    former, new = schedule("A"), schedule("B")
    anywhere.put_on_the_street(former)
    anywhere.draft(new)
    anywhere.approve(new)

    assert anywhere.publish(new) == ("A",)
    assert (anywhere.status(former), anywhere.ledger.life.in_force("signals", DAY)) == ("expired", {"J1": "B"})
    assert anywhere.ledger.life.of(former.plan_id).events[-1].reason == "replaced by plan B"

    assert anywhere.roll_back(new) == ("A",)
    assert anywhere.ledger.life.in_force("signals", DAY) == {"J1": "A"}
    assert anywhere.ledger.life.of(former.plan_id).events[-1].action == "restored"


def test_what_does_not_pass_today_does_not_return(city: City) -> None:
    former, new = schedule("A"), schedule("B")
    city.put_on_the_street(former, new)

    assert city.roll_back(new, A="the junction has changed") == ()
    assert city.ledger.life.in_force("signals", DAY) == {}


def test_what_was_on_the_street_is_told_in_order(city: City) -> None:
    first, second, third = schedule("A"), schedule("B"), schedule("C")
    city.put_on_the_street(first, second, third)
    city.draft(schedule("D"))
    assert city.ledger.life.ran("signals", DAY) == ("A", "B", "C")

    city.roll_back(third)
    assert city.ledger.life.ran("signals", DAY) == ("A", "B")
    city.roll_back(second, A="the junction has changed")
    assert city.ledger.life.ran("signals", DAY) == ()


def test_a_plan_that_was_ended_by_hand_does_not_return(city: City) -> None:
    former, new = schedule("A"), schedule("B")
    city.put_on_the_street(former)
    city.ledger.life.expire(Deed(plan_id=former.plan_id, caller=LI, reason="roadworks"))
    city.put_on_the_street(new)

    assert city.roll_back(new) == ()


def test_a_plan_keeps_the_junctions_that_no_newer_one_takes(city: City) -> None:
    whole, part = schedule("A", "J1", "J2"), schedule("B", "J2")
    city.put_on_the_street(whole, part)
    assert city.status(whole) == "published"
    assert city.ledger.life.in_force("signals", DAY) == {"J1": "A", "J2": "B"}

    rest = schedule("C", "J1")
    city.put_on_the_street(rest)
    assert city.status(whole) == "expired"

    assert city.roll_back(rest) == ("A",)
    assert city.ledger.life.in_force("signals", DAY) == {"J1": "A", "J2": "B"}


def test_what_holds_again_beneath_a_plan_is_judged_too(city: City) -> None:
    whole, part = schedule("A", "J1", "J2"), schedule("B", "J2")
    city.put_on_the_street(whole, part)

    assert city.ledger.life.former(part.plan_id) == ("A",)
    assert city.roll_back(part, A="junction J2 has changed") == ()
    assert city.status(whole) == "expired"


def test_routes_are_replaced_whole(city: City) -> None:
    morning = routes("A", T1=(stop("P1"),), T2=(stop("P2"),))
    without_t2 = routes("B", T1=(stop("P1"), stop("P2")))
    elsewhere = routes("C", T7=(stop("P7"),))
    city.put_on_the_street(morning, elsewhere)

    city.put_on_the_street(without_t2)

    assert [city.status(plan) for plan in (morning, without_t2, elsewhere)] == ["expired", "published", "published"]
    assert city.roll_back(without_t2) == ("A",)


def test_routes_that_would_leave_another_district_without_trucks_are_refused(city: City) -> None:
    both = routes("A", (NORTH, SOUTH), T1=(stop("P1"),), T2=(stop("P2"),))
    north = routes("B", (NORTH,), T1=(stop("P1"),))
    city.put_on_the_street(both)
    city.draft(north)
    city.approve(north)

    with pytest.raises(ConflictError, match=r"shares trucks or stops with plan A, .* also drives south"):
        city.publish(north)

    assert city.status(both) == "published"


def test_a_plan_of_another_day_or_kind_is_left_alone(city: City) -> None:
    signals, waste = schedule("S"), routes("R")
    city.put_on_the_street(signals, waste)

    assert (city.status(signals), city.status(waste)) == ("published", "published")


def test_a_junction_that_enters_shadow_mode_at_the_last_moment_is_not_published_over(city: City) -> None:
    plan = schedule("S")
    city.draft(plan)
    city.approve(plan)
    until = MORNING + timedelta(days=30)
    junction_id = plan.day_plans[0].junction_id
    city.ledger.shadow.enter(junction_id, LI, district_id=NORTH, until=until, reason="new controller")

    with pytest.raises(ConflictError, match="junction J1 is in shadow mode"):
        city.publish(plan)


def test_of_many_who_publish_at_once_one_wins_and_the_others_read_a_sentence(ready_url: str) -> None:
    cities = [City.at(ready_url) for _ in range(6)]
    plan = schedule("S")
    cities[0].draft(plan)
    cities[0].approve(plan)
    said = all_at_once([partial(one.publish, plan) for one in cities])

    assert said.count(None) == 1
    assert {str(one) for one in said if one is not None} == {
        "Plan S: it is published (Li Wei, 2026-03-30 22:00 UTC: it was looked at) and cannot be published."
    }
    assert [one.action for one in cities[0].ledger.life.of(plan.plan_id).events].count("published") == 1
    for one in cities:
        one.ledger.close()


def test_plans_published_at_once_over_one_junction_leave_one_in_force(ready_url: str) -> None:
    cities = [City.at(ready_url) for _ in range(5)]
    plans = [schedule(f"S{number}") for number in range(5)]
    cities[0].draft(*plans)
    for plan in plans:
        cities[0].approve(plan)

    said = all_at_once([partial(one.publish, plan) for one, plan in zip(cities, plans, strict=True)])

    assert said == [None] * 5
    assert sorted(cities[0].status(plan) for plan in plans) == ["expired"] * 4 + ["published"]
    assert verify(cities[0].ledger.audit).ok
    for one in cities:
        one.ledger.close()


def test_one_person_with_two_windows_open_counts_once(ready_url: str) -> None:
    cities = [City.at(ready_url) for _ in range(4)]
    plan = schedule("S")
    cities[0].draft(plan)

    said = all_at_once([partial(one.approve, plan, LI) for one in cities])

    assert said.count(None) == 1
    assert cities[0].ledger.life.of(plan.plan_id).approvals_missing == 1
    for one in cities:
        one.ledger.close()


def all_at_once(deeds: Sequence[Callable[[], object]]) -> list[CityError | None]:
    """What each was told; None for who got through."""
    gate = threading.Barrier(len(deeds))
    said: list[CityError | None] = [None] * len(deeds)

    def take(number: int) -> None:
        gate.wait()
        try:
            deeds[number]()
        except CityError as error:
            said[number] = error

    threads = [threading.Thread(target=take, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said
