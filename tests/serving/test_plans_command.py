"""`city plans` as people type it: who acts is proved by a key, and one person cannot sign twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from serving.cli import app
from serving.commands import plans as commands
from serving.who import user_of_this_machine
from tests.serving.streets import Streets, streets_in


@pytest.fixture
def streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Streets]:
    monkeypatch.delenv("CITY_KEY", raising=False)
    with streets_in(tmp_path) as opened:
        # The command opens its own desk; on a day in the past only a clock that is set makes anything valid.
        monkeypatch.setattr(commands, "desk_of", lambda _context: opened.desk)
        yield opened


def city(streets: Streets, *words: str, key: str = "") -> Result:
    named = ("--key", key) if key else ()
    return CliRunner().invoke(app, ["--home", str(streets.desk.settings.home), "plans", *words, *named])


def step(streets: Streets, name: str, plan: str = "S1", key: str = "", *more: str) -> Result:
    return city(streets, name, plan, "--reason", "it was looked at", *more, key=key)


def as_json(done: Result) -> Any:  # noqa: ANN401  -- JSON is anything
    return json.loads(done.stdout)


def test_a_plan_is_approved_published_and_rolled_back_by_key(streets: Streets) -> None:
    streets.signals("S1")
    li, wang = streets.key("Li Wei"), streets.key("Wang Fang")

    assert "Li Wei approved it; 1 more person must." in step(streets, "approve", key=li).output
    assert "Plan S1 is approved." in step(streets, "approve", key=wang).output
    assert "Plan S1 is published until 2026-03-03 00:00." in step(streets, "publish", key=li).output
    assert "published" in city(streets, "list", "--kind", "signals").output
    assert "Plan S1 is rolled back." in step(streets, "roll-back", key=wang).output

    story = city(streets, "show", "S1").output
    assert [word in story for word in ("approved", "published", "rolled back", "Wang Fang", "it was looked at")]
    assert as_json(city(streets, "show", "S1", "--json"))["state"]["status"] == "rolled_back"


def test_a_key_may_come_from_the_environment(streets: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    streets.signals("S1")
    monkeypatch.setenv("CITY_KEY", streets.key("Li Wei"))

    assert as_json(step(streets, "approve", "S1", "", "--json"))["approved_by"] == ["Li Wei"]


def test_once_there_are_keys_nobody_acts_without_one(streets: Streets) -> None:
    streets.signals("S1")
    streets.key("Li Wei")

    for key, said in (("", "Put your key into CITY_KEY"), ("city_12345678_wrong", "The key is not known here")):
        refused = step(streets, "approve", key=key)
        assert (refused.exit_code, said in refused.output) == (1, True)


def test_a_revoked_key_signs_nothing(streets: Streets) -> None:
    streets.signals("S1")
    key = streets.key("Li Wei")
    streets.desk.ledger.keys.revoke(key.split("_")[1], by="admin")

    assert "is revoked" in step(streets, "approve", key=key).output


def test_without_any_key_the_machines_user_is_one_person_whatever_is_typed(
    streets: Streets, monkeypatch: pytest.MonkeyPatch
) -> None:
    streets.signals("S1")

    first = step(streets, "approve")
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    second = step(streets, "approve")

    me = user_of_this_machine()
    assert f"you act as {me}, the user of this machine" in first.output
    assert (second.exit_code, f"{me} has approved it already" in second.output) == (1, True)
    assert streets.desk.ledger.life.of(streets.desk.ledger.plans()[0].plan_id).events[0].key_id == "console"


def test_scope_and_district_count_at_the_command_line_too(streets: Streets) -> None:
    streets.signals("S1")
    reader, elsewhere = streets.key("Sun Yue", "signals:read"), streets.key("Zhao Lei", districts=("d2",))  # type: ignore[arg-type]

    assert "needs the scope signals:approve" in step(streets, "approve", key=reader).output
    assert "There is no plan 'S1'" in step(streets, "approve", key=elsewhere).output


def test_time_ends_plans_and_the_command_writes_it_down(streets: Streets) -> None:
    streets.routes("R1")
    key = streets.key("Zhao Lei")
    step(streets, "approve", "R1", key)
    step(streets, "publish", "R1", key)
    assert "No plan's time is over." in city(streets, "expire", "--due", key=key).output

    streets.clock.forward(days=2)

    assert "expired" in city(streets, "list").output
    assert as_json(city(streets, "expire", "--due", "--json", key=key)) == {"expired": ["R1"]}
    assert as_json(city(streets, "show", "R1", "--json"))["events"][-1]["reason"] == "its time is over"


def test_a_plan_ends_before_its_time_with_a_reason(streets: Streets) -> None:
    streets.routes("R1")
    key = streets.key("Zhao Lei")
    step(streets, "approve", "R1", key)
    until = (streets.clock.now + timedelta(hours=2)).isoformat()
    assert "published until" in step(streets, "publish", "R1", key, "--until", until).output

    assert city(streets, "expire", "R1", key=key).exit_code == 2
    assert city(streets, "expire", key=key).exit_code == 2
    assert "Plan R1 is expired." in step(streets, "expire", "R1", key).output


def test_lists_are_narrowed_by_kind_date_and_district(streets: Streets) -> None:
    streets.signals("S1")
    streets.routes("R1")

    def listed(*words: str) -> list[str]:
        return [one["plan_id"] for one in as_json(city(streets, "list", "--json", *words))["plans"]]

    assert sorted(listed()) == ["R1", "S1"]
    assert listed("--kind", "signals") == ["S1"]
    assert listed("--date", "2020-01-01") == listed("--district", "d9") == []
    assert city(streets, "list", "--kind", "poems").exit_code == 1
