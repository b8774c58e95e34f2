"""Envelopes in the ledger, plans that publish themselves inside them, and shadow mode of junctions."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from city.audit_check import verify
from city.errors import InvalidValueError, NotFoundError
from city.ids import JunctionId, PlanId
from city.plan_deeds import Deed, Publishing
from city.plan_life import ConflictError, end_of, parts_of
from city.rolling_bounds import Envelope
from tests.city.lives import DAY, LI, MORNING, NORTH, SOUTH, WANG, WHY, City, person, schedule
from tests.city.test_rolling import ENVELOPE


@pytest.fixture
def city(ready_url: str) -> Iterator[City]:
    opened = City.at(ready_url)
    yield opened
    opened.ledger.close()


def made(city: City, envelope: Envelope = ENVELOPE) -> Envelope:
    city.ledger.envelopes.make(envelope, LI, districts=(NORTH,), reason=WHY)
    return envelope


def approved(city: City) -> Envelope:
    made(city)
    for who in (LI, WANG):
        city.ledger.envelopes.approve("E", who, reason=WHY)
    return ENVELOPE


def test_an_envelope_takes_two_different_persons_and_comes_back_whole(city: City) -> None:
    envelopes = city.ledger.envelopes
    made(city)

    assert envelopes.approve("E", LI, reason=WHY).status == "draft"
    with pytest.raises(ConflictError, match="two different persons"):
        envelopes.approve("E", person("li wei", "k7"), reason=WHY)
    assert envelopes.approve("E", WANG, reason=WHY).status == "approved"

    stored = envelopes.get("E")
    assert (stored.envelope, stored.district_ids) == (ENVELOPE, (NORTH,))
    assert [(one.action, one.person) for one in stored.events] == [
        ("made", "Li Wei"),
        ("approved", "Li Wei"),
        ("approved", "Wang Fang"),
    ]
    assert verify(city.ledger.audit).ok
    with pytest.raises(ConflictError, match="approved and cannot be approved"):
        envelopes.approve("E", person("Zhao Lei"), reason=WHY)


def test_a_plan_inside_publishes_itself_over_the_timetable_which_stays_beneath(city: City) -> None:
    approved(city)
    timetable, rolling, next_one = schedule("T"), schedule("R1"), schedule("R2")
    city.put_on_the_street(timetable)
    city.draft(rolling, next_one)

    assert city.publish(rolling, envelope_id="E") == ()
    assert city.publish(next_one, envelope_id="E") == ("R1",)

    assert [city.status(plan) for plan in (timetable, rolling, next_one)] == ["published", "expired", "published"]
    assert city.ledger.life.inside("E") == ("R2",)
    assert city.roll_back(next_one) == ("R1",)
    assert city.ledger.life.in_force("signals", DAY) == {"J1": "R1"}


def test_when_the_envelope_ends_the_timetable_holds_again(city: City) -> None:
    short = Envelope(
        envelope_id="E", junctions=ENVELOPE.junctions, hours=ENVELOPE.hours, valid_until=MORNING + timedelta(hours=2)
    )
    made(city, short)
    for who in (LI, WANG):
        city.ledger.envelopes.approve("E", who, reason=WHY)
    timetable, rolling = schedule("T"), schedule("R")
    city.put_on_the_street(timetable)
    city.draft(rolling)
    city.publish(rolling, envelope_id="E")
    assert city.ledger.life.in_force("signals", DAY) == {"J1": "R"}

    city.clock.forward(hours=2)

    assert city.ledger.life.in_force("signals", DAY) == {"J1": "T"}
    assert (city.status(rolling), city.ledger.envelopes.get("E").status) == ("expired", "expired")


def test_after_the_stop_nothing_publishes_itself_and_rolling_plans_do_not_return(city: City) -> None:
    approved(city)
    timetable, first, second, third = (schedule(name) for name in ("T", "R1", "R2", "R3"))
    city.put_on_the_street(timetable)
    city.draft(first, second, third)
    city.publish(first, envelope_id="E")
    city.publish(second, envelope_id="E")

    city.ledger.envelopes.stop("E", WANG, reason="complaints")
    city.ledger.envelopes.stop("E", WANG, reason="complaints")  # again does no harm

    with pytest.raises(ConflictError, match="Envelope E: it is stopped; nothing publishes itself inside"):
        city.publish(third, envelope_id="E")
    assert city.roll_back(second) == ()
    assert city.ledger.life.in_force("signals", DAY) == {"J1": "T"}
    assert [one.action for one in city.ledger.envelopes.get("E").events].count("stopped") == 1


def test_an_envelope_of_one_approval_publishes_nothing(city: City) -> None:
    made(city)
    city.ledger.envelopes.approve("E", LI, reason=WHY)
    plan = schedule("R")
    city.draft(plan)

    with pytest.raises(ConflictError, match="it is draft"):
        city.publish(plan, envelope_id="E")
    with pytest.raises(NotFoundError):
        city.publish(plan, envelope_id="none")
    assert city.status(plan) == "draft"


def test_what_was_compared_with_another_plan_than_holds_now_is_not_published(city: City) -> None:
    approved(city)
    timetable, rolling, late = schedule("T"), schedule("R1"), schedule("R2")
    city.put_on_the_street(timetable)
    city.draft(rolling, late)
    over = Publishing(parts=parts_of(late), end=end_of(late), envelope_id="E", instead_of={"J1": PlanId("T")})
    city.publish(rolling, envelope_id="E")

    with pytest.raises(ConflictError, match="another plan came into force while it was compared"):
        city.ledger.life.publish(Deed(plan_id=late.plan_id, caller=LI, reason=WHY), over)


def test_envelopes_are_listed_within_the_askers_districts_and_names_are_taken_once(city: City) -> None:
    made(city)

    assert [one.envelope.envelope_id for one in city.ledger.envelopes.all((NORTH, SOUTH))] == ["E"]
    assert city.ledger.envelopes.all((SOUTH,)) == ()
    with pytest.raises(ConflictError, match="there is one of this name"):
        made(city)
    with pytest.raises(NotFoundError):
        city.ledger.envelopes.get("none")


def test_shadow_mode_is_left_by_a_signed_act_after_its_time_alone(city: City) -> None:
    shadow, junction_id = city.ledger.shadow, JunctionId("J1")
    until = MORNING + timedelta(days=7)
    with pytest.raises(InvalidValueError, match="until"):
        shadow.enter(junction_id, LI, district_id=NORTH, until=MORNING, reason=WHY)
    shadow.enter(junction_id, LI, district_id=NORTH, until=until, reason="new controller")

    with pytest.raises(ConflictError, match="until 2026-04-06 22:00 UTC"):
        shadow.leave(junction_id, WANG, district_id=NORTH, reason=WHY)
    city.clock.forward(days=8)
    assert shadow.current().keys() == {"J1"}  # its time alone lets no junction out

    shadow.leave(junction_id, WANG, district_id=NORTH, reason="delays agree")

    assert shadow.current() == {}
    assert [(one.action, one.person) for one in shadow.of(junction_id)] == [
        ("entered", "Li Wei"),
        ("left", "Wang Fang"),
    ]
    with pytest.raises(ConflictError, match="not in shadow mode"):
        shadow.leave(junction_id, WANG, district_id=NORTH, reason=WHY)
