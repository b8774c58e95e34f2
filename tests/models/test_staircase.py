"""A law over shown amounts: its quantiles are amounts or lie between them, and ranks are even where it is right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.staircase import Staircase

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
AMOUNTS = np.array([[0.6, 0.8]])
HELD = np.array([[True, True]])
MOST = np.array([1.0])


def law(*chances: float, piled: bool) -> Staircase:
    return Staircase.of(AMOUNTS, HELD, np.array([chances]), MOST, piled=piled)


def test_a_quantile_of_piled_amounts_is_the_least_amount_whose_chance_reaches_it() -> None:
    said = law(0.2, 0.5, piled=True).quantiles(DECILES)

    assert said.tolist() == [[0.6, 0.6, 0.8, 0.8, 0.8, 1.0, 1.0, 1.0, 1.0]]


def test_measured_amounts_lie_evenly_between_the_steps() -> None:
    said = law(0.2, 0.5, piled=False).quantiles((0.1, 0.35, 0.75))

    assert said[0] == pytest.approx([0.5, 0.7, 0.9])


def test_chances_that_fall_are_raised_to_the_one_before() -> None:
    assert law(0.5, 0.2, piled=True).quantiles((0.4, 0.5, 0.6)).tolist() == [[0.6, 0.6, 1.0]]


def test_a_point_that_showed_one_amount_says_that_amount() -> None:
    certain = Staircase.of(AMOUNTS, np.array([[False, False]]), np.array([[0.3, 0.4]]), MOST, piled=True)

    assert certain.quantiles(DECILES).tolist() == [[1.0] * 9]


@pytest.mark.parametrize("piled", [True, False])
def test_ranks_are_even_where_the_law_is_right_and_not_where_it_is_wrong(*, piled: bool) -> None:
    random, count = np.random.default_rng(3), 4_000
    shape = (count, 1)
    right = Staircase.of(
        np.tile(AMOUNTS, shape), np.tile(HELD, shape), np.tile([[0.2, 0.5]], shape), np.tile(MOST, count), piled=piled
    )
    drawn = random.random(count)
    truth = (
        np.select([drawn < 0.2, drawn < 0.5], [0.6, 0.8], 1.0)
        if piled
        else np.interp(drawn, [0.0, 0.2, 0.5, 1.0], [0.4, 0.6, 0.8, 1.0])
    )

    rank = right.rank(truth, seed=1)
    assert np.quantile(rank, DECILES) == pytest.approx(np.array(DECILES), abs=0.03)
    assert np.mean(right.rank(np.full(count, 1.0), seed=1) > 0.5) > 0.99


@given(
    chances=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2),
    levels=st.lists(st.floats(0.01, 0.99), min_size=2, max_size=6),
    piled=st.booleans(),
)
def test_quantiles_never_cross_and_stay_within_what_was_shown(
    *, chances: list[float], levels: list[float], piled: bool
) -> None:
    said = law(*chances, piled=piled).quantiles(tuple(sorted(levels)))[0]

    assert (np.diff(said) >= -1e-9).all()
    assert said.min() >= 0.0
    assert said.max() <= 1.0
