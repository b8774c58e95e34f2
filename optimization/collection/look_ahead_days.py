"""Which of the next seven days a truck is worth sending to a zone, decided for all its points at once.

A truck's day costs the same for one point as for thirty, so points should come due together. For a zone (points of one
stream that one shift can serve) every set D of the days 0 to 6 is tried:

    cost(D) = |D| x opening + sum over points of  min over visits on days of D of  visits x c + price x overflows + V

c being a point's own share of a visit (its work and the way from its neighbours) and V the relative value of its age
after the last day. What skipping today costs more than serving it, the other days being those of the best D, is the
price that today's router weighs. Of the points worth their own share on a day of D the prices add up to the opening at
least, else D without that day would have been cheaper: so the router sends the truck when the whole zone says so.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from optimization.collection.look_ahead import LOOK_AHEAD_DAYS, Cycles, Floats, Outlook, between


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePlan:
    """`open_days` of the next week from today on; `prices` of leaving each point today; `cost` of the week."""

    open_days: tuple[bool, ...]
    prices: Floats
    cost: float


def zone_plan(outlook: Outlook, own_costs: Floats, opening: float, overflow_price: float, cycles: Cycles) -> ZonePlan:
    """`own_costs` per point; `opening` of a truck's day in the zone: shift, way there, tip and back."""
    week = LOOK_AHEAD_DAYS
    serve = own_costs + overflow_price * outlook.fresh[:, 1]
    # Rows: sets of days still ahead. Columns of `fresh`: ages from 1 on at the moment of the day's visit.
    left = _value_at(cycles, outlook.age_after)[None, :]
    fresh = cycles.values[None, :, : week + 1]
    sets: list[tuple[bool, ...]] = [()]
    after: tuple[Floats, Floats, list[tuple[bool, ...]]] = (left, fresh, sets)
    for day in range(week - 1, -1, -1):
        after = left, fresh, sets
        ages = day + 1 if day else 1
        wait_fresh = overflow_price * outlook.fresh[None, :, 2 : ages + 2] + fresh[:, :, 1 : ages + 1]
        wait_left = overflow_price * outlook.left[None, :, day + 1] + left
        go = serve[None, :] + fresh[:, :, 0]
        left = np.concatenate([wait_left, np.minimum(wait_left, go)])
        fresh = np.concatenate([wait_fresh, np.minimum(wait_fresh, go[:, :, None])])
        sets = [(opened, *rest) for opened, rest in product((False, True), sets)]
    costs = left.sum(axis=1) + opening * np.array([sum(days) for days in sets])
    best = int(np.argmin(costs))
    later = after[2].index(sets[best][1:])
    waiting = overflow_price * outlook.left[:, 1] + after[0][later]
    prices = np.maximum(waiting - overflow_price * outlook.fresh[:, 1] - after[1][later, :, 0], 0.0)
    return ZonePlan(open_days=sets[best], prices=prices, cost=float(costs[best]))


def _value_at(cycles: Cycles, age: Floats) -> Floats:
    """V between whole ages; its first column is age 1."""
    value: Floats = between(cycles.values, np.maximum(age - 1.0, 0.0)[:, None])[:, 0]
    return value
