"""The judge of delays against what queueing theory knows."""

import numpy as np
import pytest

from features.sources.synthetic.seeding import Flags, Floats
from serving.simulation.queue_day import came_of
from serving.simulation.queue_kernel import Streets, Waited, stand_and_go

DAY_S = 86_400


def one_lane(*, headway_s: float, longest: int = 10_000, patience_s: float = 900.0) -> Streets:
    return Streets(
        lamp=np.array([0]), approach=np.array([0]), headway_s=np.array([headway_s]), lanes=np.array([[True]]),
        foes=np.array([[-1]]), longest=np.array([longest]), patience_s=patience_s,
    )  # fmt: skip


def lamp(*, green_s: int, cycle_s: int, seconds: int = DAY_S) -> Flags:
    return np.array([np.arange(seconds) % cycle_s < green_s])


def lived(streets: Streets, open_at: Flags, arrivals_s: Floats, movement: list[int] | None = None) -> Waited:
    who = np.zeros(len(arrivals_s), dtype=np.int64) if movement is None else np.array(movement)
    slots = -(-open_at.shape[1] // 900)
    share = np.ones((len(streets.longest), slots))
    return stand_and_go(open_at, share, came_of(arrivals_s, who, len(streets.lamp)), streets)


def mean_delay_s(found: Waited) -> float:
    return float(found.delay_s.sum() / found.came.sum())


@pytest.mark.parametrize(("green_s", "flow_veh_h"), [(40, 300), (40, 600), (30, 450), (60, 900)])
def test_evenly_spaced_vehicles_wait_as_the_uniform_delay_has_it(green_s: int, flow_veh_h: int) -> None:
    """C (1 - g/C)^2 / 2 (1 - q/s): the area between what came and what left, for 90 s and 1800 veh/h."""
    cycle_s, rate = 90, 0.5
    arrivals = np.arange(0.37, DAY_S, 3600 / flow_veh_h)
    found = lived(one_lane(headway_s=1 / rate), lamp(green_s=green_s, cycle_s=cycle_s), arrivals)
    expected_s = cycle_s * (1 - green_s / cycle_s) ** 2 / (2 * (1 - flow_veh_h / 3600 / rate))
    assert mean_delay_s(found) == pytest.approx(expected_s, rel=0.03, abs=0.5)


def test_a_lonely_vehicle_waits_half_the_red_it_may_meet() -> None:
    rng = np.random.default_rng(7)
    found = lived(one_lane(headway_s=2.0), lamp(green_s=40, cycle_s=90), np.sort(rng.uniform(0, DAY_S, 1000)))
    assert mean_delay_s(found) == pytest.approx(50**2 / (2 * 90), rel=0.06)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_an_open_lamp_is_a_queue_with_random_arrivals_and_even_service(load: float) -> None:
    """Pollaczek and Khinchine for M/D/1: x h / 2 (1 - x)."""
    rng, headway_s = np.random.default_rng(11), 2.0
    open_at, count = lamp(green_s=1, cycle_s=1), round(DAY_S * load / headway_s)
    delays = [
        mean_delay_s(lived(one_lane(headway_s=headway_s), open_at, np.sort(rng.uniform(0, DAY_S, count))))
        for _ in range(6)
    ]
    assert np.mean(delays) == pytest.approx(load * headway_s / (2 * (1 - load)), rel=0.06)


def test_random_vehicles_before_a_busy_lamp_wait_as_webster_found() -> None:
    """Webster (1958), with his correction: at x = 0.8 within a tenth of it."""
    cycle_s, green_s, rate, load = 90, 40, 0.5, 0.8
    share = green_s / cycle_s
    flow = load * rate * share
    rng = np.random.default_rng(3)
    found = [
        mean_delay_s(
            lived(
                one_lane(headway_s=1 / rate),
                lamp(green_s=green_s, cycle_s=cycle_s),
                np.sort(rng.uniform(0, DAY_S, round(flow * DAY_S))),
            )
        )
        for _ in range(4)
    ]
    webster_s = (
        cycle_s * (1 - share) ** 2 / (2 * (1 - share * load))
        + load**2 / (2 * flow * (1 - load))
        - 0.65 * (cycle_s / flow**2) ** (1 / 3) * load ** (2 + 5 * share)
    )
    assert np.mean(found) == pytest.approx(webster_s, rel=0.1)


def test_what_a_full_lamp_cannot_serve_stands_there_and_grows() -> None:
    """900 veh/h come, 1800 x 40/90 = 800 leave: 100 stand after an hour, and the wait grows by (x - 1) T / 2."""
    found = lived(one_lane(headway_s=2.0), lamp(green_s=40, cycle_s=90, seconds=3600), np.arange(0.5, 3600, 4.0))
    assert found.waiting[0, -1] == pytest.approx(100, abs=21)  # of one red more or less
    # All delay until the end: the area of the growing queue, and a red's share of every cycle.
    grown_s = 100 * 3600 / 2
    red_s = 3600 / 90 * (50**2 * 0.25 / 2) * (1 + 0.25 / 0.25)
    assert float(found.delay_s.sum()) == pytest.approx(grown_s + red_s, rel=0.06)


def test_a_green_serves_what_its_length_says() -> None:
    """33 s at 1 vehicle in 2.3 s: 14.3 on average, though each green serves a whole number."""
    arrivals = np.arange(0.5, DAY_S, 5.0)
    found = lived(one_lane(headway_s=2.3, longest=1000), lamp(green_s=33, cycle_s=90), arrivals)
    served = found.came.sum() - found.waiting[0, -1] - found.turned_off.sum()
    assert served / (DAY_S / 90) == pytest.approx(33 / 2.3, abs=0.5)


def test_nobody_joins_a_queue_that_is_too_long_and_each_is_counted_once() -> None:
    streets = one_lane(headway_s=2.0, longest=50, patience_s=900.0)
    arrivals = np.arange(0.5, 3600, 2.0)
    found = lived(streets, lamp(green_s=0, cycle_s=90, seconds=3600), arrivals)
    assert found.came.sum() == len(arrivals)
    assert found.turned_off.sum() == len(arrivals) - 50
    assert found.waiting[0, -1] == 50
    assert float(found.delay_s.sum()) == pytest.approx(900 * (len(arrivals) - 50) + (3600 - arrivals[:50]).sum())


def crossroads() -> Streets:
    """Movement 0 turns left from a lane of its own through movement 1 of the other arm."""
    return Streets(
        lamp=np.array([0, 0]), approach=np.array([0, 1]), headway_s=np.array([2.0, 2.0]),
        lanes=np.array([[True, False], [False, True]]), foes=np.array([[1], [-1]]), longest=np.array([999, 999]),
        patience_s=900.0,
    )  # fmt: skip


def test_a_left_turn_waits_for_the_queue_that_it_crosses() -> None:
    """The other arm's queue never ends: only the one who waits in the junction leaves as the lamp closes."""
    lefts, others = np.full(300, 0.0), np.zeros(900)
    found = lived(
        crossroads(),
        lamp(green_s=40, cycle_s=90, seconds=900),
        np.concatenate([lefts, others]),
        [0] * len(lefts) + [1] * len(others),
    )
    assert len(lefts) - found.waiting[0, -1] == 10
    assert len(others) - found.waiting[1, -1] == pytest.approx(10 * 20, abs=10)


def test_a_left_turn_that_crosses_nobody_does_not_wait() -> None:
    found = lived(crossroads(), lamp(green_s=1, cycle_s=1, seconds=3600), np.arange(0.5, 3600, 10.0), [0] * 360)
    assert found.delay_s.sum() == 0


def test_a_vehicle_from_the_other_side_holds_up_whoever_turns_before_it() -> None:
    near = lived(crossroads(), lamp(green_s=1, cycle_s=1, seconds=60), np.array([10.0, 13.0]), [0, 1])
    far = lived(crossroads(), lamp(green_s=1, cycle_s=1, seconds=60), np.array([10.0, 20.0]), [0, 1])
    assert near.delay_s[0].sum() > 2
    assert far.delay_s[0].sum() == 0
