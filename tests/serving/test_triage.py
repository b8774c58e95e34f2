"""From a complaint's text to a stop that was made: proposals, orders, plans, reports, and who may see what."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from city.complaint_work import OrderState
from city.documents import canonical_json
from city.errors import MissingInputError, NotFoundError
from city.feedback import Feedback
from city.findings import CheckReport
from city.frames import BinReadings, ComplaintEvents, Entities
from city.ids import PlanId, PointId, TruckId
from city.ledger import ImportRecord
from city.places import CityInfo
from city.settings import Settings
from city.waste import Stream
from city.waste_plans import Reason, Unserved
from models.registry import Registry
from serving.desk import Desk
from serving.triage.deciding import accept, accept_sure, reroute, texts_of
from serving.triage.documents import detail_document, order_document
from serving.triage.measuring import routed_by_month
from serving.triage.proposing import NOBODY, triage_complaints
from serving.triage.settling import settle
from serving.triage.training import train
from tests.city.lives import LI, NORTH, SOUTH, person, routes, stop
from tests.city.test_complaint_orders import OVERFLOWING
from tests.models.test_triage import records
from tests.optimization.collection.towns import A_POINT
from tests.serving.lived_in import frame

NOW = datetime(2026, 3, 31, 0, tzinfo=UTC)  # 08:00 in Shanghai, the day of the plans of `lives`
HOUR = timedelta(hours=1)
METRE = 1 / 111_320
HERE = {"lon": 116.3, "lat": 39.9}


def event(name: str, at: datetime, what: str = "opened", /, **changes: object) -> dict[str, object]:
    row = {
        "district_id": NORTH, "known_at": at + HOUR / 2, "imported_at": at + HOUR / 2, "source": "c.csv",
        "complaint_id": name, "event": what, "at": at, "category": "waste", "department": "police",
        "priority": "normal", "text": "垃圾桶满了没有人收", **HERE,
    }  # fmt: skip
    return {**row, **changes}


def past() -> list[dict[str, object]]:
    """Sixty days of closed complaints, the last some days ago."""
    rows = []
    for one in records().iter_rows(named=True):
        at = one["at"] + timedelta(days=22)
        told: dict[str, object] = {"text": one["text"], "priority": "normal", "category": one["opened_category"]}
        rows.append(event(one["complaint_id"], at, department=one["opened_department"], **told))
        last: dict[str, object] = {"department": one["closed_department"], "priority": one["closed_priority"]}
        told |= {"category": one["closed_category"], **last}
        rows.append(event(one["complaint_id"], at + 4 * HOUR, "closed", **told))
    return rows


def city_with(desk: Desk, events: list[dict[str, object]]) -> Desk:
    info = CityInfo(name="Testburg", time_zone="Asia/Shanghai", national_profile="CN")
    point = replace(A_POINT, point_id=PointId("P1"), lon=HERE["lon"], lat=HERE["lat"] + 20 * METRE)
    other = replace(point, point_id=PointId("S1"), district_id=SOUTH, lat=HERE["lat"] + 0.5)
    things = (("city", "city", info), ("point", "P1/residual", point), ("point", "S1/residual", other))
    long_ago = NOW - timedelta(days=200)
    entities = [
        {
            "district_id": NORTH, "known_at": long_ago, "imported_at": long_ago, "source": "c.json", "kind": kind,
            "entity_id": name, "document": canonical_json(thing),
        }
        for kind, name, thing in things
    ]  # fmt: skip
    with desk.history.writing(import_id="import-1") as writing:
        writing.append(Entities, frame(Entities, entities))
        writing.append(ComplaintEvents, frame(ComplaintEvents, events))
        writing.commit(ImportRecord(import_id="import-1", mapping="t.toml", imported_at=NOW))
    return desk


def desk_in(settings: Settings) -> Desk:
    return Desk(settings, clock=lambda: NOW)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with its tables and no model: making them takes seconds."""
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path_factory.mktemp("registry"))})
    assert Registry(settings).champion("nobody") is None
    return settings.mlruns


@pytest.fixture
def desk(tmp_path: Path, empty_store: Path) -> Desk:
    """Two complaints that nobody has closed, and no model."""
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path)})
    shutil.copytree(empty_store, settings.mlruns)
    yesterday = NOW - 5 * HOUR
    south = {"district_id": SOUTH, "lat": HERE["lat"] + 0.5}
    return city_with(desk_in(settings), [event("C1", yesterday), event("C2", yesterday, **south)])


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Desk:
    """A triage was trained and promoted; five complaints are open."""
    yesterday = NOW - 5 * HOUR
    fresh = [
        event("wrong", yesterday),
        event("kitchen", yesterday + HOUR, text="厨余桶很臭", lat=HERE["lat"] + 0.1),
        event("party", yesterday, category="noise", text="楼上半夜唱卡拉OK"),
        event("vague", yesterday, text="请尽快处理"),
        event("tree", yesterday, category="greening", text="大树倒了压在车上", department="greening"),
        event("done", yesterday),
        event("done", yesterday + HOUR, "closed"),
    ]
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path_factory.mktemp("taught"))})
    shutil.copytree(empty_store, settings.mlruns)
    desk = city_with(desk_in(settings), [*past(), *fresh])
    assert train(desk).promoted
    triage_complaints(desk)
    return desk


def accepted(
    desk: Desk, name: str = "C1", at: tuple[PointId, Stream] | None = (PointId("P1"), Stream.RESIDUAL)
) -> None:
    """As if a person had read it and found it to be about the bins."""
    point_id, stream = at or (None, None)
    proposal = replace(
        OVERFLOWING, complaint_id=name, opened_at=NOW - 5 * HOUR, point_id=point_id, stream=stream, department="police"
    )
    desk.ledger.orders.propose([proposal])
    reroute(desk, name, LI, department="sanitation", why="bins")
    accept(desk, name, LI)


def test_without_a_model_a_person_reads_everything(desk: Desk) -> None:
    found = triage_complaints(desk)

    assert (found.model, found.unsure, found.proposed) == (NOBODY, 2, 0)
    assert "A person reads every complaint" in found.notes[0]
    assert desk.ledger.orders.of("C1").point_id == "P1"


def test_complaints_are_proposed_with_reasons_and_the_point_they_are_about(taught: Desk) -> None:
    orders = {order.complaint_id: order for order in taught.ledger.orders.find()}

    assert set(orders) == {"wrong", "kitchen", "party", "vague", "tree"}
    assert (orders["wrong"].department, orders["wrong"].state) == ("sanitation", OrderState.PROPOSED)
    assert orders["wrong"].proposal.first_department == "police"
    assert any("垃圾" in term for term in orders["wrong"].proposal.reasons["department"])
    assert (orders["wrong"].point_id, orders["kitchen"].point_id, orders["party"].point_id) == ("P1", None, None)
    assert orders["party"].department == "police"
    assert orders["tree"].priority == "urgent"
    assert orders["vague"].state is OrderState.UNSURE


def test_training_is_written_into_the_log_of_models(taught: Desk) -> None:
    (line,) = taught.ledger.model_log("triage")
    assert (line.action, line.version) == ("promoted", "1")
    assert "below the best simple baseline's" in line.reason


def test_misrouting_is_measured_before_and_by_what_was_proposed(taught: Desk) -> None:
    months = {month.month: month for month in routed_by_month(taught)}
    first = sum(month.first_wrong for month in months.values()) / sum(month.first for month in months.values())

    assert 0.15 < first < 0.35  # the hotline sends all noise to one department
    assert months["2026-03"].unsure == 1
    assert months["2026-03"].proposed == 0  # nobody has closed them or decided yet


def test_what_leaves_holds_no_text_and_no_place(taught: Desk) -> None:
    order = taught.ledger.orders.of("wrong")

    document = order_document(order)

    assert "没有人收" not in str({**document, "proposed": {**document["proposed"], "reasons": []}})
    assert str(HERE["lon"]) not in str(document)
    assert detail_document(order, (), texts_of(taught, ["wrong"])["wrong"])["text"] == "垃圾桶满了没有人收"


def test_only_ones_own_districts_are_read_and_decided(desk: Desk) -> None:
    assert [order.complaint_id for order in triage_complaints(desk, within=(NORTH,)).orders] == ["C1"]
    triage_complaints(desk)
    northerner = person("Zhang Min", districts=frozenset({NORTH}))
    with pytest.raises(NotFoundError, match="C2"):
        accept(desk, "C2", northerner)
    with pytest.raises(NotFoundError, match="S1/residual"):
        accept(desk, "C1", northerner, point="S1/residual")
    assert accept_sure(desk, northerner) == ()


def test_nothing_to_read_says_what_to_import(tmp_path: Path) -> None:
    empty = city_with(desk_in(Settings.from_environment({"CITY_HOME": str(tmp_path)})), [])
    with pytest.raises(MissingInputError, match="city import"):
        triage_complaints(empty)


def test_an_order_is_planned_by_the_plan_that_stops_there_and_done_when_the_driver_says_so(desk: Desk) -> None:
    accepted(desk)
    assert settle(desk).orders == ()
    plan = routes("routes-1", T1=(stop("P1"),))
    later = replace(plan, provenance=replace(plan.provenance, made_at=NOW))
    desk.ledger.save_plan(later, CheckReport(checked="routes-1"))

    (planned,) = settle(desk).orders
    assert (planned.state, planned.plan_id, planned.truck_id) == (OrderState.PLANNED, "routes-1", "T1")
    assert settle(desk).orders == ()  # to do it again changes nothing

    said = Feedback(event_id="e1", at=NOW + HOUR, kind="done", point_id=PointId("P1"), stream=Stream.RESIDUAL)
    desk.ledger.feedback.add(PlanId("routes-1"), TruckId("T1"), [said], LI)
    (done,) = settle(desk).orders
    assert done.state is OrderState.DONE
    assert [step.after for step in desk.ledger.orders.steps("C1")][-3:] == ["accepted", "planned", "done"]


def test_a_skipped_stop_waits_again_with_the_drivers_reason(desk: Desk) -> None:
    accepted(desk)
    plan = routes("routes-1", T1=(stop("P1"),))
    later = replace(plan, provenance=replace(plan.provenance, made_at=NOW))
    desk.ledger.save_plan(later, CheckReport(checked="routes-1"))
    said = Feedback(
        event_id="e1", at=NOW + HOUR, kind="blocked", point_id=PointId("P1"), stream=Stream.RESIDUAL, reason="gate shut"
    )
    desk.ledger.feedback.add(PlanId("routes-1"), TruckId("T1"), [said], LI)

    (waiting,) = settle(desk).orders

    assert (waiting.state, waiting.plan_id) == (OrderState.ACCEPTED, None)
    assert "gate shut" in waiting.why


def test_an_emptying_that_came_after_the_complaint_on_the_plans_day_is_the_work_done(desk: Desk) -> None:
    accepted(desk)
    plan = routes("routes-1", T1=(stop("P1"),))
    desk.ledger.save_plan(
        replace(plan, provenance=replace(plan.provenance, made_at=NOW)), CheckReport(checked="routes-1")
    )
    seen = {
        "district_id": NORTH, "known_at": NOW - HOUR / 4, "imported_at": NOW - HOUR / 4, "source": "v.csv",
        "point_id": "P1", "stream": "residual", "read_at": NOW - HOUR / 2, "method": "visit", "fill_level": 0.9,
        "emptied": True,
    }  # fmt: skip
    desk.history.append(BinReadings, frame(BinReadings, [seen]))

    (done,) = settle(desk).orders

    assert (done.state, done.why) == (OrderState.DONE, "Emptied at 2026-03-31 07:30.")


def test_an_order_that_the_plan_leaves_says_why(desk: Desk) -> None:
    accepted(desk)
    left = Unserved(
        point_id=PointId("P1"), stream=Stream.RESIDUAL, reason=Reason.NO_TIME, sentence="No truck has time for it.",
        mandatory=True,
    )  # fmt: skip
    plan = routes("routes-1", T1=(stop("P9"),))
    made = replace(plan, unserved=(left,), provenance=replace(plan.provenance, made_at=NOW))
    desk.ledger.save_plan(made, CheckReport(checked="routes-1"))

    (waiting,) = settle(desk).orders

    assert waiting.state is OrderState.ACCEPTED
    assert waiting.why == "Not in routes-1: No truck has time for it."


def test_an_order_at_no_point_says_that_one_has_to_be_named(desk: Desk) -> None:
    accepted(desk, "C9", at=None)

    (waiting,) = settle(desk).orders

    assert "No collection point lies within 250 m" in waiting.why
    assert accept(desk, "C9", LI, point="P1/residual").point_id == "P1"
