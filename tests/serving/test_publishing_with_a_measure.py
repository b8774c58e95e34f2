"""What a plan will be judged by, declared as it is published: both count, or neither does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from city.audit_log import AuditQuery
from city.errors import CityError
from city.measures import MeasureName
from serving.loop.declaring import measure_in
from tests.serving.streets import Counter, counter_in, done, refused

MEASURE: dict[str, Any] = {
    "measure_id": "green-wave", "name": "pace_s_km", "unit": "junction", "pilot": ["J1"], "controls": ["J2"],
    "before_from": "2026-02-09", "after_from": "2026-03-02", "after_until": "2026-03-29",
}  # fmt: skip


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with counter_in(tmp_path) as opened:
        yield opened


def approved(counter: Counter, name: str = "S1") -> tuple[Any, str]:
    draft, li = counter.streets.signals(name), counter.streets.key("Li Wei")
    done(counter.step(li, draft, "approve"))
    done(counter.step(counter.streets.key("Wang Fang"), draft, "approve"))
    return draft, li


def test_a_measure_is_declared_with_the_plan_for_the_same_reason(counter: Counter) -> None:
    draft, li = approved(counter)

    done(counter.step(li, draft, "publish", measure=MEASURE))

    (declared,) = counter.streets.desk.ledger.measures.all()
    assert (declared.measure.measure_id, declared.measure.name) == ("green-wave", MeasureName.PACE)
    assert (declared.measure.plan_kind, declared.measure.districts) == ("signals", ("d1", "d2"))
    assert (declared.person, declared.reason) == ("Li Wei", "it was looked at")
    (booked,) = counter.streets.desk.ledger.promises.find(kind="plan")
    assert booked.promise.promised["measure"] == "green-wave"
    written = counter.streets.desk.ledger.audit.lines(AuditQuery(action="measure.declared"))
    assert [one.line.person for one in written] == ["Li Wei"]


def test_without_a_measure_nothing_is_declared(counter: Counter) -> None:
    draft, li = approved(counter)

    done(counter.step(li, draft, "publish"))

    assert counter.streets.desk.ledger.measures.all() == ()
    (booked,) = counter.streets.desk.ledger.promises.find(kind="plan")
    assert "measure" not in booked.promise.promised


def test_an_id_that_is_taken_keeps_the_plan_from_being_published(counter: Counter) -> None:
    draft, li = approved(counter)
    key = counter.streets.key("Zhao Lei")
    request = {**MEASURE, "plan_kind": "signals", "reason": "declared before"}
    done(counter.ask("POST", "/v1/effects", key, request), 201)

    assert "it was declared before" in refused(counter.step(li, draft, "publish", measure=MEASURE), 409, "conflict")

    assert counter.streets.desk.ledger.plan(draft.plan_id).status == "approved"
    assert counter.streets.desk.ledger.promises.find(kind="plan") == ()


def test_a_plan_that_may_not_be_published_declares_nothing(counter: Counter) -> None:
    draft, li = counter.streets.signals("S1"), counter.streets.key("Li Wei")

    refused(counter.step(li, draft, "publish", measure=MEASURE), 409, "conflict")

    assert counter.streets.desk.ledger.measures.all() == ()


@pytest.mark.parametrize(
    ("changes", "status", "code", "said"),
    [
        ({"pilot": ["J9"]}, 422, "invalid-value", "J9"),
        ({"controls": ["J1"]}, 422, "broken-rule", "J1 cannot be pilot and control"),
        ({"after_from": "2026-02-20", "after_until": "2026-03-10"}, 409, "conflict", "it began on 2026-02-20"),
        ({"name": "happiness"}, 422, "invalid-request", "name"),
    ],
)
def test_a_measure_that_cannot_be_is_refused_and_the_plan_waits(
    counter: Counter, changes: dict[str, Any], status: int, code: str, said: str
) -> None:
    draft, li = approved(counter)

    answer = counter.step(li, draft, "publish", measure=MEASURE | changes)

    assert said in refused(answer, status, code) + answer.text
    assert counter.streets.desk.ledger.plan(draft.plan_id).status == "approved"
    assert counter.streets.desk.ledger.measures.all() == ()


def test_the_command_reads_it_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "measure.json"
    path.write_text(json.dumps(MEASURE), encoding="utf-8")

    assert measure_in(path, "signals").pilot == ("J1",)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(CityError, match="no JSON object"):
        measure_in(path, "signals")
    with pytest.raises(CityError, match="cannot be read"):
        measure_in(tmp_path / "none.json", "signals")
