"""Drivers report over HTTP: late, twice, by a key or by the link of their truck and day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from city.access import Caller
from city.clock import at_second, zone
from city.ids import TruckId
from city.waste_plans import CollectionPlan
from tests.serving.streets import Counter, counter_in, done, refused

LI = Caller(person="Li Wei", key_id="k1", scopes=frozenset())


class Day:
    """A published plan, driven by T1 and T2, and the driver's key."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.plan: CollectionPlan = counter.streets.routes("R1")
        self.key = counter.streets.key("Driver", "routes:report")
        chief = counter.streets.key("Zhao Lei")
        counter.streets.clock.now = at_second(self.plan.service_date, 6 * 3600, zone(self.plan.time_zone))
        done(counter.step(chief, self.plan, "approve"))
        done(counter.step(chief, self.plan, "publish"))

    def report(self, kind: str = "done", point: str | None = "A1", **more: object) -> dict[str, object]:
        where = {} if point is None else {"point_id": point, "stream": "residual"}
        said = {"event_id": str(uuid4()), "at": self.counter.streets.clock.now.isoformat(), "kind": kind}
        return said | where | more

    def path(self, truck: str = "T1") -> str:
        return f"/v1/routes/plans/{self.plan.plan_id}/trucks/{truck}/feedback"

    def send(self, *reports: object, truck: str = "T1", key: str = "") -> list[tuple[str, str]]:
        answer = done(self.counter.ask("POST", self.path(truck), key or self.key, {"events": list(reports)}))
        return [(one["outcome"], one["sentence"]) for one in answer["events"]]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    with counter_in(tmp_path) as counter:
        yield Day(counter)


def test_reports_are_kept_once_in_the_order_of_the_day(day: Day) -> None:
    first, second = day.report("done", "A1"), day.report("blocked", "A2", reason="a parked van")

    assert day.send(second, first) == [("accepted", ""), ("accepted", "")]
    assert day.send(first, second) == [("duplicate", ""), ("duplicate", "")]

    found = done(day.counter.ask("GET", day.path(), day.key))
    assert {one["event_id"] for one in found["events"]} == {first["event_id"], second["event_id"]}
    assert [one["outcome"] for one in found["stops"]] == ["done", "blocked", "open", "open"]
    assert found["executed"] == 2


def test_the_same_id_for_something_else_is_a_conflict_that_names_it(day: Day) -> None:
    first = day.report("done", "A1")
    day.send(first)
    body = {"events": [day.report("done", "A3"), first | {"point_id": "A2"}]}

    said = refused(day.counter.ask("POST", day.path(), day.key, body), 409, "conflict")

    assert str(first["event_id"]) in said
    assert len(done(day.counter.ask("GET", day.path(), day.key))["events"]) == 1


def test_what_does_not_fit_is_refused_by_itself(day: Day) -> None:
    tomorrow = (day.counter.streets.clock.now + timedelta(hours=2)).isoformat()
    outcomes = day.send(
        day.report("done", "B1"),
        day.report("done", "A1", at=tomorrow),
        day.report("skipped", "A2"),
        day.report("weight", None),
        day.report("done", "A1", stream="soup"),
        day.report("weight", None, kg=4120.5, ticket="W-17"),
    )

    assert [outcome for outcome, _ in outcomes] == ["refused"] * 5 + ["accepted"]
    sentences = [sentence for _, sentence in outcomes]
    assert "no stop of truck T1 at 'B1 (residual)'" in sentences[0]
    assert "expected a time from" in sentences[1]
    assert "why the stop was not served" in sentences[2]
    assert "the net weight in kg" in sentences[3]
    assert "expected one of residual" in sentences[4]


def test_a_wrong_field_is_named(day: Day) -> None:
    for wrong in (
        {"event_id": "one"},
        {"at": "2026-03-02T07:00:00"},
        {"kind": "eaten"},
        {"kg": -1},
        {"person": "somebody else"},
    ):
        answer = day.counter.ask("POST", day.path(), day.key, {"events": [day.report() | wrong]})
        refused(answer, 422, "invalid-request")
        assert answer.json()["errors"][0]["pointer"] == f"#/events/0/{next(iter(wrong))}"


def test_nobody_drives_what_was_never_published(day: Day) -> None:
    draft = day.counter.streets.routes("R2")
    path = f"/v1/routes/plans/{draft.plan_id}/trucks/T1/feedback"

    said = refused(day.counter.ask("POST", path, day.key, {"events": [day.report()]}), 409, "conflict")

    assert "was never published" in said


def test_what_is_reported_after_the_plan_was_replaced_still_counts(day: Day) -> None:
    done(day.counter.step(day.counter.streets.key("Zhao Lei"), day.plan, "roll-back"))

    assert day.send(day.report()) == [("accepted", "")]


def test_an_unknown_truck_is_not_there(day: Day) -> None:
    refused(day.counter.ask("POST", day.path("T9"), day.key, {"events": [day.report()]}), 404, "unknown-id")


def test_a_drivers_link_reports_for_its_own_truck_alone(day: Day) -> None:
    link = day.counter.streets.desk.ledger.links.make(
        day.plan.plan_id, TruckId("T1"), by=LI, expires_at=datetime.now().astimezone() + timedelta(hours=8)
    )

    assert day.send(day.report(), key=link.token) == [("accepted", "")]
    assert done(day.counter.ask("GET", day.path(), link.token))["events"][0]["person"] == "driver of T1"
    refused(day.counter.ask("POST", day.path("T2"), link.token, {"events": [day.report()]}), 404, "not-found")


def test_a_reader_reads_reports_and_sends_none(day: Day) -> None:
    reader = day.counter.streets.key("Sun Yue", "routes:read")

    done(day.counter.ask("GET", day.path(), reader))
    refused(day.counter.ask("POST", day.path(), reader, {"events": [day.report()]}), 403, "forbidden")
