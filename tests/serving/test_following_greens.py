"""Whoever changes only splits gets the greens, cycles and transitions that follow from them."""

from dataclasses import replace

import pytest

from city.errors import CityError
from city.ids import JunctionId, StageId
from city.signal_plans import SignalSchedule, Split
from city.signals import Junction
from optimization.signals.check import check_schedule
from serving.following_greens import greens_follow
from tests.optimization.signals.cases import demand, forced, junction, plan, planned, problem, schedule


def with_splits(given: SignalSchedule, *splits: tuple[str, int]) -> SignalSchedule:
    """As a person leaves the file: splits changed, greens and cycle as they were."""
    (day_plan,) = given.day_plans
    changed = tuple(
        forced(one, splits=tuple(Split(stage_id=StageId(s), split_s=n) for s, n in splits)) for one in day_plan.plans
    )
    return replace(given, day_plans=(forced(day_plan, plans=changed),))


@pytest.fixture(scope="module")
def of() -> Junction:
    return junction()


def test_a_plan_that_nobody_changed_stays_as_it_is(of: Junction) -> None:
    made = planned(problem(demand(of), of)).plan

    assert greens_follow(made, (of,)) == made


def test_greens_and_cycle_follow_from_the_splits_and_pass_the_check(of: Junction) -> None:
    by_hand = with_splits(schedule(of), ("NS", 44), ("NS-turn", 20), ("EW", 46))
    assert not check_schedule(by_hand, (of,)).ok

    whole = greens_follow(by_hand, (of,))

    assert whole.day_plans[0].plans[0].greens == plan(of, (44, 20, 46)).greens
    assert whole.day_plans[0].plans[0].cycle_s == 110
    assert check_schedule(whole, (of,)).ok


def test_what_follows_is_still_judged(of: Junction) -> None:
    """Six seconds too few for the walk beside it: a plan all the same, which the check refuses."""
    whole = greens_follow(with_splits(schedule(of), ("NS", 40), ("NS-turn", 20), ("EW", 14)), (of,))

    assert any(finding.rule == "pedestrian-minimum" for finding in check_schedule(whole, (of,)).findings)


@pytest.mark.parametrize(
    ("splits", "said"),
    [((("NS", 40), ("NS-turn", 3), ("EW", 40)), "N-turn has"), ((("NS", 40), ("XY", 20)), "no stage 'XY'")],
)
def test_splits_that_make_no_plan_are_refused(of: Junction, splits: tuple[tuple[str, int], ...], said: str) -> None:
    with pytest.raises(CityError, match=said):
        greens_follow(with_splits(schedule(of), *splits), (of,))


def test_an_unknown_junction_is_named(of: Junction) -> None:
    (day_plan,) = schedule(of).day_plans
    elsewhere = replace(schedule(of), day_plans=(forced(day_plan, junction_id=JunctionId("J9")),))

    with pytest.raises(CityError, match="no junction 'J9'"):
        greens_follow(elsewhere, (of,))
