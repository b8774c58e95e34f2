"""The summary of benchmarks.signals takes its ratios from the lines that the issue names, and no others."""

from typing import Any

import pytest

from benchmarks.signals_summary import summary_of, told

HEADLINE = "headline: fixed plan / best of webster and SUMO's tools, completed"


def entry(
    name: str, rules: str = "completed", scale: float = 1.0, violations: int = 0, **medians: float
) -> dict[str, Any]:
    controllers = {
        controller: {"median": median, "worst": 1.2 * median, "seeds": {"1": median, "2": 1.2 * median}}
        for controller, median in medians.items()
    }
    return {
        "scenario": name, "rules": rules, "scale": scale, "lefts": "keep", "violations": violations,
        "controllers": controllers,
    }  # fmt: skip


def test_ratios_are_taken_against_the_best_of_the_others_and_averaged_as_ratios_are() -> None:
    found = summary_of(
        [
            entry("a", own=100, webster=80, sumo_webster=90, fixed_plan=40),
            entry("b", own=100, webster=120, sumo_webster=50, fixed_plan=100),
        ]
    )
    assert found[HEADLINE]["reached"] == {"geometric_mean": 1.0, "worst": 2.0}  # 0.5 and 2
    assert found[HEADLINE]["worst_scenario"] == "b"
    assert found[HEADLINE]["met"] is False
    assert found["fixed plan / own program, completed"]["reached"]["worst"] == 1.0


def test_a_good_mean_does_not_hide_one_scenario_that_got_worse() -> None:
    good = [entry(str(k), webster=100, sumo_webster=110, fixed_plan=50) for k in range(9)]
    assert summary_of(good)[HEADLINE]["met"] is True
    one = summary_of([*good, entry("worse", webster=100, sumo_webster=110, fixed_plan=101)])[HEADLINE]
    assert one["reached"]["geometric_mean"] < 0.85
    assert one["met"] is False


def test_a_target_is_open_while_an_opponent_or_seeds_are_missing() -> None:
    found = summary_of([entry("a", webster=100, fixed_plan=50)])
    assert found[HEADLINE]["met"] is None
    assert "open: sumo_webster was not run" in " ".join(told(found))
    assert summary_of([entry("a", webster=100, fixed_plan=101)])[HEADLINE]["met"] is False
    seeds = found["worst seed / median, fixed_plan, completed"]
    assert (seeds["met"], seeds["lacking"]) == (None, ["fixed_plan ran with fewer than 10 seeds"])


@pytest.mark.parametrize(("fixed", "met"), [(79.0, True), (81.0, False)])
def test_other_demand_has_its_own_line_and_spoils_no_other(fixed: float, *, met: bool) -> None:
    found = summary_of([entry("a", scale=1.2, own=100, fixed_plan=fixed)])
    assert found["fixed plan / own program, completed, demand x1.2"]["met"] is met
    assert "fixed plan / own program, completed" not in found


def test_the_worst_seed_is_held_against_the_median() -> None:
    found = summary_of([entry("a", "published", fixed_plan=50)])
    assert found["worst seed / median, fixed_plan, published"]["reached"]["worst"] == pytest.approx(1.2)
    lonely = entry("a", "published", fixed_plan=50)
    lonely["controllers"]["fixed_plan"]["seeds"] = {"1": 50}
    assert "worst seed / median, fixed_plan, published" not in summary_of([lonely])


def test_people_on_foot_count_where_there_are_any() -> None:
    walked = entry("a", own=100, fixed_plan=60)
    assert "wait on foot: fixed plan / own program, completed" not in summary_of([walked])
    walked["controllers"]["own"]["walk_wait_s"], walked["controllers"]["fixed_plan"]["walk_wait_s"] = 20.0, 25.0
    row = summary_of([walked])["wait on foot: fixed plan / own program, completed"]
    assert row["reached"]["geometric_mean"] == 1.25
    assert row["met"] is False


def test_violations_of_all_scenarios_are_added_and_said() -> None:
    found = summary_of([entry("a", violations=2, own=1), entry("b", violations=1, own=1)])
    assert found["violations"]["met"] is False
    assert "violations: 3 (not met)" in told(found)
