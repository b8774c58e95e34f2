"""The hours that are run in SUMO, and the lamps that it is shown."""

from datetime import date, timedelta

import numpy as np

from benchmarks.simulate_net import lanes_of, lights_of
from benchmarks.simulate_sumo import PEAK_HOURS, SAMPLES, sampled_hours
from features.sources.synthetic import CityStepper
from serving.simulation.delays import Judge
from serving.simulation.opponents import kind_of

DAYS = [date(2026, 3, 31) + timedelta(days=k) for k in range(30)]


def test_three_peak_hours_of_workdays_are_drawn_by_the_seed() -> None:
    hours = sampled_hours(DAYS, seed=1)
    assert len(set(hours)) == SAMPLES
    assert all(kind_of(hour.day) == "workday" and hour.starts_s // 3600 in PEAK_HOURS for hour in hours)
    assert hours == sampled_hours(DAYS, seed=1)
    assert hours != sampled_hours(DAYS, seed=2)


def test_a_movement_shows_green_then_yellow_then_red() -> None:
    judge = Judge.of(CityStepper(seed=3, scale=0.1).world)
    street = next(iter(judge.streets.values()))
    lit = np.array([False, True, True, False, False, False, False, False])
    lamps = dict.fromkeys(street.group_ids, lit)
    straight = next(k for k in range(len(street.movements)) if street.streets.foes[k, 0] < 0)
    assert "".join(lights_of(street, straight, lamps)) == "rGGyyyrr"


def test_every_movement_has_a_lane_and_right_turns_stand_at_the_kerb() -> None:
    judge = Judge.of(CityStepper(seed=3, scale=1.0).world)
    for street in judge.streets.values():
        used = {k for arm in street.arms for lane in lanes_of(street, arm) for k in lane}
        assert used == set(range(len(street.movements)))
        for arm in street.arms:
            lanes = lanes_of(street, arm)
            rights = [n for n, lane in enumerate(lanes) if any(street.movements[k].turn == "right" for k in lane)]
            lefts = [n for n, lane in enumerate(lanes) if any(street.movements[k].turn == "left" for k in lane)]
            assert not rights or rights == [0]
            assert not lefts or max(lefts) == len(lanes) - 1
