"""Weights of visits: who is seen only when full looks full, unless a few are seen by lot."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.audited_visits import AUDITS, MOST_WEIGHT, found_fill, learning_weights, visit_weights
from tests.features.small_city import MONDAY, reading, readings

PROBABILITY = 0.02
SERVED_ABOVE = 0.6
FULLEST = 1.2


def seen_of(points: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All fills, even from 0 to 1.2; those that a planner who serves above 0.6 sees, with their weights."""
    random = np.random.default_rng(seed)
    fill = FULLEST * random.random(points)
    served = fill > SERVED_ABOVE
    audited = ~served & (random.random(points) < PROBABILITY)
    seen = served | audited
    return fill, fill[seen], np.where(served, 1.0, 1.0 / PROBABILITY)[seen]


def test_the_plain_mean_is_as_wrong_as_theory_says_and_the_weighted_one_is_right() -> None:
    fill, seen, weight = seen_of(200_000, seed=3)
    found = found_fill(seen, weight)

    # Half the points are served (mean 0.9); of the other half (mean 0.3) a fiftieth is seen.
    biased = (0.5 * 0.9 + 0.5 * PROBABILITY * 0.3) / (0.5 + 0.5 * PROBABILITY)
    assert found.plain_mean == pytest.approx(biased, abs=0.005)
    assert found.mean == pytest.approx(fill.mean(), abs=4 * found.error)
    assert found.plain_mean - fill.mean() > 20 * found.error
    assert found.overflow_share == pytest.approx((FULLEST - 1.0) / FULLEST, abs=0.01)


def test_the_error_is_what_repetition_shows() -> None:
    cities = [seen_of(6_000, seed=number) for number in range(400)]
    runs = [(fill.mean(), found_fill(seen, weight)) for fill, seen, weight in cities]
    off = np.array([found.mean - mean for mean, found in runs])
    error = np.array([found.error for _, found in runs])

    assert abs(off.mean()) < 3 * off.std() / 20
    assert off.std() == pytest.approx(error.mean(), rel=0.15)
    # Hajek's mean over a few dozen audits is somewhat skewed: 95 % nominal is a little less.
    assert (np.abs(off) < 1.96 * error).mean() == pytest.approx(0.95, abs=0.04)


def test_without_any_audit_nothing_can_be_mended() -> None:
    fill, seen, weight = seen_of(20_000, seed=5)
    served = weight == 1.0
    found = found_fill(seen[served], weight[served])

    assert (found.error, found.audits) == (0.0, 0)
    assert found.mean == pytest.approx(found.plain_mean)
    assert found.mean > fill.mean() + 0.25


def test_an_audit_weighs_the_visit_that_answered_it() -> None:
    visits = readings(
        [
            reading("p0", 9.0, 0.9, emptied=True),
            reading("p1", 10.0, 0.2, emptied=True),
            reading("p1", 72.0, 0.8, emptied=True),
        ]
    )
    audits = pl.DataFrame(
        [("p1", "residual", MONDAY + timedelta(hours=8), PROBABILITY), ("p9", "residual", MONDAY, PROBABILITY)],
        schema=AUDITS,
        orient="row",
    )

    assert visit_weights(visits, audits).tolist() == [1.0, 50.0, 1.0]
    assert visit_weights(visits, audits.clear()).tolist() == [1.0, 1.0, 1.0]


def test_an_audit_that_nobody_drove_weighs_nothing() -> None:
    visits = readings([reading("p1", 72.0, 0.8, emptied=True)])
    audits = pl.DataFrame([("p1", "residual", MONDAY, PROBABILITY)], schema=AUDITS, orient="row")

    assert visit_weights(visits, audits).tolist() == [1.0]


def test_one_rare_audit_does_not_outweigh_a_city_in_what_learners_are_shown() -> None:
    visits = readings([reading("p1", 9.0, 0.2, emptied=True), reading("p2", 9.0, 0.9, emptied=True)])
    audits = pl.DataFrame([("p1", "residual", MONDAY + timedelta(hours=8), 0.001)], schema=AUDITS, orient="row")

    assert visit_weights(visits, audits).tolist() == [1000.0, 1.0]
    assert learning_weights(visits, audits).tolist() == [MOST_WEIGHT, 1.0]
    assert learning_weights(visits, None).tolist() == [1.0, 1.0]
