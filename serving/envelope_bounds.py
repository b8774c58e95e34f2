"""Bounds of an envelope to begin with: what the plans of today do in its hours, and a little more.

Somebody who proposes an envelope would otherwise copy cycles and greens of every junction by hand. Two persons read and
approve the result all the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from city.errors import CityError, InvalidValueError, MissingInputError, UnknownIdError, raise_all
from city.ids import JunctionId, StageId
from city.rolling import stage_greens_s
from city.rolling_bounds import Envelope, GreenBound, Hours, JunctionBounds
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Junction
from serving.desk import Desk
from serving.rechecking import plan_in

HOURS: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leeway:
    """How far a plan may be from those of today, s."""

    green_s: int = 10
    split_step_s: int = 5
    offset_step_s: int = 10

    def __post_init__(self) -> None:
        raise_all(
            "Envelope",
            [
                InvalidValueError(subject="Envelope", field=name, found=found, expected="0 to 600 s")
                for name in ("green_s", "split_step_s", "offset_step_s")
                if not 0 <= (found := getattr(self, name)) <= 600
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An envelope as a person asks for it; `hours` as 07:00-10:00, a night as two of them."""

    name: str
    junctions: tuple[JunctionId, ...]
    hours: tuple[str, ...]
    until: datetime
    day: date
    leeway: Leeway = Leeway()


def hours_of(text: str) -> Hours:
    """`07:00-10:00`; 24:00 is the end of a day."""
    found = HOURS.fullmatch(text)
    if found is None or int(found[2]) > 59 or int(found[4]) > 59:
        raise InvalidValueError(subject="Hours", field="--hours", found=text, expected="such as 07:00-10:00")
    start_h, start_min, end_h, end_min = map(int, found.groups())
    return Hours(start_s=60 * (60 * start_h + start_min), end_s=60 * (60 * end_h + end_min))


def refuse_nameless(envelope_id: str) -> None:
    if NAME.fullmatch(envelope_id) is None:
        raise InvalidValueError(
            subject="Envelope",
            field="envelope_id",
            found=envelope_id,
            expected="letters, digits, dots, dashes and underscores, at most 100, the first a letter or a digit",
        )


def bounds_to_begin_with(desk: Desk, wanted: Wanted) -> Envelope:
    """From the plans that are in force on `day`, else from the running plans of the records."""
    refuse_nameless(wanted.name)
    hours = tuple(map(hours_of, wanted.hours))
    known = {one.junction_id: one for one in desk.history.entities(Junction)}
    in_force = _in_force(desk, wanted.day)
    errors: list[CityError] = []
    bounds = []
    for junction_id in wanted.junctions:
        junction = known.get(junction_id)
        if junction is None:
            errors.append(UnknownIdError(subject="Envelope", kind="junction", found=junction_id, known=tuple(known)))
            continue
        plans = _plans(junction, in_force.get(junction_id), hours)
        if plans:
            bounds.append(_bounds(junction, plans, wanted.leeway))
        else:
            errors.append(_nothing_runs(junction_id, wanted.day))
    raise_all(f"Envelope {wanted.name}", errors)
    return Envelope(envelope_id=wanted.name, junctions=tuple(bounds), hours=hours, valid_until=wanted.until)


def _in_force(desk: Desk, day: date) -> dict[JunctionId, DayPlan]:
    found: dict[JunctionId, DayPlan] = {}
    holding = desk.ledger.life.in_force("signals", day)
    for plan_id in dict.fromkeys(holding.values()):
        schedule = plan_in(desk.ledger.plan(plan_id))
        if isinstance(schedule, SignalSchedule):
            found |= {one.junction_id: one for one in schedule.day_plans if holding.get(one.junction_id) == plan_id}
    return found


def _plans(junction: Junction, in_force: DayPlan | None, hours: Sequence[Hours]) -> list[SignalPlan]:
    """What runs within the hours."""
    if in_force is None:
        return [] if junction.running_plan is None else [junction.running_plan]
    starts = [entry.start_s for entry in in_force.entries]
    seconds = [second for one in hours for second in (one.start_s, *(s for s in starts if one.start_s < s < one.end_s))]
    return [in_force.plan_at(second) for second in seconds]


def _bounds(junction: Junction, plans: Sequence[SignalPlan], leeway: Leeway) -> JunctionBounds:
    greens: dict[StageId, list[int]] = {}
    for plan in plans:
        for stage_id, green_s in stage_greens_s(plan).items():
            greens.setdefault(stage_id, []).append(green_s)
    return JunctionBounds(
        junction_id=junction.junction_id,
        cycles_s=tuple(sorted({plan.cycle_s for plan in plans})),
        greens=tuple(_around(junction, stage_id, found, leeway.green_s) for stage_id, found in greens.items()),
        split_step_s=leeway.split_step_s,
        offset_step_s=leeway.offset_step_s,
    )


def _around(junction: Junction, stage_id: StageId, greens_s: Sequence[int], leeway_s: int) -> GreenBound:
    shortest_s = min(greens_s)
    least_s = min(shortest_s, max(_least_s(junction, stage_id), shortest_s - leeway_s))
    return GreenBound(stage_id=stage_id, min_s=least_s, max_s=max(greens_s) + leeway_s)


def _least_s(junction: Junction, stage_id: StageId) -> int:
    """The longest least green of a group of the stage: no plan that the check passes has less where all end with it."""
    groups = junction.stage(stage_id).group_ids
    return max((junction.group(group_id).min_green_s for group_id in groups), default=1)


def _nothing_runs(junction_id: JunctionId, day: date) -> CityError:
    return MissingInputError(
        step=f"Envelope over junction {junction_id}",
        missing=(f"a published plan for {day} and a running plan on record",),
        todo="Publish a timetable first: rolling changes a plan that runs.",
    )
