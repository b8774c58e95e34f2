"""Fill found at visits: the law of written-down fills, its doubt kept up to date, and when it answers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from city.frames import BinReadings
from city.settings import Settings
from features.arrays import DAY_S, Floats, Ints, seconds
from features.emptyings import EmptyingRows, Emptyings
from features.waste import Asked, FillRows, WasteFeatures
from models.bundle import Bundle
from models.emptyings import EMPTYING_SETTINGS
from models.metrics import mean_pinball
from models.quantile_gbm import QUANTILES, Settled
from models.staircase import Staircase
from models.waste import forecast_waste
from models.waste_fill import saved_fill
from models.waste_found import OUTER, FoundFill, FoundLaw, days_beyond, visits_only
from models.waste_judging import waste_windows
from models.waste_sampling import sampled_fills
from models.waste_simple import SimpleFill
from models.waste_training import FillSizes, TaughtFill, teach_fill
from tests.features.small_city import MONDAY, TIME_ZONE, growing_bins, reading, readings, stored, surroundings

DAYS = 90
CUTOFF = seconds(MONDAY + timedelta(days=60))
SIZES = FillSizes(fit=3_000, tune=1_000, calibrate=1_000, gate=3_000, visits=3_000, found_rounds=30)
QUICK = replace(EMPTYING_SETTINGS, rounds=30, least_rows_in_leaf=30, threads=1)
Past = tuple[WasteFeatures, Emptyings]


def written_down(days: int, *, points: int = 30, seed: int = 4, fuller_from: int = 10_000) -> pl.DataFrame:
    """One visit a day or a day left out; weekdays find 0.8 or full, weekends 0.4 or 0.6, however long ago the last."""
    random = np.random.default_rng(seed)
    rows = []
    for point in range(points):
        for day in range(days):
            if random.random() < 0.3:
                continue
            amounts = (0.4, 0.6) if day % 7 >= 5 else (0.8, 1.0)
            found = float(random.choice(amounts, p=(0.3, 0.7))) + (0.1 if day >= fuller_from else 0.0)
            rows.append(reading(f"p{point}", 24.0 * day + 8 + point % 5, round(found, 1), emptied=True, delay_h=6.0))
    return readings(rows)


def past_of(rows: pl.DataFrame) -> Past:
    around = surroundings()
    emptyings = Emptyings.of(rows, time_zone=TIME_ZONE, calendar=around.calendar)
    return WasteFeatures.fit(rows, (), around), emptyings


@pytest.fixture(scope="module")
def past() -> Past:
    return past_of(written_down(DAYS))


@pytest.fixture(scope="module")
def found(past: Past) -> FoundFill:
    features, emptyings = past
    return FoundFill.train(features, emptyings, (seconds(MONDAY), CUTOFF), settled=QUICK, count=4_000)


@pytest.fixture(scope="module")
def taught(past: Past) -> TaughtFill:
    features, emptyings = past
    windows = waste_windows(int(features.fills.at_s.min()), int(features.fills.at_s.max()))
    return teach_fill(
        features,
        windows,
        Settled(rounds=40, threads=1),
        SIZES,
        emptyings=emptyings,
        advance=lambda _count: None,
    )


def after_cutoff(features: WasteFeatures, days: int = 30) -> tuple[Asked, Floats]:
    return sampled_fills(features, (CUTOFF + DAY_S, CUTOFF + days * DAY_S), 4_000, 9, natural_share=1.0)


def test_fills_that_are_written_down_are_said_by_their_law_which_beats_all_simple_ones(taught: TaughtFill) -> None:
    assert taught.model.found is not None
    assert taught.left_out == ()
    assert taught.metrics["fill_pinball"] < 0.8 * taught.baseline["fill_pinball_simple"]
    assert taught.baseline["fill_pinball_simple"] < taught.baseline["fill_pinball"]
    assert taught.metrics["fill_coverage_80"] == pytest.approx(0.8, abs=0.03)
    assert np.isin(np.round(taught.gate.model[:, 1], 6), (0.4, 0.6, 0.8, 1.0)).mean() > 0.95


def test_bins_that_grow_keep_to_the_growth() -> None:
    bins = growing_bins(60, points=8).filter("emptied")
    features, emptyings = past_of(bins)
    windows = waste_windows(int(features.fills.at_s.min()), int(features.fills.at_s.max()))

    taught = teach_fill(
        features, windows, Settled(rounds=40, threads=1), SIZES, emptyings=emptyings, advance=lambda _count: None
    )

    assert visits_only(features)
    assert taught.model.found is None
    assert len(taught.left_out) == 1


def test_what_is_saved_says_the_same(taught: TaughtFill, past: Past, tmp_path: Path) -> None:
    features, emptyings = past
    bundle = Bundle(
        name="waste",
        cutoff="",
        horizon_s=0,
        seed=1,
        threads=1,
        parts=taught.model.parts,
        state=pl.DataFrame({"cutoff": [""]}),
        about=taught.model.about,
    )
    model_hash = bundle.save(tmp_path / "model")
    again = saved_fill(Bundle.load(tmp_path / "model", expected_hash=model_hash))

    said = again.say(features, emptyings, taught.asked)

    assert said.quantiles == pytest.approx(taught.gate.model)


def test_a_right_law_has_even_ranks_and_ties_count_by_their_share() -> None:
    """P(0.8) = 0.3, P(1.0) = 0.7: p10 and p90 are amounts, a fair coin would count 15 % and 35 % outside."""
    rows = 20_000
    amount, held = np.tile([0.8, 1.0], (rows, 1)), np.tile([True, False], (rows, 1))
    law = Staircase.of(amount, held, np.full_like(amount, 0.3), np.full(rows, 1.0), piled=True)
    truth = np.where(np.random.default_rng(3).random(rows) < 0.3, 0.8, 1.0)

    said = FoundLaw(
        law=law,
        place=np.arange(rows),
        beyond_days=np.zeros(rows),
        escape=np.zeros(rows),
        outer=np.tile(OUTER, (rows, 1)),
    )
    rank = said.rank(truth, 1)

    assert said.quantiles[0].tolist() == [0.8, 1.0, 1.0]
    assert np.mean(rank < 0.1) == pytest.approx(0.1, abs=0.01)
    assert np.mean(rank > 0.9) == pytest.approx(0.1, abs=0.01)
    assert law.above(0.8) == pytest.approx(0.7)
    assert law.above(1.0) == pytest.approx(0.0)


def test_when_crews_begin_to_write_more_the_doubt_follows_within_two_weeks(found: FoundFill) -> None:
    features, emptyings = past_of(written_down(DAYS, fuller_from=60))
    asked, truth = sampled_fills(features, (CUTOFF + 15 * DAY_S, CUTOFF + 30 * DAY_S), 4_000, 9, natural_share=1.0)

    law = found.law(features, emptyings, asked, seed=1)
    still = replace(law, outer=np.tile(OUTER, (len(law.place), 1)))

    def off(one: FoundLaw) -> float:
        rank = one.rank(truth[law.place], 5)
        return max(abs(float(np.mean(rank < 0.1)) - 0.1), abs(float(np.mean(rank > 0.9)) - 0.1))

    assert off(law) < 0.65 * off(still)
    assert off(law) < 0.06


def test_what_becomes_known_after_the_origin_changes_nothing(past: Past, found: FoundFill) -> None:
    features, emptyings = past
    origin_s = CUTOFF + 10 * DAY_S
    series: Ints = np.arange(len(features.fills.keys))
    rows = FillRows(series=series, origin_s=np.full(30, origin_s), valid_s=np.full(30, origin_s + 2 * DAY_S))
    later = pl.col("known_at").dt.epoch("s") > origin_s
    changed = written_down(DAYS).with_columns(pl.when(later).then(0.1).otherwise("fill_level").alias("fill_level"))
    other, others = past_of(changed)

    one = found.law(features, emptyings, features.ask(rows), seed=1)
    two = found.law(other, others, other.ask(rows), seed=1)

    assert one.quantiles.tolist() == two.quantiles.tolist()
    assert one.outer.tolist() == two.outer.tolist()


def test_further_than_crews_ever_stayed_away_the_heap_goes_on(taught: TaughtFill, past: Past) -> None:
    features, emptyings = past
    known = int(features.fills.known_s.max())
    days = np.arange(1, 8)
    rows = FillRows(series=np.zeros(7, np.int64), origin_s=np.full(7, known), valid_s=known + days * DAY_S)

    said = taught.model.say(features, emptyings, features.ask(rows))

    assert said.law is not None
    assert not said.law.seen[-1]
    assert (said.quantiles >= said.law.quantiles - 1e-9).all()
    assert said.quantiles[-1, 1] > 1.5
    assert said.over[-1] > 0.9


def test_the_chance_of_overflow_never_jumps_nor_stands_still_as_time_goes_on(taught: TaughtFill, past: Past) -> None:
    """Asked every hour of a week: where the law hands over to the heap there is no step, and no hour ties with all."""
    features, emptyings = past
    known = int(features.fills.known_s.max())
    hours = np.arange(8, 168)
    rows = FillRows(series=np.zeros(160, np.int64), origin_s=np.full(160, known), valid_s=known + hours * DAY_S // 24)

    over = taught.model.say(features, emptyings, features.ask(rows)).over

    assert np.abs(np.diff(over)).max() < 0.2
    assert over[0] < 0.1
    assert over[-1] > 0.9
    assert len(np.unique(over)) > 40


def test_points_that_never_overflowed_are_still_ranked_by_their_heap(found: FoundFill, past: Past) -> None:
    features, emptyings = past
    asked, _ = after_cutoff(features, days=5)
    law = found.law(features, emptyings, asked, seed=1)
    heap = np.linspace(0.0, 1.0, len(law.place))

    never = replace(law, escape=np.full(len(law.place), 0.02))

    assert law.law.above(1.0).max() == 0.0
    assert (np.diff(never.above_full(heap)) > 0).all()
    assert never.above_full(heap).max() == pytest.approx(0.02)


def test_how_far_crews_stayed_away_is_read_from_what_was_known() -> None:
    rows = [reading("p", 24.0 * day, 0.5, emptied=True, delay_h=1.0) for day in (0, 1, 2, 5, 6, 7)]
    rows.append(reading("p", 24.0 * 17, 0.5, emptied=True, delay_h=1.0))
    _, emptyings = past_of(readings(rows))
    origin_s = seconds(MONDAY + timedelta(days=8))
    asked = EmptyingRows(
        series=np.zeros(2, np.int64), origin_s=np.full(2, origin_s), at_s=origin_s + np.array([2, 3]) * DAY_S
    )

    assert days_beyond(emptyings, asked) == pytest.approx([0.0, 1.0])


def test_the_simple_forecast_is_the_one_that_was_nearer(past: Past) -> None:
    features, emptyings = past
    asked, truth = after_cutoff(features)
    noisy = SimpleFill.fit(features, emptyings, asked, truth)

    weekly, visits = (
        mean_pinball(truth, replace(noisy, by_visits=one).predict(features, emptyings, asked)[0], QUANTILES)
        for one in (False, True)
    )

    assert noisy.by_visits == (visits < weekly)
    assert noisy.by_visits
    assert "last 20 visits" in noisy.told[0]


def test_where_sensors_read_between_visits_last_week_stays_the_simple_forecast() -> None:
    features, emptyings = past_of(growing_bins(40, points=2))
    asked, truth = sampled_fills(features, (seconds(MONDAY), CUTOFF), 500, 1, natural_share=1.0)

    simple = SimpleFill.fit(features, emptyings, asked, truth)

    assert not visits_only(features)
    assert not simple.by_visits
    assert simple.told == ()


def test_without_a_model_the_last_twenty_visits_answer_and_say_so(fresh: Settings, tmp_path: Path) -> None:
    history = stored(tmp_path, (BinReadings, written_down(40, points=10)))

    answer = forecast_waste(history, fresh, issued_at=MONDAY + timedelta(days=40), days=1)

    assert set(answer.fill["rung"]) == {"seasonal_naive"}
    assert any("last 20 visits answers" in reason for reason in answer.reasons)
    tonight = answer.fill.filter(pl.col("valid_at") == answer.fill["valid_at"].min())
    assert tonight["fill_p50"].is_between(0.4, 1.0).all()
