"""Today's intervals after days of which the noise is known: honest ones, wild ones, and some never measured."""

import numpy as np
import pytest
from scipy.stats import norm

from features.arrays import Floats, Ints, Narrow
from models.congestion_doubt import Doubt
from models.congestion_lately import LARGE, Lately, looked_back, origins_per_day, past_origins, witnesses

SLOTS, DAYS = 96, 5
LEADS = (1, 4, 16, 96, 192)
LEVEL = 10.0
SAID: Floats = LEVEL + np.array([norm.ppf(level) for level in (0.1, 0.5, 0.9)])


def days(noise_of_day: Floats, sensors: int, seed: int = 1) -> Narrow:
    noise = np.repeat(noise_of_day, SLOTS)[:, None]
    off = np.random.default_rng(seed).normal(0, 1, (DAYS * SLOTS, sensors)) * noise
    return (LEVEL + off).astype(np.float32)


def looked(values: Narrow, *, past: Ints | None = None) -> Lately:
    sensors = values.shape[1]
    origins = past_origins(len(values) - 1, SLOTS, sensors, taught_until=0) if past is None else past
    said = {lead: np.tile(SAID, (len(origins), sensors, 1)) for lead in LEADS}
    per_day = origins_per_day(sensors, SLOTS)
    return looked_back(said, origins, values, Doubt(), per_day=per_day, slots_per_day=SLOTS)


WILD = np.array([1.0, 1.0, 1.0, 1.0, 2.0])


def test_noise_that_doubled_yesterday_makes_todays_intervals_wider() -> None:
    found = looked(days(WILD, 300))
    today = np.tile(SAID, (300, 2, 1))

    moved = found.corrected(today, np.array([1, 40]))

    assert (found.factors[:4] > 1.3).all()
    assert (found.factors < 2.0).all()
    assert (moved[..., 2] - moved[..., 0] > 1.3 * (SAID[2] - SAID[0])).all()
    np.testing.assert_array_equal(moved[..., 1], today[..., 1])
    sentence = found.sentence("flow", 900)
    assert sentence is not None
    assert "flow: in the last 2 days" in sentence
    assert "times as wide" in sentence


@pytest.mark.parametrize("sensors", [3, 60, 300])
def test_honest_intervals_stay_nearly_as_they_are_however_few_detectors_there_are(sensors: int) -> None:
    for seed in range(5):
        found = looked(days(np.ones(DAYS), sensors, seed))

        assert np.abs(found.factors - 1).max() < 0.12
        assert found.sentence("flow", 900) is None


def test_only_the_side_that_was_off_is_made_wider() -> None:
    found = looked(days(np.ones(DAYS), 300) - np.repeat([0, 0, 0, 0, 1.0], SLOTS).astype(np.float32)[:, None])

    assert (found.factors[:4, 0] > LARGE).all()
    assert (found.factors[:4, 1] <= 1.0).all()


def test_a_lead_that_hardly_came_true_is_corrected_like_the_next_nearer_one() -> None:
    found = looked(days(WILD, 300))

    np.testing.assert_array_equal(found.factors[-1], found.factors[-2])


def test_what_the_learners_were_taught_on_is_no_witness() -> None:
    taught_until = DAYS * SLOTS - 20

    past = past_origins(DAYS * SLOTS - 1, SLOTS, 300, taught_until=taught_until)

    assert (past >= taught_until).all()
    np.testing.assert_array_equal(looked(days(WILD, 300), past=past).factors, 1.0)
    np.testing.assert_array_equal(looked(days(WILD, 300), past=past[:0]).factors, 1.0)


def test_where_nothing_was_measured_nothing_is_corrected() -> None:
    silent = np.full((DAYS * SLOTS, 4), np.nan, np.float32)

    np.testing.assert_array_equal(looked(silent).factors, 1.0)


def test_intervals_reach_no_lower_than_nothing() -> None:
    wide = Lately(at=LEADS, factors=np.full((len(LEADS), 2), 2.0), outside=(0.3, 0.3))

    moved = wide.corrected(np.array([[[1.0, 3.0, 4.0]]]), np.array([1]))

    np.testing.assert_allclose(moved, [[[0.0, 3.0, 5.0]]])


def test_few_detectors_are_asked_more_often_and_of_many_only_some() -> None:
    assert [origins_per_day(count, SLOTS) for count in (1, 40, 500)] == [24, 12, 6]
    assert origins_per_day(1, 4) == 4
    assert (len(witnesses(7)), len(witnesses(500)), witnesses(500).max()) == (7, 100, 499)
