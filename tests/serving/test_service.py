"""The service over real HTTP: what it answers, and what it says to bad input."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from serving.schemas.collection_plans import CollectionPlanDocument, TruckRouteDocument
from serving.schemas.forecasts import CongestionForecast, WasteForecast
from serving.schemas.models import ModelsNow
from serving.schemas.plans import PlanList, StoredPlanDocument
from serving.schemas.signal_plans import SignalScheduleDocument
from serving.schemas.status import Status

JSON = {"content-type": "application/json"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Every refusal has one form (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"/docs#problem-{code}"
    assert document["detail"].endswith(".")
    assert document["instance"] == answer.request.url.path
    return document


def newest(service: httpx.Client, kind: str) -> dict[str, Any]:
    href = service.get(f"/v1/{kind}/plans").json()["plans"][-1]["href"]
    document: dict[str, Any] = service.get(href).json()
    return document


def test_it_is_alive_and_ready_and_counts(service: httpx.Client) -> None:
    assert service.get("/livez").status_code == 200
    assert service.get("/healthz").status_code == 200
    assert service.get("/readyz").status_code == 200
    told = service.get("/metrics").text
    assert re.search(r'city_request_seconds_count\{method="GET",route="/readyz",status="200"\} [1-9]', told)
    assert "bentoml" not in told


def test_congestion_comes_whole_or_in_part(service: httpx.Client) -> None:
    whole = CongestionForecast.model_validate_json(service.get("/v1/forecasts/congestion").content)
    detector = whole.detectors[0]
    start, end = detector.values[4].valid_at, detector.values[8].valid_at

    part = CongestionForecast.model_validate_json(
        service.get(
            "/v1/forecasts/congestion",
            params={"detector_id": detector.detector_id, "from": start.isoformat(), "to": end.isoformat()},
        ).content
    )

    assert whole.rungs.keys() == {"champion"}
    assert whole.models == ["congestion v1"]
    assert [one.detector_id for one in part.detectors] == [detector.detector_id]
    assert part.detectors[0].values == detector.values[4:8]
    assert all(value.flow_p10_veh_h <= value.flow_p90_veh_h for value in detector.values)  # type: ignore[operator]


def test_waste_comes_by_point_and_district(service: httpx.Client) -> None:
    whole = WasteForecast.model_validate_json(service.get("/v1/forecasts/waste").content)
    district = whole.points[0].district_id

    part = WasteForecast.model_validate_json(
        service.get("/v1/forecasts/waste", params={"district_id": district}).content
    )

    assert {point.district_id for point in part.points} == {district}
    assert len(part.points) < len(whole.points)


def test_what_has_not_changed_is_not_sent_again(service: httpx.Client) -> None:
    first = service.get("/v1/forecasts/congestion")
    again = service.get("/v1/forecasts/congestion", headers={"if-none-match": first.headers["etag"]})
    other = service.get("/v1/forecasts/waste", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


def test_models_and_state_say_who_answers(service: httpx.Client) -> None:
    models = ModelsNow.model_validate_json(service.get("/v1/models").content).models
    state = Status.model_validate_json(service.get("/v1/status").content)

    assert [(model.name, model.version, model.rung) for model in models] == [
        ("congestion", "1", "champion"),
        ("waste", "1", "champion"),
    ]
    assert state.ready
    assert state.plans["signals"] >= 1
    assert state.plans["routes"] >= 1


def test_stored_plans_are_listed_and_read(service: httpx.Client) -> None:
    listed = PlanList.model_validate_json(service.get("/v1/signals/plans").content)
    elsewhere = service.get("/v1/signals/plans", params={"service_date": "2020-01-01"}).json()
    signals = StoredPlanDocument[SignalScheduleDocument].model_validate(newest(service, "signals"))
    routes = StoredPlanDocument[CollectionPlanDocument].model_validate(newest(service, "routes"))

    assert signals.plan_id in {plan.plan_id for plan in listed.plans}
    assert elsewhere == {"plans": []}
    assert signals.check.ok
    assert routes.check.ok


def test_a_driver_gets_one_truck(service: httpx.Client) -> None:
    plan = newest(service, "routes")
    route = plan["plan"]["routes"][0]

    answer = service.get(f"/v1/routes/plans/{plan['plan_id']}/trucks/{route['truck_id']}")

    assert TruckRouteDocument.model_validate_json(answer.content).model_dump(mode="json")["route"] == route
    unknown = problem(service.get(f"/v1/routes/plans/{plan['plan_id']}/trucks/T-none"), 404, "unknown-id")
    assert route["truck_id"] in unknown["detail"]


def test_a_junction_is_planned_on_request(service: httpx.Client) -> None:
    junction = newest(service, "signals")["plan"]["day_plans"][0]["junction_id"]

    answer = service.post("/v1/signals/plans", json={"junction_ids": [junction]})

    assert answer.status_code == 201, answer.text
    made = StoredPlanDocument[SignalScheduleDocument].model_validate_json(answer.content)
    assert [day_plan.junction_id for day_plan in made.plan.day_plans] == [junction]
    assert made.check.ok
    assert service.get(answer.headers["location"]).json() == answer.json()


def test_routes_are_planned_on_request(service: httpx.Client) -> None:
    answer = service.post("/v1/routes/plans", json={"seconds": 2})

    assert answer.status_code == 201, answer.text
    made = StoredPlanDocument[CollectionPlanDocument].model_validate_json(answer.content)
    assert made.check.ok
    assert any(route.trips for route in made.plan.routes)


@pytest.mark.parametrize("kind", ["signals", "routes"])
def test_a_plan_is_checked_as_it_is(service: httpx.Client, kind: str) -> None:
    answer = service.post(f"/v1/{kind}/check", json=newest(service, kind)["plan"])

    assert answer.json()["ok"] is True
    assert answer.json()["findings"] == []


def test_a_plan_with_a_cut_green_is_found_out(service: httpx.Client) -> None:
    plan = newest(service, "signals")["plan"]
    green = plan["day_plans"][0]["plans"][0]["greens"][0]
    green["end_s"] = green["start_s"] + 1

    checked = service.post("/v1/signals/check", json=plan).json()

    assert checked["ok"] is False
    assert any(green["group_id"] in finding["sentence"] for finding in checked["findings"])


def test_a_plan_that_contradicts_itself_is_no_plan(service: httpx.Client) -> None:
    plan = newest(service, "signals")["plan"]
    plan["day_plans"][0]["plans"][0]["cycle_s"] += 1

    refused = problem(service.post("/v1/signals/check", json=plan), 422, "broken-rule")

    assert "splits sum to" in refused["detail"]


def test_a_plan_nobody_made_cannot_be_checked(service: httpx.Client) -> None:
    plan = newest(service, "routes")["plan"] | {"plan_id": "../../secret"}

    problem(service.post("/v1/routes/check", json=plan), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "body", "pointer", "expected"),
    [
        ("/v1/signals/plans", {"junction_id": ["J001"]}, "#/junction_id", "no such field"),
        ("/v1/signals/plans", {"junction_ids": "J001"}, "#/junction_ids", "list"),
        ("/v1/signals/plans", {"junction_ids": ["J"] * 501}, "#/junction_ids", "500"),
        ("/v1/signals/plans", {"service_date": "2026-02-30"}, "#/service_date", "expected a date"),
        ("/v1/signals/plans", {"at": "2026-03-30T05:00:00"}, "#/at", "expected a time with its offset"),
        ("/v1/routes/plans", {"seconds": -1}, "#/seconds", "greater than 0"),
        ("/v1/routes/plans", {"seed": 1.5}, "#/seed", "integer"),
        ("/v1/signals/check", {}, "#/plan_id", "required and missing"),
    ],
)
def test_a_wrong_field_is_named(
    service: httpx.Client, path: str, body: dict[str, Any], pointer: str, expected: str
) -> None:
    refused = problem(service.post(path, json=body), 422, "invalid-request")

    faults = {fault["pointer"]: fault["detail"] for fault in refused["errors"]}
    assert expected in faults[pointer]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "yesterday"}, "query/from"),
        ({"from": "2026-03-30T05:00:00"}, "query/from"),
        ({"to": "1774915200"}, "query/to"),
        ({"detector": "DET0001"}, "query/detector"),
    ],
)
def test_a_wrong_parameter_is_named(service: httpx.Client, query: dict[str, str], pointer: str) -> None:
    refused = problem(service.get("/v1/forecasts/congestion", params=query), 422, "invalid-request")

    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"1e999"])
def test_numbers_that_are_none_are_refused(service: httpx.Client, literal: bytes) -> None:
    answer = service.post("/v1/routes/plans", content=b'{"seconds": ' + literal + b"}", headers=JSON)

    assert problem(answer, 400, "malformed-body")["errors"][0]["pointer"] == "#/seconds"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 50_000])
def test_bodies_that_are_no_json_are_refused(service: httpx.Client, body: bytes) -> None:
    problem(service.post("/v1/signals/plans", content=body, headers=JSON), 400, "malformed-body")


def test_other_types_of_body_are_refused(service: httpx.Client) -> None:
    headers = {"content-type": "application/vnd.bentoml+pickle"}

    problem(service.post("/v1/signals/plans", content=b"{}", headers=headers), 415, "unsupported-media-type")


def test_a_huge_body_is_refused_before_it_is_read(service: httpx.Client) -> None:
    problem(service.post("/v1/signals/check", content=b" " * 9_000_000, headers=JSON), 413, "body-too-large")


def test_a_huge_body_without_its_size_is_refused_too(service: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * 1_000_000

    problem(service.post("/v1/signals/check", content=parts(), headers=JSON), 413, "body-too-large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/poems", 404, "not-found"),
        ("GET", "/v1/signals/plans/none", 404, "not-found"),
        ("GET", "/v1/routes/plans/none/trucks/T1", 404, "not-found"),
        ("DELETE", "/v1/signals/plans", 405, "method-not-allowed"),
        ("GET", "/v1/forecasts/congestion?detector_id=none", 404, "unknown-id"),
        ("GET", "/v1/forecasts/waste?district_id=none", 404, "unknown-id"),
        ("GET", "/v1/forecasts/waste?issued_at=2001-01-01T00:00:00Z", 404, "not-found"),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    service: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    problem(service.request(method, path), status, code)


def test_a_day_without_a_forecast_cannot_be_planned(service: httpx.Client) -> None:
    routes = problem(service.post("/v1/routes/plans", json={"service_date": "2030-01-01"}), 422, "invalid-value")
    signals = problem(service.post("/v1/signals/plans", json={"service_date": "2030-01-01"}), 422, "infeasible")

    assert "service_date is '2030-01-01'" in routes["detail"]
    assert "no complete forecast" in signals["errors"][0]["detail"]


def test_an_unknown_junction_is_named(service: httpx.Client) -> None:
    refused = problem(service.post("/v1/signals/plans", json={"junction_ids": ["J999"]}), 404, "unknown-id")

    assert "'J999'" in refused["detail"]
    assert "J001" in refused["detail"]


def test_a_plan_of_one_kind_is_not_found_under_the_other(service: httpx.Client) -> None:
    plan_id = newest(service, "routes")["plan_id"]

    refused = problem(service.get(f"/v1/signals/plans/{plan_id}"), 404, "not-found")

    assert "/v1/routes/plans" in refused["detail"]


def test_the_specification_lists_every_route_and_every_refusal(service: httpx.Client) -> None:
    specification = service.get("/openapi.json").json()

    assert specification["openapi"].startswith("3.1")
    assert set(specification["paths"]) >= {
        "/v1/forecasts/congestion",
        "/v1/forecasts/congestion-index",
        "/v1/forecasts/waste",
        "/v1/signals/plans",
        "/v1/signals/plans/{plan_id}",
        "/v1/signals/check",
        "/v1/routes/plans",
        "/v1/routes/plans/{plan_id}",
        "/v1/routes/plans/{plan_id}/trucks/{truck_id}",
        "/v1/routes/check",
        "/v1/models",
        "/v1/status",
    }
    for methods in specification["paths"].values():
        for operation in methods.values():
            refusal = operation["responses"]["422"]["content"]["application/problem+json"]
            assert refusal["schema"] == {"$ref": "#/components/schemas/Problem"}
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(specification)))
    assert referred <= set(specification["components"]["schemas"])


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(service: httpx.Client, path: str) -> None:
    page = service.get(path)

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"<script|<img|<link rel=\"stylesheet|@import|url\(", page.text)
    outside = [
        href for href in re.findall(r"href=\"([^\"]*)\"", page.text) if not href.startswith(("/", "#", "data:,"))
    ]
    assert outside == []


def test_the_first_page_shows_the_forecasts_and_the_plans(service: httpx.Client) -> None:
    page = service.get("/").text
    plan_id = newest(service, "signals")["plan_id"]

    assert "champion v1" in page
    assert f"/v1/signals/plans/{plan_id}" in page
    assert "2026-03-30 0" in page
