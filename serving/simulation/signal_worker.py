"""Tomorrow's signal plan, made in a process of its own while the day goes on: the longest work of a simulated day."""

from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from city.errors import CityError
from city.settings import Settings
from city.signal_plans import SignalSchedule
from serving.desk import Desk
from serving.plan_folder import write_signals
from serving.planning_signals import ground_of, planned_schedule
from serving.selection import SignalRequest
from serving.simulation.own_home import Calendar
from serving.simulation.people import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A published schedule, or why there is none."""

    schedule: SignalSchedule | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    settings: Settings
    now: datetime
    service_date: date
    seed: int


def plan_and_publish(asked: Asked) -> Answer:
    """Planned, checked and stored as `city plan signals` does it, but not explained: nobody reads it here."""
    desk = Desk(asked.settings, clock=Calendar(asked.now))
    request = SignalRequest(at=asked.now, service_date=asked.service_date, seed=asked.seed)
    try:
        pinned = desk.pinned()
        ground = ground_of(pinned, request)
        problem = ground.problem(ground.scenarios())
        schedule, report = planned_schedule(pinned, ground, problem, seed=request.seed)
        write_signals(desk.settings.plans, schedule, report, problem.junctions, problem.corridors)
        desk.ledger.save_plan(schedule, report)
        publish(desk, schedule.plan_id, signals=True)
    except CityError as error:
        return Answer(refusal=f"No signal plan for {asked.service_date}: {error}")
    return Answer(schedule=schedule)


class SignalWorker:
    """One plan at a time; the process is kept from day to day. Not `aside`, plans are made when they are asked for."""

    def __init__(self, *, aside: bool = True) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn")) if aside else None
        self._open: Future[Answer] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def ask(self, asked: Asked) -> None:
        if self._pool is not None:
            self._open = self._pool.submit(plan_and_publish, asked)
        else:
            self._open = Future()
            self._open.set_result(plan_and_publish(asked))

    def answer(self) -> Answer:
        return Answer(refusal="Nobody asked for a signal plan.") if self._open is None else self._open.result()
