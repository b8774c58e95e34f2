"""Forecasts for any lead from those at a few: which leads learners are trained for, and what lies between them."""

from itertools import takewhile

import numpy as np

from features.arrays import Floats, Ints

QUARTER_S = 900
ANCHORS_QUARTERS = (1, 2, 4, 8, 16, 32, 56, 96, 144, 192)


def anchors(*, step_s: int, first_lead: int, most_steps: int, horizon_s: int) -> tuple[int, ...]:
    """Leads in steps from the newest known one, about doubling, up to a day and to the horizon after it is known.

    `most_steps`: no further than this, for histories too short to teach far leads; the nearest is always there.
    """
    farthest = min(first_lead - 1 + horizon_s // step_s, max(most_steps, first_lead))
    wanted = [first_lead - 1 + max(1, quarters * QUARTER_S // step_s) for quarters in ANCHORS_QUARTERS]
    held = takewhile(lambda lead: lead <= farthest, dict.fromkeys([first_lead, *wanted]))
    return tuple(sorted(set(held)))


def used_between(at: tuple[int, ...], leads: Ints) -> tuple[int, ...]:
    """Those of `at` that `between` weighs for these leads."""
    place = np.interp(leads, at, np.arange(len(at)))
    places = np.union1d(np.floor(place), np.ceil(place)).astype(np.int64)
    return tuple(at[place] for place in places)


def between(at: tuple[int, ...], off: Floats, leads: Ints) -> Floats:
    """Linear in the lead: `off` is ... x anchors x quantiles, the answer ... x leads x quantiles. Flat outside."""
    place = np.interp(leads, at, np.arange(len(at)))
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(at) - 1)
    share = (place - low)[:, None]
    found: Floats = (1 - share) * off[..., low, :] + share * off[..., high, :]
    return found


def judged_leads(*, step_s: int, first_lead: int, horizon_s: int) -> Ints:
    """Leads at which forecasts are calibrated and judged: most within a day, between the anchors too."""
    hours = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 24, 30, 36])
    steps = np.round(hours[hours * 3_600 < horizon_s] * 3_600 / step_s).astype(np.int64)
    return np.unique(first_lead - 1 + np.maximum(steps, 1))
