"""The layer around the application: names, limits, the log and the metrics."""

import asyncio
import io
import json
import re
from collections.abc import Awaitable, Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from serving.api import metrics
from serving.api.front import Front
from serving.api.state import Office
from tests.serving.fronted import (
    CONGESTION,
    ISSUED,
    PERSON,
    SECRET,
    Served,
    behind,
    problem,
    serve,
    small_api,
    small_city,
    written_log,
)
from tests.serving.lived_in import LivedIn


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    return small_city(tmp_path_factory.mktemp("front"))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with written_log() as written:
        yield written


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for a second is kept for a minute: a busy machine must not change what these tests see."""
    monkeypatch.setattr("serving.doorkeeper.KEPT_S", 60.0)
    monkeypatch.setattr("serving.api.quick.GOOD_FOR_S", 60.0)
    monkeypatch.setattr("serving.shelf.GOOD_FOR_S", 60.0)


@pytest.fixture
def served(lived: LivedIn, log: io.StringIO) -> Served:
    return serve(lived, log)


@pytest.fixture
def failing(lived: LivedIn, log: io.StringIO) -> Served:
    front = Front(small_api(Office(lived.desk)), behind, longest_s=0.2)
    return Served(lived, TestClient(front), log)


def test_every_answer_has_a_name_that_its_line_in_the_log_has_too(served: Served) -> None:
    key = served.key()
    answers = [served.get(CONGESTION, key), served.get("/v1/poems"), served.get("/v1/status")]

    names = [answer.headers["x-request-id"] for answer in answers]
    assert [line["request_id"] for line in served.lines()] == names
    assert [line["status"] for line in served.lines()] == [200, 404, 401]
    assert served.lines()[0]["key_id"] == key["authorization"].split("_")[1]
    assert served.lines()[0]["route"] == CONGESTION


def test_a_caller_may_name_the_request(served: Served) -> None:
    answer = served.get("/v1/poems", {"x-request-id": "0af7651916cd43dd.7"})

    assert answer.headers["x-request-id"] == "0af7651916cd43dd.7"


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "city_ab12cd34_secret", '"},{"level":"info"', "\u00e9"])
def test_what_is_no_name_is_replaced(served: Served, name: str) -> None:
    answer = served.client.get("/v1/poems", headers=[(b"x-request-id", name.encode())])

    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


def test_the_log_holds_no_key_no_person_no_path_and_no_query(served: Served) -> None:
    key = served.key()
    hostile = '/v1/signals/plans/%22%7D%0A{"level":"info","message":"forged"}'
    served.get(f"{CONGESTION}?detector_id={SECRET}", key)
    served.get(hostile, key)
    served.get(f"/driver/{SECRET}/nothing")
    served.get("/v1/status", {"authorization": f"Bearer {SECRET}"})
    served.client.post("/v1/signals/check", headers=key, json={"by": SECRET})
    served.client.request("PROPFIND", "/v1/status", headers={"x-request-id": key["authorization"][7:]})

    text = served.log.getvalue()
    assert len(served.lines()) == 6
    for hidden in (key["authorization"].removeprefix("Bearer ").split("_")[2], PERSON, SECRET, "forged", "PROPFIND"):
        assert hidden not in text


def test_an_error_is_told_by_its_kind_and_places_and_never_by_what_was_sent(failing: Served) -> None:
    problem(failing.get(f"/v1/things/{SECRET}/broken"), 500, "unexpected")

    failed, told = failing.lines()
    assert failed["level"] == "error"
    assert failed["request_id"] == told["request_id"]
    assert failed["error"][0]["kind"] == "builtins.OSError"
    assert (failed["error"][0]["errno"], failed["error"][0]["reason"]) == (28, "No space left on device")
    assert failed["error"][0]["places"][-1].startswith("tests/serving/fronted.py:")
    assert failed["error"][0]["places"][-1].endswith(" broken")
    assert told["status"] == 500
    assert SECRET not in failing.log.getvalue()
    assert PERSON not in failing.log.getvalue()


def test_a_route_may_note_its_rung(failing: Served) -> None:
    failing.get("/v1/noted")

    assert failing.lines()[-1]["rung"] == "time_of_day"


def test_an_answer_that_takes_too_long_is_a_problem_too(failing: Served) -> None:
    assert "within 0.2 s" in problem(failing.get("/v1/slow"), 504, "too-late")["detail"]


def test_what_is_cut_short_by_a_stop_is_told_so(lived: LivedIn) -> None:
    front = Front(small_api(Office(lived.desk)), behind)
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/slow",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    async def cut_short() -> None:
        asking = asyncio.create_task(_run(front(scope, receive, send)))
        await asyncio.sleep(0.1)
        asking.cancel()
        await asking

    asyncio.run(cut_short())
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"5") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["code"] == "not-ready"


async def _run(answering: Awaitable[None]) -> None:
    await answering


def test_probes_are_not_in_the_log_and_not_limited(lived: LivedIn, log: io.StringIO) -> None:
    served = serve(lived, log, CITY_KEY_RATE=1, CITY_KEY_BURST=1)

    assert [served.get("/livez").status_code for _ in range(5)] == [200] * 5
    assert served.lines() == []


def test_metrics_name_templates_and_nothing_that_a_caller_chose(served: Served) -> None:
    key = served.key()
    for n in range(5):
        served.get(f"/v1/signals/plans/none-{n}", key)
        served.get(f"/nowhere/{n}")
    served.client.request("PROPFIND", "/v1/status")

    told = served.get("/metrics").text
    plans = re.findall(
        r'city_request_seconds_count\{method="GET",route="(/v1/signals/plans[^"]*)",status="404"\}', told
    )
    assert plans == ["/v1/signals/plans/{plan_id}"]
    assert re.search(r'city_request_seconds_count\{method="GET",route="unknown",status="404"\} (\d+)', told)
    assert 'method="other"' in told
    assert "none-" not in told
    assert "nowhere" not in told
    assert "PROPFIND" not in told
    age = re.search(r'city_forecast_age_seconds\{forecast="congestion"\} (\S+)', told)
    assert age is not None
    assert float(age.group(1)) == pytest.approx((served.lived.desk.clock() - ISSUED).total_seconds(), abs=5)


def test_what_others_count_has_bounded_labels(served: Served) -> None:
    for n in range(100):
        metrics.answered_plan("signals", f"rung {n}")
        metrics.check_refused(f"kind {n}")
        metrics.queue_length(f"queue {n}", n)
        metrics.job_ended(f"job {n}", f"outcome {n}")

    told = served.get("/metrics").text
    assert len(re.findall(r"city_plan_answers_total\{", told)) <= metrics.MOST_RUNGS + 1
    assert re.findall(r'city_check_refusals_total\{kind="(.*?)"', told) == ["other"]
    assert re.findall(r'city_queue_length\{queue="(.*?)"', told) == ["other"]
    assert re.findall(r'city_jobs_ended_total\{kind="(.*?)",outcome="(.*?)"', told) == [("other", "other")]


def test_who_asks_too_often_waits_as_long_as_told(lived: LivedIn, log: io.StringIO) -> None:
    served = serve(lived, log, CITY_KEY_RATE=1, CITY_KEY_BURST=3)
    answers = [served.get("/v1/status", served.key()) for _ in range(4)]  # a new key each time: the address counts

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = problem(answers[-1], 429, "too-many-requests")
    assert "more than 1 requests a second" in refused["detail"]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].headers["x-content-type-options"] == "nosniff"
    assert served.lines()[-1]["limit"] == "rate"
    assert 'city_requests_refused_total{limit="rate"}' in metrics.exposition().decode()


def test_one_key_asking_too_often_leaves_others_alone(lived: LivedIn, log: io.StringIO) -> None:
    served = serve(lived, log, CITY_KEY_RATE=1, CITY_KEY_BURST=4)
    greedy, modest = served.key(), served.key()
    statuses = [served.get(CONGESTION, greedy).status_code for _ in range(7)]

    assert statuses[0] == 200
    assert 429 in statuses
    assert served.get(CONGESTION, modest).status_code == 200


def test_guessing_keys_is_slow_and_locks_out_nobody_who_was_let_in_before(lived: LivedIn, log: io.StringIO) -> None:
    served = serve(lived, log, CITY_GUESSES=3)
    good, new = served.key(), served.key()
    assert served.get("/v1/status", good).status_code == 200
    guesses = [served.get("/v1/status", {"authorization": f"Bearer city_0_{n}"}).status_code for n in range(5)]

    assert guesses == [401, 401, 401, 429, 429]
    assert served.get("/v1/status", new).status_code == 429
    assert served.get("/v1/status", good).status_code == 200
    # Looked up again, since it is older than a second for the doorkeeper: still known as a good one.
    served.office.doorkeeper.by_key._seen.clear()
    assert served.get("/v1/status", good).status_code == 200
