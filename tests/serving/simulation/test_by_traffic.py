"""Our plans run by traffic before the judge: what an actuated controller must do, whatever comes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import pytest

from city.clock import DAY_S
from city.ids import GroupId, PlanId, StageId
from city.signal_parts import ControllerProfile, ControlMode, Countdown, MovementKind, Turn
from city.signal_plans import DayPlan, DayPlanEntry, Provenance, SignalPlan, SignalSchedule
from city.signals import Junction, stage_greens_s
from city.stage_timing import build_plan
from features.sources.synthetic import Actions, CityStepper
from features.sources.synthetic.seeding import Flags
from optimization.signals.actuation import with_actuation
from optimization.signals.transitions import with_transitions
from serving.simulation.by_traffic import has_eyes, run_of
from serving.simulation.by_traffic_kernel import AHEAD_S
from serving.simulation.delays import BY_TRAFFIC, FIXED_LAMPS, OURS, Judge
from serving.simulation.lamps import Lamps, lamps_of_day
from serving.simulation.queue_day import QueueStreets, came_of, queue_streets, waited, waited_by_traffic
from serving.simulation.queue_kernel import Came, Waited

HOUR_S = 3600
MAIN, SIDE = "E", "N"  # arms


@pytest.fixture(scope="module")
def stepper() -> CityStepper:
    return CityStepper(seed=5, scale=0.1)


@pytest.fixture(scope="module")
def junction(stepper: CityStepper) -> Junction:
    """Detectors on four arms; stages NS, NS-turn, EW (coordinated) and EW-turn, the turns may be left out."""
    return stepper.world.crossings.junctions[0]


@pytest.fixture(scope="module")
def street(junction: Junction) -> QueueStreets:
    return queue_streets(junction, dict.fromkeys("NESW", 1000.0))


def plan_of(junction: Junction, *, number: int = 1, longer_s: int = 12, offset_s: int = 0) -> SignalPlan:
    splits = {stage_id: least + longer_s for stage_id, least in stage_greens_s(junction).items()}
    return build_plan(junction, plan_number=number, offset_s=offset_s, splits_s=splits)


def day_of(junction: Junction, *plans: SignalPlan, hours: tuple[int, ...] = (0,)) -> DayPlan:
    numbers = [plan.plan_number for plan in plans]
    entries = tuple(
        DayPlanEntry(start_s=hour * HOUR_S, plan_number=numbers[k % len(numbers)]) for k, hour in enumerate(hours)
    )
    day = DayPlan(
        junction_id=junction.junction_id, district_id=junction.district_id, entries=entries, plans=tuple(plans)
    )
    return with_actuation(junction, with_transitions(junction, day))


def vehicles(street: QueueStreets, seconds: dict[str, np.ndarray]) -> Came:
    """`seconds` per movement id, or per arm: then they go straight on."""
    at, who = [], []
    for name, moments in seconds.items():
        k = next(
            k
            for k, m in enumerate(street.movements)
            if name == m.movement_id or (name == m.approach and m.turn is Turn.THROUGH)
        )
        at.append(np.asarray(moments, dtype=float))
        who.append(np.full(len(moments), k))
    return came_of(np.concatenate(at), np.concatenate(who), len(street.movements))


def random_vehicles(street: QueueStreets, *, veh_h: float, seed: int) -> Came:
    rng = np.random.default_rng(seed)
    every = {str(m.movement_id): rng.uniform(0, DAY_S, round(24 * veh_h * m.turning_share)) for m in street.movements}
    return vehicles(street, every)


def lived(street: QueueStreets, day: DayPlan, came: Came, *, coordinated: bool) -> tuple[Waited, Lamps]:
    return waited_by_traffic(
        street, run_of(street.junction, day, street.group_ids, coordinated=coordinated), came
    )  # fmt: skip


def greens(lit: Flags) -> list[tuple[int, int]]:
    """(begin, end) of every green that lies wholly within the day."""
    edges = np.flatnonzero(np.diff(lit.astype(np.int8)))
    begins = [int(k) + 1 for k in edges if lit[k + 1]]
    ends = [int(k) + 1 for k in edges if not lit[k + 1]]
    return list(zip(begins, ends[1:] if ends and begins and ends[0] < begins[0] else ends, strict=False))


def usual_green_s(plan: SignalPlan, group_id: str) -> int:
    return next(green.end_s - green.start_s for green in plan.greens if green.group_id == group_id)


@pytest.mark.parametrize("coordinated", [True, False])
def test_before_full_streets_every_stage_lasts_as_long_as_it_may(
    junction: Junction, street: QueueStreets, *, coordinated: bool
) -> None:
    """Coordinated that is the fixed plan, second by second; free, each stage has its longest time."""
    plan = plan_of(junction, offset_s=17)
    day = day_of(junction, plan)
    full = vehicles(street, {str(m.movement_id): np.arange(0.5, DAY_S, 2.0) for m in street.movements})
    found, shown = lived(street, day, full, coordinated=coordinated)
    fixed = lamps_of_day(junction, day)
    if coordinated:
        for group_id in street.group_ids:
            assert (shown[group_id] == fixed[group_id]).all()
        assert (found.delay_s == waited(street, fixed, full).delay_s).all()
    else:
        given = day.plans[0].actuation
        assert given is not None
        longer_s = {one.stage_id: one.max_s - s.split_s for one, s in zip(given.stages, plan.splits, strict=True)}
        assert longer_s[StageId("EW")] > 0
        seen = [end - begin for begin, end in greens(shown[GroupId("E")])[5:-5]]
        assert set(seen) == {usual_green_s(plan, "E") + longer_s[StageId("EW")]}
        cycles = np.diff([begin for begin, _ in greens(shown[GroupId("E")])[5:-5]])
        assert set(cycles.tolist()) == {given.longest_cycle_s}


def uncalled(day: DayPlan) -> DayPlan:
    """The same day, but nobody is served unasked however long the red."""
    plans = tuple(
        replace(plan, actuation=plan.actuation and replace(plan.actuation, call_after_s=DAY_S)) for plan in day.plans
    )
    return replace(day, plans=plans)


def test_what_an_empty_side_street_leaves_goes_to_the_main_one(junction: Junction, street: QueueStreets) -> None:
    """Others have their shortest time; the main green ends when the plan says, and begins as much earlier."""
    plan = plan_of(junction, longer_s=5)
    day = day_of(junction, plan)
    given = day.plans[0].actuation
    assert given is not None
    _, shown = lived(street, day, vehicles(street, {MAIN: np.arange(0.5, DAY_S, 2.0)}), coordinated=True)
    left_s = {one.stage_id: s.split_s - one.min_s for one, s in zip(given.stages, plan.splits, strict=True)}
    side, main = greens(shown[GroupId(SIDE)])[3:-3], greens(shown[GroupId(MAIN)])[3:-3]
    assert {end - begin for begin, end in side} == {usual_green_s(plan, SIDE) - left_s[StageId("NS")]}
    others_s = sum(left_s.values()) - left_s[StageId("EW")]
    assert others_s > 0
    assert {end - begin for begin, end in main} == {usual_green_s(plan, MAIN) + others_s}


def test_a_stage_for_turns_is_left_out_where_nobody_turns(junction: Junction, street: QueueStreets) -> None:
    plan = plan_of(junction, longer_s=5)
    came = vehicles(street, {MAIN: np.arange(0.5, DAY_S, 2.0)})
    served, left_out = (
        lived(street, day, came, coordinated=True)[1]
        for day in (day_of(junction, plan), uncalled(day_of(junction, plan)))
    )
    assert served[GroupId("N-turn")].any()
    assert not left_out[GroupId("N-turn")][200:].any()
    assert left_out[GroupId(SIDE)].any()
    assert left_out[GroupId(MAIN)].sum() > served[GroupId(MAIN)].sum()


@pytest.mark.parametrize("vehicles_in_row", [8, 9, 10])
def test_a_green_ends_an_extension_after_the_last_one_was_seen(
    junction: Junction, street: QueueStreets, vehicles_in_row: int
) -> None:
    """Free: vehicles come every two seconds and meet no queue; then nobody does."""
    plan = plan_of(junction, longer_s=8)
    day = day_of(junction, plan)
    given = day.plans[0].actuation
    assert given is not None
    quiet = vehicles(street, {MAIN: np.array([86_000.5])})
    _, shown = lived(street, day, quiet, coordinated=False)
    begin_s = next(begin for begin, _ in greens(shown[GroupId(SIDE)]) if begin > 1000)
    row = begin_s + 4.5 + 2 * np.arange(vehicles_in_row)
    _, shown = lived(street, day, vehicles(street, {SIDE: row, MAIN: np.array([86_000.5])}), coordinated=False)
    end_s = next(end for begin, end in greens(shown[GroupId(SIDE)]) if begin == begin_s)
    extension_s = next(stage.extension_s for stage in given.stages if stage.stage_id == "NS")
    flash_s = junction.group(GroupId(SIDE)).green_flash_s
    assert end_s == int(row[-1] - AHEAD_S) + extension_s + flash_s


def quickest_s(junction: Junction, lamps: Lamps) -> dict[tuple[GroupId, GroupId], int]:
    """From an end of green of the first group to the next green of the second."""
    found = {}
    for a, b in junction.intergreen_s():
        begins = np.array([begin for begin, _ in greens(lamps[b])])
        ends = np.array([end for _, end in greens(lamps[a])])
        after = np.searchsorted(begins, ends)
        kept = after < len(begins)
        if kept.any():
            found[a, b] = int((begins[after[kept]] - ends[kept]).min())
    return found


@pytest.mark.parametrize("coordinated", [True, False])
@pytest.mark.parametrize("veh_h", [60, 300, 600, 1200])
def test_no_minimum_intergreen_walk_or_clearance_is_ever_undercut(
    junction: Junction, street: QueueStreets, veh_h: float, *, coordinated: bool
) -> None:
    plans = (plan_of(junction, longer_s=5), plan_of(junction, number=2, longer_s=16, offset_s=37))
    day = day_of(junction, *plans, hours=(0, 7, 10, 16, 19))
    _, shown = lived(street, day, random_vehicles(street, veh_h=veh_h, seed=round(veh_h)), coordinated=coordinated)
    needed = junction.intergreen_s()
    for pair, seconds in quickest_s(junction, shown).items():
        assert seconds >= needed[pair], pair
    for group in junction.groups:
        assert min(end - begin for begin, end in greens(shown[group.group_id])) >= group.min_green_s, group.group_id
        reds = [begin - end for (_, end), (begin, _) in pairwise(greens(shown[group.group_id]))]
        assert max(reds) <= 150 + group.yellow_s, group.group_id


def test_a_coordinated_main_green_ends_at_its_force_off_in_every_cycle(
    junction: Junction, street: QueueStreets
) -> None:
    plan = plan_of(junction, offset_s=23)
    _, shown = lived(street, day_of(junction, plan), random_vehicles(street, veh_h=500, seed=3), coordinated=True)
    usual_end_s = next(green.end_s for green in plan.greens if green.group_id == MAIN)
    ends = {(end - plan.offset_s) % plan.cycle_s for _, end in greens(shown[GroupId(MAIN)])}
    assert ends == {usual_end_s % plan.cycle_s}
    assert len(greens(shown[GroupId(MAIN)])) == pytest.approx(DAY_S / plan.cycle_s, abs=2)


def test_somebody_who_turns_left_is_served_in_the_next_cycle(junction: Junction, street: QueueStreets) -> None:
    left = next(m for m in street.movements if m.group_id == "N-turn")
    came = vehicles(street, {MAIN: np.arange(0.5, DAY_S, 8.0), str(left.movement_id): np.array([40_000.5])})
    plan = plan_of(junction, longer_s=5)
    found, shown = lived(street, uncalled(day_of(junction, plan)), came, coordinated=True)
    arm = street.arms.index(left.approach)
    assert len(greens(shown[GroupId("N-turn")])) in (1, 2)
    assert 0 < found.delay_s[arm].sum() < 2 * plan.cycle_s


@pytest.mark.parametrize(("coordinated", "offset_s"), [(False, 0), (True, 0), (True, 31)])
def test_without_parameters_the_controller_runs_the_fixed_plan(
    junction: Junction, street: QueueStreets, *, coordinated: bool, offset_s: int
) -> None:
    """Two judges, one that knows the lamps of the day beforehand and one that does not, agree to the second."""
    bare = DayPlan(
        junction_id=junction.junction_id,
        district_id=junction.district_id,
        entries=(DayPlanEntry(start_s=0, plan_number=1),),
        plans=(plan_of(junction, offset_s=offset_s),),
    )
    came = random_vehicles(street, veh_h=700, seed=4)
    found, shown = lived(street, bare, came, coordinated=coordinated)
    fixed = lamps_of_day(junction, bare)
    assert all((shown[group_id] == lit).all() for group_id, lit in fixed.items())
    assert (found.delay_s == waited(street, fixed, came).delay_s).all()


def test_a_stage_with_an_approach_that_nobody_watches_lasts_its_split(junction: Junction) -> None:
    movements = tuple(replace(m, detector_ids=()) if m.approach == "S" else m for m in junction.movements)
    half = replace(junction, movements=movements)
    street = queue_streets(half, dict.fromkeys("NESW", 1000.0))
    plan = plan_of(half)
    _, shown = lived(street, day_of(half, plan), vehicles(street, {MAIN: np.arange(0.5, DAY_S, 2.0)}), coordinated=True)
    for group_id in ("N", "S", "N-turn"):
        lasted = {end - begin for begin, end in greens(shown[GroupId(group_id)])[3:-3]}
        assert lasted == {usual_green_s(plan, group_id)}


def test_a_countdown_and_a_junction_without_detectors_leave_traffic_no_say(junction: Junction) -> None:
    day = day_of(junction, plan_of(junction))
    assert has_eyes(junction, day)
    counting = replace(junction, controller=ControllerProfile(countdown=Countdown.LAST_SECONDS, countdown_s=9))
    blind = replace(
        junction,
        movements=tuple(
            replace(m, detector_ids=()) if m.kind is MovementKind.VEHICLE else m for m in junction.movements
        ),
    )
    assert not has_eyes(counting, day)
    assert not has_eyes(blind, day)


def schedule_of(day: DayPlan) -> SignalSchedule:
    return SignalSchedule(
        plan_id=PlanId("P"),
        service_date=date(2026, 3, 31),
        time_zone="Asia/Shanghai",
        district_ids=(),
        corridor_ids=(),
        day_plans=(day,),
        measures=(),
        provenance=Provenance(made_at=datetime(2026, 3, 30, tzinfo=UTC), seed=0),
    )


def test_a_plan_runs_by_traffic_where_the_record_says_so_and_the_same_day_gives_the_same(
    stepper: CityStepper, junction: Junction
) -> None:
    judge, day = Judge.of(stepper.world), date(2026, 3, 31)
    traffic = judge.traffic(day, stepper.fork().day(day, Actions()).truth, {})
    among, schedule = [junction.junction_id], schedule_of(day_of(junction, plan_of(junction)))
    found = judge.ours(traffic, schedule, among)
    assert found == judge.ours(traffic, schedule, among)
    assert junction.mode is ControlMode.FIXED
    assert found[OURS] == found[FIXED_LAMPS] == judge.delays(traffic, schedule, among)
    assert (found[OURS].by_traffic, found[BY_TRAFFIC].by_traffic) == (0, 1)
    assert found[BY_TRAFFIC].delay_h < found[FIXED_LAMPS].delay_h
    street = judge.streets[junction.junction_id]
    said = replace(street, junction=replace(junction, mode=ControlMode.ACTUATED))
    judge.streets[junction.junction_id] = said
    told = judge.ours(traffic, schedule, among)
    assert told[OURS] == told[BY_TRAFFIC] == found[BY_TRAFFIC]
    assert told[FIXED_LAMPS] == found[FIXED_LAMPS]
