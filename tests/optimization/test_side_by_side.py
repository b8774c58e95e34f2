"""Work side by side: on threads, and on a cluster of Dask."""

import threading
import time
from functools import partial

import pytest

from city.errors import StoreUnreachableError
from optimization import side_by_side
from optimization.side_by_side import hands


def squared(number: int) -> int:
    return number * number


def test_answers_come_in_the_order_of_the_tasks() -> None:
    with hands(3) as work:
        assert work(squared, [partial(int, number) for number in range(20)]) == [n * n for n in range(20)]


def test_as_many_work_at_once_as_there_are_hands() -> None:
    together = threading.Barrier(2, timeout=30)

    def met(number: int) -> int:
        together.wait()  # breaks unless two are here
        return number

    with hands(2) as work:
        assert work(met, [lambda: 1, lambda: 2]) == [1, 2]


def test_what_goes_wrong_in_a_piece_of_work_is_heard() -> None:
    with hands(2) as work, pytest.raises(ZeroDivisionError):
        work(lambda number: 1 // number, [lambda: 1, lambda: 0])


def test_a_cluster_does_the_same_work() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster,
        hands(1, cluster.scheduler_address) as work,
    ):
        assert work(squared, [lambda: 3, lambda: 4]) == [9, 16]


def slept(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def test_a_cluster_that_is_late_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(side_by_side, "LATE_S", 0.1)
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        hands(1, cluster.scheduler_address) as work,
        pytest.raises(TimeoutError),
    ):
        work(slept, [lambda: 2.0], end_at=time.time())


def test_a_scheduler_that_nobody_answers_at_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "REACHED_WITHIN_S", 1)
    with (
        pytest.raises(StoreUnreachableError, match=r"tcp://127\.0\.0\.1:9: nobody answers there"),
        hands(1, "tcp://127.0.0.1:9"),
    ):
        pass
