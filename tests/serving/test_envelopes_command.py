"""`city envelopes` and `city shadow` as people type them: the same steps as over HTTP, signed by the same persons."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from city.errors import InvalidValueError
from city.rolling_bounds import Hours
from serving.cli import app
from serving.commands import envelopes, plans, shadow
from serving.envelope_bounds import hours_of
from tests.optimization.signals.cases import plan
from tests.serving.streets import SEVEN, Streets, streets_in, verified

UNTIL = "2026-03-20T00:00"
AT_EIGHT = (0, 8 * 3600, 9 * 3600)


@pytest.fixture
def streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Streets]:
    monkeypatch.delenv("CITY_KEY", raising=False)
    with streets_in(tmp_path) as opened:
        for commands in (envelopes, plans, shadow):  # each opens its own desk; this one's clock can be set
            monkeypatch.setattr(commands, "desk_of", lambda _context: opened.desk)
        yield opened


def city(streets: Streets, *words: str, key: str = "") -> Result:
    named = ("--key", key) if key else ()
    return CliRunner().invoke(app, ["--home", str(streets.desk.settings.home), *words, *named])


def told(streets: Streets, *words: str, key: str = "") -> Any:  # noqa: ANN401  -- JSON is anything
    done = city(streets, *words, "--json", key=key)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def template(streets: Streets, *junctions: str) -> tuple[Path, Result]:
    out = streets.desk.settings.home / "ring.json"
    named = [word for junction in junctions for word in ("--junction", junction)]
    hours = ("--hours", "07:00-10:00", "--until", UNTIL)
    return out, city(streets, "envelopes", "template", "ring", *named, *hours, "--out", str(out))


def sign(streets: Streets, key: str, name: str, what: str, *more: str) -> Result:
    return city(streets, name, what, *more, "--reason", "it was looked at", key=key)


def test_an_envelope_from_template_to_stop(streets: Streets) -> None:
    li, wang = streets.key("Li Wei"), streets.key("Wang Fang")
    streets.signals("T")
    for key in (li, wang):
        sign(streets, key, "plans", "approve", "T")
    sign(streets, li, "plans", "publish", "T")
    where = verified()
    splits = {split.stage_id: split.split_s for split in plan(where).splits}
    drafts = [
        streets.signals(
            name, plan(where, number=2), plan(where, at_eight, number=3), plan(where, number=4), starts_s=AT_EIGHT
        )
        for name, at_eight in (("R1", (43, 20, 37)), ("R2", (50, 20, 30)))
    ]

    out, written = template(streets, "J1")
    assert written.exit_code == 0, written.output
    bounds = json.loads(out.read_text(encoding="utf-8"))["junctions"][0]
    assert bounds["cycles_s"] == [100]
    for green in bounds["greens"]:
        assert 0 < green["min_s"] <= green["max_s"] <= splits[green["stage_id"]] + 10
    assert "2 different persons must approve it" in sign(streets, li, "envelopes", "propose", str(out)).output
    assert "1 more person must approve it" in sign(streets, li, "envelopes", "approve", "ring").output
    again = sign(streets, li, "envelopes", "approve", "ring")
    assert (again.exit_code, "two different persons" in again.output) == (1, True)
    assert "is approved" in sign(streets, wang, "envelopes", "approve", "ring").output

    inside, outside = (sign(streets, li, "envelopes", "publish", one.plan_id, "--inside", "ring") for one in drafts)
    assert (inside.exit_code, "Plan R1 is published" in inside.output) == (0, True)
    assert (outside.exit_code, "changes by 7 s, at most 5 s" in outside.output) == (1, True)
    assert "Plan R1 is rolled back." in sign(streets, wang, "envelopes", "stop", "ring").output

    story = told(streets, "envelopes", "show", "ring")
    assert [one["action"] for one in story["events"]] == ["made", "approved", "approved", "stopped"]
    assert told(streets, "envelopes", "list") == {"envelopes": [story]}
    assert "stopped" in city(streets, "envelopes", "list").output
    assert streets.desk.ledger.life.in_force("signals", drafts[0].service_date) == {"J1": "T"}


def test_a_template_names_every_junction_that_it_cannot_bound(streets: Streets) -> None:
    streets.record(*(verified(name, running_plan=None) for name in ("J3", "J4")), at=SEVEN - timedelta(hours=1))

    out, found = template(streets, "J1", "J3", "J4", "J9")
    assert (found.exit_code, out.exists()) == (1, False)
    assert "no junction 'J9'" in found.output
    assert all(f"Envelope over junction {name} needs a published plan" in found.output for name in ("J3", "J4"))

    out, found = template(streets, "J1")
    assert found.exit_code == 0, found.output
    assert json.loads(out.read_text(encoding="utf-8"))["junctions"][0]["cycles_s"] == [100]


@pytest.mark.parametrize("text", ["7-10", "07:00", "07:00-07:60", "10:00-07:00", "23:00-25:00"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        hours_of(text)
    assert hours_of("22:30-24:00") == Hours(start_s=22 * 3600 + 1800, end_s=86_400)


def test_what_a_key_does_not_allow_or_a_file_does_not_hold_is_refused(streets: Streets) -> None:
    out, _ = template(streets, "J1")
    reader, elsewhere = streets.key("Sun Yue", "signals:read"), streets.key("Zhao Lei", districts=("d2",))  # type: ignore[arg-type]

    assert "needs the scope signals:plan" in sign(streets, reader, "envelopes", "propose", str(out)).output
    assert "no junction 'J1'" in sign(streets, elsewhere, "envelopes", "propose", str(out)).output
    assert "Put your key into CITY_KEY" in sign(streets, "", "envelopes", "propose", str(out)).output
    assert "There is no envelope 'ring'" in city(streets, "envelopes", "show", "ring").output

    document = json.loads(out.read_text(encoding="utf-8"))
    for changed, said in (
        ({"envelope_id": "../ring"}, "letters, digits"),
        ({"approved_by": ["Li Wei"]}, "approved_by"),
    ):
        out.write_text(json.dumps(document | changed), encoding="utf-8")
        refused = sign(streets, streets.key("Li Wei"), "envelopes", "propose", str(out))
        assert (refused.exit_code, said in refused.output) == (1, True), refused.output
    assert told(streets, "envelopes", "list") == {"envelopes": []}


def test_a_junction_enters_shadow_mode_and_leaves_it_when_its_time_is_over(streets: Streets) -> None:
    li, reader = streets.key("Li Wei"), streets.key("Sun Yue", "signals:read")

    assert "until 2026-03-20 00:00 at least" in sign(streets, li, "shadow", "enter", "J1", "--until", UNTIL).output
    assert [one["junction_id"] for one in told(streets, "shadow", "list")["junctions"]] == ["J1"]
    early = sign(streets, li, "shadow", "leave", "J1")
    assert (early.exit_code, "it is to stay in shadow mode until" in early.output) == (1, True)
    streets.clock.forward(days=20)
    assert "needs the scope signals:approve" in sign(streets, reader, "shadow", "leave", "J1").output
    assert "has left shadow mode" in sign(streets, li, "shadow", "leave", "J1").output

    assert [one["action"] for one in told(streets, "shadow", "story", "J1")["junctions"]] == ["entered", "left"]
    assert "There is none" in city(streets, "shadow", "list").output
    assert "never in shadow mode" in city(streets, "shadow", "story", "J2").output
    for unknown in (
        sign(streets, li, "shadow", "enter", "J9", "--until", UNTIL),
        city(streets, "shadow", "story", "J9"),
    ):
        assert (unknown.exit_code, "no junction 'J9'" in unknown.output) == (1, True)


def test_without_a_command_shadow_compares_as_before(streets: Streets) -> None:
    alone = city(streets, "shadow")
    assert (alone.exit_code, "a stored signal plan" in alone.output) == (1, True)
    mixed = city(streets, "shadow", "--junction", "J1", "list")
    assert (mixed.exit_code, "write it behind list" in mixed.output) == (2, True)
