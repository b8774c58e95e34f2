"""One dial for the dispatcher: at most so many of a hundred visits may come after an overflow.

The dial becomes a price of a day overflowed. The coming weeks are lived through on the forecast alone, zone by zone,
each day served as the look-ahead would have it; the price is the least at which overflows expected over visits made
stay at the dial. Nothing that happened is used, so the same forecast gives the same price.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optimization.collection.look_ahead import LOOK_AHEAD_DAYS, Cycles, Floats, Outlook, between, standing, stationary
from optimization.collection.look_ahead_days import zone_plan

LIVED_DAYS = 120
KEPT_DAYS = 10
MOST_ZONES = 24  # lived through; of more, some spread over all
_HALVINGS = 16
_MOST_VISITS = 500.0  # a day overflowed is never priced higher than so many visits
_FORCE = 0.2
_STALE = 1.25  # values are found anew once the price has moved by so much
_MOST_OFF = 8.0  # times the dial that one day may count


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Points that one shift can serve: `members` are their numbers, `own_costs` and `opening` as in `zone_plan`."""

    members: tuple[int, ...]
    own_costs: Floats
    opening: float

    @property
    def shared_costs(self) -> Floats:
        """Costs of a visit per point if all points of the zone are served together."""
        costs: Floats = self.own_costs + self.opening / len(self.members)
        return costs


@dataclass(slots=True, kw_only=True)
class DialKeeper:
    """Moves the price by what plans let expect: up where more overflow than the dial lets, else down."""

    dial: float
    price: float
    most: float = np.inf  # where no price keeps to the dial, because points overflow within a day
    usual_visits: float = 0.0
    prices: list[float] = field(default_factory=list)

    @property
    def usual_price(self) -> float:
        """Geometric mean of the later half of the days."""
        return float(np.exp(np.mean(np.log(self.prices[len(self.prices) // 2 :]))))

    def learn(self, *, visits: float, overflows: float) -> None:
        """Of one day's plan: visits made, and overflows expected to begin before the next day's visits.

        A step of dual ascent on `overflows <= dial x visits`: over many days the steps only add up to nothing where
        the dial is kept.
        """
        share = 1.0 / min(len(self.prices) + 1, KEPT_DAYS)
        self.usual_visits += share * (visits - self.usual_visits)
        too_many = (overflows - self.dial * visits) / (self.dial * max(self.usual_visits, 1.0))
        self.price = min(self.price * float(np.exp(_FORCE * np.clip(too_many, -_MOST_OFF, _MOST_OFF))), self.most)
        self.prices.append(self.price)


def part_of(outlook: Outlook, members: Sequence[int]) -> Outlook:
    rows = np.array(members)
    return Outlook(left=outlook.left[rows], fresh=outlook.fresh[rows], age_after=outlook.age_after[rows])


def price_of_overflow(outlook: Outlook, zones: Sequence[Zone], dial: float) -> float:
    """The price of a day overflowed, in the unit of the costs, at which the coming weeks keep to the dial.

    `dial` is a share of visits in (0, 1).
    """
    some = [zones[k] for k in np.unique(np.linspace(0, len(zones) - 1, MOST_ZONES).round().astype(int))]
    return lived_through(outlook, some, keeper_of(outlook, some, dial)).usual_price


def keeper_of(outlook: Outlook, zones: Sequence[Zone], dial: float) -> DialKeeper:
    """Starts at the price at which points that pay their share of every visit keep to the dial, each on its own."""
    fresh = np.concatenate([outlook.fresh[list(zone.members)] for zone in zones])
    costs = np.concatenate([zone.shared_costs for zone in zones])
    most = _MOST_VISITS * float(costs.max() + 1e-6)
    low, high = np.log(float(costs.min()) + 1e-6) - 3.0, np.log(most)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        age = stationary(np.cumsum(fresh, axis=1), costs, float(np.exp(middle))).best_age
        if np.average(fresh[np.arange(len(age)), age], weights=1.0 / age) > dial:
            low = middle
        else:
            high = middle
    return DialKeeper(dial=dial, price=float(np.exp(high)), most=most)


def lived_through(outlook: Outlook, zones: Sequence[Zone], keeper: DialKeeper) -> DialKeeper:
    """The coming weeks, served as the look-ahead says; every day the keeper moves the price."""
    parts = [part_of(outlook, zone.members) for zone in zones]
    ages = [np.maximum(part.age_after - LOOK_AHEAD_DAYS, 0.0) for part in parts]
    cycles: list[Cycles] = []
    valued_at = 0.0
    for _ in range(LIVED_DAYS):
        if not valued_at / _STALE < keeper.price < valued_at * _STALE:
            valued_at = keeper.price
            cycles = [
                stationary(standing(part).fresh, zone.shared_costs, valued_at)
                for part, zone in zip(parts, zones, strict=True)
            ]
        visits = overflows = 0.0
        for number, (zone, part) in enumerate(zip(zones, parts, strict=True)):
            ages[number], served, begun = _live(part, ages[number], zone, keeper.price, cycles[number])
            visits, overflows = visits + served, overflows + begun
        keeper.learn(visits=visits, overflows=overflows)
    return keeper


def _live(outlook: Outlook, age: Floats, zone: Zone, price: float, cycles: Cycles) -> tuple[Floats, float, float]:
    """Tomorrow's ages, visits made and overflows that are expected to begin."""
    left = between(outlook.fresh, age[:, None] + np.arange(LOOK_AHEAD_DAYS + 1))
    today = replace(outlook, left=left, age_after=age + LOOK_AHEAD_DAYS)
    plan = zone_plan(standing(today), zone.own_costs, zone.opening, price, cycles)
    served = (plan.prices > zone.own_costs) & plan.open_days[0]
    begun = np.where(served, outlook.fresh[:, 1], left[:, 1] - left[:, 0]).sum()
    return np.where(served, 1.0, age + 1.0), float(served.sum()), float(begun)
