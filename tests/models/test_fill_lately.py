"""The doubt about growing heaps follows the last two weeks that were known, and nothing that came later."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.arrays import DAY_S, Floats, Ints, seconds
from features.waste import FillRows, WasteFeatures
from models.bundle import Part
from models.fill_baseline import lead_h
from models.fill_lately import LEAST_READINGS, corrected_lately
from models.quantile_gbm import QUANTILES, Settled
from models.waste_judging import waste_windows
from models.waste_sampling import sampled_fills
from models.waste_training import FillSizes, teach_fill
from tests.features.small_city import MONDAY, reading, readings, surroundings

DAYS, POINTS = 60, 40
LEARNED_DAYS = 30
WILDER_FROM = 35
LEARNED = seconds(MONDAY + timedelta(days=LEARNED_DAYS))


def visited(*, wilder_from: int = DAYS, points: int = POINTS, days: int = DAYS) -> pl.DataFrame:
    """Every morning half full, give or take 0.04; from a day on three times as wild. Sums of 1/64 are exact."""
    random = np.random.default_rng(6)
    rows = []
    for point in range(points):
        for day in range(days):
            found = 0.5 + random.normal(0.0, 0.12 if day >= wilder_from else 0.04)
            rows.append(reading(f"p{point}", 24.0 * day + 8, max(round(64 * found) / 64, 0.0), emptied=True))
    return readings(rows)


def features_of(rows: pl.DataFrame) -> WasteFeatures:
    return WasteFeatures.fit(rows, (), surroundings())


@pytest.fixture(scope="module")
def part() -> Part:
    """Learned on days as they always were."""
    features = features_of(visited(days=LEARNED_DAYS))
    windows = waste_windows(int(features.fills.at_s.min()), int(features.fills.at_s.max()))
    sizes = FillSizes(fit=3_000, tune=1_000, calibrate=1_000, gate=1_000, visits=0)
    settled = Settled(rounds=30, threads=1)
    return teach_fill(features, windows, settled, sizes, advance=lambda _count: None).model.growth


def shares_outside(truth: Floats, said: Floats) -> tuple[float, float]:
    return float(np.mean(truth < said[:, 0])), float(np.mean(truth > said[:, -1]))


def test_when_days_become_wilder_the_doubt_follows_within_two_weeks(part: Part) -> None:
    features = features_of(visited(wilder_from=WILDER_FROM))
    window = (seconds(MONDAY + timedelta(days=WILDER_FROM + 15)), seconds(MONDAY + timedelta(days=DAYS)))
    asked, truth = sampled_fills(features, window, 2_000, 9, natural_share=1.0)
    off = truth - asked.expected

    still = part.predict(features.apply(asked), lead_h(asked), threads=1)
    followed = corrected_lately(features, part, asked, seed=1, threads=1)

    assert min(shares_outside(off, still)) > 0.2
    assert shares_outside(off, followed) == pytest.approx((QUANTILES[0], 1 - QUANTILES[-1]), abs=0.04)
    assert followed[:, 1] == pytest.approx(still[:, 1])


def rows_at(origin_s: int, points: int = POINTS) -> FillRows:
    series: Ints = np.arange(points)
    return FillRows(series=series, origin_s=np.full(points, origin_s), valid_s=np.full(points, origin_s + DAY_S))


def test_what_becomes_known_after_the_origin_changes_nothing(part: Part) -> None:
    origin_s = seconds(MONDAY + timedelta(days=WILDER_FROM + 5, hours=5))
    given = visited(wilder_from=WILDER_FROM)
    later = pl.col("known_at").dt.epoch("s") > origin_s
    changed = given.with_columns(pl.when(later).then(3.0).otherwise("fill_level").alias("fill_level"))

    said = [
        corrected_lately(features, part, features.ask(rows_at(origin_s)), seed=1, threads=1)
        for features in (features_of(given), features_of(changed))
    ]

    assert said[0].tolist() == said[1].tolist()


def test_a_few_readings_leave_what_was_learned(part: Part) -> None:
    points = LEAST_READINGS // 14 - 2
    features = features_of(visited(wilder_from=WILDER_FROM, points=points))
    asked = features.ask(rows_at(seconds(MONDAY + timedelta(days=DAYS)), points))

    said = corrected_lately(features, part, asked, seed=1, threads=1)

    assert said.tolist() == part.predict(features.apply(asked), lead_h(asked), threads=1).tolist()


def test_nothing_asked_is_nothing_said(part: Part) -> None:
    features = features_of(visited(days=LEARNED_DAYS))
    nothing: Ints = np.empty(0, np.int64)

    asked = features.ask(FillRows(series=nothing, origin_s=nothing, valid_s=nothing))

    assert corrected_lately(features, part, asked, seed=1, threads=1).shape == (0, len(QUANTILES))
