"""From junctions and their demand to a checked schedule: areas one by one, then the independent check over all."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from city.clock import require_aware
from city.errors import BrokenRuleError, UnsafePlanError
from city.ids import JunctionId, PlanId
from city.progress import Progress, silent
from city.signal_parts import ControlMode
from city.signal_plans import Provenance, SignalSchedule
from city.signals import Junction
from optimization.result import Infeasible, Result
from optimization.signals.area_outcome import AreaOutcome
from optimization.signals.area_work import side_by_side
from optimization.signals.areas import Area, areas_of
from optimization.signals.chains import kept_chain
from optimization.signals.check import check_schedule
from optimization.signals.cycles import cycle_candidates
from optimization.signals.problem import SignalProblem
from optimization.signals.splits import Totals
from optimization.software import software

NOT_OURS = {
    ControlMode.MANUAL: "it is under manual control",
    ControlMode.FAULT: "it reports a fault",
    ControlMode.FLASHING_YELLOW: "it flashes yellow",
    ControlMode.ALL_RED: "it shows all red",
}
NOT_YET = "it was not planned yet when the time was up: it runs on as it does today"
AREAS_PLANNED = "areas_planned"  # of a schedule that was cut short: the areas that it was made of
Tell = Callable[[SignalSchedule], None]


def plan_signals(  # noqa: PLR0913  -- what a plan is made from, each by its name
    problem: SignalProblem,
    *,
    plan_id: PlanId,
    made_at: datetime,
    seed: int = 1,
    forecast_issued_at: datetime | None = None,
    models: tuple[str, ...] = (),
    history_versions: tuple[tuple[str, int], ...] = (),
    progress: Progress = silent,
    tell: Tell | None = None,
    most_areas: int | None = None,
) -> Result[SignalSchedule] | Infeasible:
    """The day's signal plans, checked. Junctions that are better left alone are in `unchanged` with the reason.

    Infeasible where no junction at all can be planned. Raises UnsafePlanError where a plan fails its check.
    `tell` hears after each area what there is, not checked as a whole: junctions still to come are left NOT_YET.
    With `most_areas` no more are planned than so many, as when the time was up after them.
    """
    began = time.perf_counter()
    require_aware(made_at)
    left = left_alone(problem)
    able = [j.junction_id for j in problem.junctions if j.junction_id not in left]
    if not able:
        return Infeasible(reasons=tuple(_reason(j, why) for j, why in left.items()))
    areas, said = areas_of(problem, able)
    every, apart = _with_a_common_cycle(areas)
    areas, left_out = every[:most_areas], every[len(every[:most_areas]) :]
    totals = [Totals(seed=seed) for _ in areas]
    provenance = Provenance(
        made_at=made_at,
        seed=seed,
        forecast_issued_at=forecast_issued_at,
        models=models,
        history_versions=history_versions,
        software=software(),
    )
    day = _Day(problem, plan_id, provenance, tuple(left.items()), (*said, *apart))

    def told(outcomes: Sequence[AreaOutcome], to_come: Sequence[Area]) -> None:
        if tell is not None and to_come and any(outcome.answered for outcome in outcomes):
            tell(day.schedule(outcomes, to_come=to_come, work=_in_part(len(areas) - len(to_come))))

    outcomes = side_by_side(problem, areas, totals, progress, told)
    if not any(outcome.answered for outcome in outcomes):
        reasons = [*left.items(), *(pair for outcome in outcomes for pair in outcome.unchanged)]
        return Infeasible(reasons=tuple(_reason(j, why) for j, why in reasons))
    work = _in_part(len(areas)) if left_out else _work(totals)
    schedule = day.schedule(outcomes, to_come=left_out, work=work)
    report = check_schedule(schedule, problem.junctions, problem.corridors)
    if not report.ok:
        raise UnsafePlanError(plan=plan_id, findings=tuple(finding.sentence for finding in report.findings))
    planned_h = sum(outcome.planned_h for outcome in outcomes)
    return Result(
        plan=schedule,
        objective=planned_h,
        bound=None,
        status="feasible",
        runtime_s=time.perf_counter() - began,
        seed=seed,
        cost=_cost(outcomes),
        work=work,
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """What every schedule of this problem holds, however many areas are planned."""

    problem: SignalProblem
    plan_id: PlanId
    provenance: Provenance
    left: tuple[tuple[JunctionId, str], ...]
    said: tuple[str, ...]

    def schedule(
        self,
        outcomes: Sequence[AreaOutcome],
        *,
        to_come: Sequence[Area] = (),
        work: tuple[tuple[str, float], ...] = (),
    ) -> SignalSchedule:
        problem = self.problem
        waiting = tuple((junction.junction_id, NOT_YET) for area in to_come for junction in area.junctions)
        return SignalSchedule(
            plan_id=self.plan_id,
            service_date=problem.service_date,
            time_zone=problem.time_zone,
            district_ids=tuple(dict.fromkeys(j.district_id for j in problem.junctions)),
            corridor_ids=tuple(c for outcome in outcomes for c in outcome.corridor_ids),
            day_plans=tuple(day_plan for outcome in outcomes for day_plan in outcome.day_plans),
            measures=tuple(measure for outcome in outcomes for measure in outcome.measures),
            provenance=replace(self.provenance, work=work),
            unchanged=(*self.left, *(pair for outcome in outcomes for pair in outcome.unchanged), *waiting),
            assumed=(*problem.assumed, *problem.demand.assumed),
            degraded=(
                *problem.demand.degraded,
                *self.said,
                *(d for outcome in outcomes for d in outcome.degraded),
            ),
        )


def _in_part(areas: int) -> tuple[tuple[str, float], ...]:
    return ((AREAS_PLANNED, float(areas)),)


def _work(totals: Sequence[Totals]) -> tuple[tuple[str, float], ...]:
    return (
        ("split_solves", float(sum(one.solves for one in totals))),
        ("split_solves_repeated", float(sum(one.repeated for one in totals))),
        ("deterministic_s", round(sum(one.work for one in totals), 6)),
    )


def _cost(outcomes: list[AreaOutcome]) -> tuple[tuple[str, float], ...]:
    compared = [outcome for outcome in outcomes if outcome.running_h is not None]
    return (
        ("delay_planned_person_h", sum(outcome.planned_h for outcome in outcomes)),
        ("delay_planned_where_running_known_person_h", sum(outcome.planned_h for outcome in compared)),
        ("delay_running_person_h", sum(outcome.running_h or 0.0 for outcome in compared)),
    )


def _reason(junction_id: JunctionId, why: str) -> BrokenRuleError:
    return BrokenRuleError(subject=f"Junction {junction_id}", problem=f"no signal plan can be made: {why}")


def left_alone(problem: SignalProblem) -> dict[JunctionId, str]:
    """Junctions that are not ours to plan today, with the reason."""
    missing = dict(problem.demand.missing)
    left = {}
    for junction in problem.junctions:
        junction_id = junction.junction_id
        if junction.mode in NOT_OURS:
            left[junction_id] = f"{NOT_OURS[junction.mode]} (mode {junction.mode})"
        elif junction_id in missing:
            left[junction_id] = missing[junction_id]
        elif not problem.demand.of(junction_id):
            left[junction_id] = "no demand is given for it"
        elif (unserved := _unserved(junction)) is not None:
            left[junction_id] = unserved
        elif not junction.controller.writable_plan_numbers:
            left[junction_id] = "its controller lets us write no plan number"
    return left


def _unserved(junction: Junction) -> str | None:
    """What the left-turn policy or the controller makes impossible."""
    chain = kept_chain(junction)
    shown = {group_id for stage_id in chain for group_id in junction.stage(stage_id).group_ids}
    lost = [group.group_id for group in junction.groups if group.group_id not in shown]
    if lost or junction.coordinated_stage_id not in chain:
        dark = ", ".join(lost) or "its coordinated stage"
        return f"its policy drops the protected left stages, which leaves {dark} dark"
    if len(chain) > junction.controller.max_stages:
        return f"it has {len(chain)} stages, its controller holds {junction.controller.max_stages}"
    return None


def _with_a_common_cycle(areas: tuple[Area, ...]) -> tuple[tuple[Area, ...], list[str]]:
    """Areas whose junctions allow no common cycle fall apart into junctions."""
    kept: list[Area] = []
    said = []
    for area in areas:
        if len(area.junctions) == 1 or cycle_candidates(area.junctions):
            kept.append(area)
            continue
        kept += [Area(junctions=(junction,)) for junction in area.junctions]
        bounds = ", ".join(f"{j.junction_id} {j.cycle_min_s}-{j.cycle_max_s} s" for j in area.junctions)
        said.append(f"{area.title} is not coordinated: its junctions allow no common cycle ({bounds}).")
    return tuple(kept), said
