"""What is kept for some minutes: the first waits, later ones get the old while the new is made."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from city.errors import MissingInputError
from serving.refreshed import AFTER_A_FAILURE_S, GOOD_FOR_S, Refreshed


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_within_its_time_it_is_made_once() -> None:
    clock, made = Clock(), iter(range(9))
    kept = Refreshed("numbers", lambda: next(made), timer=clock)

    first = kept.get()
    clock.now += GOOD_FOR_S
    second = kept.get()

    assert (first.value, second.value) == (0, 0)
    assert second.made_at == first.made_at


def test_afterwards_the_old_is_given_while_the_new_is_made() -> None:
    clock, may_go_on = Clock(), threading.Event()
    made = iter(range(9))

    def make() -> int:
        number = next(made)
        if number:
            may_go_on.wait(10)
        return number

    kept = Refreshed("numbers", make, timer=clock)
    kept.get()
    clock.now += GOOD_FOR_S + 1

    assert [kept.get().value for _ in range(3)] == [0, 0, 0]
    assert kept.is_making
    may_go_on.set()
    until(lambda: not kept.is_making)
    assert kept.get().value == 1


def test_many_who_come_first_wait_for_one_look() -> None:
    looks = []

    def make() -> int:
        time.sleep(0.05)
        looks.append(1)
        return len(looks)

    kept = Refreshed("numbers", make)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(kept.get().value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [1] * 8
    assert len(looks) == 1


def test_what_cannot_be_made_anew_stays_and_is_tried_again() -> None:
    clock = Clock()
    outcomes: Iterator[int | Exception] = iter([1, RuntimeError("the disk is gone"), 3])

    def make() -> int:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    kept = Refreshed("numbers", make, timer=clock)
    kept.get()
    clock.now += GOOD_FOR_S + 1
    kept.get()
    until(lambda: not kept.is_making)
    assert kept.get().value == 1

    clock.now += AFTER_A_FAILURE_S + 1
    kept.get()
    until(lambda: kept.get().value == 3)


def test_whoever_comes_first_hears_why_there_is_nothing() -> None:
    def make() -> int:
        raise MissingInputError(step="Watching", missing=("a feed",))

    kept = Refreshed("numbers", make)

    with pytest.raises(MissingInputError):
        kept.get()
    assert not kept.is_making
