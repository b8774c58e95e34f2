"""Junctions, plans and day plans that exist keep their rules; those that do not are refused with the numbers."""

from dataclasses import replace

import pytest

from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError
from city.ids import DistrictId, GroupId, JunctionId, MovementId, StageId
from city.signal_parts import Conflict, MovementKind, Relation, SignalGroup, Stage
from city.signal_plans import DayPlan, DayPlanEntry, Green, SignalPlan, Split
from city.signals import conflicting_groups, stage_greens_s
from tests.optimization.signals.cases import junction, plan

OF = replace(junction(), running_plan=None)


def test_an_unlisted_yield_is_a_conflict() -> None:
    pair = (GroupId("E"), GroupId("W"))
    given = next(c for c in OF.conflicts if (c.from_movement_id, c.to_movement_id) == ("E-left", "W-through"))
    listed = replace(OF, conflicts=(given,))

    assert pair not in conflicting_groups(listed)
    with pytest.raises(BrokenRuleError, match="stage EW holds signal groups E and W"):
        replace(listed, permitted_yields=())


def test_a_stage_of_conflicting_groups_is_refused() -> None:
    first, *others = OF.stages
    bad = replace(first, group_ids=(*first.group_ids, GroupId("E")))

    with pytest.raises(CityError, match="stage NS holds signal groups N and E, which must never be green together"):
        replace(OF, stages=(bad, *others))


def test_an_intergreen_shorter_than_its_yellow_is_refused() -> None:
    first, *others = OF.intergreens

    with pytest.raises(CityError, match=r"intergreen .* is 1, expected at least \d s"):
        replace(OF, intergreens=(replace(first, seconds=1), *others))
    with pytest.raises(CityError, match=r"is None, expected at least \d s"):
        replace(OF, intergreens=tuple(others))


def test_a_group_whose_movements_conflict_is_refused() -> None:
    conflict = Conflict(
        from_movement_id=MovementId("N-through"),
        to_movement_id=MovementId("N-right"),
        relation=Relation.PROHIBITED,
    )

    with pytest.raises(CityError, match="signal group N holds movements that must never be green together"):
        replace(OF, conflicts=(*OF.conflicts, conflict))


def test_an_estimate_is_a_flow_of_vehicles_that_nobody_counts() -> None:
    through = next(m for m in OF.movements if m.movement_id == "N-through")
    walk = next(m for m in OF.movements if m.movement_id == "N-walk")

    assert replace(through, detector_ids=(), uncounted_peak_veh_h=350.0).uncounted_peak_veh_h == 350
    with pytest.raises(InvalidValueError, match=r"Movement N-through: uncounted_peak_veh_h is -5\.0"):
        replace(through, detector_ids=(), uncounted_peak_veh_h=-5.0)
    with pytest.raises(BrokenRuleError, match="uncounted_peak_veh_h is 350 although J1-N count there"):
        replace(through, uncounted_peak_veh_h=350.0)
    with pytest.raises(BrokenRuleError, match="a flow of vehicles, this is a pedestrian movement"):
        replace(walk, uncounted_peak_veh_h=350.0)


def test_a_group_in_no_stage_is_refused() -> None:
    with pytest.raises(CityError, match="signal group E is green in no stage of the chain"):
        replace(OF, stage_chain=(StageId("NS"), StageId("NS-turn")))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("stage_chain", (StageId("NS"), StageId("NS-turn"), StageId("X")), "there is no stage 'X'"),
        ("coordinated_stage_id", StageId("X"), "there is no stage of the chain 'X'"),
        ("groups", (), "expected at least one"),
    ],
)
def test_references_must_hold(field: str, value: object, sentence: str) -> None:
    with pytest.raises(CityError, match=sentence):
        replace(OF, **{field: value})  # type: ignore[arg-type]


def test_minimum_greens_fit_into_the_largest_cycle() -> None:
    needed_s = sum(stage_greens_s(OF).values())

    assert replace(OF, cycle_max_s=needed_s).cycle_max_s == needed_s
    with pytest.raises(BrokenRuleError, match=f"need {needed_s} s, the largest cycle is {needed_s - 1} s"):
        replace(OF, cycle_max_s=needed_s - 1)
    with pytest.raises(BrokenRuleError, match=f"the largest cycle is {needed_s - 1} s"):
        replace(OF, controller=replace(OF.controller, max_cycle_s=needed_s - 1))
    with pytest.raises(BrokenRuleError, match="expected 0 < smallest <= largest"):
        replace(OF, cycle_min_s=200)


def test_a_group_keeps_its_own_rules() -> None:
    with pytest.raises(InvalidValueError, match="yellow_s is 0"):
        SignalGroup(group_id=GroupId("A"), kind=MovementKind.VEHICLE, min_green_s=5)
    with pytest.raises(InvalidValueError, match="max_green_s is 4, expected at least the minimum green, 5 s"):
        SignalGroup(group_id=GroupId("A"), kind=MovementKind.PEDESTRIAN, min_green_s=5, max_green_s=4)
    with pytest.raises(BrokenRuleError, match="no signal group is green in it"):
        Stage(stage_id=StageId("A"), group_ids=())


def test_a_plan_keeps_its_own_rules() -> None:
    sound = plan(OF)

    with pytest.raises(BrokenRuleError, match="splits sum to 100 s, the cycle is 99 s"):
        replace(sound, cycle_s=99)
    with pytest.raises(InvalidValueError, match="offset_s is 100, expected 0 to 99 s"):
        replace(sound, offset_s=100)
    with pytest.raises(BrokenRuleError, match="must begin with the coordinated stage"):
        replace(sound, splits=tuple(reversed(sound.splits)))
    with pytest.raises(BrokenRuleError, match="green of N runs from 5 to 5 s"):
        replace(sound, greens=(Green(group_id=GroupId("N"), start_s=5, end_s=5),))
    with pytest.raises(CityError, match="split of stage A is 0, expected above 0 s"):
        SignalPlan(
            junction_id=JunctionId("J"), plan_number=1, cycle_s=0, offset_s=0, coordinated_stage_id=StageId("A"),
            splits=(Split(stage_id=StageId("A"), split_s=0),), greens=(),
        )  # fmt: skip


def day(*entries: tuple[int, int], plans: tuple[SignalPlan, ...]) -> DayPlan:
    return DayPlan(
        junction_id=JunctionId("J1"),
        district_id=DistrictId("d1"),
        entries=tuple(DayPlanEntry(start_s=s, plan_number=n) for s, n in entries),
        plans=plans,
    )


def test_a_day_plan_says_what_runs_when() -> None:
    two, three = plan(OF), plan(OF, (30, 20, 30), number=3)
    of_day = day((0, 2), (25_200, 3), plans=(two, three))

    assert of_day.plan_at(0) == of_day.plan_at(25_199) == two
    assert of_day.plan_at(25_200) == of_day.plan_at(86_399) == three
    assert of_day.plan_at(86_400) == two


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (((60, 2),), "ascending times from 00:00 on"),
        (((0, 2), (600, 2), (300, 2)), "ascending times from 00:00 on"),
        (((0, 2), (86_400, 2)), "ascending times from 00:00 on"),
        ((), "ascending times from 00:00 on"),
        (((0, 9),), "00:00 runs plan 9, which is absent"),
    ],
)
def test_a_day_plan_that_does_not_cover_the_day_is_refused(entries: tuple[tuple[int, int], ...], sentence: str) -> None:
    with pytest.raises(CityError, match=sentence):
        day(*entries, plans=(plan(OF),))


def test_plans_of_a_day_have_their_own_numbers_and_one_junction() -> None:
    with pytest.raises(BrokenRuleError, match="two plans share a number"):
        day((0, 2), plans=(plan(OF), plan(OF)))
    with pytest.raises(BrokenRuleError, match="plan 2 belongs to junction J2"):
        day((0, 2), plans=(replace(plan(OF), junction_id=JunctionId("J2")),))


def test_unknown_movements_are_refused() -> None:
    conflict = replace(OF.conflicts[0], to_movement_id=MovementId("X"))

    with pytest.raises(UnknownIdError, match="there is no movement 'X'"):
        replace(OF, conflicts=(conflict, *OF.conflicts[1:]))
