"""The measuring of the service: what is counted, what a request looks like, and when memory counts as flat."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from benchmarks.serving_figures import by_kind, flatness
from benchmarks.serving_load import Answers, Load, Shot, fire, quantile


@pytest.fixture
def port() -> Iterator[int]:
    """A server that answers every other request with 429."""
    loop = asyncio.new_event_loop()
    seen = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while await reader.readuntil(b"\r\n\r\n"):
            seen += 1
            line = b"200 OK" if seen % 2 else b"429 Too Many Requests"
            writer.write(b"HTTP/1.1 " + line + b"\r\nContent-Length: 2\r\n\r\nok")

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = loop.run_until_complete(asyncio.start_server(quiet, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield int(server.sockets[0].getsockname()[1])
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(asyncio.sleep(0))
    for task in asyncio.all_tasks(loop):
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()


@pytest.mark.parametrize("rate_per_s", [None, 100.0])
def test_answers_are_counted_by_their_status(port: int, rate_per_s: float | None) -> None:
    shots = [Shot(label="a#1", method="GET", path="/a"), Shot(label="a#2", method="GET", path="/b")]

    answers = fire(Load(host="127.0.0.1", port=port, connections=2, seconds=1.0, shots=shots, rate_per_s=rate_per_s))

    statuses = answers.statuses()
    assert set(statuses) == {"200", "429"}
    assert abs(statuses["200"] - statuses["429"]) <= 0.2 * sum(statuses.values()) + 2
    assert set(by_kind(answers)) == {"a"}
    if rate_per_s is not None:
        assert sum(statuses.values()) == pytest.approx(90, abs=3)


def test_a_request_is_what_http_asks_for() -> None:
    shot = Shot(label="a", method="POST", path="/v1/x?y=1", key="k", body='{"a":1}', headers={"if-none-match": '"t"'})

    head, _, body = shot.raw("127.0.0.1:80").partition(b"\r\n\r\n")

    assert head.split(b"\r\n") == [
        b"POST /v1/x?y=1 HTTP/1.1",
        b"host: 127.0.0.1:80",
        b"authorization: Bearer k",
        b'if-none-match: "t"',
        b"content-type: application/json",
        b"content-length: 7",
    ]
    assert body == b'{"a":1}'


def test_quantiles_are_of_what_was_measured() -> None:
    ordered = [float(n) for n in range(1, 101)]

    assert (quantile(ordered, 0.5), quantile(ordered, 0.99), quantile([7.0], 0.99)) == (51.0, 100.0, 7.0)
    assert Answers({"a": {"200": [2.0, 1.0]}, "b": {"429": [3.0]}}, 1.0).all_ms("200") == [1.0, 2.0]


def test_a_leak_has_a_slope_and_loading_at_the_start_has_none() -> None:
    leaking = [(60.0 * minute, {"answering": 100.0 + 2 * minute}) for minute in range(20)]
    loading = [(60.0 * minute, {"answering": 50.0 if minute < 4 else 300.0}) for minute in range(20)]

    assert flatness(leaking, "answering")["slope_mb_per_min"] == pytest.approx(2)
    assert flatness(loading, "answering")["slope_mb_per_min"] == pytest.approx(0)
