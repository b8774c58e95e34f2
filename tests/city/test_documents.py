"""Domain objects to JSON and back, and every way in which a document can be wrong."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.documents import canonical_json, decode, encode, from_json, parse_json, stored, to_json
from city.errors import CityError, InvalidValueError, SeveralErrors, UnreadableInputError
from city.ids import DepotId, DistrictId, PlanId, TruckId
from city.signal_plans import Provenance
from city.waste import Compartment, Shift, Stream, TimeWindow, Truck
from city.waste_plans import CollectionPlan

TRUCK = Truck(
    truck_id=TruckId("T1"),
    district_ids=(DistrictId("north"),),
    depot_id=DepotId("D"),
    payload_kg=6000.0,
    compartments=(Compartment(streams=(Stream.RESIDUAL, Stream.KITCHEN), body_m3=12.0, compaction_ratio=2.5),),
    shift=Shift(start_s=75_600, end_s=108_000, break_s=1800, break_window=TimeWindow(start_s=86_400, end_s=93_600)),
)
PLAN = CollectionPlan(
    plan_id=PlanId("routes-1"),
    service_date=date(2026, 3, 30),
    time_zone="Asia/Shanghai",
    district_ids=(DistrictId("north"),),
    routes=(),
    unserved=(),
    cost=(("driven_m", 1200.0),),
    provenance=Provenance(made_at=datetime(2026, 3, 29, 21, tzinfo=UTC), seed=1, history_versions=(("Entities", 3),)),
)


def test_a_truck_survives_the_way_through_json() -> None:
    assert from_json(Truck, to_json(TRUCK), "fleet.json") == TRUCK


def test_a_plan_survives_with_dates_pairs_and_empty_parts() -> None:
    assert from_json(CollectionPlan, to_json(PLAN), "plan.json") == PLAN


def test_canonical_json_does_not_depend_on_field_order() -> None:
    shuffled = dict(reversed(encode(TRUCK).items()))
    assert canonical_json(decode(Truck, shuffled)) == canonical_json(TRUCK)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("payload_kg", "six tons", "payload_kg is 'six tons', expected a finite number"),
        ("payload_kg", 0, "Truck T1: payload_kg is 0.0, expected a payload above 0 kg"),
        ("payload_kg", True, "expected a finite number"),
        ("payload_kg", float("nan"), "expected a finite number"),
        ("truck_id", 7, "truck_id is 7, expected a text"),
        ("district_ids", "north", "expected a list"),
        ("shift", [1, 2], "expected an object"),
        ("colour", "green", "no such field"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(field: str, value: object, sentence: str) -> None:
    data: dict[str, Any] = {**encode(TRUCK), field: value}
    with pytest.raises(CityError, match=sentence.replace("(", r"\(")):
        decode(Truck, data, "fleet.json")


def test_the_path_leads_into_the_parts() -> None:
    data = encode(TRUCK)
    data["compartments"][0]["streams"][1] = "kitchn"
    with pytest.raises(InvalidValueError, match=r"streams\[1\] is 'kitchn', expected one of residual"):
        decode(Truck, data, "fleet.json")


def test_all_faults_are_told_at_once() -> None:
    data = encode(TRUCK)
    data["payload_kg"] = None
    del data["depot_id"]
    with pytest.raises(SeveralErrors) as caught:
        decode(Truck, data, "fleet.json")
    assert {"payload_kg", "depot_id"} <= {getattr(error, "field", "") for error in caught.value.errors}


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', "{", "", '{"a": 1,}', "[" * 100_000])
def test_what_is_not_json_is_refused_with_its_source(text: str) -> None:
    with pytest.raises(UnreadableInputError, match=r"^plan\.json: "):
        parse_json(text, "plan.json")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_no_data_whatever_escapes_as_another_kind_of_error(data: object) -> None:
    with pytest.raises(CityError):
        decode(Truck, data, "fleet.json")


def test_a_stored_document_is_read_once_and_a_changed_one_again() -> None:
    text = to_json(TRUCK)
    changed = text.replace(f'"payload_kg": {TRUCK.payload_kg}', '"payload_kg": 4321.0')

    first, again, other = (stored(Truck, one, "Stored truck") for one in (text, text, changed))

    assert first is again
    assert first == TRUCK
    assert other.payload_kg == 4321.0
    with pytest.raises(CityError, match="Stored truck"):
        stored(Truck, "{", "Stored truck")
