"""Sessions end in time and with their key; drivers' links open one truck of one plan, and end too."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from city.access import Caller
from city.audit_log import AuditQuery
from city.driver_links import DriverLink
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.findings import CheckReport
from city.ids import DistrictId, PlanId, TruckId
from city.keys import ApiKey
from city.ledger import Ledger
from city.sessions import IDLE, LONGEST
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH = DistrictId("north")
MINUTE = timedelta(minutes=1)
DISPATCHER = Caller(person="Chen Jie", key_id="a1b2c3d4", scopes=frozenset({"routes:plan"}))
PLAN, TRUCK = PlanId("P1"), TruckId("T1")


@pytest.fixture
def key(ledger: Ledger) -> ApiKey:
    return ledger.keys.make(
        person="Li Wei", scopes=["signals:read"], districts=[NORTH], made_by="x", expires_at=NOON + LONGEST, now=NOON
    ).key


def is_open(ledger: Ledger, token: str, now: datetime) -> bool:
    found = ledger.sessions.find(token)
    return found is not None and found.is_open(now)


def test_a_session_ends_where_nobody_uses_it(ledger: Ledger, key: ApiKey) -> None:
    token = ledger.sessions.open(key, now=NOON)

    assert is_open(ledger, token, NOON + IDLE - MINUTE)
    assert not is_open(ledger, token, NOON + IDLE)

    ledger.sessions.touch(token, now=NOON + IDLE - MINUTE)
    assert is_open(ledger, token, NOON + IDLE + MINUTE)


def test_a_session_ends_after_half_a_day_however_busy(ledger: Ledger) -> None:
    lasting = ledger.keys.make(person="Li Wei", scopes=["admin"], districts=None, made_by="x", now=NOON).key
    token = ledger.sessions.open(lasting, now=NOON)
    ledger.sessions.touch(token, now=NOON + LONGEST - MINUTE)

    assert is_open(ledger, token, NOON + LONGEST - MINUTE)
    assert not is_open(ledger, token, NOON + LONGEST)


def test_a_session_ends_with_its_key(ledger: Ledger, key: ApiKey) -> None:
    token = ledger.sessions.open(key, now=NOON)
    ledger.keys.revoke(key.key_id, by="x")

    assert not is_open(ledger, token, NOON + MINUTE)


def test_a_clock_that_was_set_back_makes_no_session_older(ledger: Ledger, key: ApiKey) -> None:
    token = ledger.sessions.open(key, now=NOON)
    ledger.sessions.touch(token, now=NOON - IDLE)

    found = ledger.sessions.find(token)
    assert found is not None
    assert found.seen_at == NOON


def test_signing_out_ends_the_session_once_and_for_all(ledger: Ledger, key: ApiKey) -> None:
    first, second = (ledger.sessions.open(key, now=NOON) for _ in range(2))

    ledger.sessions.close(first)
    ledger.sessions.close(first)

    assert ledger.sessions.find(first) is None
    assert is_open(ledger, second, NOON)
    actions = [written.line.action for written in ledger.audit.lines(AuditQuery(person="Li Wei"))]
    assert actions == ["session.closed", "session.opened", "session.opened"]


def test_sessions_that_ended_are_cleared_away(ledger: Ledger, key: ApiKey) -> None:
    old = ledger.sessions.open(key, now=NOON)
    ledger.sessions.open(key, now=NOON + IDLE)

    assert ledger.sessions.find(old) is None


def test_neither_a_cookie_nor_a_link_can_be_read_out_of_the_ledger(ledger: Ledger, key: ApiKey, plan: PlanId) -> None:
    token = ledger.sessions.open(key)
    made = ledger.links.make(plan, TRUCK, by=DISPATCHER, expires_at=NOON + MINUTE, now=NOON)

    with ledger._session() as session:
        for table in ("page_sessions", "driver_links", "audit_lines"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608  -- the names above
            assert rows
            assert token not in repr(rows)
            assert made.token not in repr(rows)


@pytest.mark.parametrize("wrong", ["", "x", "\x00", "🚛" * 300])
def test_what_nobody_was_given_opens_nothing(ledger: Ledger, wrong: str) -> None:
    assert ledger.sessions.find(wrong) is None
    assert ledger.links.find(wrong) is None


@pytest.fixture
def plan(ledger: Ledger) -> PlanId:
    stored = CollectionPlan(
        plan_id=PLAN,
        service_date=date(2026, 3, 3),
        time_zone="Asia/Shanghai",
        district_ids=(NORTH,),
        routes=(),
        unserved=(),
        cost=(),
        provenance=Provenance(made_at=NOON, seed=1),
    )
    ledger.save_plan(stored, CheckReport(checked="routes"))
    return PLAN


def test_a_link_is_of_one_truck_of_one_plan_and_ends(ledger: Ledger, plan: PlanId) -> None:
    made = ledger.links.make(plan, TRUCK, by=DISPATCHER, expires_at=NOON + MINUTE, now=NOON)

    found = ledger.links.find(made.token)

    assert isinstance(found, DriverLink)
    assert (found.plan_id, found.truck_id, found.service_date) == (PLAN, TRUCK, date(2026, 3, 3))
    assert found.districts == (NORTH,)
    assert found.state(NOON) == "valid"
    assert found.state(NOON + MINUTE) == "expired"
    driver = found.caller("routes:report")
    assert (driver.person, driver.key_id) == ("driver of T1", made.link.link_id)
    assert set(driver.scopes) == {"routes:report"}


def test_a_link_is_revoked_through_its_own_plan(ledger: Ledger, plan: PlanId) -> None:
    made = ledger.links.make(plan, TRUCK, by=DISPATCHER, expires_at=NOON + MINUTE, now=NOON)
    link_id = made.link.link_id

    with pytest.raises(NotFoundError):
        ledger.links.revoke(PlanId("P2"), link_id, by=DISPATCHER)
    ledger.links.revoke(plan, link_id, by=DISPATCHER, now=NOON)

    found = ledger.links.find(made.token)
    assert found is not None
    assert found.state(NOON) == "revoked"
    with pytest.raises(BrokenRuleError, match="Chen Jie has revoked it"):
        ledger.links.revoke(plan, link_id, by=DISPATCHER)
    assert [link.link_id for link in ledger.links.of_plan(plan)] == [link_id]
    lines = [written.line for written in ledger.audit.lines(AuditQuery())]
    assert [(line.action, line.districts) for line in lines] == [("link.revoked", (NORTH,)), ("link.made", (NORTH,))]


def test_a_link_to_nothing_or_into_the_past_is_refused(ledger: Ledger, plan: PlanId) -> None:
    with pytest.raises(NotFoundError):
        ledger.links.make(PlanId("P2"), TRUCK, by=DISPATCHER, expires_at=NOON + MINUTE, now=NOON)
    with pytest.raises(InvalidValueError, match="a time to come"):
        ledger.links.make(plan, TRUCK, by=DISPATCHER, expires_at=NOON, now=NOON)
