"""The improvement engine bounded by work, for tests that must come out alike on a machine of any speed."""

from collections.abc import Callable

import pytest

from optimization.collection import engine_work
from optimization.collection.engine import Engine, Work
from optimization.collection.engine_work import improve_with_engine
from optimization.collection.search import Report, RoutingTask


class Turns:
    """A clock on which each look takes a hundredth of a second: a machine of any speed does the same work by it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks / 100


class ByTurns(Engine):
    """The engine, which works for so many turns, however long they take."""

    turns_s = 20.0

    def run(self, seconds: float, *, told: Callable[[], None] = lambda: None, **_clock: object) -> Work:
        del seconds
        return super().run(self.turns_s, clock=Turns(), told=told)


def by_turns(task: RoutingTask, report: Report) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine_work, "Engine", ByTurns)
        patched.setattr(engine_work, "REPORT_EVERY_S", 0.0)
        improve_with_engine(task, report)
