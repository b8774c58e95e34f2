"""Queues on lanes against theory: capacity s g / C, Webster's uniform delay, gap acceptance, lanes that are shared."""

from dataclasses import replace

import numpy as np
import pytest

from city.junction_building import build_junction
from city.signal_parts import Turn
from city.signals import Junction
from optimization.signals.delay import CRITICAL_GAP_S, FOLLOW_UP_S, control_delay_s, effective_green_s
from optimization.signals.lane_kernel import gap_rate_s
from optimization.signals.lane_queues import LaneQueues
from optimization.signals.streams import streams_of
from tests.optimization.signals.cases import demand, junction, junction_form, plan


def queues(of: Junction, flows: dict[str, float]) -> tuple[LaneQueues, np.ndarray]:
    streams = streams_of(of, demand(of, pcu_h=flows))
    return streams.queues, streams.movement_flows(streams.planned[:, :1])


def test_where_nobody_crosses_everyone_follows_at_the_follow_up_time() -> None:
    assert gap_rate_s(0.0, CRITICAL_GAP_S, FOLLOW_UP_S) == pytest.approx(1 / FOLLOW_UP_S)
    assert gap_rate_s(1e-4, CRITICAL_GAP_S, FOLLOW_UP_S) == pytest.approx(1 / FOLLOW_UP_S, rel=1e-3)


def test_gaps_grow_rarer_with_every_vehicle_that_crosses() -> None:
    rates = [gap_rate_s(float(v), CRITICAL_GAP_S, FOLLOW_UP_S) for v in np.linspace(0.0, 1.0, 101)]
    assert (np.diff(rates) < 0).all()
    # HCM 6, ch. 31 by hand: 900 veh/h, tc 4.5 s, tf 2.5 s -> 900 e^-1.125 / (1 - e^-0.625) = 628 veh/h
    assert 3600 * gap_rate_s(0.25, CRITICAL_GAP_S, FOLLOW_UP_S) == pytest.approx(628.4, abs=0.5)


def test_a_lane_of_one_movement_has_the_delay_of_the_formula() -> None:
    of = junction(turns=False, walks=False)
    lanes, flow = queues(of, dict.fromkeys("NESW", 500.0))
    one = plan(of, (50, 50))
    found = lanes.waiting([one], flow, streams_of(of, demand(of)).profile)
    k = next(k for k, m in enumerate(lanes.movements) if m.turn is Turn.THROUGH)
    movement = lanes.movements[k]
    green = next(g.end_s - g.start_s for g in one.greens if g.group_id == movement.group_id)
    profile = streams_of(of, demand(of)).profile
    through = [n for n, m in enumerate(lanes.movements) if m.approach == movement.approach and m.shared_lane]
    total = float(flow[through].sum())
    saturation = sum(lanes.movements[n].saturation_pcu_h or 0.0 for n in through)
    theory = float(control_delay_s(total, saturation, effective_green_s(green, profile), one.cycle_s))
    assert float(found.delay_s[0, k]) == pytest.approx(theory, rel=0.08)


def test_a_left_that_gives_way_waits_longer_the_more_comes_towards_it() -> None:
    of = junction(turns=False, walks=False)
    delays, fullness = [], []
    for opposing in (50.0, 400.0, 900.0):
        lanes, flow = queues(of, {"N": 300.0, "S": opposing, "E": 300.0, "W": 300.0})
        found = lanes.waiting([plan(of, (50, 50))], flow, streams_of(of, demand(of)).profile)
        k = next(k for k, m in enumerate(lanes.movements) if m.movement_id == "N-left")
        delays.append(float(found.delay_s[0, k]))
        fullness.append(float(found.x[0, k]))
    assert delays == sorted(delays)
    assert fullness[2] > 1.5 * fullness[0]


def test_a_left_that_shares_the_lane_holds_up_what_stands_behind_it() -> None:
    of = junction(turns=False, walks=False)
    shared = replace(
        of,
        movements=tuple(
            replace(m, lane_numbers=(0,) if m.turn is Turn.RIGHT else (1,) if m.turn is Turn.LEFT else (0, 1))
            for m in of.movements
        ),
    )
    found = {}
    for name, one in (("own", of), ("shared", shared)):
        lanes, flow = queues(one, dict.fromkeys("NESW", 700.0))
        waiting = lanes.waiting([plan(one, (50, 50))], flow, streams_of(one, demand(one)).profile)
        k = next(k for k, m in enumerate(lanes.movements) if m.movement_id == "N-through")
        found[name] = float(waiting.delay_s[0, k])
    assert found["shared"] > found["own"]


def test_lefts_that_face_each_other_do_not_hold_each_other_up() -> None:
    """What stands behind a left that gives way cannot come, so it keeps nobody waiting on the other side."""
    form = junction_form(turns=False, walks=False)
    one_lane = tuple(replace(a, lanes_through=1, lanes_left=0) for a in form.approaches)
    of = build_junction(replace(form, approaches=one_lane))
    found = []
    for each in (150.0, 250.0, 350.0, 450.0):
        lanes, flow = queues(of, dict.fromkeys("NESW", each))
        found.append(lanes.waiting([plan(of, (50, 50))], flow, streams_of(of, demand(of)).profile))
    k = next(k for k, m in enumerate(streams_of(of, demand(of)).queues.movements) if m.movement_id == "N-through")
    fullness = [float(one.x[0, k]) for one in found]
    delays = [float(one.delay_s[0, k]) for one in found]

    assert delays == sorted(delays)
    assert fullness[1] < 0.6  # half of 1,800 pcu/h of green, less a fifth that finds gaps; once it was 1.28
    assert fullness[3] > fullness[1] * 450 / 250  # the more come, the fewer gaps there are
