"""What a switch disturbs, in s x s: seconds that vehicles wait more than in the new plan, for a flow of one per second.

Three parts, for each signal group that is not of people on foot, all groups weighing alike: waiting at red, half the
square of each red, beyond that of the plan over the same time (uniform arrivals); a cycle for each second's worth of
green that is missing in total; and, for the groups of the coordinated stage, the time that their platoons come early
or late while the plan is not at its offset.
"""

from city.ids import GroupId
from city.signal_parts import MovementKind
from city.signal_plans import Green, SignalPlan, TransitionStep
from city.signals import Junction

Piece = tuple[int, dict[GroupId, list[Green]]]  # cycle, s, and its greens


def disturbance(
    junction: Junction, before: SignalPlan, after: SignalPlan, by: tuple[TransitionStep, ...] | tuple[int, ...]
) -> float:
    """`by` are the steps, or the seconds for which the coordinated stage is held in each of the first cycles."""
    cycles = [_piece(junction, after, one) for one in by]
    pieces = [(before.cycle_s, _by_group(before.greens)), *cycles, (after.cycle_s, _by_group(after.greens))]
    lasts_s = sum(cycle_s for cycle_s, _ in cycles)
    cost = sum(
        _group_cost(pieces, _by_group(after.greens).get(group.group_id, []), group.group_id, after.cycle_s)
        for group in junction.groups
        if group.kind is not MovementKind.PEDESTRIAN
    )
    return cost + _out_of_step(junction, after, [cycle_s for cycle_s, _ in cycles], lasts_s)


def _by_group(greens: tuple[Green, ...]) -> dict[GroupId, list[Green]]:
    found: dict[GroupId, list[Green]] = {}
    for green in greens:
        found.setdefault(green.group_id, []).append(green)
    return found


def _piece(junction: Junction, plan: SignalPlan, by: TransitionStep | int) -> Piece:
    if isinstance(by, TransitionStep):
        return by.cycle_s, _by_group(by.greens)
    return plan.cycle_s + by, _by_group(tuple(_held(green, hold_s(junction, plan), by) for green in plan.greens))


def hold_s(junction: Junction, plan: SignalPlan) -> int:
    """The second at which the coordinated stage is held: the first of its greens would end or flash then."""
    ends = [
        green.end_s - junction.group(green.group_id).green_flash_s
        for green in plan.greens
        if green.start_s == 0 and green.end_s < plan.cycle_s
    ]
    return min(ends, default=plan.splits[0].split_s)


def _held(green: Green, at_s: int, seconds: int) -> Green:
    late_s = seconds if green.start_s >= at_s else 0
    return Green(
        group_id=green.group_id,
        start_s=green.start_s + late_s,
        end_s=green.end_s + (seconds if green.end_s >= at_s else 0),
    )


def _group_cost(pieces: list[Piece], usual: list[Green], group_id: GroupId, cycle_s: int) -> float:
    """From the first red of the new plan's first cycle on, until its steps are over."""
    lit_s = sum(min(green.end_s, cycle_s) - green.start_s + max(0, green.end_s - cycle_s) for green in usual)
    red_s = cycle_s - lit_s
    if not usual or red_s <= 0:
        return 0.0
    spans = _spans(pieces, group_id)
    begin_s, lasts_s = pieces[0][0], sum(seconds for seconds, _ in pieces[1:-1])
    last_before = max((end for _, end in spans if end <= begin_s), default=begin_s)
    waited = shown_s = 0.0
    for start, end in spans:
        if start >= begin_s:
            waited += (start - last_before) ** 2 / 2 if start > last_before else 0.0
            shown_s += max(0, min(end, begin_s + lasts_s) - start)
        last_before = max(last_before, end) if end > begin_s else last_before
    usual_wait = (lasts_s + cycle_s) * red_s**2 / len(usual) / (2 * cycle_s)
    missing_s = max(0.0, lit_s / cycle_s * lasts_s - shown_s)
    return waited - usual_wait + missing_s * cycle_s


def _spans(pieces: list[Piece], group_id: GroupId) -> list[tuple[int, int]]:
    """Greens over all pieces, one after the other, those that meet joined."""
    found: list[tuple[int, int]] = []
    begin_s = 0
    for cycle_s, greens in pieces:
        for green in greens.get(group_id, []):
            found.append((begin_s + green.start_s, begin_s + min(green.end_s, cycle_s)))
            if green.end_s > cycle_s:
                found.append((begin_s, begin_s + green.end_s - cycle_s))
        begin_s += cycle_s
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _out_of_step(junction: Junction, plan: SignalPlan, cycles_s: list[int], lasts_s: int) -> float:
    """Each cycle's length times how far from its place in the plan it begins, on the circle of the cycle."""
    members = junction.stage(plan.coordinated_stage_id).group_ids
    wheels = sum(junction.group(group_id).kind is not MovementKind.PEDESTRIAN for group_id in members)
    left_s, cost = lasts_s, 0.0
    for cycle_s in cycles_s:
        away_s = left_s % plan.cycle_s
        cost += cycle_s * min(away_s, plan.cycle_s - away_s)
        left_s -= cycle_s
    return cost * wheels
