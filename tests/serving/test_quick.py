"""Answers given again within a second: the same to the byte, to nobody else, and never an old one."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response

from city.settings import Settings
from serving.desk import Desk
from tests.serving.fronted import CONGESTION, ISSUED, Served, problem, serve, small_city, written_log
from tests.serving.lived_in import DAY, LivedIn


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


def again(served: Served, path: str, key: dict[str, str]) -> Response:
    """An answer from memory: the first request makes the key known, the second is remembered."""
    served.get(path, key)
    served.get(path, key)
    assert served.remembers(path, key)
    return served.get(path, key)


def test_an_answer_given_again_is_the_same_to_the_byte_and_the_header(served: Served) -> None:
    key = served.key()
    first = served.get(CONGESTION, key)
    kept = again(served, CONGESTION, key)

    assert kept.content == first.content
    names = set(first.headers) - {"x-request-id", "date"}
    assert {name: kept.headers[name] for name in names} == {name: first.headers[name] for name in names}
    unchanged = served.get(CONGESTION, key | {"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    assert served.lines()[-1]["route"] == CONGESTION


def test_a_new_issue_is_seen_within_a_second(tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.shelf.GOOD_FOR_S", 1.0)
    desk = Desk(Settings.from_environment({"CITY_HOME": str(tmp_path / "home")}))
    city = LivedIn(folder=tmp_path, desk=desk)
    city.issue_congestion(ISSUED, "congestion v1")
    served = serve(city, log)
    office = served.office
    clock = [1_000.0]
    office.shelf.timer = office.quick.timer = lambda: clock[0]
    key = served.key()
    # The layer takes its own time from the real clock: what it allows lies before any of the made-up clock's.
    assert again(served, CONGESTION, key).json()["models"] == ["congestion v1"]

    city.issue_congestion(ISSUED + DAY, "congestion v2")
    clock[0] += 0.2
    assert served.get(CONGESTION, key).json()["models"] == ["congestion v1"]
    clock[0] += 0.81

    assert served.get(CONGESTION, key).json()["models"] == ["congestion v2"]


def test_one_asks_anew_while_the_others_are_still_answered(served: Served) -> None:
    key = served.key()
    again(served, CONGESTION, key)
    office, clock = served.office, [0.0]
    question = (key["authorization"].split("_")[1], CONGESTION, b"")
    kept = office.quick.get(question)
    assert kept is not None
    office.quick.timer = lambda: clock[0]
    clock[0] = kept.until - 0.4

    assert [office.quick.get(question) for _ in range(3)] == [None, kept, kept]
    clock[0] = kept.until
    assert office.quick.get(question) is None


def test_what_was_decided_is_seen_at_once_by_everybody(served: Served) -> None:
    served.lived.save_signals("signals-one", ISSUED)
    key, path = served.key(), "/v1/signals/plans/signals-one"
    first = again(served, path, key)

    served.lived.save_signals("signals-one", ISSUED + DAY)  # as another process does it

    assert not served.remembers(path, key)
    assert served.get(path, key).headers["etag"] != first.headers["etag"]


def test_what_this_process_decided_is_seen_at_once_whatever_the_ledger_is(served: Served) -> None:
    key = served.key()
    again(served, CONGESTION, key)

    served.client.post("/v1/signals/check", headers=key, json={})

    assert not served.remembers(CONGESTION, key)


def test_a_revoked_key_gets_nothing_out_of_memory(served: Served) -> None:
    key = served.key()
    assert again(served, CONGESTION, key).status_code == 200
    served.lived.desk.ledger.keys.revoke(key["authorization"].split("_")[1], by="tests")
    served.office.doorkeeper.by_key._seen.clear()

    problem(served.get(CONGESTION, key), 401, "unauthenticated")


def test_nobody_gets_another_districts_answer_out_of_memory(served: Served) -> None:
    whole, south = served.key(), served.key("south")
    assert again(served, CONGESTION, whole).json()["detectors"] != []

    shown = [served.get(CONGESTION, south) for _ in range(3)]

    assert [answer.status_code for answer in shown] == [404] * 3
    assert "D1" not in "".join(answer.text for answer in shown)
