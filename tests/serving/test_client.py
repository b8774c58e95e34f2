"""The typed client: what it asks again and what it never does, and that it reaches every route of the service."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import serving.client
from city.errors import InvalidValueError
from serving.api.app import build_api
from serving.client import CityClient, NoAnswerError, ServiceError
from serving.schemas.access import KeyRequest
from serving.schemas.forecasts import CongestionQuery
from serving.schemas.imports import ImportListQuery, ImportRequest
from serving.schemas.signal_plans import SignalPlanRequest
from serving.schemas.what_ifs import WhatIfRequest

Handler = Callable[[httpx.Request], httpx.Response]
MONDAY = "2026-03-30T00:00Z"
NO_MODELS: dict[str, list[object]] = {"models": []}
BUSY = {
    "type": "/docs#problem-overloaded", "title": "All planners are busy", "status": 503, "code": "overloaded",
    "detail": "5 planning requests are under way or waiting.", "instance": "/v1/models", "errors": [],
}  # fmt: skip
# What browsers and drivers' phones use, and who signs in there.
FOR_PAGES = ("/v1/sessions", "/v1/session", "/v1/driver")
THE_SAME = {("delete", "/v1/jobs/{job_id}")}  # as POST .../cancel


def asked(handler: Handler, **settings: float) -> tuple[CityClient, list[httpx.Request], list[float]]:
    """A client whose requests are answered by the handler; the requests, and how long it slept in between."""
    requests: list[httpx.Request] = []
    pauses: list[float] = []

    def noted(request: httpx.Request) -> httpx.Response:
        request.read()
        requests.append(request)
        return handler(request)

    client = CityClient("http://city.test", "city_k_s", transport=httpx.MockTransport(noted), **settings)
    client.models.wire.sleep = pauses.append
    return client, requests, pauses


def in_turn(*answers: httpx.Response | Exception) -> Handler:
    left = iter(answers)

    def handler(_: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def test_the_key_goes_into_the_header_and_nowhere_else() -> None:
    client, requests, _ = asked(in_turn(httpx.Response(200, json=NO_MODELS)))

    assert client.models.all().models == []
    assert requests[0].headers["authorization"] == "Bearer city_k_s"
    assert "city_k_s" not in f"{client!r} {requests[0].url}"


def test_without_a_key_it_says_where_one_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CITY_KEY", raising=False)
    with pytest.raises(InvalidValueError, match="CITY_KEY"):
        CityClient("http://city.test")

    monkeypatch.setenv("CITY_KEY", "city_a_b")
    CityClient("http://city.test").close()


@pytest.mark.parametrize("status", [429, 503])
def test_what_was_refused_for_now_is_asked_again_after_the_time_named(status: int) -> None:
    busy = httpx.Response(status, json=BUSY | {"status": status}, headers={"retry-after": "15"})
    client, requests, pauses = asked(in_turn(busy, httpx.Response(200, json=NO_MODELS)))

    client.models.all()

    assert len(requests) == 2
    assert pauses == [15]


def test_patience_has_an_end_and_then_the_problem_is_told() -> None:
    busy = httpx.Response(503, json=BUSY, headers={"retry-after": "15"})
    client, requests, pauses = asked(in_turn(busy, busy, busy), patience_s=40)

    with pytest.raises(ServiceError, match="5 planning requests") as refusal:
        client.models.all()

    assert (len(requests), pauses) == (3, [15, 15])
    assert (refusal.value.status, refusal.value.reason, refusal.value.retry_after_s) == (503, "overloaded", 15)


def test_a_refusal_without_a_time_is_not_asked_again() -> None:
    client, requests, _ = asked(in_turn(httpx.Response(503, text="<html>a proxy</html>")))

    with pytest.raises(ServiceError, match="answered 503, and no problem document"):
        client.models.all()

    assert len(requests) == 1


def test_reading_goes_on_after_a_broken_connection() -> None:
    client, requests, pauses = asked(in_turn(httpx.ReadError("reset"), httpx.Response(200, json=NO_MODELS)))

    client.models.all()

    assert (len(requests), len(pauses)) == (2, 1)


MADE_KEY = {
    "key": {
        "key_id": "a", "person": "Li", "scopes": [], "districts": None, "state": "valid", "made_by": "x",
        "made_at": "2026-03-31T07:00:00Z", "expires_at": None,
    },
    "text": "city_a_b",
}  # fmt: skip


def test_a_deed_is_not_done_again_when_nobody_knows_whether_it_was_done() -> None:
    client, requests, _ = asked(in_turn(httpx.ReadError("reset"), httpx.Response(201, json=MADE_KEY)))

    with pytest.raises(NoAnswerError, match="reset"):
        client.access.make_key(KeyRequest(person="Li", roles=["viewer"]))

    assert len(requests) == 1


def test_a_deed_during_which_the_store_went_away_is_not_done_again_but_a_reading_is() -> None:
    away = httpx.Response(503, json=BUSY | {"code": "storage-unavailable"}, headers={"retry-after": "5"})
    client, requests, _ = asked(in_turn(away, httpx.Response(201, json=MADE_KEY)))
    with pytest.raises(ServiceError) as refusal:
        client.access.make_key(KeyRequest(person="Li", roles=["viewer"]))
    assert (len(requests), refusal.value.reason, refusal.value.retry_after_s) == (1, "storage-unavailable", 5)

    client, requests, pauses = asked(in_turn(away, httpx.Response(200, json=NO_MODELS)))
    client.models.all()
    assert (len(requests), pauses) == (2, [5])


def test_a_deed_that_reached_nobody_is_sent_again() -> None:
    client, requests, _ = asked(in_turn(httpx.ConnectError("refused"), httpx.Response(201, json=MADE_KEY)))

    assert client.access.make_key(KeyRequest(person="Li", roles=["viewer"])).text == "city_a_b"
    assert len(requests) == 2


def test_a_deed_that_the_service_does_once_is_sent_again_under_the_same_name() -> None:
    report = {
        "import_id": "a", "mapping": "m.toml", "imported_at": "2026-03-31T07:00:00Z", "dry_run": False, "feeds": [],
        "versions": [], "assumed": [],
    }  # fmt: skip
    again = (httpx.ReadError("reset"), httpx.Response(200, json=report), httpx.Response(200, json=report))
    client, requests, _ = asked(in_turn(*again))
    wanted = ImportRequest(upload_id="0" * 32, mapping="m.toml")

    client.imports.run(wanted)
    client.imports.run(wanted)
    first, second, other = (request.headers["idempotency-key"] for request in requests)

    assert first == second
    assert other != first


def test_a_deadline_that_no_request_waits_for_is_told_before_it_is_sent() -> None:
    client, requests, _ = asked(in_turn())

    with pytest.raises(InvalidValueError, match="submit_plan"):
        client.signals.make_plan(SignalPlanRequest(deadline_ms=200_000))

    assert requests == []


def test_what_has_not_changed_is_taken_from_the_last_time() -> None:
    whole = {"issued_at": "2026-03-31T07:00:00Z", "rungs": {}, "models": [], "degraded": [], "detectors": []}
    answers = in_turn(httpx.Response(200, json=whole, headers={"etag": '"v1"'}), httpx.Response(304))
    client, requests, _ = asked(answers)

    first, second = client.forecasts.congestion(), client.forecasts.congestion()

    assert second is first
    assert "if-none-match" not in requests[0].headers
    assert requests[1].headers["if-none-match"] == '"v1"'


def test_another_question_has_no_tag() -> None:
    whole = {"issued_at": "2026-03-31T07:00:00Z", "rungs": {}, "models": [], "degraded": [], "detectors": []}
    client, requests, _ = asked(lambda _: httpx.Response(200, json=whole, headers={"etag": '"v1"'}))

    client.forecasts.congestion()
    client.forecasts.congestion(CongestionQuery.model_validate({"detector_id": ["D1", "D2"], "to": MONDAY}))

    assert "if-none-match" not in requests[1].headers
    assert requests[1].url.params.get_list("detector_id") == ["D1", "D2"]
    assert "from" not in requests[1].url.params


def test_only_what_was_said_is_sent() -> None:
    client, requests, _ = asked(lambda _: httpx.Response(409, json=BUSY | {"status": 409, "code": "missing-input"}))

    with pytest.raises(ServiceError):
        client.signals.make_plan(SignalPlanRequest(junction_ids=["J1"], seed=3))

    assert json.loads(requests[0].content) == {"junction_ids": ["J1"], "seed": 3}


@pytest.mark.parametrize("plan_id", ["../../keys", "a/b", "a?b=c", "a#b", "垃圾", "%2e%2e"])
def test_an_id_never_leads_to_another_route(plan_id: str) -> None:
    client, requests, _ = asked(lambda _: httpx.Response(404, json=BUSY | {"status": 404, "code": "not-found"}))

    with pytest.raises(ServiceError):
        client.signals.plan(plan_id)

    path = requests[0].url.raw_path.decode()
    assert path.startswith("/v1/signals/plans/")
    assert path.count("/") == 4
    assert "?" not in path


def test_a_file_is_sent_in_pieces_and_anew_when_the_connection_broke(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_bytes(b"x" * 2_500_000)
    told = httpx.Response(200, json={"name": "counts.csv", "size_bytes": 2_500_000, "sha256": "a"})
    client, requests, _ = asked(in_turn(httpx.WriteError("reset"), told))

    client.imports.put_file("0" * 32, tmp_path / "counts.csv")

    assert [len(request.content) for request in requests] == [2_500_000] * 2
    assert requests[1].headers["content-length"] == "2500000"


def test_it_loads_no_server_and_no_solver() -> None:
    heavy = ("bentoml", "fastapi", "starlette", "ortools", "lightgbm", "mlflow")
    code = f"import sys, serving.client; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def methods_of_client() -> Iterator[tuple[str, str]]:
    return ((method, path) for method, path, _ in calls_of_client())


def calls_of_client() -> Iterator[tuple[str, str, set[str | None]]]:
    """Every (method, route) that the client's source names, and the keywords of the call."""
    verbs = {"get": "get", "file": "get", "post": "post", "post_file": "post", "put_file": "put", "delete": "delete"}
    for path in Path(serving.client.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in verbs:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and str(first.value).startswith("/v1/"):
                    yield verbs[node.func.attr], str(first.value), {keyword.arg for keyword in node.keywords}


def test_every_route_has_a_method_and_every_method_a_route() -> None:
    served = {
        (method, path)
        for path, methods in build_api().openapi()["paths"].items()
        for method in methods
        if path.startswith("/v1/") and not path.startswith(FOR_PAGES)
    }
    asked_for = list(methods_of_client())

    assert set(asked_for) == served - THE_SAME


def test_deeds_are_sent_again_just_where_the_service_does_them_once() -> None:
    once = {
        path
        for path, methods in build_api().openapi()["paths"].items()
        for operation in methods.values()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    }

    assert {path for _, path, said in calls_of_client() if "once" in said} == once


@pytest.fixture(scope="module")
def city(service: httpx.Client) -> Iterator[CityClient]:
    with CityClient(str(service.base_url), service.headers["authorization"].removeprefix("Bearer ")) as client:
        yield client


def test_what_the_running_service_answers_fits_its_schemas(city: CityClient) -> None:
    """Each of these is validated against the documented schema, unknown fields refused."""
    detector = city.forecasts.congestion().detectors[0]
    one = city.forecasts.congestion(CongestionQuery(detector_id=[detector.detector_id]))
    signals, routes = city.signals.plans().plans[-1], city.routes.plans().plans[-1]
    truck = city.routes.plan(routes.plan_id).plan.routes[0].truck_id

    assert one.detectors == [detector]
    assert city.forecasts.congestion_index().areas
    assert city.forecasts.waste().points
    assert city.forecasts.emptyings().points
    assert any(point.point_id == "city" for point in city.forecasts.workload().points)
    assert city.signals.check(city.signals.plan(signals.plan_id).plan).ok
    assert city.routes.check(city.routes.plan(routes.plan_id).plan).ok
    assert city.routes.truck(routes.plan_id, truck).route.truck_id == truck
    assert city.models.all().models[0].gate == "passed"
    assert city.models.one("congestion").versions[0].is_champion
    assert city.service.status().ready
    assert {watch.source for watch in city.service.warnings().watches} == {
        "feeds",
        "models",
        "signals",
        "forecasts",
        "plans",
        "audit",
        "effects",
    }
    assert any(value.indicator_id == "routes.km" for value in city.service.indicators().values)
    assert city.quarantine.groups().states["open"] > 0
    first = city.quarantine.rows().rows[0]
    assert city.quarantine.row(first.row_id) == first
    listed = city.imports.all(ImportListQuery(limit=1)).imports[0]
    assert sum(feed.new for feed in city.imports.one(listed.import_id).feeds) == listed.new
    assert city.access.audit().lines
    assert city.access.keys().keys


def test_files_come_and_go_through_the_running_service(city: CityClient, tmp_path: Path) -> None:
    plan_id = city.routes.plans().plans[-1].plan_id
    book = city.routes.export(plan_id, "workbook.xlsx")
    checked = city.routes.check_workbook(book.content)
    upload = city.imports.begin_upload()
    sent = city.imports.put_file(upload.upload_id, book.save(tmp_path))
    kept = city.imports.upload(upload.upload_id).files
    city.imports.remove_upload(upload.upload_id)

    assert (checked.plan_id, checked.ok) == (plan_id, True)
    assert [(file.name, file.size_bytes) for file in kept] == [(sent.name, len(book.content))]
    with pytest.raises(ServiceError, match=r"There is no upload .*404 not-found"):
        city.imports.run(ImportRequest(upload_id=upload.upload_id, mapping="none.toml"))


def test_a_what_if_is_compared_and_not_stored(city: CityClient) -> None:
    before = {plan.plan_id for plan in city.signals.plans().plans}
    junction = city.signals.plan(city.signals.plans().plans[-1].plan_id).plan.day_plans[0].junction_id

    found = city.signals.what_if(WhatIfRequest(junction_ids=[junction], changes=["demand:+20%"]))

    assert found.changes == ["demand +20 %"]
    assert found.check.ok
    (compared,) = found.junctions
    assert compared.running is not None
    assert compared.today is not None
    assert compared.running.expected_s > compared.today.expected_s
    assert not found.kept
    assert {plan.plan_id for plan in city.signals.plans().plans} == before


def test_a_refusal_names_the_field(city: CityClient) -> None:
    with pytest.raises(ServiceError, match=r"422 invalid-value.*\Z") as refusal:
        city.signals.what_if(WhatIfRequest(changes=["demand:much"]))

    assert refusal.value.problem is not None
    assert "demand:+20%" in refusal.value.problem.detail
