"""Sound schedules of many kinds of junctions, for mutations to start from."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from city.clock import DAY_S
from city.ids import CorridorId, GroupId, JunctionId, StageId
from city.junction_building import build_junction
from city.junction_form import ApproachForm, DrivesOn, JunctionForm
from city.signal_plans import DayPlan, DayPlanEntry, Green, SignalPlan, SignalSchedule
from city.signals import Corridor, Junction, stage_greens_s
from city.stage_timing import build_plan
from optimization.signals.actuation import with_actuation
from optimization.signals.check import check_schedule
from optimization.signals.sumo_net import NetRules, RuleSet, read_sumo_net
from optimization.signals.transitions import with_transitions
from tests.optimization.signals.cases import DISTRICT, corridor, forced, junction, permissive, plan, schedule
from tests.optimization.signals.nets import generated

LONG_CYCLE_S = 110  # near the longest wait of people on foot


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The first junction of the first day plan is the one that is mutated."""

    schedule: SignalSchedule
    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...] = ()

    @property
    def of(self) -> Junction:
        return self.junctions[0]

    @property
    def day(self) -> DayPlan:
        return self.schedule.day_plans[0]

    @property
    def plan(self) -> SignalPlan:
        return self.day.plans[0]

    def green(self, group_id: GroupId) -> Green | None:
        """The group's green where it has just one, and not all of the time."""
        own = [g for g in self.plan.greens if g.group_id == group_id]
        return own[0] if len(own) == 1 and own[0].end_s - own[0].start_s < self.plan.cycle_s else None

    def found(self) -> set[str]:
        report = check_schedule(self.schedule, self.junctions, self.corridors)
        return {finding.rule for finding in report.findings}

    def with_junction(self, **changes: object) -> "Case":
        return replace(self, junctions=(forced(self.of, **changes), *self.junctions[1:]))

    def with_controller(self, **changes: object) -> "Case":
        return self.with_junction(controller=forced(self.of.controller, **changes))

    def with_group(self, group_id: GroupId, **changes: object) -> "Case":
        groups = tuple(forced(g, **changes) if g.group_id == group_id else g for g in self.of.groups)
        return self.with_junction(groups=groups)

    def with_stage(self, stage_id: StageId, **changes: object) -> "Case":
        stages = tuple(forced(s, **changes) if s.stage_id == stage_id else s for s in self.of.stages)
        return self.with_junction(stages=stages)

    def with_day(self, **changes: object) -> "Case":
        days = (forced(self.day, **changes), *self.schedule.day_plans[1:])
        return replace(self, schedule=replace(self.schedule, day_plans=days))

    def with_plan(self, **changes: object) -> "Case":
        return self.with_day(plans=(forced(self.plan, **changes), *self.day.plans[1:]))

    def with_green(self, green: Green, start_s: int, end_s: int) -> "Case":
        changed = tuple(forced(g, start_s=start_s, end_s=end_s) if g == green else g for g in self.plan.greens)
        return self.with_plan(greens=changed)


def drawn_bases(rng: random.Random, count: int) -> list[Case]:
    """Junctions of one to all kinds of arms, in three countries, with splits and offsets that no planner chose."""
    found = [_with_permissive_lefts(rng)]
    while len(found) < count:
        case = _drawn(rng)
        if case is not None and not case.found():
            found.append(case)
    more = [_with_steps(case) for case in found if len(case.day.plans) > 1]
    more += [_run_by_traffic(case) for k, case in enumerate(found) if k % 4 == 0 or case.plan.cycle_s > LONG_CYCLE_S]
    return [*found, *(case for case in more if not case.found())]


def _with_steps(case: Case) -> Case:
    """Switches by longer or shorter cycles instead of holding a stage."""
    days = (with_transitions(case.of, case.day), *case.schedule.day_plans[1:])
    return replace(case, schedule=replace(case.schedule, day_plans=days))


def _run_by_traffic(case: Case) -> Case:
    days = (with_actuation(case.of, case.day), *case.schedule.day_plans[1:])
    return replace(case, schedule=replace(case.schedule, day_plans=days))


def _with_permissive_lefts(rng: random.Random) -> Case:
    """Lefts that go twice: giving way with the through traffic, and protected after it."""
    of = permissive(junction(walks=False))
    one = plan(of, (30, 20, 30), offset_s=rng.randrange(80))
    return Case(schedule=schedule(of, one), junctions=(of,))


def _drawn(rng: random.Random) -> Case | None:
    of = _junction(rng, "J1")
    if rng.random() < 0.2:
        # The same lamps under two numbers: a switch that holds nothing, so that long cycles pass.
        first = _plan(rng, of, 2, slack_s=25)
        plans = [first, replace(first, plan_number=3)]
    else:
        plans = [_plan(rng, of, number) for number in range(2, 2 + rng.choice((1, 1, 2, 3)))]
    entries = tuple(
        DayPlanEntry(start_s=k * 3 * 3600 + (k > 0) * 60 * rng.randrange(60), plan_number=one.plan_number)
        for k, one in enumerate(plans)
    )
    day = DayPlan(junction_id=of.junction_id, district_id=of.district_id, entries=entries, plans=tuple(plans))
    case = Case(schedule=replace(schedule(of, *plans), day_plans=(day,)), junctions=(of,))
    return _with_neighbour(rng, case) if len(plans) == 1 and rng.random() < 0.5 else case


def _with_neighbour(rng: random.Random, case: Case) -> Case | None:
    """A second junction of the same cycle, along a corridor."""
    other = _junction(rng, "J2")
    least = stage_greens_s(other)
    spare_s = case.plan.cycle_s - sum(least.values())
    if spare_s < 0:
        return None
    least[other.coordinated_stage_id] += spare_s
    one = build_plan(other, plan_number=3, offset_s=rng.randrange(case.plan.cycle_s), splits_s=least)
    day = schedule(other, one).day_plans[0]
    days = (*case.schedule.day_plans, day)
    named = replace(case.schedule, day_plans=days, corridor_ids=(CorridorId("C1"),))
    return Case(schedule=named, junctions=(case.of, other), corridors=(corridor(case.of, other),))


def _junction(rng: random.Random, name: str) -> Junction:
    arms = rng.choice(("NESW", "NESW", "NESW", "NES", "ESW"))
    drives_on = rng.choice((DrivesOn.RIGHT, DrivesOn.RIGHT, DrivesOn.LEFT))
    walks, cycles = rng.random() < 0.7, rng.random() < 0.3
    approaches = tuple(
        ApproachForm(
            arm=arm,
            lanes_through=rng.randint(1, 3),
            lanes_left=1,
            lanes_right=1,
            share_left=0.2,
            share_right=0.1,
            crossing_m=float(rng.randint(6, 16)) if walks else None,
            cycle_lane=cycles,
            speed_kmh=rng.choice((40.0, 50.0, 60.0)),
        )
        for arm in arms
    )
    form = JunctionForm(
        junction_id=JunctionId(name),
        district_id=DISTRICT,
        name=name,
        lon=116.0,
        lat=40.0,
        national_profile=rng.choice(("CN", "CN", "DE", "US")),
        approaches=approaches,
        drives_on=drives_on,
        protected_turns=tuple(arm for arm in arms if rng.random() < 0.6),
        coordinated_axis=rng.choice(("NS", "EW")),
        cycle_max_s=200,
    )
    return build_junction(form)


def _plan(rng: random.Random, of: Junction, number: int, slack_s: int = 12) -> SignalPlan:
    """Any order of the stages; most cycles divide the day, so that no switch comes at midnight."""
    order = list(of.stage_chain)
    rng.shuffle(order)
    chain = tuple(order)
    splits = {stage_id: least + rng.randint(2, slack_s) for stage_id, least in stage_greens_s(of, chain).items()}
    if rng.random() < 0.8:
        cycle_s = sum(splits.values())
        splits[chain[0]] += next(k for k in range(200) if DAY_S % (cycle_s + k) == 0)
    offset_s = rng.randrange(sum(splits.values()))
    return build_plan(of, plan_number=number, offset_s=offset_s, splits_s=splits, chain=chain)


def net_bases(folder: Path) -> Iterator[Case]:
    """Junctions of a net that SUMO generates, running as they do there."""
    net = generated(folder)
    for rule_set in RuleSet:
        found = read_sumo_net(net, NetRules(rule_set=rule_set))
        for of in found.junctions:
            if of.running_plan is None:
                continue
            case = Case(schedule=schedule(of, replace(of.running_plan, plan_number=2)), junctions=(of,))
            if not case.found():
                yield case
