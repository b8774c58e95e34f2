"""The judge of choosing and routing as one: its bins, its forecast, its policies and its comparison at equal rates."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.collection_joint import compared, routed, summary
from benchmarks.collection_joint_days import DayRow, Lived, live
from benchmarks.collection_joint_forecast import Forecaster
from benchmarks.collection_joint_policies import ByRisk, FixedRounds, Joint
from benchmarks.collection_joint_towns import JUDGED_DAYS, LEARNED_DAYS, MOST_PER_DAY, Town, ankara, spread
from city.collection_problem import CollectionProblem
from features.arrays import Floats
from optimization.collection.solution import Solution
from tests.optimization.collection.towns import BY_FILL
from tests.optimization.collection.towns import Town as Plane

DAYS = JUDGED_DAYS + LEARNED_DAYS


def town(per_day: Floats) -> Town:
    """Points in a row; `per_day` is days x points."""
    plane = Plane().depot().site()
    for name in ("T1", "T2"):
        plane.truck(name)
    for k in range(per_day.shape[1]):
        plane.point(f"P{k}", 400.0 * (k + 1), 100.0 * (k % 3), price=1.0, rule=BY_FILL)
    made = plane.build()
    return Town(
        name="a row",
        points=made.points,
        trucks=made.trucks,
        depots=made.depots,
        sites=made.sites,
        travel=made.travel,
        places={},
        time_zone="Asia/Shanghai",
        first_day=date(2026, 1, 1),
        growth=per_day,
        assumed=(),
    )


def by_start(problem: CollectionProblem) -> Solution:
    return routed(problem, seconds=0.0)


def unsteady(points: int = 12) -> Floats:
    rng = np.random.default_rng(3)
    return rng.gamma(6.0, 1 / 6.0, (DAYS, points)) * np.linspace(0.12, 0.3, points)


def test_what_visits_found_is_spread_over_the_days_since_the_one_before() -> None:
    rows = pl.DataFrame({"day": [date(2026, 1, 1), date(2026, 1, 4), date(2026, 1, 4)], "units": [2.0, 1.0, 0.5]})

    grown = spread(rows, date(2026, 1, 1), date(2026, 1, 5))

    assert grown.tolist() == [0.0, 0.5, 0.5, 0.5, 0.0]


def test_the_bins_of_ankara_keep_all_that_visits_found(shared_data: Path) -> None:
    bins = ankara(shared_data / "departments" / "bins_ankara")

    assert bins.growth.shape == (DAYS, len(bins.points))
    assert bins.day(DAYS - 1) == date(2019, 12, 31)
    assert 0 < bins.growth[:LEARNED_DAYS].mean(axis=0).max() <= MOST_PER_DAY
    assert {truck.payload_kg for truck in bins.trucks} == {5000.0}


def test_chances_of_overflow_are_those_that_the_past_shows() -> None:
    grown = unsteady(40)
    known = Forecaster.learned(town(grown), until=LEARNED_DAYS)
    level = grown[:LEARNED_DAYS].mean(axis=0)

    said = known.overflow(3 * level, np.full(40, 3))
    sums = grown[LEARNED_DAYS:-2] + grown[LEARNED_DAYS + 1 : -1] + grown[LEARNED_DAYS + 2 :]

    assert (np.diff(said[np.argsort(level)]) >= 0).all()
    assert said.mean() == pytest.approx(float((sums > 1).mean()), abs=0.04)


def test_a_forecast_learns_from_what_trucks_find_and_from_nothing_else() -> None:
    known = Forecaster.learned(town(np.full((DAYS, 3), 0.2)), until=LEARNED_DAYS)
    for day in range(3):
        known.pass_day(day)

    known.visit(np.array([1.0, 0.0, 0.0]), np.array([0.9, 5.0, 5.0]))

    assert known.mean.tolist() == pytest.approx([0.0, 0.6, 0.6], abs=0.02)
    assert known.level[0] > known.level[1] == pytest.approx(known.level[2])


def test_steady_bins_never_overflow_where_rounds_or_thresholds_look_ahead() -> None:
    steady = town(np.full((DAYS, 6), 0.3))

    for policy in (FixedRounds(0.9), ByRisk(0.1)):
        lived = summary(live(steady, policy, by_start))
        assert lived["overflow"] == lived["missed"] == 0
        assert lived["visits"] > 6 * JUDGED_DAYS / 4


def test_fixed_rounds_share_their_days() -> None:
    lived = live(town(np.tile([0.2, 0.2, 0.4], (DAYS, 1))), FixedRounds(0.85), by_start)

    assert {row.visits for row in lived.rows} == {0.0, 1.0, 3.0}


def test_the_dial_trades_km_for_overflow() -> None:
    bins = town(unsteady())

    careful, bold = (summary(live(bins, Joint(dial), by_start)) for dial in (0.02, 0.2))

    assert careful["km"] > bold["km"]
    assert careful["overflow"] < 0.06 < bold["overflow"] < 0.3


def lived(km: float, overflows: float) -> Lived:
    row = DayRow(
        km=km, shifts=1, hours=1, visits=10, overflows=overflows, standing=overflows, found=5, expected=0, missed=0
    )
    return Lived(rows=[replace(row) for _ in range(JUDGED_DAYS)], points=10)


def test_km_are_compared_at_the_same_rate_and_not_beyond_the_others_curve() -> None:
    """At a rate of 20 % the straight between 100 km (10 %) and 60 km (30 %) is 80 km: 60 km are three quarters."""
    bins = town(unsteady(3))
    curves = {
        "choose_then_route": [(0.1, lived(100, 1)), (0.3, lived(60, 3))],
        "choose_then_route_fill": [(0.5, lived(120, 1)), (0.7, lived(90, 3))],
        "fixed_frequency": [(1.0, lived(50, 1)), (2.0, lived(40, 1.5))],
        "joint": [(0.2, lived(60, 2)), (0.5, lived(10, 5))],
    }

    found = compared(bins, curves, seed=1)

    assert found["km_share"]["by_dial"] == {"0.2": pytest.approx(0.75)}
    assert found["km_share"]["interval"] == pytest.approx([0.75, 0.75])
    assert found["km_share_of_fixed"]["mean"] is None
    assert found["off_dial"] == {"0.2": pytest.approx(0.0), "0.5": pytest.approx(0.0)}


def test_days_follow_each_other() -> None:
    bins = town(unsteady(3))

    assert bins.day(1) - bins.day(0) == timedelta(days=1)
    assert bins.judged_from == LEARNED_DAYS
