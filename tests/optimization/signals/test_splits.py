"""Each constraint of the split model, alone: splits that keep it, and a case in which none can."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from city.ids import GroupId, StageId
from city.signal_parts import ControllerProfile, Countdown, SignalGroup
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.splits import SplitModel, SplitSolution, Totals, solve_splits
from optimization.signals.structure import structure_of
from tests.optimization.signals.cases import junction


def two_stages(**of_each_group: int) -> Junction:
    of = replace(junction(turns=False, walks=False), running_plan=None)
    return with_groups(of, lambda group: replace(group, **of_each_group))  # type: ignore[arg-type]


def with_groups(of: Junction, change: Callable[[SignalGroup], SignalGroup]) -> Junction:
    return replace(of, groups=tuple(change(group) for group in of.groups))


def solved(
    of: Junction, cycle_s: int, *, wanted: dict[str, float] | None = None, least_s: dict[str, int] | None = None
) -> SplitSolution | None:
    """Splits where a group's cost falls with its green as far as `wanted` seconds."""
    seconds = np.arange(cycle_s + 1)
    tables = {GroupId(g): 10.0 * np.maximum(s - seconds, 0) for g, s in (wanted or {"N": 60.0}).items()}
    model = SplitModel(of, structure_of(of), cycle_s, tables, least_s=least_s or {})  # type: ignore[arg-type]
    solution = model.solve(1)
    if solution is not None:
        one = build_plan(of, plan_number=2, offset_s=0, splits_s=dict(solution.splits_s))
        assert plan_findings(rules_of(of), one) == []
        assert sum(split.split_s for split in one.splits) == cycle_s
    return solution


def greens(of: Junction, solution: SplitSolution | None) -> dict[str, int]:
    assert solution is not None
    one = build_plan(of, plan_number=2, offset_s=0, splits_s=dict(solution.splits_s))
    return {g.group_id: g.end_s - g.start_s for g in one.greens}


def test_minimum_greens() -> None:
    of = two_stages(min_green_s=15)

    assert greens(of, solved(of, 60))["E"] == 15
    assert solved(of, 40) is None


def test_maximum_greens() -> None:
    of = two_stages(max_green_s=35)

    assert max(greens(of, solved(of, 80)).values()) == 35
    assert solved(of, 100) is None


def test_maximum_reds() -> None:
    of = two_stages(max_red_s=50)

    assert greens(of, solved(of, 90))["E"] >= 90 - 50 - 3
    assert solved(of, 120) is None


def test_people_wait_no_longer_than_the_profile_allows() -> None:
    of = replace(junction(turns=False, cycle_max_s=180), running_plan=None)

    assert greens(of, solved(of, 150, wanted={"N": 150.0}))["N-walk"] >= 150 - 120
    assert solved(with_groups(of, lambda g: replace(g, max_green_s=40)), 180) is None


def test_censored_approaches() -> None:
    of = two_stages()

    assert greens(of, solved(of, 80, least_s={"E": 44}))["E"] == 44
    assert solved(of, 80, least_s={"E": 44, "N": 44}) is None


def test_countdowns_fit_into_greens() -> None:
    of = replace(two_stages(), controller=ControllerProfile(countdown=Countdown.LAST_SECONDS, countdown_s=25))

    assert greens(of, solved(of, 80))["E"] == 25
    assert solved(of, 55) is None


def test_a_green_is_longer_than_its_flash() -> None:
    of = two_stages(min_green_s=1, green_flash_s=7)

    assert greens(of, solved(of, 60))["E"] == 8


def test_intergreens_are_left_between_greens() -> None:
    of = two_stages()
    longer = replace(of, intergreens=tuple(replace(pair, seconds=pair.seconds + 4) for pair in of.intergreens))

    before, after = greens(of, solved(of, 60)), greens(longer, solved(longer, 60))

    assert after["N"] + after["E"] == before["N"] + before["E"] - 8


def test_a_group_runs_on_through_stages_that_hold_it() -> None:
    of = replace(junction(), running_plan=None)
    first, turn, cross = of.stages
    lagging = replace(turn, group_ids=(GroupId("N"), GroupId("N-turn")))
    leading = replace(turn, stage_id=StageId("S-only"), group_ids=(GroupId("S-turn"),))
    chain = (first.stage_id, lagging.stage_id, leading.stage_id, cross.stage_id)
    of = replace(of, stages=(first, lagging, leading, cross), stage_chain=chain)

    lengths = greens(of, solved(of, 120, wanted={"N": 100.0}))

    assert lengths["N"] > 40
    assert lengths["N"] > lengths["S"]
    assert lengths["N"] > lengths["N-turn"]


def test_problems_that_differ_in_nothing_but_names_are_solved_once() -> None:
    totals = Totals(seed=1)
    tables = {GroupId("N"): 10.0 * np.maximum(50.0 - np.arange(61), 0)}
    first, second = (replace(junction(name, turns=False), running_plan=None) for name in ("J1", "J2"))

    found = [solve_splits(of, structure_of(of), 60, tables, least_s={}, totals=totals) for of in (first, second)]

    assert found[0] is found[1] is not None
    assert (totals.solves, totals.repeated) == (1, 1)
    assert solve_splits(first, structure_of(first), 60, tables, least_s={GroupId("E"): 12}, totals=totals) is not None
    assert totals.solves == 2


def test_the_worst_table_can_be_what_counts() -> None:
    of = replace(two_stages(), running_plan=None)
    seconds = np.maximum(np.arange(91), 1)
    tables = {GroupId("N"): 6000.0 / seconds, GroupId("E"): 3000.0 / seconds}

    solution = SplitModel(of, structure_of(of), 90, tables, least_s={}, worst=True).solve(1)

    lengths = greens(of, solution)
    assert lengths["N"] / lengths["E"] == pytest.approx(2, rel=0.06)
