"""From splits to greens: starts with the stage, ends as late as intergreens allow."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from city.errors import BrokenRuleError, UnknownIdError
from city.ids import GroupId, StageId
from city.signals import conflicting_groups, stage_greens_s
from city.stage_timing import build_plan, chain_from_coordinated
from tests.optimization.signals.cases import junction

OF = junction()


def greens_of(splits: dict[str, int], of: object = OF) -> dict[str, tuple[int, int]]:
    plan = build_plan(of, plan_number=1, offset_s=0, splits_s=splits)  # type: ignore[arg-type]
    return {g.group_id: (g.start_s, g.end_s) for g in plan.greens}


def test_groups_start_with_their_stage() -> None:
    greens = greens_of({"NS": 40, "NS-turn": 20, "EW": 40})

    assert greens["N"][0] == greens["E-walk"][0] == 0
    assert greens["N-turn"][0] == 40
    assert greens["E"][0] == greens["N-walk"][0] == 60


def test_people_stop_earlier_than_cars_because_they_clear_more_slowly() -> None:
    greens = greens_of({"NS": 40, "NS-turn": 20, "EW": 40})
    matrix = OF.intergreen_s()

    assert greens["E-walk"][1] == 40 - matrix[GroupId("E-walk"), GroupId("N-turn")]
    assert greens["N"][1] == 40 - matrix[GroupId("N"), GroupId("S-turn")]
    assert greens["E-walk"][1] < greens["N"][1]


def test_a_group_of_two_stages_in_a_row_is_green_through_both() -> None:
    turn = OF.stage(StageId("NS-turn"))
    lagging = replace(turn, group_ids=(GroupId("N"), GroupId("N-turn")))
    lead = replace(turn, stage_id=StageId("S-only"), group_ids=(GroupId("S-turn"),))
    of = replace(
        OF,
        stages=(OF.stages[0], lagging, OF.stages[2], lead),
        stage_chain=(StageId("NS"), StageId("NS-turn"), StageId("S-only"), StageId("EW")),
        running_plan=None,
    )

    greens = greens_of({"NS": 30, "NS-turn": 20, "S-only": 15, "EW": 40}, of)

    assert greens["N"] == (0, 50 - of.intergreen_s()[GroupId("N"), GroupId("S-turn")])
    assert greens["S"][1] < 30


def test_a_green_may_pass_the_end_of_the_cycle() -> None:
    first, turn, cross = OF.stages
    lagging = replace(turn, group_ids=(GroupId("S-turn"),))
    leading = replace(turn, stage_id=StageId("lead"), group_ids=(GroupId("N"), GroupId("N-turn")))
    chain = (StageId("NS"), StageId("NS-turn"), StageId("EW"), StageId("lead"))
    of = replace(OF, stages=(first, lagging, cross, leading), stage_chain=chain, running_plan=None)

    greens = greens_of({"NS": 30, "NS-turn": 20, "EW": 40, "lead": 20}, of)

    assert greens["N"] == (90, 110 + 30 - of.intergreen_s()[GroupId("N"), GroupId("S-turn")])


def test_the_chain_begins_with_the_coordinated_stage() -> None:
    of = replace(OF, coordinated_stage_id=StageId("EW"), running_plan=None)

    assert chain_from_coordinated(of) == ("EW", "NS", "NS-turn")
    assert build_plan(of, plan_number=1, offset_s=130, splits_s={"NS": 40, "NS-turn": 20, "EW": 40}).offset_s == 30  # type: ignore[dict-item]


def test_a_split_too_short_for_its_intergreen_is_refused() -> None:
    with pytest.raises(BrokenRuleError, match=r"has -?\d+ s of green left in a stage run of 5 s"):
        greens_of({"NS": 5, "NS-turn": 20, "EW": 40})


def test_a_stage_without_a_split_is_named() -> None:
    with pytest.raises(UnknownIdError, match="there is no split of stage 'EW'"):
        greens_of({"NS": 40, "NS-turn": 20})


@given(st.tuples(st.integers(20, 60), st.integers(10, 40), st.integers(20, 60)))
def test_every_intergreen_is_kept_and_none_is_longer_than_needed(splits: tuple[int, int, int]) -> None:
    of_splits = dict(zip(("NS", "NS-turn", "EW"), splits, strict=True))
    try:
        greens = greens_of(of_splits)
    except BrokenRuleError:
        assume(False)  # noqa: FBT003
    cycle_s = sum(splits)
    slack: dict[str, list[int]] = {group_id: [] for group_id in greens}
    for a, b in conflicting_groups(OF):
        gap_s = (greens[b][0] - greens[a][1]) % cycle_s
        needed_s = OF.intergreen_s()[a, b]
        assert gap_s >= needed_s
        slack[a].append(gap_s - needed_s)
    stage_ends = {sum(splits[:k]) for k in (1, 2, 3)}
    assert all(min(slack[g]) == 0 or greens[g][1] in stage_ends for g in greens)


def test_least_splits_are_just_enough() -> None:
    least = stage_greens_s(OF)
    greens = greens_of({str(stage_id): seconds for stage_id, seconds in least.items()})

    lengths = {g: end - start for g, (start, end) in greens.items()}
    assert all(lengths[group.group_id] >= group.min_green_s for group in OF.groups)
    for stage_id in least:
        shorter = {str(s): seconds - (s == stage_id) for s, seconds in least.items()}
        cut = {g: end - start for g, (start, end) in greens_of(shorter).items()}
        assert any(cut[group.group_id] < group.min_green_s for group in OF.groups)
