"""Plans approved, published and rolled back over HTTP, by people with keys."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from city.ids import PlanId
from city.signal_parts import ControlMode
from tests.optimization.collection.driven import two_streets
from tests.optimization.signals.cases import plan
from tests.serving.streets import D1, D2, LATER, SEVEN, Counter, counter_in, done, refused, verified


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with counter_in(tmp_path) as opened:
        yield opened


def test_a_signal_plan_goes_from_draft_to_published_by_two_persons(counter: Counter) -> None:
    li, wang = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
    draft = counter.streets.signals("S1")

    assert done(counter.step(li, draft, "approve"))["approvals_missing"] == 1
    assert "two different persons" in refused(
        counter.step(counter.streets.key("Li Wei"), draft, "approve"), 409, "conflict"
    )
    assert "so far Li Wei did" in refused(counter.step(li, draft, "publish"), 409, "conflict")
    assert done(counter.step(wang, draft, "approve"))["status"] == "approved"
    published = done(counter.step(li, draft, "publish"))

    assert (published["status"], published["valid_until"]) == ("published", "2026-03-02T16:00:00+00:00")
    story = done(counter.ask("GET", "/v1/signals/plans/S1/events", li))
    assert [(one["action"], one["person"]) for one in story["events"]] == [
        ("approved", "Li Wei"),
        ("approved", "Wang Fang"),
        ("published", "Li Wei"),
    ]
    assert done(counter.ask("GET", "/v1/signals/plans", li))["plans"][0]["status"] == "published"


def test_a_route_plan_takes_one_person(counter: Counter) -> None:
    key = counter.streets.key("Zhao Lei", "routes:approve", "routes:publish")
    draft = counter.streets.routes("R1")

    assert done(counter.step(key, draft, "approve"))["status"] == "approved"
    assert done(counter.step(key, draft, "publish"))["status"] == "published"


def test_each_step_needs_its_scope(counter: Counter) -> None:
    draft = counter.streets.signals("S1")
    approver = counter.streets.key("Li Wei", "signals:approve")
    reader = counter.streets.key("Sun Yue", "signals:read", "routes:approve", "routes:publish")

    for step in ("approve", "refuse", "publish", "expire", "roll-back"):
        assert "needs the scope signals:" in refused(counter.step(reader, draft, step), 403, "forbidden")
    for step in ("publish", "expire", "roll-back"):
        assert "signals:publish" in refused(counter.step(approver, draft, step), 403, "forbidden")
    refused(counter.ask("GET", "/v1/signals/plans/S1/events", approver), 403, "forbidden")
    refused(counter.client.post("/v1/signals/plans/S1/approve", json={"reason": "x"}), 401, "unauthenticated")


def test_a_plan_that_lies_in_another_district_too_is_not_there(counter: Counter) -> None:
    other = counter.streets.signals("S2", of=verified("J2", D2))
    key = counter.streets.key("Li Wei", districts=(D1,))
    nothing = replace(other, plan_id=PlanId("none"))

    for step in ("approve", "refuse", "publish", "expire", "roll-back"):
        detail = refused(counter.step(key, other, step), 404, "not-found")
        assert detail.replace("S2", "none") == refused(counter.step(key, nothing, step), 404, "not-found")
    refused(counter.ask("GET", "/v1/signals/plans/S2/events", key), 404, "not-found")
    assert done(counter.step(counter.streets.key("Wang Fang", districts=(D2,)), other, "approve"))


def test_a_signal_plan_is_not_found_among_routes(counter: Counter) -> None:
    draft = counter.streets.signals("S1")

    refused(
        counter.ask("POST", f"/v1/routes/plans/{draft.plan_id}/approve", counter.streets.key("Li"), {"reason": "x"}),
        404,
        "not-found",
    )


def test_a_step_without_a_reason_or_with_more_is_refused(counter: Counter) -> None:
    counter.streets.signals("S1")
    key = counter.streets.key("Li Wei")

    bodies: tuple[object, ...] = ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x", "status": "published"}, [])
    for body in bodies:
        refused(counter.ask("POST", "/v1/signals/plans/S1/approve", key, body), 422, "invalid-request")


def test_half_a_character_is_no_reason(counter: Counter) -> None:
    counter.streets.signals("S1")
    headers = {"authorization": f"Bearer {counter.streets.key('Li Wei')}", "content-type": "application/json"}

    for reason, status in ((rb"\ud83d", 400), (rb"\u0000", 422), (rb"\ud83d\udea6", 200)):
        content = b'{"reason": "' + reason + b'"}'
        answer = counter.client.post("/v1/signals/plans/S1/approve", content=content, headers=headers)
        assert answer.status_code == status, answer.text


def test_a_junction_that_nobody_verified_is_not_published_over(counter: Counter) -> None:
    draft = counter.streets.signals("S1")
    counter.streets.record(verified("J1", audit=None), at=LATER)
    li, wang = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
    said = "J1 is unverified: nobody has compared its record with the site"

    assert said in done(counter.step(li, draft, "approve"))["hindrances"][0]
    counter.step(wang, draft, "approve")

    assert said in refused(counter.step(li, draft, "publish"), 409, "conflict")
    assert done(counter.ask("GET", "/v1/signals/plans/S1/events", li))["status"] == "approved"


@pytest.mark.parametrize("mode", [ControlMode.MANUAL, ControlMode.FAULT])
def test_a_junction_in_other_hands_is_not_planned_over(counter: Counter, mode: ControlMode) -> None:
    draft = counter.streets.signals("S1")
    counter.streets.record(verified("J1", mode=mode), at=LATER)
    key = counter.streets.key("Li Wei")

    said = refused(counter.step(key, draft, "approve"), 409, "unsafe-plan")

    assert f"J1: it is in mode {mode} and must not be planned over" in said


def test_shadow_mode_lasts_its_time_and_ends_by_a_signed_act(counter: Counter) -> None:
    key, other = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
    draft = counter.streets.signals("S1")
    until = (SEVEN + timedelta(hours=2)).isoformat()
    entered = done(
        counter.ask("POST", "/v1/signals/junctions/J1/shadow/enter", key, {"until": until, "reason": "new controller"})
    )
    counter.step(key, draft, "approve")
    counter.step(other, draft, "approve")

    said = refused(counter.step(key, draft, "publish"), 409, "conflict")
    leave = "/v1/signals/junctions/J1/shadow/leave"
    assert "J1 is in shadow mode until 2026-03-02 09:00 at least (Li Wei: new controller)" in said
    assert "until 2026-03-02 01:00 UTC" in refused(counter.ask("POST", leave, key, {"reason": "fine"}), 409, "conflict")
    assert done(counter.ask("GET", "/v1/signals/shadow", key))["junctions"] == [entered]

    counter.streets.clock.forward(hours=3)
    refused(counter.step(key, draft, "publish"), 409, "conflict")  # nobody has signed yet
    done(counter.ask("POST", leave, other, {"reason": "delays agree"}))
    assert done(counter.step(key, draft, "publish"))["status"] == "published"
    marks = done(counter.ask("GET", "/v1/signals/junctions/J1/shadow", key))["junctions"]
    assert [(one["action"], one["person"]) for one in marks] == [("entered", "Li Wei"), ("left", "Wang Fang")]


def test_another_districts_junction_is_not_there(counter: Counter) -> None:
    key = counter.streets.key("Li Wei", districts=(D1,))
    body = {"until": (SEVEN + timedelta(days=1)).isoformat(), "reason": "x"}

    said = refused(counter.ask("POST", "/v1/signals/junctions/J2/shadow/enter", key, body), 404, "unknown-id")

    assert said.replace("J2", "J9") == refused(
        counter.ask("POST", "/v1/signals/junctions/J9/shadow/enter", key, body), 404, "unknown-id"
    )
    assert "J2" not in said.removeprefix("Request: there is no junction 'J2'")


def test_a_plan_that_does_not_fit_what_the_junction_has_become_is_refused_with_findings(counter: Counter) -> None:
    li, wang = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
    draft = counter.streets.signals("S1")
    done(counter.step(li, draft, "approve"))
    longest = verified("J1", cycle_min_s=110, cycle_max_s=140)
    counter.streets.record(longest, at=LATER)

    for step in ("approve", "publish"):
        said = refused(counter.step(wang, draft, step), 409, "unsafe-plan")
        assert "checked again and breaks" in said
        assert "110" in said


def test_a_truck_that_went_to_the_workshop_is_found_out(counter: Counter) -> None:
    key = counter.streets.key("Zhao Lei")
    draft = counter.streets.routes("R1")
    truck = next(one for one in two_streets().build().trucks if one.truck_id == "T2")

    counter.streets.record(truck, at=draft.provenance.made_at - timedelta(days=1))
    assert done(counter.step(key, draft, "approve"))["status"] == "approved"
    counter.streets.record(replace(truck, available=False), at=draft.provenance.made_at + timedelta(hours=1))

    assert "no such truck available" in refused(counter.step(key, draft, "publish"), 409, "unsafe-plan")


def test_the_former_plan_expires_and_returns(counter: Counter) -> None:
    li, wang = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
    former, new = (counter.streets.signals(name) for name in ("S1", "S2"))
    for draft in (former, new):
        counter.step(li, draft, "approve")
        counter.step(wang, draft, "approve")
    done(counter.step(li, former, "publish"))

    assert done(counter.step(li, new, "publish"))["said"] == ["Plan S1 has expired: plan S2 took its place."]
    back = done(counter.step(wang, new, "roll-back"))

    assert (back["status"], back["restored"], back["said"]) == ("rolled_back", ["S1"], ["Plan S1 holds again."])
    gone = done(counter.step(wang, former, "roll-back"))
    assert gone["said"] == ["No plan that expired for this one holds again."]


def test_what_returns_must_pass_its_check_today(counter: Counter) -> None:
    li, wang = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang")
    former, new = (counter.streets.signals(name) for name in ("S1", "S2"))
    for draft in (former, new):
        counter.step(li, draft, "approve")
        counter.step(wang, draft, "approve")
        done(counter.step(li, draft, "publish"))
    counter.streets.record(verified("J1", mode=ControlMode.FAULT), at=LATER)

    back = done(counter.step(wang, new, "roll-back"))

    assert back["restored"] == []
    assert "S1 does not hold again: Junction J1: it is in mode fault and must not be planned over." in back["said"][0]


def test_a_plan_of_yesterday_is_neither_approved_nor_published(counter: Counter) -> None:
    key = counter.streets.key("Li Wei")
    draft = counter.streets.signals("S1")
    counter.streets.clock.forward(days=1)

    assert "its time ended at 2026-03-02 16:00 UTC" in refused(counter.step(key, draft, "approve"), 409, "conflict")


def test_the_list_shows_ones_own_and_what_touches_a_district(counter: Counter) -> None:
    counter.streets.signals("S1")
    counter.streets.signals("S2", of=verified("J2", D2))
    whole, own = counter.streets.key("Li Wei"), counter.streets.key("Wang Fang", districts=(D1,))

    def listed(key: str, query: str = "") -> list[str]:
        return sorted(one["plan_id"] for one in done(counter.ask("GET", f"/v1/signals/plans{query}", key))["plans"])

    assert (listed(whole), listed(own)) == (["S1", "S2"], ["S1"])
    assert (listed(whole, "?district_id=d2"), listed(own, "?district_id=d2")) == (["S2"], [])
    assert done(counter.ask("GET", "/v1/status", own))["plans"] == {"signals": 1, "routes": 0}


def test_every_step_is_documented_with_its_refusals_and_an_example(counter: Counter) -> None:
    specification = counter.client.app.openapi()  # type: ignore[attr-defined]

    for kind in ("signals", "routes"):
        for step in ("approve", "refuse", "publish", "expire", "roll-back"):
            route = specification["paths"][f"/v1/{kind}/plans/{{plan_id}}/{step}"]["post"]
            assert {"200", "401", "403", "404", "409", "422"} <= set(route["responses"])
            name = route["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            assert specification["components"]["schemas"][name]["examples"]


def test_a_plan_of_two_cycles_is_told_apart_by_its_document(counter: Counter) -> None:
    """A draft that is made anew under its id carries no approval over."""
    key = counter.streets.key("Li Wei")
    first = counter.streets.signals("S1")
    where = verified()
    counter.streets.signals("S1", plan(where, (42, 20, 38)))

    done(counter.step(key, first, "approve"))

    assert done(counter.ask("GET", "/v1/signals/plans/S1/events", key))["approvals_missing"] == 1
