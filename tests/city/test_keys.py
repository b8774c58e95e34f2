"""Keys open what they were made for, until they end; and nobody hands out more than they have."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from city.access import SCOPES, Caller, NotAllowedError, Scope, scope_of
from city.audit_check import verify
from city.audit_log import AuditQuery
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.ids import DistrictId
from city.keys import ApiKey, MadeKey
from city.ledger import Ledger
from city.roles import ROLES, scopes_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH, SOUTH = DistrictId("north"), DistrictId("south")


def made(
    ledger: Ledger,
    *scopes: Scope,
    districts: tuple[DistrictId, ...] | None = None,
    by: Caller | str = "Wang Fang",
    expires_at: datetime | None = None,
) -> MadeKey:
    return ledger.keys.make(
        person="Li Wei",
        scopes=scopes or ("signals:read",),
        districts=districts,
        made_by=by,
        expires_at=expires_at,
        now=NOON,
    )


def caller_of(ledger: Ledger, made_key: MadeKey) -> Caller:
    found = ledger.keys.find(made_key.text)
    assert found is not None
    return found.caller()


def test_a_key_is_found_by_its_text_alone(ledger: Ledger) -> None:
    key = made(ledger, "signals:read", "routes:plan", districts=(NORTH,))

    found = ledger.keys.find(key.text)

    assert found == key.key
    assert found is not None
    assert found.caller().may("routes:plan")
    assert not found.caller().may("routes:publish")
    for wrong in (
        key.text[:-1],
        key.text + "x",
        key.text.upper(),
        "city_" + key.key.key_id + "_",
        "",
        "city__",
        "\x00",
    ):
        assert ledger.keys.find(wrong) is None


def test_the_ledger_holds_no_key_but_its_hash(ledger: Ledger) -> None:
    key = made(ledger)
    secret = key.text.split("_", 2)[2]

    with ledger._session() as session:
        for table in ("api_keys", "audit_lines"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608  -- the two names above
            assert rows
            assert secret not in repr(rows)


def test_secrets_are_compared_in_constant_time_also_where_no_such_key_is(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def watched(a: str, b: str) -> bool:
        compared.append((a, b))
        return real(a, b)

    monkeypatch.setattr("city.keys.hmac.compare_digest", watched)
    key = made(ledger)

    assert ledger.keys.find(key.text) == key.key
    assert ledger.keys.find("city_00000000_guess") is None
    assert len(compared) == 2


def test_a_key_ends_by_its_time_and_by_revocation(ledger: Ledger) -> None:
    key = made(ledger, expires_at=NOON + timedelta(days=90)).key

    assert key.state(NOON + timedelta(days=89)) == "valid"
    assert key.state(NOON + timedelta(days=90)) == "expired"

    revoked = ledger.keys.revoke(key.key_id, by="Wang Fang", now=NOON + timedelta(days=1))
    assert revoked.state(NOON + timedelta(days=2)) == "revoked"
    assert ledger.keys.all()[0].revoked_by == "Wang Fang"
    with pytest.raises(BrokenRuleError, match="Wang Fang has revoked it at 2026-03-03"):
        ledger.keys.revoke(key.key_id, by="Li Wei")
    with pytest.raises(NotFoundError):
        ledger.keys.revoke("00000000", by="Li Wei")


def test_making_and_revoking_stand_in_the_audit_log(ledger: Ledger) -> None:
    administrator = caller_of(ledger, made(ledger, "admin"))
    key = made(ledger, "routes:read", districts=(NORTH,), by=administrator).key
    ledger.keys.revoke(key.key_id, by=administrator)

    lines = [written.line for written in ledger.audit.lines(AuditQuery())]

    assert [(line.action, line.person, line.key_id) for line in lines] == [
        ("key.revoked", "Li Wei", administrator.key_id),
        ("key.made", "Li Wei", administrator.key_id),
        ("key.made", "Wang Fang", "console"),
    ]
    assert (lines[0].subject, lines[0].districts) == (key.key_id, (NORTH,))
    assert lines[1].detail == {"person": "Li Wei", "scopes": ["routes:read"], "expires_at": None}
    assert verify(ledger.audit).ok


def test_a_key_that_is_refused_leaves_no_line(ledger: Ledger) -> None:
    reader = caller_of(ledger, made(ledger, "signals:read"))

    with pytest.raises(NotAllowedError, match="it would allow admin, which key"):
        made(ledger, "signals:read", "admin", by=reader)

    assert [written.line.action for written in ledger.audit.lines(AuditQuery())] == ["key.made"]


@pytest.mark.parametrize("asked", [None, (SOUTH,), (NORTH, SOUTH)])
def test_an_administrator_of_a_district_opens_no_other(ledger: Ledger, asked: tuple[DistrictId, ...] | None) -> None:
    administrator = caller_of(ledger, made(ledger, "admin", districts=(NORTH,)))

    assert made(ledger, "signals:read", districts=(NORTH,), by=administrator).key.districts == (NORTH,)
    with pytest.raises(NotAllowedError, match=r"more than the districts of key \w+: north"):
        made(ledger, "signals:read", districts=asked, by=administrator)


def test_an_administrator_of_a_district_sees_and_revokes_only_keys_within_it(ledger: Ledger) -> None:
    administrator = caller_of(ledger, made(ledger, "admin", districts=(NORTH,)))
    own = made(ledger, districts=(NORTH,)).key
    others = [made(ledger, districts=districts).key for districts in (None, (SOUTH,), (NORTH, SOUTH))]

    assert {key.key_id for key in ledger.keys.all(administrator.districts)} == {administrator.key_id, own.key_id}
    for other in others:
        with pytest.raises(NotFoundError):
            ledger.keys.revoke(other.key_id, by=administrator)
        with pytest.raises(NotFoundError):
            ledger.keys.one(other.key_id, for_whom=administrator)
    assert ledger.keys.revoke(own.key_id, by=administrator).revoked_by == "Li Wei"


def test_administration_is_not_handed_on_for_longer_than_it_was_given(ledger: Ledger) -> None:
    ends = NOON + timedelta(days=7)
    administrator = caller_of(ledger, made(ledger, "admin", expires_at=ends))

    for too_long in (None, ends + timedelta(seconds=1)):
        with pytest.raises(NotAllowedError, match="administration for longer"):
            made(ledger, "admin", by=administrator, expires_at=too_long)
    assert made(ledger, "admin", by=administrator, expires_at=ends).key.expires_at == ends
    assert made(ledger, "signals:read", by=administrator).key.expires_at is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"person": " "}, "person"),
        ({"person": "x" * 201}, "person"),
        ({"scopes": ()}, "scopes is 'none'"),
        ({"districts": ()}, "districts is 'none'"),
        ({"expires_at": NOON}, "a time to come"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(ledger: Ledger, wrong: dict[str, object], sentence: str) -> None:
    asked: dict[str, object] = {
        "person": "Li Wei", "scopes": ("admin",), "districts": None, "made_by": "x", "now": NOON, **wrong
    }  # fmt: skip

    with pytest.raises(InvalidValueError, match=sentence):
        ledger.keys.make(**asked)  # type: ignore[arg-type]


def test_whether_anybody_can_come_in_counts_only_keys_that_are_valid(ledger: Ledger) -> None:
    assert not ledger.keys.any_valid(NOON)
    key = made(ledger, expires_at=NOON + timedelta(days=1)).key
    assert ledger.keys.any_valid(NOON)
    assert not ledger.keys.any_valid(NOON + timedelta(days=1))
    ledger.keys.revoke(key.key_id, by="x")
    assert not ledger.keys.any_valid(NOON)


def test_roles_are_bundles_of_known_scopes_and_only_one_administers() -> None:
    assert all(scope_of(scope) in SCOPES for scopes in ROLES.values() for scope in scopes)
    assert [name for name, scopes in ROLES.items() if "admin" in scopes] == ["administrator"]
    assert scopes_of(["viewer"], ["audit:read", "signals:read"]) == ("signals:read", "routes:read", "audit:read")
    with pytest.raises(InvalidValueError, match="one of viewer, engineer"):
        scopes_of(["boss"])


def test_no_role_both_plans_and_approves_signals() -> None:
    together = {"signals:plan", "signals:approve"}

    assert [name for name, scopes in ROLES.items() if together <= set(scopes)] == []


def test_an_administrator_may_everything_and_others_what_their_key_says() -> None:
    def caller(*scopes: Scope) -> Caller:
        return ApiKey(key_id="k", person="p", scopes=scopes, districts=(NORTH,), made_at=NOON, made_by="m").caller()

    assert all(caller("admin").may(scope) for scope in SCOPES)
    assert not caller("signals:read").may("signals:plan")
    assert caller("admin").sees(NORTH)
    assert not caller("admin").sees(SOUTH)
    assert not caller("admin").sees_all_of(())
