"""Warm processes do what they are told, and end by the clock together with whatever they have started."""

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from serving import workbench
from serving.workbench import Bench, Message, Worker

WORK = "tests.serving.warm_work"
SOON = 30.0


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = SOON) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench(f"{WORK}:get_ready", places=1, spare=1)
    yield bench
    bench.close()


@pytest.fixture
def inbox() -> "queue.Queue[Message]":
    return queue.Queue()


def taken(bench: Bench, inbox: "queue.Queue[Message]") -> Worker:
    worker = bench.take(time.monotonic() + SOON, inbox)
    assert worker is not None
    return worker


def test_a_process_reports_and_answers_and_is_used_again(bench: Bench, inbox: "queue.Queue[Message]") -> None:
    worker = taken(bench, inbox)
    worker.call(f"{WORK}:echo", "hello")

    said = [inbox.get(timeout=SOON) for _ in range(2)]
    assert [(message.kind, message.body) for message in said] == [
        ("report", "about to say hello"),
        ("done", "hello"),
    ]
    worker.call(f"{WORK}:raises", "out of ideas")
    failed = inbox.get(timeout=SOON)
    assert (failed.kind, failed.body) == ("failed", "ValueError: out of ideas")
    bench.give_back(worker, fit=True)
    again = taken(bench, inbox)
    assert again.pid == worker.pid
    bench.give_back(again, fit=True)


def test_only_so_many_work_at_once(bench: Bench, inbox: "queue.Queue[Message]") -> None:
    worker = taken(bench, inbox)
    assert bench.take(time.monotonic() + 0.05, inbox) is None
    bench.give_back(worker, fit=True)


def test_the_last_report_survives_the_kill_and_whatever_was_started_does_not(
    bench: Bench, inbox: "queue.Queue[Message]"
) -> None:
    worker = taken(bench, inbox)
    worker.call(f"{WORK}:starts_another_and_hangs")
    other = inbox.get(timeout=SOON).body
    assert is_alive(other)

    began = time.monotonic()
    bench.give_back(worker, fit=False)

    assert time.monotonic() - began < 1.0
    assert eventually(lambda: not is_alive(worker.pid) and not is_alive(other))
    replaced = taken(bench, inbox)
    assert replaced.pid != worker.pid
    bench.give_back(replaced, fit=True)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("dies", (), "ended without an answer"),
        ("writes", (b"\x00\x00\x00\x05hello",), "wrote what cannot be read"),
        ("writes", (b"\xff\xff\xff\xff",), "wrote what cannot be read"),
        ("writes", (b"\x00\x00\x00\x0a[1, [[], 2]",), "wrote what cannot be read"),
    ],
)
def test_a_process_that_dies_or_writes_nonsense_is_lost_and_replaced(
    bench: Bench, inbox: "queue.Queue[Message]", name: str, arguments: tuple[object, ...], said: str
) -> None:
    worker = taken(bench, inbox)
    worker.call(f"{WORK}:{name}", *arguments)
    lost = inbox.get(timeout=SOON)
    assert lost.kind == "lost"
    assert said in lost.body
    bench.give_back(worker, fit=True)
    assert eventually(lambda: not is_alive(worker.pid))
    bench.give_back(taken(bench, inbox), fit=True)


def test_one_that_stalls_in_the_middle_of_a_message_holds_nobody_up(
    bench: Bench, inbox: "queue.Queue[Message]"
) -> None:
    worker = taken(bench, inbox)
    worker.call(f"{WORK}:writes", b"\x00\x00\x10\x00half a message")
    os.kill(worker.pid, signal.SIGSTOP)
    worker.call(f"{WORK}:echo", "x" * 1_000_000)

    with pytest.raises(queue.Empty):
        inbox.get(timeout=0.2)
    began = time.monotonic()
    bench.give_back(worker, fit=False)
    assert time.monotonic() - began < 1.0
    assert eventually(lambda: not is_alive(worker.pid))


def test_one_that_takes_too_much_memory_is_ended(
    bench: Bench, inbox: "queue.Queue[Message]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "LARGEST_MB", 300)
    worker = taken(bench, inbox)
    worker.call(f"{WORK}:fills_memory", 400)
    said = [inbox.get(timeout=SOON)]
    while said[-1].kind != "lost":
        said.append(inbox.get(timeout=SOON))
    lost = said[-1]
    assert "more than 300 MB" in lost.body
    bench.give_back(worker, fit=False)


def test_an_idle_process_that_was_killed_is_not_handed_out(bench: Bench, inbox: "queue.Queue[Message]") -> None:
    worker = taken(bench, inbox)
    bench.give_back(worker, fit=True)
    os.kill(worker.pid, signal.SIGKILL)
    assert eventually(worker.lost.is_set)
    other = taken(bench, inbox)
    assert other.pid != worker.pid
    bench.give_back(other, fit=True)


def test_a_bench_whose_processes_do_not_come_up_says_so_by_handing_out_none(inbox: "queue.Queue[Message]") -> None:
    bench = Bench(f"{WORK}:never_ready", places=1, spare=0)
    assert bench.take(time.monotonic() + 1.0, inbox) is None
    bench.close()


PARENT = f"""
import queue, time
from serving.workbench import Bench
bench, inbox = Bench("{WORK}:get_ready", places=1, spare=0), queue.Queue()
worker = bench.take(time.monotonic() + 60, inbox)
worker.call("{WORK}:has_a_solver_that_hangs")
print(worker.pid, inbox.get().body, flush=True)
time.sleep(600)
"""


def test_processes_end_with_a_parent_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert all(map(is_alive, pids))
        parent.kill()
    assert eventually(lambda: not any(map(is_alive, pids)))
