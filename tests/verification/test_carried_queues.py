"""Queues that a quarter of an hour leaves to the next, against HCM 6, ch. 19, and the areas between two curves."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.signal_parts import Turn
from optimization.signals.areas import Area
from optimization.signals.carried_queues import Course, course
from optimization.signals.coordination import Network
from optimization.signals.day_course import judged_at, lived
from optimization.signals.delay import incremental_delay_s
from optimization.signals.streams import streams_of
from tests.optimization.signals.cases import demand, junction, plan

T = 0.25


def of_one_pool(flows: list[float], capacity: float, begins: float = 0.0) -> Course:
    arrivals = np.array(flows)[None, :, None]
    queue = np.array([[begins]])
    return course(arrivals, np.full_like(arrivals, capacity), np.arange(len(flows)), queue)


def incremental_s(flows: list[float], capacity: float) -> np.ndarray:
    """d2 of each quarter of an hour by itself, and what the ones before add."""
    alone = incremental_delay_s(np.array(flows) / capacity, capacity)
    return np.asarray(alone + of_one_pool(flows, capacity).waits_s[0, :, 0])


@pytest.mark.parametrize("x", [0.5, 0.8, 0.95, 1.0, 1.05])
@pytest.mark.parametrize("hours", [0.5, 1.0, 2.0])
def test_quarters_of_an_hour_one_after_another_have_the_delay_of_the_whole_period(x: float, hours: float) -> None:
    """HCM 6, ch. 19: the analysis period may be as long as the flow lasts; the manual's d2 then has that T."""
    found = incremental_s([800 * x] * round(hours / T), 800.0)

    assert found.mean() == pytest.approx(float(incremental_delay_s(x, 800.0, hours)), rel=1e-4)


def test_an_initial_queue_above_capacity_waits_as_the_manual_says() -> None:
    """d3 of HCM 6, ch. 19, by hand for Q_b = 400 veh, v = 9,000 and c = 8,000 veh/h, T = 0.25 h.

    t_A = T, Q_eo = 250, Q_e = 650: d3 = 3600 / 2250 x (0.25 x 800 / 2 + (650^2 - 250^2 - 400^2) / 16000) = 180 s.
    """
    # what chance adds, 2 s, is as good as nothing once a queue stands
    assert 177 < float(of_one_pool([9000.0], 8000.0, 400.0).waits_s[0, 0, 0]) < 180


def test_an_initial_queue_that_clears_waits_as_the_manual_says() -> None:
    """d3 of HCM 6, ch. 19, by hand for Q_b = 400 veh, v = 4,000 and c = 8,000 veh/h, T = 0.25 h.

    t_A = 400 / 4000 = 0.1 h, Q_e = Q_eo = 0: d3 = 3600 / 1000 x (0.1 x 400 / 2 - 400^2 / 16000) = 36 s.
    """
    found = of_one_pool([4000.0], 8000.0, 400.0)

    assert float(found.waits_s[0, 0, 0]) == pytest.approx(36.0, abs=0.2)
    assert float(found.left[0, 0]) == pytest.approx(0.5, abs=0.01)  # x / 2 (1 - x): what x = 0.5 keeps up


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.1, 0.3), min_size=1, max_size=3), st.floats(20_000.0, 40_000.0))
def test_overload_costs_the_area_between_arrivals_and_departures(above: list[float], capacity: float) -> None:
    """Piecewise constant flows above capacity, so large that chance adds little; then the queue clears at a tenth."""
    flows = [capacity * (1 + more) for more in above] + [capacity / 10]
    found = float((incremental_s(flows, capacity) * np.array(flows)).sum()) * T / 3600

    queues = np.concatenate([[0.0], np.cumsum(np.array(above) * capacity * T)])
    area = sum((a + b) / 2 * T for a, b in pairwise(queues)) + queues[-1] ** 2 / 2 / (0.9 * capacity)

    assert found == pytest.approx(area, rel=0.05)


def test_nobody_joins_a_queue_of_more_than_a_quarter_of_an_hour() -> None:
    found = of_one_pool([1600.0] * 12, 800.0)

    assert float(found.left[0, 0]) == pytest.approx(200.0)
    assert float(found.waits_s[0, -1, 0]) < 901


def test_flows_far_below_capacity_leave_nothing() -> None:
    assert of_one_pool([300.0] * 8, 800.0).waits_s.max() < 0.05


def test_lanes_between_which_drivers_can_choose_share_their_queue() -> None:
    of = junction(turns=False, walks=False)
    streams = streams_of(of, demand(of))
    queues = streams.queues
    pool = {str(m.movement_id): int(row.argmax()) for m, row in zip(queues.movements, queues.pool_of, strict=True)}

    assert (queues.pool_of.sum(axis=1) == 1).all()
    assert pool["N-through"] == pool["N-right"] != pool["N-left"]
    found = queues.waiting([plan(of, (50, 50))], streams.movement_flows(streams.planned[:, :1]), streams.profile)
    north = [k for k, m in enumerate(queues.movements) if m.approach == "N" and m.turn is not Turn.LEFT]
    flow = sum(float(streams.movement_flows(streams.planned[:, :1])[k, 0]) for k in north)
    assert float(found.arrivals[0][pool["N-through"]]) == pytest.approx(flow)


def test_a_plan_begins_with_the_queues_that_the_plan_before_it_left() -> None:
    """The same plan by day, after a night plan that serves the peak and after one that does not."""
    of = junction(turns=False, walks=False)
    streams = streams_of(of, demand(of, pcu_h={"N": 1500.0, "S": 1500.0, "E": 300.0, "W": 300.0}))
    network = Network(area=Area(junctions=(of,)), streams={of.junction_id: streams})
    day, peak = [*range(32), *range(36, 96)], list(range(32, 36))
    at_noon = {}
    for name, splits in (("served", (70, 30)), ("starved", (30, 70))):
        plans = [({of.junction_id: plan(of, (70, 30))}, day), ({of.junction_id: plan(of, splits)}, peak)]
        parts = [(judged_at(network, one, lambda s: s.planned, slots), slots) for one, slots in plans]
        found = lived(network.streams, parts)[of.junction_id]
        at_noon[name] = found.delay_s[streams.position("N-through")]  # type: ignore[arg-type]

    assert at_noon["starved"][31] == pytest.approx(at_noon["served"][31])
    assert at_noon["starved"][36] > at_noon["served"][36] + 60
    assert at_noon["starved"][60] == pytest.approx(at_noon["served"][60], rel=0.01)
