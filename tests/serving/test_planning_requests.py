"""Planning over the API: by a deadline, as a job, once per key, and never a plan that no check has passed."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from city.access import Caller, Scope
from city.documents import canonical_json
from city.forecasts import CongestionForecasts
from city.jobs import LEASE
from city.settings import Settings
from serving.api.app import build_api
from serving.api.state import Office
from serving.desk import Desk
from serving.planners import Planners
from serving.rungs import Rung
from serving.selection import RouteRequest
from tests.serving.conftest import DemoHome, key_of
from tests.serving.wayward import DIES, GOOD, THEN_HANGS, WRONG_DATE

PATIENCE_S = 120.0
SEARCH = "tests.serving.wayward:search"
ALL: tuple[Scope, ...] = ("signals:read", "signals:plan", "routes:read", "routes:plan")


@pytest.fixture(scope="module")
def home(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: what is planned here is nobody else's."""
    folder = tmp_path_factory.mktemp("planning") / "home"
    shutil.copytree(demo_home.folder, folder)
    return folder


@pytest.fixture(scope="module")
def office(home: Path) -> Iterator[Office]:
    office = Office(Desk(Settings.from_environment({"CITY_HOME": str(home)})))
    office.planning = Planners(office.desk, places=1, search=SEARCH)
    office.planning.start()
    until = time.monotonic() + PATIENCE_S
    bench = office.planning.bench
    while not (bench.checkers.warm() and bench.planners.warm()) and time.monotonic() < until:
        time.sleep(0.05)
    yield office
    office.planning.close()


@pytest.fixture(scope="module")
def client(office: Office, home: Path) -> Iterator[TestClient]:
    headers = {"authorization": f"Bearer {key_of(home, *ALL)}"}
    with TestClient(build_api(office), headers=headers) as client:
        yield client


def routes(
    client: TestClient, seed: int, deadline_s: float = 20.0, *, headers: dict[str, str] | None = None
) -> Response:
    body = {"seed": seed, "seconds": 1, "deadline_ms": int(deadline_s * 1000)}
    return client.post("/v1/routes/plans", json=body, headers=headers)


def until_ended(client: TestClient, href: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_S
    while (job := client.get(href).json())["status"] in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.1)
    found: dict[str, Any] = job
    return found


def test_a_search_that_goes_well_is_answered_before_the_deadline(client: TestClient) -> None:
    answer = routes(client, GOOD)

    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert answer.headers["location"] == f"/v1/routes/plans/{document['plan_id']}"
    assert document["check"]["ok"]
    assert document["status"] == "draft"
    assert document["plan"]["rung"] in (Rung.OPTIMISED, Rung.ON_FALLBACK)
    assert client.get(answer.headers["location"]).json()["plan"] == document["plan"]


@pytest.mark.parametrize(("seed", "said"), [(WRONG_DATE, "2020-01-01"), (DIES, "ended without an answer")])
def test_a_search_that_goes_wrong_leaves_the_last_good_plan_checked_again(
    client: TestClient, seed: int, said: str
) -> None:
    answer = routes(client, seed, 20.0 if seed == WRONG_DATE else 5.0)

    assert answer.status_code == 201, answer.text
    plan = answer.json()["plan"]
    assert plan["rung"] == Rung.LAST_GOOD
    assert said in " ".join(plan["degraded"])
    assert "checked again" in plan["degraded"][0]
    assert plan["service_date"] != "2020-01-01"


def test_where_no_junction_may_be_planned_anew_they_keep_what_they_run_today(
    client: TestClient, office: Office
) -> None:
    """For a day of which no plan is stored, and nobody comes to an answer."""
    junction = office.desk.ledger.plans(kind="signals")[0]
    day = (junction.service_date - timedelta(days=60)).isoformat()

    answer = client.post("/v1/signals/plans", json={"seed": DIES, "service_date": day, "deadline_ms": 5_000})

    assert answer.status_code in (201, 503), answer.text
    if answer.status_code == 201:
        assert answer.json()["plan"]["rung"] == Rung.TIME_OF_DAY
        assert "keep the plans that they run today" in " ".join(answer.json()["plan"]["degraded"])


def test_for_a_day_that_no_forecast_speaks_of_the_last_good_plan_is_answered(
    client: TestClient, office: Office
) -> None:
    """Three days after the feed fell silent: nothing can be searched for, and that is not the junctions' fault."""
    issued_at = office.desk.history.read_forecast(CongestionForecasts)["issued_at"][0]

    late = (issued_at + timedelta(days=3)).isoformat()
    answer = client.post("/v1/signals/plans", json={"seed": GOOD, "at": late, "deadline_ms": 20_000})

    assert answer.status_code == 201, answer.text
    plan = answer.json()["plan"]
    assert plan["rung"] == Rung.LAST_GOOD
    assert "The congestion forecast is 72 h old" in " ".join(plan["degraded"])
    assert f"The newest forecast says nothing of {plan['service_date']}." in plan["degraded"]


def test_without_anybody_to_plan_the_answer_is_503_in_time(client: TestClient, office: Office) -> None:
    cold = Office(Desk(office.desk.settings))
    cold.planning = Planners(cold.desk, places=1, search=SEARCH, work=False)
    try:
        with TestClient(build_api(cold), headers=dict(client.headers)) as other:
            began = time.monotonic()
            answer = routes(other, GOOD, 0.5)
            took_s = time.monotonic() - began
    finally:
        cold.planning.close()

    assert answer.status_code == 503
    assert answer.json()["code"] == "no-plan"
    assert int(answer.headers["retry-after"]) > 0
    assert took_s < 0.5 + 2.0


def test_a_deadline_out_of_bounds_is_refused(client: TestClient) -> None:
    assert routes(client, GOOD, 0.4).status_code == 422
    assert routes(client, GOOD, 601).status_code == 422


def test_the_same_key_is_answered_the_same_and_another_body_is_refused(client: TestClient) -> None:
    headers = {"Idempotency-Key": "5f1c-routes-of-monday"}
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: routes(client, GOOD, headers=headers), range(2))
    again = routes(client, GOOD, headers=headers)

    assert first.status_code == second.status_code == again.status_code == 201
    assert first.content == second.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert sum("idempotent-replayed" in one.headers for one in (first, second)) == 1

    refused = routes(client, DIES, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "key-of-another-request")
    assert routes(client, GOOD, headers={"Idempotency-Key": "with a space"}).status_code == 422


def test_a_refusal_is_an_answer_too(client: TestClient) -> None:
    headers, body = {"Idempotency-Key": "nobody-knows-J999"}, {"junction_ids": ["J999"], "deadline_ms": 20_000}
    first = client.post("/v1/signals/plans", json=body, headers=headers)
    again = client.post("/v1/signals/plans", json=body, headers=headers)

    assert first.status_code == again.status_code == 404
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == "application/problem+json"


def test_a_job_is_planned_behind_the_callers_back(client: TestClient, home: Path) -> None:
    answer = routes(client, GOOD, headers={"Prefer": "respond-async", "Idempotency-Key": "a-job"})
    again = routes(client, GOOD, headers={"Prefer": "respond-async", "Idempotency-Key": "a-job"})

    assert answer.status_code == 202
    assert again.headers["location"] == answer.headers["location"]
    job = until_ended(client, answer.headers["location"])
    assert (job["status"], job["progress"], job["attempts"]) == ("done", "ended", 1)
    plan = client.get(job["href"]).json()
    assert plan["plan"]["rung"] == job["rung"]

    listed = [one["job_id"] for one in client.get("/v1/jobs", params={"status": "done"}).json()["jobs"]]
    assert job["job_id"] in listed
    stranger = {"authorization": f"Bearer {key_of(home, 'signals:read', person='Li Na')}"}
    assert client.get(answer.headers["location"], headers=stranger).status_code == 404
    assert client.get("/v1/jobs", headers=stranger).json()["jobs"] == []


def test_a_cancelled_job_hands_out_its_best_so_far(client: TestClient, home: Path) -> None:
    answer = client.post("/v1/routes/plans?wait=false", json={"seed": THEN_HANGS, "seconds": 1, "deadline_ms": 90_000})
    href = answer.headers["location"]
    end = time.monotonic() + PATIENCE_S
    while client.get(href).json()["progress"] != "improving" and time.monotonic() < end:
        time.sleep(0.1)
    reader = {"authorization": f"Bearer {key_of(home, 'routes:read', person='Li Na')}"}
    assert client.delete(href, headers=reader).status_code == 403

    cancelled = client.delete(href).json()

    assert (cancelled["status"], cancelled["cancelled_by"]) == ("cancelled", "Wang Fang")
    assert client.get(cancelled["href"]).json()["check"]["ok"]
    assert client.post(f"{href}/cancel").json()["code"] == "broken-rule"
    assert client.delete("/v1/jobs/job-none").status_code == 404


def test_a_job_whose_service_was_killed_is_begun_again_and_says_so(client: TestClient, office: Office) -> None:
    jobs, now = office.desk.ledger.jobs, datetime.now(UTC)
    caller = Caller(person="Wang Fang", key_id="k", scopes=frozenset(ALL))
    text = canonical_json(RouteRequest(seed=GOOD, seconds=1.0))
    # Held by somebody else from the first moment on, so that this service cannot take it before.
    job = jobs.submit(caller, "routes", text, deadline_ms=60_000, most_queued=100, now=now - 4 * LEASE)
    assert job is not None
    jobs.claim("a service that was killed", now=now - 3 * LEASE)

    ended = until_ended(client, f"/v1/jobs/{job.job_id}")

    assert ended["status"] == "done"
    assert ended["attempts"] >= 1
    if ended["attempts"] > 1:
        assert "The service ended 1 time(s)" in ended["degraded"][0]
    assert client.get(ended["href"]).status_code == 200


def test_a_service_that_stops_puts_its_job_back(client: TestClient, office: Office) -> None:
    """The last of these tests: it stops the planners of all of them."""
    body = {"seed": THEN_HANGS, "seconds": 1, "deadline_ms": 90_000}
    href = client.post("/v1/routes/plans?wait=false", json=body).headers["location"]
    end = time.monotonic() + PATIENCE_S
    while client.get(href).json()["progress"] == "waiting" and time.monotonic() < end:
        time.sleep(0.1)
    assert client.get(href).json()["status"] == "running"

    office.planning.close()

    job = client.get(href).json()
    assert (job["status"], job["attempts"], job["progress"]) == ("queued", 0, "waiting")
