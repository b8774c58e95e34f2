"""One plan of one junction: its stages, its greens within them, and a few cycles of it second by second."""

from city.findings import Finding
from city.ids import GroupId, StageId
from city.signal_parts import ControlMode, Countdown
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, plan_subject, shown
from optimization.signals.check_lefts import left_findings
from optimization.signals.check_timeline import Rules, Timeline, profile_intergreen_s, timeline_findings

CYCLES_SHOWN = 3  # the middle one meets both of its neighbours
NEVER_PLANNED = (ControlMode.MANUAL, ControlMode.FAULT, ControlMode.FLASHING_YELLOW, ControlMode.ALL_RED)


def junction_findings(junction: Junction) -> list[Finding]:
    """What is wrong with the junction's own record, whatever the plan."""
    subject = f"Junction {junction.junction_id}"
    kinds = {m.movement_id: m.kind for m in junction.movements}
    group_of = {m.movement_id: m.group_id for m in junction.movements}
    stored = {(i.from_group_id, i.to_group_id): i.seconds for i in junction.intergreens}
    found = []
    for conflict in junction.conflicts:
        pair = (group_of[conflict.from_movement_id], group_of[conflict.to_movement_id])
        needed_s = profile_intergreen_s(junction, conflict, kinds)
        if stored.get(pair, 0) < needed_s:
            sentence = (
                f"{subject}: the stored intergreen {pair[0]} -> {pair[1]} is {stored.get(pair, 0)} s, profile "
                f"{junction.national_profile} asks for {needed_s} s from the distances of "
                f"{conflict.from_movement_id} and {conflict.to_movement_id}"
            )
            found.append(Finding(rule="stored-intergreen", subject=subject, sentence=sentence))
    if junction.mode in NEVER_PLANNED:
        sentence = f"{subject}: it is in mode {junction.mode} and must not be planned over"
        found.append(Finding(rule="mode", subject=subject, sentence=sentence))
    if junction.mode is ControlMode.ACTUATED and junction.controller.countdown is not Countdown.NONE:
        sentence = f"{subject}: it shows a countdown ({junction.controller.countdown}) but runs actuated"
        found.append(Finding(rule="countdown", subject=subject, sentence=sentence))
    return found


def plan_findings(rules: Rules, plan: SignalPlan) -> list[Finding]:
    junction = rules.junction
    stages = {stage.stage_id for stage in junction.stages}
    groups = {group.group_id for group in junction.groups}
    found = [
        *(
            plan_finding(plan, "known-stage", f"there is no stage {s.stage_id}")
            for s in plan.splits
            if s.stage_id not in stages
        ),
        *(
            plan_finding(plan, "known-group", f"there is no signal group {g.group_id}")
            for g in plan.greens
            if g.group_id not in groups
        ),
    ]
    if found or plan.cycle_s < 1:
        return found or _cycle(junction, plan)
    found += [*_cycle(junction, plan), *_chain(junction, plan), *stage_findings(junction, plan)]
    return found + timeline_findings(rules, repeated(junction, plan))


def stage_findings(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """What the splits and greens of one cycle owe to the junction's stages."""
    found: list[Finding] = []
    for rule in (_splits, left_findings, _served, _inside_stages, _coordinated_start):
        found += rule(junction, plan)
    return found


def repeated(junction: Junction, plan: SignalPlan, cycles: int = CYCLES_SHOWN) -> Timeline:
    one = shown(junction, plan)
    return Timeline(
        seconds=cycles * plan.cycle_s,
        shown={g: sum(bits << (k * plan.cycle_s) for k in range(cycles)) for g, bits in one.items()},
        subject=plan_subject(plan),
    )


def _cycle(junction: Junction, plan: SignalPlan) -> list[Finding]:
    least_s = max(junction.cycle_min_s, junction.controller.min_cycle_s)
    most_s = min(junction.cycle_max_s, junction.controller.max_cycle_s)
    found = []
    if not least_s <= plan.cycle_s <= most_s:
        found.append(
            plan_finding(plan, "cycle-range", f"its cycle is {plan.cycle_s} s, {least_s} to {most_s} s are allowed")
        )
    running, step_s = junction.running_plan, junction.max_cycle_step_s
    if running is not None and step_s is not None and abs(plan.cycle_s - running.cycle_s) > step_s:
        sentence = f"its cycle, {plan.cycle_s} s, is more than {step_s} s away from the running {running.cycle_s} s"
        found.append(plan_finding(plan, "cycle-step", sentence))
    if not 0 <= plan.offset_s < plan.cycle_s:
        found.append(
            plan_finding(plan, "offset-range", f"its offset is {plan.offset_s} s in a cycle of {plan.cycle_s} s")
        )
    return found


def _splits(junction: Junction, plan: SignalPlan) -> list[Finding]:
    total_s = sum(split.split_s for split in plan.splits)
    found = []
    if total_s != plan.cycle_s:
        found.append(
            plan_finding(plan, "splits-fill-cycle", f"splits sum to {total_s} s, the cycle is {plan.cycle_s} s")
        )
    for split in plan.splits:
        least_s = junction.stage(split.stage_id).min_split_s
        if split.split_s < least_s:
            sentence = f"the split of stage {split.stage_id} is {split.split_s} s, at least {least_s} s are due"
            found.append(plan_finding(plan, "stage-minimum", sentence))
    if len(plan.splits) > junction.controller.max_stages:
        sentence = f"it has {len(plan.splits)} stages, the controller holds {junction.controller.max_stages}"
        found.append(plan_finding(plan, "controller-stages", sentence))
    return found


def _chain(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """Any order of any of the junction's stages, each once, from the coordinated stage on; a locked chain as it is."""
    order = tuple(split.stage_id for split in plan.splits)
    found = []
    twice = tuple(sorted({stage_id for stage_id in order if order.count(stage_id) > 1}))
    if twice:
        found.append(plan_finding(plan, "stage-chain", f"it runs stages more than once in a cycle: {_text(twice)}"))
    if junction.chain_locked:
        found += _locked_chain(junction, plan, order)
    if plan.coordinated_stage_id != junction.coordinated_stage_id:
        sentence = f"it is coordinated on {plan.coordinated_stage_id}, the junction on {junction.coordinated_stage_id}"
        found.append(plan_finding(plan, "coordinated-start", sentence))
    elif order[:1] != (junction.coordinated_stage_id,):
        sentence = f"its stages run {_text(order)}; they must begin with {junction.coordinated_stage_id}"
        found.append(plan_finding(plan, "stage-chain", sentence))
    return found


def _locked_chain(junction: Junction, plan: SignalPlan, order: tuple[StageId, ...]) -> list[Finding]:
    first = junction.stage_chain.index(junction.coordinated_stage_id)
    turned = junction.stage_chain[first:] + junction.stage_chain[:first]
    droppable = {s.stage_id for s in junction.stages if s.protected_left}
    found = [
        plan_finding(plan, "stage-chain", f"stage {stage_id} of its locked chain is missing")
        for stage_id in turned
        if stage_id not in order and stage_id not in droppable
    ]
    if order != tuple(stage_id for stage_id in turned if stage_id in order):
        found.append(
            plan_finding(plan, "stage-chain", f"its stages run {_text(order)}, the locked chain is {_text(turned)}")
        )
    return found


def _text(stages: tuple[StageId, ...]) -> str:
    return ", ".join(stages)


def _served(junction: Junction, plan: SignalPlan) -> list[Finding]:
    served = {green.group_id for green in plan.greens}
    return [
        plan_finding(plan, "group-served", f"signal group {group.group_id} gets no green")
        for group in junction.groups
        if group.group_id not in served
    ]


def _inside_stages(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """A group is green only while a stage runs that holds it."""
    allowed: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    start_s = 0
    for split in plan.splits:
        window = ((1 << max(0, split.split_s)) - 1) << start_s
        for group_id in junction.stage(split.stage_id).group_ids:
            allowed[group_id] |= window
        start_s += split.split_s
    return [
        plan_finding(
            plan,
            "outside-stage",
            f"signal group {group_id} is green for {(bits & ~allowed[group_id]).bit_count()} s outside its stages",
        )
        for group_id, bits in sorted(shown(junction, plan).items())
        if bits & ~allowed[group_id]
    ]


def _coordinated_start(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """Second 0 of a plan is the start of green of the coordinated stage: all of its groups are green then."""
    starts = shown(junction, plan)
    return [
        plan_finding(plan, "coordinated-start", f"signal group {g} of the coordinated stage is not green at second 0")
        for g in junction.stage(junction.coordinated_stage_id).group_ids
        if not starts[g] & 1
    ]
