"""A plan may choose among the stages and their order, as long as everybody is served and protected lefts stay so."""

from dataclasses import replace
from itertools import permutations

import pytest

from city.ids import GroupId, StageId
from city.signal_parts import LeftPolicy, Stage
from city.signal_plans import Green, SignalPlan
from city.signals import Junction, stage_greens_s
from city.stage_timing import build_plan
from optimization.signals.check import check_schedule
from optimization.signals.check_lefts import keeps_protection, protected_s, protected_turns
from tests.optimization.signals.cases import junction, permissive, schedule


def chained(of: Junction, *chain: str, splits_s: tuple[int, ...]) -> SignalPlan:
    order = tuple(StageId(stage_id) for stage_id in chain)
    return build_plan(of, plan_number=2, offset_s=0, splits_s=dict(zip(order, splits_s, strict=True)), chain=order)


def rules(of: Junction, one: SignalPlan) -> set[str]:
    return {finding.rule for finding in check_schedule(schedule(of, one), (of,)).findings}


def eight_stages() -> Junction:
    """Both axes as in a grid: through, lefts, and either approach alone; the chain runs all of them."""
    of = junction(protected_turns=("N", "E", "S", "W"), walks=False, running_plan=None)
    alone = tuple(Stage(stage_id=StageId(f"{arm}-alone"), group_ids=(g(arm), g(f"{arm}-turn"))) for arm in "NSEW")
    chain = ("NS", "NS-turn", "N-alone", "S-alone", "EW", "EW-turn", "E-alone", "W-alone")
    stages = {stage.stage_id: stage for stage in (*of.stages, *alone)}
    return replace(
        of,
        stages=tuple(stages[StageId(stage_id)] for stage_id in chain),
        stage_chain=tuple(StageId(stage_id) for stage_id in chain),
        cycle_max_s=240,
    )


def g(name: str) -> GroupId:
    return GroupId(name)


@pytest.mark.parametrize(
    ("chain", "splits_s"),
    [
        (("NS", "NS-turn", "EW", "EW-turn"), (30, 20, 30, 20)),
        (("NS", "EW-turn", "EW", "NS-turn"), (30, 20, 30, 20)),
        (("NS", "N-alone", "S-alone", "E-alone", "W-alone"), (30, 20, 20, 20, 20)),
        (("NS", "NS-turn", "E-alone", "W-alone"), (30, 20, 25, 25)),
    ],
)
def test_a_chain_that_serves_all_and_keeps_the_lefts_protected_is_accepted(
    chain: tuple[str, ...], splits_s: tuple[int, ...]
) -> None:
    of = eight_stages()

    assert rules(of, chained(of, *chain, splits_s=splits_s)) == set()
    assert keeps_protection(of, tuple(StageId(s) for s in chain))


def test_a_chain_that_leaves_somebody_dark_is_not() -> None:
    of = eight_stages()

    found = check_schedule(schedule(of, chained(of, "NS", "NS-turn", "E-alone", splits_s=(30, 20, 30))), (of,)).findings

    assert {(f.rule, f.sentence.split(": ", 1)[1]) for f in found if f.rule == "group-served"} == {
        ("group-served", "signal group W gets no green"),
        ("group-served", "signal group W-turn gets no green"),
    }


def test_a_locked_chain_runs_in_its_order() -> None:
    of = junction(running_plan=None)
    turned = chained(of, "NS", "EW", "NS-turn", splits_s=(40, 40, 20))

    assert rules(of, turned) == set()
    assert rules(replace(of, chain_locked=True), turned) == {"stage-chain"}
    assert rules(replace(of, chain_locked=True), chained(of, *of.stage_chain, splits_s=(40, 20, 40))) == set()


def test_a_left_that_may_also_go_giving_way_keeps_its_protected_stage() -> None:
    of = permissive(junction(walks=False))
    kept = chained(of, "NS", "NS-turn", "EW", splits_s=(40, 25, 40))
    dropped = chained(of, "NS", "EW", splits_s=(50, 50))

    assert {turn.movement_id for turn in protected_turns(of)} == {"N-left", "S-left"}
    assert rules(of, kept) == set()
    assert rules(of, dropped) == {"protected-left"}
    assert not keeps_protection(of, (StageId("NS"), StageId("EW")))
    assert rules(replace(of, left_policy=LeftPolicy.MAY_DROP), dropped) == set()
    assert rules(replace(of, left_policy=LeftPolicy.MUST_DROP), kept) == {"protected-left"}


def test_seconds_in_which_the_others_still_have_yellow_protect_nobody() -> None:
    of = permissive(junction(walks=False))
    minimum_s = of.group(g("N-turn")).min_green_s
    yellow_s = of.group(g("N")).yellow_s
    turn = next(t for t in protected_turns(of) if t.movement_id == "N-left")
    for split_s in range(8, 20):
        one = chained(of, "NS", "NS-turn", "EW", splits_s=(40, split_s, 40))
        end_s = next(green.end_s for green in one.greens if green.group_id == "N-turn")

        spared_s = max(0, end_s - 40 - yellow_s)
        assert protected_s(of, turn, one) == spared_s
        assert ("protected-left" in rules(of, one)) is (spared_s < minimum_s)


def test_no_plan_owes_a_left_more_than_the_running_plan_gives_it() -> None:
    of = permissive(junction(walks=False))
    short = chained(of, "NS", "NS-turn", "EW", splits_s=(40, 11, 40))
    of = replace(of, running_plan=replace(short, plan_number=1))
    shorter = replace(
        short,
        greens=tuple(
            Green(group_id=x.group_id, start_s=x.start_s, end_s=x.end_s - (x.group_id == "N-turn"))
            for x in short.greens
        ),
    )

    assert "protected-left" in rules(replace(of, running_plan=None), short)
    assert "protected-left" not in rules(of, short)
    assert "protected-left" in rules(of, shorter)


def test_the_least_splits_of_a_chain_follow_its_order() -> None:
    of = eight_stages()

    for chain in permutations(("NS", "NS-turn", "EW", "EW-turn")):
        order = tuple(StageId(s) for s in chain)
        least = stage_greens_s(of, order)
        assert tuple(least) == order
        assert rules(of, build_plan(of, plan_number=2, offset_s=0, splits_s=least, chain=order)) <= {"cycle-range"}
    assert stage_greens_s(of) == stage_greens_s(of, of.stage_chain)
