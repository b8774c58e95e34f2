"""Work in a process of its own ends by its deadline, and what it reported until then survives."""

import os
import time
from collections.abc import Callable

from optimization.deadline import run_until


def counts(task: int, report: Callable[[int], None]) -> None:
    for number in range(task):
        report(number)


def reports_then_hangs(task: str, report: Callable[[str], None]) -> None:
    report(task)
    time.sleep(60)


def prints_noise(task: str, report: Callable[[str], None]) -> None:
    os.write(1, b"solver banner\n")
    report(task)


def raises(task: str, _report: Callable[[str], None]) -> None:
    raise ValueError(task)


def dies(_task: str, report: Callable[[str], None]) -> None:
    report("first")
    os._exit(11)


def test_all_reports_come_back_in_order() -> None:
    outcome = run_until(counts, 5, seconds=20)

    assert outcome.reports == (0, 1, 2, 3, 4)
    assert outcome.finished
    assert outcome.failure == ""


def test_work_that_hangs_is_killed_and_its_reports_are_kept() -> None:
    began = time.monotonic()

    outcome = run_until(reports_then_hangs, "best so far", seconds=2)

    assert time.monotonic() - began < 3
    assert outcome.reports == ("best so far",)
    assert not outcome.finished


def test_a_large_task_does_not_outlast_the_deadline() -> None:
    outcome = run_until(reports_then_hangs, "x" * 5_000_000, seconds=2)

    assert [len(report) for report in outcome.reports] == [5_000_000]


def test_what_a_solver_prints_does_not_garble_its_reports() -> None:
    assert run_until(prints_noise, "answer", seconds=20).reports == ("answer",)


def test_work_that_raises_or_dies_says_so() -> None:
    assert run_until(raises, "out of ideas", seconds=20).failure == "ValueError: out of ideas"
    died = run_until(dies, "", seconds=20)
    assert died.reports == ("first",)
    assert "ended without an answer" in died.failure
