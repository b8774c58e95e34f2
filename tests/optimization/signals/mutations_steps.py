"""Mutations of the cycles by which a plan reaches its offset; what they break follows from how they are made."""

import random
from itertools import pairwise

from city.national import national_profile
from city.signal_plans import DayPlanEntry, Green, SignalPlan, Split, TransitionStep
from city.stage_timing import greens
from tests.optimization.signals.cases import forced
from tests.optimization.signals.mutation_bases import Case
from tests.optimization.signals.mutations_lamps import Operator, clashing, missing_s

MOST_STEPS = 3


def _stepped(case: Case) -> DayPlanEntry | None:
    """The second entry of the day where it has steps."""
    entries = case.day.entries
    return entries[1] if len(entries) > 1 and entries[1].steps else None


def _after(case: Case) -> SignalPlan:
    return case.day.plan(case.day.entries[1].plan_number)


def _with_steps(case: Case, steps: tuple[TransitionStep, ...]) -> Case:
    entries = list(case.day.entries)
    entries[1] = forced(entries[1], steps=steps)
    return case.with_day(entries=tuple(entries))


def _with_step(case: Case, k: int, step: TransitionStep) -> Case:
    entry = case.day.entries[1]
    return _with_steps(case, (*entry.steps[:k], step, *entry.steps[k + 1 :]))


def longer_than_missing(case: Case, rng: random.Random) -> Case | None:
    """One stage of one step lasts some seconds longer or shorter; greens stay."""
    entry = _stepped(case)
    if entry is None:
        return None
    k, seconds = rng.randrange(len(entry.steps)), rng.choice((-2, -1, 1, 2, 3))
    step = entry.steps[k]
    last = forced(step.splits[-1], split_s=step.splits[-1].split_s + seconds)
    return _with_step(case, k, forced(step, splits=(*step.splits[:-1], last)))


def a_step_too_many(case: Case, rng: random.Random) -> Case | None:
    entry = _stepped(case)
    if entry is None:
        return None
    count = MOST_STEPS + rng.randint(1, 2)
    return _with_steps(case, tuple(entry.steps[k % len(entry.steps)] for k in range(count)))


def stages_of_a_step_reordered(case: Case, rng: random.Random) -> Case | None:
    entry = _stepped(case)
    if entry is None:
        return None
    k = rng.randrange(len(entry.steps))
    step = entry.steps[k]
    turn = rng.randrange(1, len(step.splits))
    return _with_step(case, k, forced(step, splits=step.splits[turn:] + step.splits[:turn]))


def dark_in_a_step(case: Case, rng: random.Random) -> Case | None:
    entry = _stepped(case)
    if entry is None:
        return None
    k = rng.randrange(len(entry.steps))
    step = entry.steps[k]
    lost = rng.choice(step.greens).group_id
    return _with_step(case, k, forced(step, greens=tuple(g for g in step.greens if g.group_id != lost)))


def steps_beyond_the_controller(case: Case, rng: random.Random) -> Case | None:
    entry = _stepped(case)
    if entry is None:
        return None
    longest_s = max(step.cycle_s for step in entry.steps)
    return case.with_controller(max_cycle_s=longest_s - rng.randint(1, 5))


def steps_from_nowhere(case: Case, rng: random.Random) -> Case | None:
    """An introduction, although nobody knows what ran before."""
    del rng
    entry = _stepped(case)
    return None if entry is None or case.of.running_plan is not None else case.with_day(introduction=entry.steps)


def _reaching_in_a_step(case: Case, rng: random.Random, *, beyond: bool) -> Case | None:
    """In one step, a green ends after the start of a prohibited one, or nearer to it than their intergreen."""
    entry = _stepped(case)
    if entry is None:
        return None
    k = rng.randrange(len(entry.steps))
    step = entry.steps[k]
    a, b = rng.choice(clashing(case))
    first, second = _single(step, a), _single(step, b)
    seconds = {(i.from_group_id, i.to_group_id): i.seconds for i in case.of.intergreens}.get((a, b), 0)
    if first is None or second is None or second.start_s <= first.start_s or not (beyond or seconds):
        return None
    end_s = second.start_s + rng.randint(1, 4) if beyond else second.start_s - rng.randrange(seconds)
    if not first.start_s < end_s < step.cycle_s:
        return None
    return _with_step(case, k, _with_green(step, first, end_s))


def overlap_in_a_step(case: Case, rng: random.Random) -> Case | None:
    return _reaching_in_a_step(case, rng, beyond=True)


def short_intergreen_in_a_step(case: Case, rng: random.Random) -> Case | None:
    return _reaching_in_a_step(case, rng, beyond=False)


def cut_in_a_step(case: Case, rng: random.Random) -> Case | None:
    """Of wheels, to less than the minimum, within the step."""
    entry = _stepped(case)
    if entry is None:
        return None
    k = rng.randrange(len(entry.steps))
    step = entry.steps[k]
    inside = {s.stage_id for s in step.splits[1:]}
    later = {g for s in case.of.stages if s.stage_id in inside for g in s.group_ids}
    first = set(case.of.stage(step.splits[0].stage_id).group_ids)
    fitting = [
        g
        for g in step.greens
        if g.end_s <= step.cycle_s
        and g.group_id in later - first
        and case.of.group(g.group_id).kind == "vehicle"
        and case.of.group(g.group_id).min_green_s > 1
        and _single(step, g.group_id) is not None
    ]
    if not fitting:
        return None
    green = rng.choice(fitting)
    least_s = case.of.group(green.group_id).min_green_s
    return _with_step(case, k, _with_green(step, green, green.start_s + rng.randrange(1, least_s)))


def _single(step: TransitionStep, group_id: str) -> Green | None:
    own = [g for g in step.greens if g.group_id == group_id]
    return own[0] if len(own) == 1 and own[0].end_s - own[0].start_s < step.cycle_s else None


def _with_green(step: TransitionStep, green: Green, end_s: int) -> TransitionStep:
    return forced(step, greens=tuple(forced(g, end_s=end_s) if g == green else g for g in step.greens))


def seconds_spread_anyhow(case: Case, rng: random.Random) -> Case | None:
    """What is missing is added to any stages of up to three cycles; two cycles together leave no red too long."""
    if len(case.day.plans) < 2 or any(group.max_green_s is not None for group in case.of.groups):
        return None
    before, after = case.day.plans[:2]
    seconds = missing_s(case)
    chain = [s.stage_id for s in after.splits]
    count = rng.randint(1, MOST_STEPS)
    extra = [dict.fromkeys(chain, 0) for _ in range(count)]
    for _ in range(seconds):
        rng.choice(extra)[rng.choice(chain)] += 1
    steps = []
    for more in extra:
        splits = tuple(Split(stage_id=s.stage_id, split_s=s.split_s + more[s.stage_id]) for s in after.splits)
        steps.append(TransitionStep(splits=splits, greens=greens(case.of, splits)))
    lengths = [before.cycle_s, *(step.cycle_s for step in steps), after.cycle_s]
    profile = national_profile(case.of.national_profile)
    limit_s = min([profile.max_red_s, profile.max_pedestrian_wait_s, *_own_limits(case)])
    longest_s = max(a + b for a, b in pairwise(lengths))
    least_s = min(group.min_green_s for group in case.of.groups)
    if longest_s - 2 * least_s > limit_s or max(lengths) > case.of.controller.max_cycle_s:
        return None
    return _with_steps(case, tuple(steps))


def _own_limits(case: Case) -> list[int]:
    return [group.max_red_s for group in case.of.groups if group.max_red_s is not None]


STEPS = (
    Operator(name="steps longer than what is missing", breaks="transition-offset", mutate=longer_than_missing),
    Operator(name="more steps than allowed", breaks="transition-step", mutate=a_step_too_many),
    Operator(name="stages of a step reordered", breaks="transition-step", mutate=stages_of_a_step_reordered),
    Operator(name="group dark in a step", breaks="transition-step", mutate=dark_in_a_step),
    Operator(name="steps from an unknown plan", breaks="transition-step", mutate=steps_from_nowhere),
    Operator(name="step beyond the controller's cycle", breaks="transition-cycle", mutate=steps_beyond_the_controller),
    Operator(name="overlap in a step", breaks="transition-prohibited-overlap", mutate=overlap_in_a_step),
    Operator(name="step's green too near the next", breaks="transition-intergreen", mutate=short_intergreen_in_a_step),
    Operator(name="step's green cut short", breaks="transition-minimum-green", mutate=cut_in_a_step),
    Operator(name="seconds spread over longer cycles", breaks=None, mutate=seconds_spread_anyhow),
)
