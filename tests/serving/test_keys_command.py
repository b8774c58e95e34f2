"""`city keys`, `city audit verify`, and a service that opens to nobody before somebody holds a key."""

import json
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner, Result

from city.errors import BrokenRuleError, InvalidValueError
from city.ledger import Ledger
from city.settings import Settings
from serving.cli import app
from serving.demo_keys import FILE, PEOPLE, demo_keys
from serving.desk import Desk
from serving.lasting import expiry_of
from serving.reachable import is_loopback, refuse_unguarded
from serving.running import environment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def settings(home: Path) -> Settings:
    return Settings.from_environment({"CITY_HOME": str(home)})


def city(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *words])


def test_a_key_is_made_shown_once_listed_without_its_secret_and_revoked(home: Path) -> None:
    made = city(home, "keys", "make", "--person", "Li Wei", "--role", "engineer", "--scope", "audit:read")
    assert made.exit_code == 0, made.output
    found = re.search(r"city_([0-9a-f]{8})_[\w-]{43}", made.output)
    assert found is not None
    ledger = Ledger(settings(home).ledger_url)
    key = ledger.keys.find(found[0])
    assert key is not None
    assert key.scopes == ("signals:read", "signals:plan", "audit:read")

    listed = city(home, "keys", "list")
    assert found[1] in listed.output
    assert found[0] not in listed.output

    assert city(home, "keys", "revoke", found[1], "--by", "Zhang Min").exit_code == 0
    assert "no valid key" in city(home, "keys", "list").output
    (row,) = json.loads(city(home, "keys", "list", "--all", "--json").stdout)["keys"]
    assert (row["state"], row["revoked_by"]) == ("revoked", "Zhang Min")


def test_the_json_answer_holds_the_key_for_a_program(home: Path) -> None:
    words = ("keys", "make", "--person", "Li Wei", "--scope", "signals:read", "--district", "D1", "--json")
    made = json.loads(CliRunner().invoke(app, ["--home", str(home), *words]).stdout)

    assert made["key"]["districts"] == ["D1"]
    assert Ledger(settings(home).ledger_url).keys.find(made["text"]) is not None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--role", "boss"), "one of viewer, engineer"),
        (("--scope", "signals:destroy"), "one of signals:read"),
        ((), "at least one"),
        (("--role", "viewer", "--expires", "soon"), "90d, 12h"),
        (("--role", "viewer", "--expires", "2020-01-01"), "a time to come"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_with_what_was_expected(
    home: Path, words: tuple[str, ...], sentence: str
) -> None:
    refused = city(home, "keys", "make", "--person", "Li Wei", *words)

    assert refused.exit_code == 1
    assert sentence in refused.output


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("90d", NOON + timedelta(days=90)),
        ("12h", NOON + timedelta(hours=12)),
        ("2w", NOON + timedelta(days=14)),
        ("2026-03-31", datetime(2026, 3, 31, 16, tzinfo=UTC)),  # its end in Shanghai
        ("never", None),
    ],
)
def test_how_long_a_key_lasts_is_said_as_people_say_it(said: str, expected: datetime | None) -> None:
    assert expiry_of(said, ZoneInfo("Asia/Shanghai"), NOON) == expected


@pytest.mark.parametrize("said", ["", "0d", "-1d", "90", "d", "2026-03-31T10:00", "20260331", "2026-02-30", "999999d"])
def test_how_long_is_not_guessed(said: str) -> None:
    with pytest.raises(InvalidValueError, match="90d, 12h"):
        expiry_of(said, ZoneInfo("Asia/Shanghai"), NOON)


def test_roles_are_listed_with_their_scopes(home: Path) -> None:
    roles = json.loads(city(home, "keys", "roles", "--json").stdout)["roles"]

    assert roles["dispatcher"] == ["routes:read", "routes:plan", "routes:approve", "routes:publish", "routes:report"]


def test_the_audit_log_is_verified_and_a_change_is_said(home: Path) -> None:
    for _ in range(3):
        city(home, "keys", "make", "--person", "Li Wei", "--role", "viewer")
    whole = json.loads(city(home, "audit", "verify", "--json").stdout)
    assert (whole["ok"], whole["lines"]) == (True, 3)
    assert city(home, "audit", "verify", "--noted", whole["head"]).exit_code == 0

    with create_engine(settings(home).ledger_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP TRIGGER audit_lines_stay_update"))
        connection.execute(text("UPDATE audit_lines SET person = 'nobody' WHERE number = 2"))

    broken = city(home, "audit", "verify")
    assert broken.exit_code == 1
    assert "Line 2 was changed" in broken.output
    told = city(home, "audit", "verify", "--json")
    assert (told.exit_code, json.loads(told.stdout)["first_broken"]) == (1, 2)


def test_the_service_opens_to_other_machines_only_when_somebody_holds_a_key(home: Path) -> None:
    refused = city(home, "serve", "--host", "0.0.0.0")  # noqa: S104  -- it is refused
    assert refused.exit_code == 1
    assert "no valid key" in refused.output

    refuse_unguarded(settings(home), "127.0.0.1")
    city(home, "keys", "make", "--person", "Zhang Min", "--role", "administrator")
    refuse_unguarded(settings(home), "192.0.2.1")


def test_a_key_that_is_no_longer_valid_guards_nothing(home: Path) -> None:
    key = Ledger(settings(home).ledger_url).keys.make(person="x", scopes=["admin"], districts=None, made_by="x").key
    city(home, "keys", "revoke", key.key_id)

    with pytest.raises(BrokenRuleError, match="no valid key yet"):
        refuse_unguarded(settings(home), "::")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_this_machine_alone_reaches_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "city.example", "localhost.example", ""])  # noqa: S104
def test_others_reach_every_other_address(host: str) -> None:
    assert not is_loopback(host)


def test_a_proxy_is_believed_only_where_it_was_named() -> None:
    given = {"CITY_HOME": "x", "CITY_PROXIES": " 10.0.0.5, 192.0.2.0/24 "}

    assert environment(Settings.from_environment({"CITY_HOME": "x"}))["FORWARDED_ALLOW_IPS"] == ""
    assert environment(Settings.from_environment(given))["FORWARDED_ALLOW_IPS"] == "10.0.0.5,192.0.2.0/24"
    with pytest.raises(InvalidValueError, match="CITY_PROXIES"):
        Settings.from_environment({"CITY_PROXIES": "proxy.example"})


def test_the_demos_keys_are_made_once_and_only_their_owner_can_read_them(home: Path) -> None:
    desk = Desk(settings(home))

    first, second = demo_keys(desk), demo_keys(desk)

    assert (first.made, second.made) == (tuple(PEOPLE), ())
    assert first.texts == second.texts
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert not any(text in json.dumps(first.document()) for text in first.texts.values())


def test_a_demo_key_that_ended_is_made_again(home: Path) -> None:
    desk = Desk(settings(home))
    first = demo_keys(desk)
    desk.ledger.keys.revoke(first.texts["Li Wei"].split("_")[1], by="x")
    (home / FILE).write_text(json.dumps({**first.texts, "Wang Fang": 7}), encoding="utf-8")

    again = demo_keys(desk)

    assert set(again.made) == {"Li Wei", "Wang Fang"}
    assert again.texts["Chen Jie"] == first.texts["Chen Jie"]
