"""A chance from rates: the stream's rate where nothing more is known, more where something is, audits counted in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Columns, Floats
from features.visit_rates import BASE
from models.metrics import brier
from models.rate_law import RateLaw

ROWS = 20_000


def odds_of(chance: Floats) -> Floats:
    return np.log(chance / (1.0 - chance))


def columns(base: Floats, point: Floats) -> Columns:
    return {BASE: odds_of(base).astype(np.float32), "point_60": odds_of(point).astype(np.float32)}


def chance_of(odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-odds))


def drawn(chance: Floats, seed: int = 2) -> Floats:
    return (np.random.default_rng(seed).random(len(chance)) < chance).astype(np.float64)


def test_of_no_rows_the_streams_rate_stays_as_it_is() -> None:
    rates = columns(np.array([0.04, 0.3]), np.array([0.5, 0.01]))
    empty = {name: values[:0] for name, values in rates.items()}
    law = RateLaw.fit(empty, np.empty(0), np.empty(0))

    assert chance_of(law.odds(rates)) == pytest.approx([0.04, 0.3], abs=1e-6)


def test_points_that_keep_their_own_rate_are_told_by_it() -> None:
    point = np.random.default_rng(1).uniform(0.01, 0.6, ROWS)
    base = np.full(ROWS, 0.2)
    happened = drawn(point)
    law = RateLaw.fit(columns(base, point), happened, np.ones(ROWS))

    said = chance_of(law.odds(columns(base, point)))
    assert np.abs(said - point).mean() < 0.02
    assert brier(happened, said) < 0.9 * brier(happened, base)


def test_where_points_are_alike_their_chance_differences_are_not_believed() -> None:
    """The point's rate is noise around the stream's: the law hardly follows it."""
    base = np.full(ROWS, 0.1)
    noise = np.random.default_rng(3).uniform(0.02, 0.3, ROWS)
    law = RateLaw.fit(columns(base, noise), drawn(base), np.ones(ROWS))

    assert abs(law.weights["point_60"]) < 0.1


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0.1, 0.5))
def test_weights_speak_for_the_visits_that_were_not_made(share: float) -> None:
    """Full bins are always seen, others with chance `share` and weight 1 / share: the law finds the whole's rate."""
    full = drawn(np.full(ROWS, 0.2), seed=5)
    seen = (full > 0) | (np.random.default_rng(6).random(ROWS) < share)
    weight = np.where(full > 0, 1.0, 1.0 / share)[seen]
    rates = columns(np.full(int(seen.sum()), 0.5), np.full(int(seen.sum()), 0.5))

    weighed = RateLaw.fit(rates, full[seen], weight)
    plain = RateLaw.fit(rates, full[seen], np.ones(int(seen.sum())))

    assert chance_of(weighed.odds(rates))[0] == pytest.approx(full.mean(), abs=0.015)
    assert chance_of(plain.odds(rates))[0] > 0.28


def test_what_is_written_is_what_is_read() -> None:
    law = RateLaw(weights={"constant": -0.25, BASE: 0.9, "point_60": 0.125})

    assert RateLaw.read(law.text()) == law
