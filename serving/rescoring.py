"""A plan that someone changed by hand, scored as the stored one was: delay, level of service and x beside it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from city.clock import DAY_S
from city.documents import from_json
from city.errors import MissingInputError, NotFoundError
from city.ids import DistrictId, JunctionId, PlanId
from city.ledger import StoredPlan
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.check_offline import JunctionRecords
from optimization.signals.explaining import Delay, JunctionExplained, explain
from optimization.signals.problem import SignalProblem
from serving.checking import records_of
from serving.desk import Desk
from serving.explained_plans import scenarios_of
from serving.stored_forecasts import latest_congestion


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionScore:
    """`stored` and `stored_x` are of the plan that it is compared with, `now` of the running plan."""

    junction_id: JunctionId
    given: Delay
    stored: Delay | None
    now: Delay | None
    given_x: float | None
    stored_x: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """`compared_with` is the stored plan's id. `said` are reasons why something is not scored."""

    junctions: tuple[JunctionScore, ...] = ()
    compared_with: PlanId | None = None
    said: tuple[str, ...] = ()


def rescore(desk: Desk, schedule: SignalSchedule, within: Collection[DistrictId] | None = None) -> Rescored:
    """At the flows of the forecast that the plan names, or that was the newest when it was made.

    With `within` it is compared only with a stored plan that lies in these districts.
    """
    records = records_of(desk, schedule)
    by_id = {junction.junction_id: junction for junction in records.junctions}
    able = tuple(d for d in schedule.day_plans if d.junction_id in by_id and _can_run(by_id[d.junction_id], d))
    said = tuple(
        f"Junction {d.junction_id} is not scored: its plans contradict themselves or its record."
        for d in schedule.day_plans
        if d not in able
    )
    if not able:
        return Rescored(said=said)
    stored = _stored(desk, schedule, within)
    kept = () if stored is None else tuple(d for d in stored.day_plans if d.junction_id in by_id)
    named = {d.junction_id for d in able} | {junction_id for junction_id, _ in schedule.unchanged}
    try:
        given, before = _explained(desk, schedule, _part(records, named), able, kept)
    except MissingInputError:
        return Rescored(said=(*said, "The plan is not scored: no forecast of its time is stored."))
    return Rescored(
        junctions=_scores(given, before),
        compared_with=stored.plan_id if stored is not None else None,
        said=said,
    )


def _can_run(junction: Junction, day_plan: DayPlan) -> bool:
    """Whether every second of its day shows known lamps: a plan changed by hand may say anything."""
    groups = {group.group_id for group in junction.groups}
    stages = {stage.stage_id for stage in junction.stages}
    numbers = {plan.plan_number for plan in day_plan.plans}
    starts = [entry.start_s for entry in day_plan.entries]
    return (
        starts[:1] == [0]
        and starts == sorted(starts)
        and starts[-1] < DAY_S
        and {entry.plan_number for entry in day_plan.entries} <= numbers
        and all(
            plan.cycle_s > 0
            and sum(split.split_s for split in plan.splits) == plan.cycle_s
            and {green.group_id for green in plan.greens} <= groups
            and {split.stage_id for split in plan.splits} <= stages
            for plan in day_plan.plans
        )
    )


def _stored(desk: Desk, schedule: SignalSchedule, within: Collection[DistrictId] | None) -> SignalSchedule | None:
    """The plan of the same id, else the newest of the same day; of neither one that reaches beyond `within`."""
    found: StoredPlan | None
    try:
        found = desk.ledger.plan(PlanId(schedule.plan_id))
    except NotFoundError:
        found = None
    if found is None or not (within is None or set(found.district_ids) <= set(within)):
        same_day = desk.ledger.plans(kind="signals", service_date=schedule.service_date, districts=within)
        found = next(iter(same_day), None)
    return from_json(SignalSchedule, found.document, found.plan_id) if found and found.kind == "signals" else None


def _part(records: JunctionRecords, named: set[JunctionId]) -> JunctionRecords:
    return JunctionRecords(
        junctions=tuple(j for j in records.junctions if j.junction_id in named),
        corridors=tuple(c for c in records.corridors if named.issuperset(c.junction_ids)),
    )


def _explained(
    desk: Desk,
    schedule: SignalSchedule,
    records: JunctionRecords,
    given: tuple[DayPlan, ...],
    stored: tuple[DayPlan, ...],
) -> tuple[tuple[JunctionExplained, ...], tuple[JunctionExplained, ...]]:
    forecast = latest_congestion(desk, schedule.provenance.forecast_issued_at or schedule.provenance.made_at)
    scenarios = scenarios_of(
        records.junctions, forecast, service_date=schedule.service_date, time_zone=schedule.time_zone
    )
    problem = SignalProblem(
        junctions=records.junctions,
        corridors=records.corridors,
        demand=scenarios.planned,
        service_date=schedule.service_date,
        time_zone=schedule.time_zone,
    )
    known = {j.junction_id for j in records.junctions}
    both = (given, tuple(d for d in stored if d.junction_id in known))
    first, second = (
        explain(replace(schedule, day_plans=day_plans), problem, scenarios, bindings=False) for day_plans in both
    )
    return first, second


def _scores(given: Sequence[JunctionExplained], stored: Sequence[JunctionExplained]) -> tuple[JunctionScore, ...]:
    before = {one.junction_id: one for one in stored}
    return tuple(
        JunctionScore(
            junction_id=one.junction_id,
            given=one.planned,
            stored=before[one.junction_id].planned if one.junction_id in before else None,
            now=one.now,
            given_x=_largest_x(one),
            stored_x=_largest_x(before[one.junction_id]) if one.junction_id in before else None,
        )
        for one in given
    )


def _largest_x(one: JunctionExplained) -> float | None:
    return max((plan.critical.x for plan in one.plans if plan.critical is not None), default=None)
