"""The gate against theory: what chance alone would promote, what is better, and what is refused with its reason."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import BrokenRuleError
from models.promotion import best_baseline, decide, gate_evidence

FIRST = date(2026, 3, 1)
DAYS = 28
SIDE = 1.2815515655446004
"""The p90 of a standard normal: what a calibrated forecaster of it says."""


def gate(
    *,
    days: int = DAYS,
    ratio: float = 1.0,
    noise: float = 0.05,
    champion: bool = True,
    baseline: float = 1.3,
    below: float = 0.1,
    seed: int = 1,
    districts: dict[str, float] | None = None,
) -> pl.DataFrame:
    """Days share good and bad luck; `ratio` is the true loss of the challenger relative to the champion's."""
    random = np.random.default_rng(seed)
    lines = []
    for number in range(days):
        luck, weather = random.normal(0.0, noise), random.lognormal(0.0, 0.3)
        for name, own in (districts or {"east": 1.0, "west": 1.0}).items():
            theirs = 10.0 * weather * (1.0 + random.normal(0.0, 0.005))
            lines.append(
                {
                    "day": FIRST + timedelta(days=number),
                    "district_id": name,
                    "quantity": "flow",
                    "rows": 1_000,
                    "loss": theirs * ratio * own * (1.0 + luck),
                    "champion_loss": theirs if champion else None,
                    "baseline_loss": theirs * baseline,
                    "below": round(1_000 * below),
                    "above": 100,
                }
            )
    return pl.DataFrame(lines, schema_overrides={"champion_loss": pl.Float64})


@pytest.mark.parametrize("days", [7, 28])
def test_a_challenger_that_is_equal_in_truth_is_promoted_by_chance_in_at_most_a_twentieth(days: int) -> None:
    gates = 200
    verdicts = [decide(gate(days=days, seed=seed, districts={"all": 1.0}), seed=seed) for seed in range(gates)]
    beyond_chance = sum(verdict.figures["to_champion_high"] < 0 for verdict in verdicts)

    three_sigma = 3 * np.sqrt(0.05 * 0.95 / gates)
    assert sum(verdict.promote for verdict in verdicts) <= beyond_chance
    assert beyond_chance / gates <= 0.05 + three_sigma


def test_a_clearly_better_challenger_is_promoted_and_the_reason_says_by_how_much() -> None:
    verdict = decide(gate(ratio=0.9))

    assert verdict.promote
    assert verdict.reason.startswith("better: its loss is 9.7 % below")
    assert "below the champion's (90 % interval -" in verdict.reason
    assert "below the best simple baseline's (gate of 28 days, 56,000 rows)." in verdict.reason
    assert verdict.figures["to_champion_low"] < verdict.figures["to_champion"] < verdict.figures["to_champion_high"] < 0


def test_the_very_same_model_changes_nothing() -> None:
    verdict = decide(gate(noise=0.0))

    assert not verdict.promote
    assert verdict.reason.startswith("no change: its loss is equal to the champion's")


def test_better_on_average_but_within_chance_changes_nothing() -> None:
    verdict = decide(gate(ratio=0.99, noise=0.2, days=14))

    assert not verdict.promote
    assert "the whole interval must lie below 0" in verdict.reason


def test_better_in_the_city_but_worse_in_one_district_is_refused_by_name() -> None:
    small = {"north": 0.85, "south": 0.85, "harbour": 1.05}

    refused = decide(gate(districts=small, noise=0.01))
    within = decide(gate(districts=small | {"harbour": 1.02}, noise=0.001))

    assert not refused.promote
    assert "in district harbour its loss is" in refused.reason
    assert "at most 3 % above is allowed" in refused.reason
    assert "north" not in refused.reason
    assert within.promote, within.reason
    assert within.districts["harbour"] == pytest.approx(0.02, abs=0.003)


def test_quantiles_that_do_not_hold_are_refused_however_small_the_loss() -> None:
    verdict = decide(gate(ratio=0.8, below=0.14))

    assert not verdict.promote
    assert "14.0 % of the truths lie below p10, 10 % should" in verdict.reason
    assert decide(gate(ratio=0.8, below=0.115)).promote


def test_a_short_gate_gives_the_quantiles_the_benefit_of_the_doubt_that_a_long_one_does_not() -> None:
    def swaying(days: int) -> pl.DataFrame:
        even = (pl.col("day") - pl.lit(FIRST)).dt.total_days() % 2 == 0
        return gate(ratio=0.8, days=days).with_columns(
            pl.when(even).then(220).otherwise(30).cast(pl.Int64).alias("below")
        )

    short, long = decide(swaying(10)), decide(swaying(40))

    assert short.figures["share_below"] == pytest.approx(long.figures["share_below"]) == pytest.approx(0.125)
    assert short.promote, short.reason
    assert not long.promote
    assert not decide(gate(ratio=0.8, days=10, below=0.2)).promote


def test_worse_than_the_best_simple_baseline_is_refused_even_if_the_champion_is_worse_still() -> None:
    verdict = decide(gate(ratio=0.8, baseline=0.7))

    assert not verdict.promote
    assert "above the best simple baseline's; it must be below" in verdict.reason


def test_one_quantity_that_a_simple_baseline_does_better_is_refused_by_name() -> None:
    flow = gate(ratio=0.6, noise=0.01)
    speed = gate(ratio=0.8, noise=0.01, baseline=0.7).with_columns(pl.lit("speed").alias("quantity"))

    verdict = decide(pl.concat([flow, speed]))

    assert not verdict.promote
    assert "its loss on speed is" in verdict.reason
    assert "on flow" not in verdict.reason


def test_the_first_model_needs_only_the_baseline_and_its_quantiles() -> None:
    first = decide(gate(champion=False))
    useless = decide(gate(champion=False, baseline=0.9))

    assert first.promote
    assert first.reason.startswith("first model: its loss is 2")
    assert "to_champion" not in first.figures
    assert not useless.promote


def test_quantities_count_alike_whatever_their_unit_and_number_of_rows() -> None:
    flow = gate(ratio=0.9, noise=0.0)
    fill = gate(ratio=1.1, noise=0.0).with_columns(
        pl.lit("fill").alias("quantity"),
        pl.col("loss", "champion_loss", "baseline_loss") / 1_000,
        rows=pl.lit(10, pl.Int64),
        below=pl.lit(1, pl.Int64),
        above=pl.lit(1, pl.Int64),
    )

    verdict = decide(pl.concat([flow, fill]))

    assert verdict.figures["to_champion"] == pytest.approx(0.0, abs=1e-9)
    assert not verdict.promote


def test_one_day_can_crown_a_first_model_but_dethrone_nobody() -> None:
    assert decide(gate(days=1, champion=False)).promote
    against = decide(gate(days=1, ratio=0.5))

    assert not against.promote
    assert "a gate of one day has no interval" in against.reason


def test_the_same_evidence_and_seed_give_the_same_verdict() -> None:
    evidence = gate(ratio=0.97)

    assert decide(evidence, seed=4) == decide(evidence.sample(fraction=1, shuffle=True, seed=9), seed=4)


def test_evidence_counts_rows_losses_and_what_lies_outside() -> None:
    random = np.random.default_rng(1)
    truth = random.standard_normal(40_000)
    said = np.tile([-SIDE, 0.0, SIDE], (len(truth), 1))
    days = [FIRST + timedelta(days=number) for number in range(40) for _ in range(1_000)]

    evidence = gate_evidence(
        "speed", truth, said, 2.0 * said, day=days, district_id=["east"] * len(truth), champion=said, seed=1
    )

    assert evidence.height == 40
    assert evidence["rows"].sum() == 40_000
    assert evidence["below"].sum() / 40_000 == pytest.approx(0.1, abs=0.006)
    assert evidence["above"].sum() / 40_000 == pytest.approx(0.1, abs=0.006)
    assert evidence["loss"].to_list() == evidence["champion_loss"].to_list()
    # E of the pinball loss of a normal's own q quantile is its density there: (2 x 0.1755 + 0.3989) / 3.
    assert evidence["loss"].mean() == pytest.approx(0.25, abs=0.005)
    assert evidence.select((pl.col("loss") < pl.col("baseline_loss")).all()).item()


def test_a_pile_of_ties_is_outside_by_a_fair_coin() -> None:
    truth = np.zeros(10_000)
    said = np.zeros((10_000, 3))

    evidence = gate_evidence(
        "fill", truth, said, said, day=[FIRST] * 10_000, district_id=["east"] * 10_000, champion=None, seed=1
    )

    assert evidence["below"].item() == pytest.approx(5_000, abs=200)
    assert evidence["above"].item() == pytest.approx(2_500, abs=200)
    assert evidence["champion_loss"].item() is None


def test_a_silent_champion_is_answered_for_by_the_baseline_and_a_silent_challenger_is_an_error() -> None:
    truth, said = np.array([1.0, 2.0, np.nan]), np.ones((3, 3))
    champion = np.array([[1.0, 1.0, 1.0], [np.nan] * 3, [1.0, 1.0, 1.0]])
    where = {"day": [FIRST] * 3, "district_id": ["east"] * 3}

    evidence = gate_evidence("flow", truth, said, said, champion=champion, seed=1, **where)  # type: ignore[arg-type]

    assert evidence["rows"].item() == 2
    assert evidence["champion_loss"].item() == evidence["baseline_loss"].item()
    with pytest.raises(BrokenRuleError, match=r"the challenger says nothing for 1 of 2 rows"):
        gate_evidence("flow", truth, champion, said, seed=1, **where)  # type: ignore[arg-type]


def test_the_best_of_the_simple_baselines_is_the_one_with_the_least_loss() -> None:
    truth = np.array([1.0, 2.0, 3.0, np.nan])
    near, far = np.tile(truth[:, None], 3) + 0.1, np.tile(truth[:, None], 3) + 5.0

    assert best_baseline(truth, {"far": far, "near": near}) == "near"
