"""The rolling mode over HTTP: an envelope of two persons, plans that publish themselves, and the stop."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from city.signal_plans import SignalPlan, SignalSchedule
from tests.optimization.signals.cases import plan
from tests.serving.streets import D1, D2, LATER, SEVEN, Counter, counter_in, done, refused, verified

MORNING = {"start_s": 7 * 3600, "end_s": 10 * 3600}
AT_EIGHT = (0, 8 * 3600, 9 * 3600)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with counter_in(tmp_path) as opened:
        yield opened


def envelope(junction: str = "J1") -> dict[str, Any]:
    stages = verified().stage_chain
    bounds = {
        "junction_id": junction,
        "cycles_s": [100],
        "greens": [{"stage_id": stage, "min_s": 5, "max_s": 80} for stage in stages],
        "split_step_s": 4,
        "offset_step_s": 10,
    }
    made = {
        "envelope_id": "E1",
        "junctions": [bounds],
        "hours": [MORNING],
        "valid_until": (SEVEN + timedelta(days=30)).isoformat(),
    }
    return {"envelope": made, "reason": "trial in March"}


def rolling(counter: Counter, name: str, at_eight: tuple[int, int, int]) -> SignalSchedule:
    """The timetable, but from eight to nine these splits."""
    where = verified()
    plans: tuple[SignalPlan, ...] = (
        plan(where, number=2), plan(where, at_eight, number=3), plan(where, number=4),
    )  # fmt: skip
    return counter.streets.signals(name, *plans, starts_s=AT_EIGHT)


class Rolling:
    """A timetable is published and an envelope approved."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.li, self.wang = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
        self.timetable = counter.streets.signals("T")
        for who in (self.li, self.wang):
            done(counter.step(who, self.timetable, "approve"))
        done(counter.step(self.li, self.timetable, "publish"))
        done(counter.ask("POST", "/v1/signals/envelopes", self.li, envelope()), 201)
        for who in (self.li, self.wang):
            done(counter.ask("POST", "/v1/signals/envelopes/E1/approve", who, {"reason": "safe bounds"}))
        self.machine = counter.streets.key("Rolling control", "signals:publish")

    def publish(self, draft: SignalSchedule) -> dict[str, Any]:
        body = {"envelope_id": "E1", "reason": "demand rose"}
        path = f"/v1/signals/plans/{draft.plan_id}/publish-inside"
        return done(self.counter.ask("POST", path, self.machine, body))

    def status(self, draft: SignalSchedule) -> str:
        return self.counter.streets.desk.ledger.plan(draft.plan_id).status


@pytest.fixture
def running(counter: Counter) -> Rolling:
    return Rolling(counter)


def test_inside_a_draft_publishes_itself_outside_it_waits(running: Rolling) -> None:
    inside, outside = rolling(running.counter, "R1", (43, 20, 37)), rolling(running.counter, "R2", (50, 20, 30))

    assert running.publish(inside)["published"] is True
    answer = running.publish(outside)

    assert (answer["published"], answer["plan"]["status"]) == (False, "draft")
    assert "changes by 7 s, at most 4 s." in answer["breaches"][0]
    assert [running.status(one) for one in (running.timetable, inside, outside)] == ["published", "published", "draft"]


def test_what_ran_already_is_not_planned_otherwise(running: Rolling) -> None:
    draft = rolling(running.counter, "R1", (43, 20, 37))
    running.counter.streets.clock.forward(hours=1.5)

    answer = running.publish(draft)

    assert answer["breaches"] == ["It changes what ran before now: from 08:00 on, and it is 2026-03-02 08:30."]


def test_one_click_leads_back_to_the_timetable(running: Rolling) -> None:
    first, second = (rolling(running.counter, name, (main, 20, 80 - main)) for name, main in (("R1", 43), ("R2", 45)))
    running.publish(first)
    running.publish(second)

    stopped = done(
        running.counter.ask("POST", "/v1/signals/envelopes/E1/stop", running.wang, {"reason": "queues on the ring"})
    )

    assert (stopped["envelope"]["status"], stopped["rolled_back"]) == ("stopped", ["R2"])
    assert running.counter.streets.desk.ledger.life.in_force("signals", second.service_date) == {"J1": "T"}
    third = rolling(running.counter, "R3", (43, 20, 37))
    body = {"envelope_id": "E1", "reason": "x"}
    path = f"/v1/signals/plans/{third.plan_id}/publish-inside"
    assert "it is stopped" in refused(running.counter.ask("POST", path, running.machine, body), 409, "conflict")


def test_rolling_keeps_to_the_rules_of_all_plans(running: Rolling) -> None:
    draft = rolling(running.counter, "R1", (43, 20, 37))
    running.counter.streets.record(verified(audit=None), at=LATER)

    body = {"envelope_id": "E1", "reason": "x"}
    path = f"/v1/signals/plans/{draft.plan_id}/publish-inside"
    assert "unverified" in refused(running.counter.ask("POST", path, running.machine, body), 409, "conflict")


def test_an_envelope_takes_ones_own_junctions_and_two_persons(counter: Counter) -> None:
    li = counter.streets.key("Li Wei", districts=(D1,))
    other = counter.streets.key("Sun Yue", districts=(D2,))

    said = refused(counter.ask("POST", "/v1/signals/envelopes", li, envelope("J2")), 404, "unknown-id")
    assert "no junction 'J2'" in said
    made = done(counter.ask("POST", "/v1/signals/envelopes", li, envelope()), 201)
    assert (made["status"], made["district_ids"]) == ("draft", ["d1"])
    assert done(counter.ask("GET", "/v1/signals/envelopes/E1", li)) == made
    assert done(counter.ask("GET", "/v1/signals/envelopes", li)) == {"envelopes": [made]}

    refused(counter.ask("POST", "/v1/signals/envelopes", li, envelope()), 409, "conflict")
    assert done(counter.ask("GET", "/v1/signals/envelopes", other)) == {"envelopes": []}
    for path in ("", "/approve", "/stop"):
        method, body = ("POST", {"reason": "x"}) if path else ("GET", None)
        refused(counter.ask(method, f"/v1/signals/envelopes/E1{path}", other, body), 404, "not-found")
    done(counter.ask("POST", "/v1/signals/envelopes/E1/approve", li, {"reason": "fine"}))
    again = counter.ask("POST", "/v1/signals/envelopes/E1/approve", li, {"reason": "fine"})
    assert "two different persons" in refused(again, 409, "conflict")


def test_an_envelope_that_contradicts_itself_is_refused(counter: Counter) -> None:
    key = counter.streets.key("Li Wei")
    for name, wrong, code in (
        ("hours", [{"start_s": 36000, "end_s": 25200}], "invalid-value"),
        ("junctions", [], "invalid-request"),
        ("valid_until", "2026-05-01", "invalid-request"),
        ("envelope_id", "../E", "invalid-request"),
        ("approved_by", ["Li Wei"], "invalid-request"),
    ):
        body = envelope()
        body["envelope"][name] = wrong
        refused(counter.ask("POST", "/v1/signals/envelopes", key, body), 422, code)
