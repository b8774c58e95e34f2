"""Which rolling plans lie inside an envelope: each bound has a plan that keeps it and one that breaks it."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.actuation import Actuation, StageActuation
from city.errors import CityError
from city.ids import GroupId, JunctionId, StageId
from city.rolling import breaches, first_change_s, inside, stage_greens_s, stretches
from city.rolling_bounds import Envelope, GreenBound, Hours, JunctionBounds
from city.signal_plans import DayPlan, Green, SignalPlan
from tests.city.lives import DAY, HOUR, day_of, plan_of, schedule

MAIN, SIDE = StageId("main"), StageId("side")
TIMETABLE = plan_of(cycle_s=90)  # 45 s and 45 s, of which 40 s are green
ENVELOPE = Envelope(
    envelope_id="E",
    junctions=(
        JunctionBounds(
            junction_id=JunctionId("J1"),
            cycles_s=(90, 100),
            greens=(GreenBound(stage_id=MAIN, min_s=34, max_s=55), GreenBound(stage_id=SIDE, min_s=30, max_s=50)),
            split_step_s=6,
            offset_step_s=10,
        ),
    ),
    hours=(Hours(start_s=7 * HOUR, end_s=9 * HOUR), Hours(start_s=9 * HOUR, end_s=10 * HOUR)),
    valid_until=datetime(2026, 4, 30, tzinfo=UTC),
)


def bounded(**changes: Any) -> Envelope:  # noqa: ANN401  -- any field of the junction's bounds
    return replace(ENVELOPE, junctions=(replace(ENVELOPE.junctions[0], **changes),))


def said_of(*runs: tuple[float, SignalPlan], envelope: Envelope = ENVELOPE, old: DayPlan | None = None) -> list[str]:
    before = old or day_of("J1", (0, TIMETABLE))
    new = schedule("new", days=(day_of("J1", *runs),))
    return list(breaches(envelope, schedule("old", days=(before,)), new))


def test_a_plan_that_changes_nothing_lies_inside() -> None:
    assert said_of((0, TIMETABLE)) == []
    assert said_of((0, TIMETABLE), (7, TIMETABLE)) == []  # written in two entries it is the same


def test_a_morning_within_all_bounds_lies_inside() -> None:
    new = (day_of("J1", (0, TIMETABLE), (7, plan_of(cycle_s=100, main_s=51, offset_s=8)), (10, TIMETABLE)),)

    assert inside(ENVELOPE, schedule("old", days=(day_of("J1", (0, TIMETABLE)),)), schedule("new", days=new))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (plan_of(cycle_s=94), "the cycle is 94 s, allowed are 90, 100 s"),
        (plan_of(main_s=52), "the split of stage main changes by 7 s, at most 6 s"),
        (plan_of(offset_s=11), "the offset changes by 11 s, at most 10 s"),
        (plan_of(offset_s=79), "the offset changes by 11 s, at most 10 s"),  # the shorter way around
    ],
)
def test_each_bound_has_its_sentence(changed: SignalPlan, said: str) -> None:
    found = said_of((0, TIMETABLE), (7, changed), (9, TIMETABLE))

    assert f"Junction J1, 07:00 to 09:00: {said}." in found


@pytest.mark.parametrize(
    "changed",
    [
        plan_of(main_s=51),
        plan_of(main_s=39),
        plan_of(offset_s=10),
        plan_of(offset_s=80),
        plan_of(cycle_s=100, main_s=50),
    ],
)
def test_the_bound_itself_is_allowed(changed: SignalPlan) -> None:
    assert said_of((0, TIMETABLE), (7, changed), (9, TIMETABLE)) == []


def test_greens_keep_to_their_range() -> None:
    wide = bounded(split_step_s=60)

    assert said_of((0, TIMETABLE), (7, plan_of(main_s=61)), (9, TIMETABLE), envelope=wide) == [
        "Junction J1, 07:00 to 09:00: stage main has 56 s of green, allowed are 34 to 55 s.",
        "Junction J1, 07:00 to 09:00: stage side has 24 s of green, allowed are 30 to 50 s.",
    ]
    unbounded = bounded(greens=ENVELOPE.junctions[0].greens[:1])
    assert said_of((0, TIMETABLE), (7, plan_of(main_s=47)), (9, TIMETABLE), envelope=unbounded) == [
        "Junction J1, 07:00 to 09:00: the envelope does not bound stage side."
    ]


def test_a_stage_is_green_until_the_last_group_that_ends_with_it_does() -> None:
    """A walks through both stages, B ends 12 s before the stage does, C 5 s before: the stage has C's green."""
    plan = replace(
        plan_of(),
        greens=(
            Green(group_id=GroupId("A"), start_s=0, end_s=90),
            Green(group_id=GroupId("B"), start_s=0, end_s=33),
            Green(group_id=GroupId("C"), start_s=0, end_s=40),
            Green(group_id=GroupId("D"), start_s=45, end_s=130),  # into the next cycle's first stage
        ),
    )

    assert stage_greens_s(plan) == {MAIN: 40, SIDE: 45}


def test_what_lies_outside_the_hours_waits() -> None:
    changed = plan_of(main_s=47)

    assert said_of((0, TIMETABLE), (7, changed), (10, TIMETABLE)) == []  # two windows that touch are one
    assert said_of((0, TIMETABLE), (6.5, changed), (9, TIMETABLE)) == [
        "Junction J1, 06:30 to 09:00: it lies outside the envelope's hours, 07:00 to 09:00, 09:00 to 10:00."
    ]


def test_nothing_outlasts_the_envelope() -> None:
    ends = replace(ENVELOPE, valid_until=datetime(2026, 3, 31, 0, 30, tzinfo=UTC))  # 08:30 in Shanghai

    assert said_of((0, TIMETABLE), (7, plan_of(main_s=47)), (8.5, TIMETABLE), envelope=ends) == []
    assert said_of((0, TIMETABLE), (7, plan_of(main_s=47)), (9, TIMETABLE), envelope=ends) == [
        "Junction J1, 07:00 to 09:00: it lasts longer than the envelope, which ends at 2026-03-31 08:30."
    ]


def test_cycle_and_offset_change_at_most_every_half_hour() -> None:
    longer = plan_of(cycle_s=100, main_s=50)

    assert said_of((0, TIMETABLE), (7, longer), (7.5, TIMETABLE)) == []
    assert said_of((0, TIMETABLE), (7, longer), (7.49, TIMETABLE)) == [
        "Junction J1: cycle or offset change at 07:00 and at 07:29, at least 30 min must lie between."
    ]


def test_splits_alone_may_be_trimmed_at_any_time() -> None:
    assert said_of((0, TIMETABLE), (7, plan_of(main_s=47)), (7.1, plan_of(main_s=44)), (7.2, TIMETABLE)) == []


def test_the_timetables_own_changes_are_its_own_affair() -> None:
    timetable = day_of("J1", (0, TIMETABLE), (7, plan_of(cycle_s=100)), (7.25, TIMETABLE))

    trimmed = said_of(
        (0, TIMETABLE), (7, plan_of(cycle_s=100)), (7.25, TIMETABLE), (8, plan_of(main_s=47)), (9, TIMETABLE),
        old=timetable,
    )  # fmt: skip
    moved = said_of((0, TIMETABLE), (7, plan_of(cycle_s=100)), (7.25, plan_of(offset_s=5)), old=timetable)

    assert trimmed == []
    assert any("at 07:15 and at 07:00" in sentence for sentence in moved)


def test_a_change_near_midnight_counts_around_it() -> None:
    night = replace(ENVELOPE, hours=(Hours(start_s=0, end_s=86_400),))
    said = said_of((0, plan_of(offset_s=5)), (0.25, TIMETABLE), envelope=night)

    assert said == ["Junction J1: cycle or offset change at 00:00 and at 00:15, at least 30 min must lie between."]


def test_rolling_changes_only_what_is_in_force_and_named() -> None:
    other = schedule("new", days=(day_of("J2"), day_of("J1")))

    assert breaches(ENVELOPE, replace(schedule("old"), day_plans=()), other) == (
        "Junction J2 is not in the envelope.",
        "Junction J1 has no plan in force that rolling could change.",
    )
    tomorrow = replace(other, service_date=DAY.replace(day=1))
    assert breaches(ENVELOPE, schedule("old"), tomorrow) == (
        "The new plan is for 2026-03-01, the plan in force for 2026-03-31.",
    )


def test_the_order_of_stages_stays() -> None:
    turned = replace(TIMETABLE, splits=tuple(reversed(TIMETABLE.splits)), coordinated_stage_id=SIDE)

    assert any(
        "the stages or their order change" in one for one in said_of((0, TIMETABLE), (7, turned), (9, TIMETABLE))
    )


def actuated(plan: SignalPlan, longest_s: int) -> SignalPlan:
    stages = tuple(
        StageActuation(stage_id=split.stage_id, min_s=40, max_s=longest_s, extension_s=3.0, force_off_s=40)
        for split in plan.splits
    )
    return replace(plan, actuation=Actuation(stages=stages))


def test_what_traffic_may_make_of_a_stage_is_bounded_too() -> None:
    old = day_of("J1", (0, actuated(TIMETABLE, 50)))
    runs = ((0, actuated(TIMETABLE, 50)), (7, actuated(plan_of(main_s=46), 56)), (9, actuated(TIMETABLE, 50)))

    assert said_of(*runs, old=old) == [
        "Junction J1, 07:00 to 09:00: stage side has 35 to 51 s of green, allowed are 30 to 50 s."
    ]
    assert (
        "it changes whether traffic may lengthen and shorten the stages"
        in said_of((0, TIMETABLE), (7, actuated(TIMETABLE, 50)), (9, TIMETABLE))[-1]
    )


def test_when_the_first_change_comes() -> None:
    old = schedule("old", days=(day_of("J1", (0, TIMETABLE)),))

    assert (
        first_change_s(old, schedule("new", days=(day_of("J1", (0, TIMETABLE), (7, plan_of(main_s=47))),))) == 7 * HOUR
    )
    assert first_change_s(old, old) is None


plans = st.builds(
    plan_of,
    cycle_s=st.sampled_from((88, 90, 100)),
    offset_s=st.sampled_from((0, 4, 12, 80)),
    main_s=st.integers(36, 56),
)
days = st.lists(
    st.tuples(st.integers(1, 47).map(lambda half: half / 4), plans), unique_by=lambda run: run[0], max_size=4
).map(lambda runs: day_of("J1", (0, TIMETABLE), *sorted(runs, key=lambda run: run[0])))


@given(old=days, new=days)
def test_inside_is_what_a_second_by_second_walk_says(old: DayPlan, new: DayPlan) -> None:
    """Quarter by quarter, with the bounds written out once more."""
    bounds = ENVELOPE.junctions[0]
    fine = True
    changes = [[], []]  # type: ignore[var-annotated]
    for quarter in range(96):
        second = quarter * 900
        was, will = old.plan_at(second), new.plan_at(second)
        for day_plan, found in zip((old, new), changes, strict=True):
            before, after = day_plan.plan_at(second - 1), day_plan.plan_at(second)
            if (before.cycle_s, before.offset_s) != (after.cycle_s, after.offset_s):
                found.append((second, before.cycle_s, before.offset_s, after.cycle_s, after.offset_s))
        if replace(was, plan_number=1) == replace(will, plan_number=1):
            continue
        main_s, side_s = (split.split_s for split in will.splits)
        step_s = max(abs(a.split_s - b.split_s) for a, b in zip(was.splits, will.splits, strict=True))
        turn_s = (will.offset_s - was.offset_s) % will.cycle_s
        fine &= 7 * HOUR <= second < 10 * HOUR
        fine &= will.cycle_s in bounds.cycles_s
        fine &= 34 <= main_s - 5 <= 55 and 30 <= side_s - 5 <= 50
        fine &= step_s <= 6 and min(turn_s, will.cycle_s - turn_s) <= 10
    for change in set(changes[1]) - set(changes[0]):
        apart = [abs(change[0] - other[0]) for other in changes[1] if other != change]
        fine &= all(min(gap, 86_400 - gap) >= 1800 for gap in apart)

    assert inside(ENVELOPE, schedule("old", days=(old,)), schedule("new", days=(new,))) == fine


@given(old=days, new=days)
def test_stretches_cover_the_day_once(old: DayPlan, new: DayPlan) -> None:
    found = stretches(old, new)

    assert (found[0].start_s, found[-1].end_s) == (0, 86_400)
    assert all(one.end_s == following.start_s for one, following in pairwise(found))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: GreenBound(stage_id=MAIN, min_s=20, max_s=10),
        lambda: bounded(cycles_s=()),
        lambda: bounded(cycles_s=(0,)),
        lambda: bounded(split_step_s=-1),
        lambda: bounded(greens=ENVELOPE.junctions[0].greens[:1] * 2),
        lambda: Hours(start_s=22 * HOUR, end_s=2 * HOUR),
        lambda: replace(ENVELOPE, hours=()),
        lambda: replace(ENVELOPE, junctions=ENVELOPE.junctions * 2),
        lambda: replace(ENVELOPE, valid_until=datetime(2026, 4, 30)),
    ],
)
def test_an_envelope_that_contradicts_itself_cannot_be_made(wrong: Any) -> None:  # noqa: ANN401  -- makes any of them
    with pytest.raises(CityError):
        wrong()
