"""Whether controllers ran what was planned: their logs against the plans that were to run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from city.clock import DAY_S, at_second
from city.ids import JunctionId, PlanId
from city.signal_parts import ControlMode
from city.signal_plans import DayPlan

SHORTEST: Final = timedelta(minutes=10)  # what a switch of plans, and the clock of a log, may take
LOGGED: Final = ("start_at", "end_at", "plan_number", "mode")
LogRow = tuple[datetime, datetime | None, int | None, str]
HANDS_OFF: Final = (ControlMode.MANUAL, ControlMode.FAULT, ControlMode.FLASHING_YELLOW, ControlMode.ALL_RED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of a controller's log; `plan_number` is None where the mode runs none."""

    start_at: datetime
    end_at: datetime
    plan_number: int | None
    mode: ControlMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What was to run; `plan_id` is None for the plan that runs today by the junction's record."""

    start_at: datetime
    end_at: datetime
    plan_number: int
    plan_id: PlanId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A stretch in which something else ran than was due. `warns` is false where a person or a fault was in control."""

    junction_id: JunctionId
    start_at: datetime
    end_at: datetime
    due: Due
    ran: Run | None  # None: the log says nothing
    warns: bool
    sentence: str


def due_of(day_plan: DayPlan, plan_id: PlanId | None, day: date, clock: ZoneInfo) -> tuple[Due, ...]:
    """By the wall clock of one day."""
    ends_s = [*(entry.start_s for entry in day_plan.entries[1:]), DAY_S]
    return tuple(
        Due(
            start_at=at_second(day, entry.start_s, clock),
            end_at=at_second(day, end_s, clock),
            plan_number=entry.plan_number,
            plan_id=plan_id,
        )
        for entry, end_s in zip(day_plan.entries, ends_s, strict=True)
    )


def drifts(junction_id: JunctionId, due: Sequence[Due], runs: Sequence[Run], clock: ZoneInfo) -> tuple[Drift, ...]:
    """In the order of time. `runs` do not overlap; stretches shorter than ten minutes are none."""
    found = []
    for one in due:
        for start_at, end_at, ran in _stretches(one, runs):
            right = ran is not None and ran.mode not in HANDS_OFF and ran.plan_number == one.plan_number
            if not right and end_at - start_at >= SHORTEST:
                found.append(_drift(junction_id, one, ran, (start_at, end_at), clock))
    return tuple(found)


def _stretches(due: Due, runs: Sequence[Run]) -> Iterator[tuple[datetime, datetime, Run | None]]:
    """The time that is due, cut where the log's rows begin and end; None where it has none."""
    at = due.start_at
    for run in runs:
        start_at, end_at = max(run.start_at, due.start_at), min(run.end_at, due.end_at)
        if end_at <= start_at:
            continue
        if start_at > at:
            yield at, start_at, None
        yield start_at, end_at, run
        at = end_at
    if at < due.end_at:
        yield at, due.end_at, None


def _drift(
    junction_id: JunctionId, due: Due, ran: Run | None, stretch: tuple[datetime, datetime], clock: ZoneInfo
) -> Drift:
    start_at, end_at = stretch
    there = start_at.astimezone(clock), end_at.astimezone(clock)
    ends = "24:00" if there[1].time() == time() else f"{there[1]:%H:%M}"
    times = f"{there[0]:%Y-%m-%d %H:%M} to {ends}"
    of = f"plan {due.plan_number}" + (f" of {due.plan_id}" if due.plan_id is not None else "")
    if ran is None:
        told = f"{of} was to run; the controller's log says nothing"
    elif ran.mode in HANDS_OFF:
        told = f"{of} was to run; the junction was in mode {ran.mode}, which no plan overrides"
    elif ran.plan_number is None:
        told = f"{of} was to run; the log names no plan (mode {ran.mode})"
    else:
        told = f"{of} was to run; plan {ran.plan_number} ran"
    return Drift(
        junction_id=junction_id,
        start_at=start_at,
        end_at=end_at,
        due=due,
        ran=ran,
        warns=ran is None or ran.mode not in HANDS_OFF,
        sentence=f"Junction {junction_id}, {times}: {told}.",
    )


def closed(rows: Sequence[LogRow], until: datetime) -> tuple[Run, ...]:
    """Log rows of one junction, by their start: an open one lasts until the next, and none goes beyond it."""
    begins = [start_at for start_at, *_ in rows]
    runs = []
    for (start_at, end_at, plan_number, mode), following in zip(rows, [*begins[1:], until], strict=False):
        last = min(following, until, end_at or until)
        if last > start_at:
            runs.append(Run(start_at=start_at, end_at=last, plan_number=plan_number, mode=ControlMode(mode)))
    return tuple(runs)
