"""Shadow mode: plans that nobody released, compared with what ran, on the traffic that came."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from city.documents import from_json
from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.ids import JunctionId, PlanId
from city.ledger import StoredPlan
from city.signal_plans import SignalSchedule
from optimization.signals.explaining import Scenarios, explain
from optimization.signals.problem import SignalProblem
from serving.checking import records_of
from serving.counted_demand import demand_of_day
from serving.desk import Desk

MOST_DAYS: Final = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowDay:
    """Control delay per vehicle on the counts of one day: by the plan that ran by the record, and by the draft."""

    day: date
    plan_id: PlanId
    junction_id: JunctionId
    running_s: float | None
    shadow_s: float
    shadow_x: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """`said` are days that cannot be compared, with the reason."""

    days: tuple[ShadowDay, ...]
    said: tuple[str, ...]


def shadow(desk: Desk, *, junction_ids: tuple[JunctionId, ...], asked: datetime | None = None) -> Shadow:
    """Every day of which a plan was made before it began and counts have come; nothing is released by this."""
    moment = desk.moment(TrafficCounts, asked)
    newest: dict[date, list[StoredPlan]] = {}
    for stored in desk.ledger.plans(kind="signals"):
        newest.setdefault(stored.service_date, []).append(stored)
    if not newest:
        raise MissingInputError(
            step="Shadow mode", missing=("a stored signal plan",), todo="Make plans with `city plan signals`."
        )
    found: list[ShadowDay] = []
    said: list[str] = []
    for day in sorted(newest)[-MOST_DAYS:]:
        seen: set[JunctionId] = set()
        for stored in newest[day]:
            schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
            compared = _compared(desk, schedule, seen, junction_ids, moment.at)
            seen |= {one.junction_id for one in compared}
            found += compared
        if not seen:
            said.append(f"{day}: no counts of a whole day have come for what was planned.")
    return Shadow(days=tuple(found), said=tuple(said))


def _compared(
    desk: Desk, schedule: SignalSchedule, seen: set[JunctionId], asked: tuple[JunctionId, ...], at: datetime
) -> list[ShadowDay]:
    wanted = {d.junction_id for d in schedule.day_plans} - seen
    if asked:
        wanted &= set(asked)
    records = records_of(desk, schedule)
    junctions = tuple(j for j in records.junctions if j.junction_id in wanted)
    if not junctions:
        return []
    demand = demand_of_day(desk, junctions, schedule.service_date, at)
    problem = SignalProblem(
        junctions=junctions,
        corridors=tuple(c for c in records.corridors if wanted.issuperset(c.junction_ids)),
        demand=demand,
        service_date=schedule.service_date,
        time_zone=schedule.time_zone,
    )
    same = Scenarios(low=demand, expected=demand, high=demand, planned=demand)
    return [
        ShadowDay(
            day=schedule.service_date,
            plan_id=schedule.plan_id,
            junction_id=one.junction_id,
            running_s=one.now.expected_s if one.now is not None else None,
            shadow_s=one.planned.expected_s,
            shadow_x=max((p.critical.x for p in one.plans if p.critical is not None), default=None),
        )
        for one in explain(_only(schedule, wanted), problem, same, bindings=False)
    ]


def _only(schedule: SignalSchedule, wanted: set[JunctionId]) -> SignalSchedule:
    return replace(schedule, day_plans=tuple(d for d in schedule.day_plans if d.junction_id in wanted))
