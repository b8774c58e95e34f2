"""Who chooses: fixed rounds, a threshold before the routing, or prices inside it."""

import numpy as np

from benchmarks.collection_joint_days import Choice, DayRow, Morning, Policy, problem_of
from city.collection_problem import Due
from features.arrays import Flags
from optimization.collection.look_ahead_demand import waiting_of
from optimization.collection.look_ahead_zones import zones_of
from optimization.collection.overflow_dial import DialKeeper, Zone, keeper_of, lived_through

PERIODS = (1, 2, 4, 8)


def chosen(mask: Flags) -> Choice:
    """What is chosen must be served, the rest not at all."""
    return Choice(due=tuple(Due.MUST if one else Due.NOT_TODAY for one in mask), price=np.zeros(len(mask)))


class FixedRounds(Policy):
    """Every 1, 2, 4 or 8 days, the longest period in which a point's mean stays below `threshold`; all start together.

    Powers of two share days, which is what makes fixed rounds cheap.
    """

    name = "fixed_frequency"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def choose(self, morning: Morning) -> Choice:
        fits = np.array([morning.known.level * period <= self.threshold for period in PERIODS])
        period = np.array(PERIODS)[np.maximum(fits.sum(axis=0) - 1, 0)]
        return chosen(morning.day % period == 0)


class ByRisk(Policy):
    """Chosen if P(overflow before tomorrow's visit) exceeds the threshold."""

    name = "choose_then_route"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def choose(self, morning: Morning) -> Choice:
        return chosen(morning.known.outlook(morning.day).left[:, 1] > self.threshold)


class ByFill(Policy):
    """Chosen if the expected fill exceeds the threshold."""

    name = "choose_then_route_fill"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def choose(self, morning: Morning) -> Choice:
        return chosen(morning.known.mean > self.threshold)


class Joint(Policy):
    """The product's: every point may be left at the price of waiting, under one dial, and the router weighs it.

    The first price is found on the forecast; then each plan's expected overflows move it. What really happened never
    does.
    """

    name = "joint"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.zones: tuple[Zone, ...] = ()
        self.keeper: DialKeeper | None = None

    def choose(self, morning: Morning) -> Choice:
        outlook = morning.known.outlook(morning.day)
        if self.keeper is None:
            count = len(morning.town.points)
            problem = problem_of(morning, Choice(due=(Due.NOT_TODAY,) * count, price=np.zeros(count)))
            self.zones = zones_of(problem, morning.town.points)
            lived = lived_through(outlook, self.zones, keeper_of(outlook, self.zones, self.threshold))
            self.keeper = DialKeeper(dial=self.threshold, price=lived.usual_price, most=lived.most)
        priority = np.ones(len(morning.town.points))
        waiting = waiting_of(outlook, self.zones, priority, dial=self.threshold, price=self.keeper.price)
        due = tuple(Due.MAY if price > 0 else Due.NOT_TODAY for price in waiting.skip_prices)
        return Choice(due=due, price=waiting.skip_prices)

    def planned(self, row: DayRow) -> None:
        if self.keeper is not None:
            self.keeper.learn(visits=row.visits, overflows=row.expected)


POLICIES: dict[str, tuple[type[ByRisk | ByFill | FixedRounds | Joint], tuple[float, ...]]] = {
    "choose_then_route": (ByRisk, (0.05, 0.15, 0.3, 0.5)),
    "choose_then_route_fill": (ByFill, (0.3, 0.4, 0.5, 0.6)),
    "fixed_frequency": (FixedRounds, (0.6, 0.8, 1.0, 1.2)),
    "joint": (Joint, (0.02, 0.05, 0.08, 0.12)),
}
