"""What is compared on one scenario under one rule set: every controller with its variants, ready to be simulated."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.signals_gate import ProgramOf, SumoGate, named
from benchmarks.signals_lamps import rules_of_net
from benchmarks.signals_programs import (
    MADE_AT,
    actuated_program,
    fixed_program,
    passages_of,
    schedule_of,
    staging_of,
)
from benchmarks.signals_scenario import DAY, Counts, Scenario, demand_of
from benchmarks.signals_simulation import PressureControl, Run
from benchmarks.signals_tools import adapted, as_plans, programs_in
from benchmarks.signals_webster import LEAST_CYCLES_S, progressed, webster_plans
from city.errors import UnsafePlanError
from city.ids import JunctionId, PlanId
from city.signal_parts import LeftPolicy
from city.signal_plans import SignalPlan, SignalSchedule
from optimization.result import Infeasible
from optimization.signals.check import check_schedule
from optimization.signals.planner import plan_signals
from optimization.signals.problem import Demand, SignalProblem
from optimization.signals.sumo_net import NetImport, NetRules, RuleSet, read_sumo_net
from optimization.signals.sumo_net_reading import open_net

GATED: Final[Mapping[str, ProgramOf]] = {
    "fixed_plan": lambda net, schedule, _: fixed_program(net, schedule),
    "planned_actuated": actuated_program,
}
GateLine = tuple[str, tuple[float, ...]]
Planned = tuple[SignalSchedule, tuple[str, ...], frozenset[JunctionId]]
PERMISSIVE_WEIGHTS: Final = (1.0, 0.3)
LOST_BY_A_CHANGE_VEH: Final = (0.0, 4.0)  # none, and about what two full lanes lose while lamps change


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One variant of a controller. The variant with the lowest median stands for the controller."""

    controller: str
    variant: str
    program: str = ""
    additional: tuple[Path, ...] = ()
    pressure: tuple[PressureControl, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lineup:
    """`plan` holds the planner's schedule and what it took; refused lights run their own programs in every line."""

    net: NetImport
    demand: Demand
    candidates: tuple[Candidate, ...]
    schedule: SignalSchedule
    plan_cpu_s: float
    plan_wall_s: float
    said: tuple[str, ...]
    gate: Mapping[str, tuple[GateLine, ...]]  # per controller the plans that were judged, with delays by choosing seed


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan with everything that runs beside it, what it says, and what the gate tried."""

    schedule: SignalSchedule
    said: tuple[str, ...]
    kept: frozenset[JunctionId]
    name: str = ""
    tried: tuple[GateLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every controller of a lineup, and which controllers are `wanted`."""

    rules: RuleSet
    wanted: tuple[str, ...]
    scale: float = 1.0
    lefts: str = "keep"
    profile: str = "DE"
    saturation_pcu_h: float | None = None
    gate: bool = True


def lineup(scenario: Scenario, counts: Counts, work: Path, terms: Terms) -> Lineup:
    rules, scale = terms.rules, terms.scale
    policy = LeftPolicy.MAY_DROP if terms.lefts == "may_drop" else LeftPolicy.KEEP_PROTECTED
    flows = {turn: scale * flow for turn, flow in counts.mean_h().items()}
    chosen = NetRules(
        rule_set=rules, national_profile=terms.profile, left_policy=policy, saturation_pcu_h=terms.saturation_pcu_h
    )
    net = read_sumo_net(scenario.net, chosen, flows=flows)
    demand = demand_of(counts, net.junctions, scale=scale)
    began, began_cpu = time.perf_counter(), time.process_time()
    planned = Chosen(*planned_schedule(net, demand))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    gate = SumoGate(scenario=scenario, net=net, scale=scale, whole=lambda n, plan: whole(n, plan)[0])
    gated = {
        name: _gated(gate, problem_of(net, demand), planned, program)
        for name, program in GATED.items()
        if terms.gate and name in terms.wanted and net.junctions
    }
    fixed, actuated = (gated.get(name, planned) for name in GATED)
    makers = {
        "own": lambda: own_candidates(net, rules),
        "webster": lambda: _webster(net, demand),
        "sumo_webster": lambda: _tools(scenario, net, work, rules, scale),
        "maxpressure": lambda: _pressure(scenario, net),
        "fixed_plan": lambda: [_fixed(net, fixed.schedule, "fixed_plan", fixed.name, kept=fixed.kept)],
        "fixed_plan_ungated": lambda: [_fixed(net, planned.schedule, "fixed_plan_ungated", "", kept=planned.kept)],
        "planned_actuated": lambda: [
            Candidate(
                controller="planned_actuated",
                variant=actuated.name,
                program=actuated_program(net, actuated.schedule, scenario.begin_s),
            )
        ],
    }
    return Lineup(
        net=net,
        demand=demand,
        candidates=tuple(one for name in terms.wanted for one in makers[name]()),
        schedule=fixed.schedule,
        plan_cpu_s=round(cpu_s, 2),
        plan_wall_s=round(wall_s, 2),
        said=(*(f"Refused: {sentence}" for _, sentence in net.refused), *fixed.said),
        gate={name: one.tried for name, one in gated.items()},
    )


def _gated(gate: SumoGate, problem: SignalProblem, planned: Chosen, program: ProgramOf) -> Chosen:
    """The plan that the gate chooses when it runs as `program` makes it; `planned` where there is none to choose."""
    try:
        found = gate.choose(problem, program)
    except UnsafePlanError:
        return planned
    if isinstance(found.answer, Infeasible):
        return planned
    chosen = min(found.judged, key=lambda one: one.score)
    tried = tuple((named(one.leeway), one.delays_s) for one in found.judged)
    return Chosen(*whole(gate.net, chosen.plan), name=named(chosen.leeway), tried=tried)


def planned_schedule(net: NetImport, demand: Demand) -> Planned:
    """The product's plan, what it says, and the junctions that it leaves alone: they run what they run today."""
    running = running_plans(net)
    if not net.junctions:
        return schedule_of(net, {}, "plan"), (), frozenset()
    said: tuple[str, ...]
    try:
        result = plan_signals(problem_of(net, demand), plan_id=PlanId("plan"), made_at=MADE_AT)
    except UnsafePlanError as error:
        said = (f"The planner's plan failed its check: {error}",)
        return schedule_of(net, running, "plan"), said, frozenset(running)
    if isinstance(result, Infeasible):
        said = tuple(str(reason) for reason in result.reasons)
        return schedule_of(net, running, "plan"), said, frozenset(running)
    return whole(net, result.plan)


def problem_of(net: NetImport, demand: Demand) -> SignalProblem:
    return SignalProblem(
        junctions=net.junctions, corridors=net.corridors, demand=demand, service_date=DAY, time_zone="UTC"
    )


def running_plans(net: NetImport) -> dict[JunctionId, SignalPlan]:
    return {j.junction_id: j.running_plan for j in net.junctions if j.running_plan is not None}


def whole(net: NetImport, plan: SignalSchedule) -> Planned:
    """With what runs today at junctions that the plan leaves alone, what it says, and which they are."""
    running = running_plans(net)
    left = {i: running[i] for i, _ in plan.unchanged if i in running}
    kept = schedule_of(net, left, "plan")
    said = (*(f"Junction {i} is left as it is: {why}" for i, why in plan.unchanged), *plan.degraded)
    return replace(plan, day_plans=(*plan.day_plans, *kept.day_plans)), said, frozenset(left)


def _fixed(
    net: NetImport,
    schedule: SignalSchedule,
    controller: str,
    variant: str,
    *,
    kept: frozenset[JunctionId] = frozenset(),
) -> Candidate:
    """Findings are those of what was planned: plans that were left alone are not ours to answer for."""
    planned = tuple(day_plan for day_plan in schedule.day_plans if day_plan.junction_id not in kept)
    report = check_schedule(replace(schedule, day_plans=planned), net.junctions, net.corridors)
    return Candidate(
        controller=controller,
        variant=variant,
        program=fixed_program(net, schedule),
        findings=tuple(finding.sentence for finding in report.findings),
    )


def _of_plans(net: NetImport, plans: Mapping[JunctionId, SignalPlan], controller: str, variant: str) -> Candidate:
    return _fixed(net, schedule_of(net, plans, variant or controller), controller, variant)


def own_candidates(net: NetImport, rules: RuleSet) -> list[Candidate]:
    if rules is RuleSet.PUBLISHED:
        return [Candidate(controller="own", variant="")]
    return [_of_plans(net, running_plans(net), "own", "")]


def _webster(net: NetImport, demand: Demand) -> list[Candidate]:
    if not net.junctions:
        return [Candidate(controller="webster", variant="own")]
    found = []
    for least_s in LEAST_CYCLES_S:
        plans = webster_plans(net.junctions, net.corridors, demand, least_s=least_s)
        found.append(_of_plans(net, plans, "webster", f"from-{least_s}-zero"))
        if net.corridors:
            found.append(_of_plans(net, progressed(plans, net.corridors), "webster", f"from-{least_s}-progression"))
    return found


def _tools(scenario: Scenario, net: NetImport, work: Path, rules: RuleSet, scale: float) -> list[Candidate]:
    own = {light_id: light.program for light_id, light in net.lights.items() if light.program is not None}
    yellow_s = max((group.yellow_s for j in net.junctions for group in j.groups), default=3)
    found = []
    for name, path in adapted(scenario, work, scale=scale, yellow_s=yellow_s):
        programs = programs_in(path, own)
        if programs is None:
            continue  # a second of zero length: no controller would run it
        if rules is RuleSet.PUBLISHED:
            found.append(Candidate(controller="sumo_webster", variant=name, additional=(path,)))
        else:
            found.append(_of_plans(net, as_plans(net, programs), "sumo_webster", name))
    return found


def _pressure(scenario: Scenario, net: NetImport) -> list[Candidate]:
    lanes = open_net(scenario.net)
    staged = [(staging_of(j, net), passages_of(lanes, net.lights[j.junction_id])) for j in net.junctions]
    return [
        Candidate(
            controller="maxpressure",
            variant=f"permissive {weight:g}, change {lost:g}",
            pressure=tuple(
                PressureControl(staging=staging, passages=passages, permissive_weight=weight, lost_by_a_change_veh=lost)
                for staging, passages in staged
            ),
        )
        for weight in PERMISSIVE_WEIGHTS
        for lost in LOST_BY_A_CHANGE_VEH
    ]


def runs_of(
    scenario: Scenario, given: Lineup, seeds: tuple[int, ...], *, scale: float, warm_s: int, label: str
) -> list[Run]:
    rules = rules_of_net(given.net)
    return [
        Run(
            key=(label, one.controller, one.variant),
            net=scenario.net,
            routes=scenario.routes,
            additional=(*scenario.additional, *one.additional),
            begin_s=scenario.begin_s,
            end_s=scenario.end_s,
            judged_from_s=scenario.begin_s + warm_s,
            seed=seed,
            scale=scale,
            rules=rules,
            program=one.program,
            pressure=one.pressure,
        )
        for one in given.candidates
        for seed in seeds
    ]
