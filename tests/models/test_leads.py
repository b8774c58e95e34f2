"""Which leads are taught, and what lies between them."""

import numpy as np
import pytest

from features.arrays import DAY_S
from models.leads import anchors, between, judged_leads


def test_a_quarter_hourly_feed_without_delay_is_taught_from_a_quarter_to_two_days() -> None:
    at = anchors(step_s=900, first_lead=1, most_steps=10_000, horizon_s=2 * DAY_S)

    assert at[:5] == (1, 2, 4, 8, 16)
    assert 96 in at
    assert at[-1] == 192


@pytest.mark.parametrize(("step_s", "first_lead"), [(300, 1), (900, 3), (3_600, 1), (3_600, 2), (60, 5)])
def test_the_nearest_and_the_farthest_lead_count_from_when_a_count_is_known(step_s: int, first_lead: int) -> None:
    at = anchors(step_s=step_s, first_lead=first_lead, most_steps=100_000, horizon_s=2 * DAY_S)

    assert at[0] == first_lead
    assert at[-1] == first_lead - 1 + 2 * DAY_S // step_s
    assert list(at) == sorted(set(at))


def test_a_short_history_is_asked_for_near_leads_only_and_always_for_the_nearest() -> None:
    assert anchors(step_s=900, first_lead=2, most_steps=20, horizon_s=2 * DAY_S)[-1] == 17
    assert anchors(step_s=900, first_lead=2, most_steps=0, horizon_s=2 * DAY_S) == (2,)


def test_between_two_anchors_it_is_linear_and_outside_flat() -> None:
    off = np.array([[0.0, 10.0], [4.0, 30.0]])

    said = between((2, 6), off, np.array([1, 2, 3, 5, 6, 9]))

    np.testing.assert_allclose(said[:, 0], [0, 0, 1, 3, 4, 4])
    np.testing.assert_allclose(said[:, 1], [10, 10, 15, 25, 30, 30])


def test_most_judged_leads_lie_within_a_day_and_all_within_the_horizon() -> None:
    leads = judged_leads(step_s=900, first_lead=2, horizon_s=2 * DAY_S)

    assert leads[0] == 2
    assert leads[-1] < 2 + 192
    assert (leads <= 97).mean() > 0.7
