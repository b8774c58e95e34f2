"""The dial: a price that keeps overflows at the share asked for, found on the forecast alone."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.stats import gamma

from optimization.collection.look_ahead import LOOK_AHEAD_DAYS, OLDEST_DAYS, Outlook
from optimization.collection.overflow_dial import (
    LIVED_DAYS,
    DialKeeper,
    Zone,
    keeper_of,
    lived_through,
    price_of_overflow,
)


@dataclass(slots=True, kw_only=True)
class Remembering(DialKeeper):
    """Keeps all days, not the last ones only."""

    days: list[tuple[float, float]] = field(default_factory=list)

    def learn(self, *, visits: float, overflows: float) -> None:
        self.days.append((visits, overflows))
        DialKeeper.learn(self, visits=visits, overflows=overflows)


def town(count: int = 40) -> tuple[Outlook, tuple[Zone, ...]]:
    """Points that fill in three to ten days, with a spread of two fifths a day, in two zones."""
    rate = np.linspace(0.1, 0.33, count)[:, None]
    age = np.arange(OLDEST_DAYS + 1)[None, :]
    shape = np.maximum(age, 0.01) / 0.16
    fresh = np.where(age > 0, gamma.sf(1.0, shape, scale=rate * 0.16), 0.0)
    ago = np.arange(count) % 4
    after = ago.astype(np.float64) + LOOK_AHEAD_DAYS
    left = np.array([row[k : k + LOOK_AHEAD_DAYS + 1] for row, k in zip(fresh, ago, strict=True)])
    outlook = Outlook(left=left, fresh=fresh, age_after=after)
    members = np.arange(count)
    zones = tuple(
        Zone(members=tuple(int(k) for k in part), own_costs=np.full(len(part), 8.0), opening=300.0)
        for part in (members[::2], members[1::2])
    )
    return outlook, zones


@pytest.mark.parametrize("dial", [0.03, 0.1])
def test_the_coming_weeks_keep_to_the_dial(dial: float) -> None:
    outlook, zones = town()

    start = keeper_of(outlook, zones, dial)
    seen = Remembering(dial=dial, price=start.price, most=start.most)
    lived_through(outlook, zones, seen)

    visits, overflows = np.array(seen.days[LIVED_DAYS // 2 :]).sum(axis=0)
    assert overflows / visits == pytest.approx(dial, abs=0.01)


def test_fewer_overflows_cost_more() -> None:
    outlook, zones = town()

    assert price_of_overflow(outlook, zones, 0.02) > 1.5 * price_of_overflow(outlook, zones, 0.1)


def test_the_same_forecast_gives_the_same_price() -> None:
    assert price_of_overflow(*town(), 0.05) == price_of_overflow(*town(), 0.05)


def test_a_keeper_raises_the_price_above_the_dial_and_lowers_it_below() -> None:
    often, seldom = (DialKeeper(dial=0.05, price=100.0) for _ in range(2))
    for _ in range(5):
        often.learn(visits=40, overflows=8)
        seldom.learn(visits=40, overflows=0.4)

    assert often.price > 100.0 > seldom.price


def test_a_dial_that_no_price_can_keep_ends_at_the_highest_price() -> None:
    """Bins that overflow within a day whoever comes."""
    outlook, zones = town()
    hopeless = Outlook(left=np.ones_like(outlook.left), fresh=outlook.fresh * 0 + 1.0, age_after=outlook.age_after)
    keeper = keeper_of(hopeless, zones, 0.05)

    for _ in range(30):
        keeper.learn(visits=40, overflows=40)

    assert keeper.price == keeper.most < np.inf
