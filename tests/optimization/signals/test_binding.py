"""Which rule binds, what it costs, and delay with its level of service at three demands."""

from dataclasses import replace

import pytest

from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.areas import Area
from optimization.signals.binding import Binding, binding
from optimization.signals.coordination import Network
from optimization.signals.explaining import JunctionExplained, Scenarios, explain
from optimization.signals.measures import level_of_service, plan_measures
from optimization.signals.problem import Demand
from optimization.signals.streams import streams_of
from tests.optimization.signals.cases import corridor, demand, junction, plan, planned, problem, schedule


def long_walks(seconds: int) -> Junction:
    """Crossings whose least walk asks for far more than the traffic beside them."""
    of = junction(turns=False, running_plan=None)
    groups = tuple(replace(g, min_green_s=seconds) if g.group_id in ("N-walk", "S-walk") else g for g in of.groups)
    return replace(of, groups=groups)


def found(
    of: Junction, splits_s: tuple[int, ...], flows: dict[str, float], *, coordinated: bool = False
) -> Binding | None:
    streams = streams_of(of, demand(of, pcu_h=flows))
    one = build_plan(of, plan_number=1, offset_s=0, splits_s=dict(zip(of.stage_chain, splits_s, strict=True)))
    return binding(streams, one, streams.expected.mean(axis=1, keepdims=True), coordinated=coordinated)


def test_a_long_walk_beside_a_quiet_street_binds_and_its_price_is_what_the_shorter_split_saves() -> None:
    """N-walk and S-walk cross the quiet arms; they run with the quiet street E-W, whose stage is as short as it may."""
    of = long_walks(20)
    least_s = 20 + 12
    flows = {"N": 1300.0, "S": 1300.0, "E": 150.0, "W": 150.0}

    said = found(of, (48, least_s), flows)

    assert said is not None
    assert "pedestrian-minimum" in said.rules
    assert set(said.group_ids) >= {"N-walk", "S-walk"}
    assert said.change.from_stage_id == "EW"
    assert said.saved_s > 1
    assert said.sentence.startswith("The pedestrian minimum of N-walk and S-walk (20 s) binds: ")
    assert f"would save {said.saved_s:.1f} s per vehicle" in said.sentence


def test_the_price_is_the_difference_of_what_the_two_plans_promise() -> None:
    of = long_walks(20)
    flows = {"N": 1300.0, "S": 1300.0, "E": 150.0, "W": 150.0}
    streams = streams_of(of, demand(of, pcu_h=flows))
    network = Network(area=Area(junctions=(of,)), streams={of.junction_id: streams})

    said = found(of, (48, 32), flows)

    assert said is not None
    moved = {"NS": 48, "EW": 32}
    for stage_id, sign in ((said.change.from_stage_id, -1), (said.change.to_stage_id, 1)):
        if stage_id is not None:
            moved[stage_id] += sign * said.change.seconds
    before, after = (
        plan_measures(network, {of.junction_id: plan(of, splits)}, {of.junction_id: 2}, range(96), None)[0].delay_s
        for splits in ((48, 32), (moved["NS"], moved["EW"]))
    )
    assert said.saved_s == pytest.approx(before - after, abs=0.02)


def test_nothing_binds_where_the_walks_need_less_than_traffic_does() -> None:
    of = junction(turns=False, running_plan=None)

    said = found(of, (45, 45), dict.fromkeys("NESW", 900.0))

    assert said is None or "pedestrian-minimum" not in said.rules


def test_a_cycle_that_neighbours_share_binds_only_where_there_are_some() -> None:
    of = junction(turns=False, running_plan=None)
    quiet = dict.fromkeys("NESW", 250.0)

    shared = found(of, (60, 60), quiet, coordinated=True)
    alone = found(of, (60, 60), quiet, coordinated=False)

    assert shared is not None
    assert shared.rules == ("common-cycle",)
    assert "(120 s)" in shared.sentence
    assert alone is None or "common-cycle" not in alone.rules


def test_no_rule_that_the_plan_breaks_already_is_said_to_bind() -> None:
    of = long_walks(40)

    said = found(of, (48, 32), {"N": 1300.0, "S": 1300.0, "E": 150.0, "W": 150.0})

    assert said is None or "pedestrian-minimum" not in said.rules


@pytest.mark.parametrize(
    ("delay_s", "level"), [(10.0, "A"), (10.1, "B"), (20.1, "C"), (35.1, "D"), (55.1, "E"), (80.0, "E"), (80.1, "F")]
)
def test_levels_of_service_are_those_of_the_manual(delay_s: float, level: str) -> None:
    """HCM 6, ch. 19: control delay per vehicle up to 10, 20, 35, 55, 80 s; F where demand exceeds capacity."""
    assert level_of_service(delay_s) == level
    assert level_of_service(delay_s, x=1.01) == "F"


def times(given: Demand, factor: float) -> Demand:
    return replace(
        given,
        movements=tuple(
            replace(
                m,
                flow_pcu_h=tuple(v * factor for v in m.flow_pcu_h),
                expected_pcu_h=tuple(v * factor for v in m.expected_pcu_h),
            )
            for m in given.movements
        ),
    )


def told(of: Junction, *, low: float = 0.8, high: float = 1.2) -> JunctionExplained:
    usual = demand(of, pcu_h={"N": 900, "S": 300, "E": 300, "W": 300})
    made = planned(problem(usual, of)).plan
    scenarios = Scenarios(low=times(usual, low), expected=usual, high=times(usual, high), planned=usual)
    return explain(made, problem(usual, of), scenarios)[0]


def test_a_junction_is_told_delay_now_and_planned_critical_lanes_and_hours() -> None:
    of = junction()
    usual = demand(of, pcu_h={"N": 900, "S": 300, "E": 300, "W": 300})
    made = planned(problem(usual, of)).plan
    one = told(of)

    measure = made.measures[0]
    first = one.plans[0]
    assert first.planned.expected_s == pytest.approx(measure.delay_s, rel=0.01)
    assert first.now is not None
    assert first.now.expected_s == pytest.approx(measure.running_delay_s, rel=0.01)
    assert first.critical is not None
    assert first.critical.group_id == measure.critical_group_id
    assert first.critical.x == pytest.approx(measure.largest_x, abs=0.01)
    assert sum(end - start for p in one.plans for start, end in p.runs_s) == 86_400
    assert one.planned.levels[1] == level_of_service(one.planned.expected_s)


def test_more_traffic_waits_longer_and_no_spread_is_no_interval() -> None:
    wide, narrow = told(junction()).planned, told(junction(), low=1.0, high=1.0).planned

    assert wide.low_s < wide.expected_s < wide.high_s
    assert narrow.low_s == narrow.expected_s == narrow.high_s


def test_junctions_that_share_a_cycle_are_explained_with_their_platoons() -> None:
    a, b = junction("J1"), junction("J2", lat=40.004)
    usual = demand(a, b)
    asked = problem(usual, a, b, corridors=(corridor(a, b),))
    made = planned(asked).plan
    scenarios = Scenarios(low=usual, expected=usual, high=usual, planned=usual)

    told_of = {one.junction_id: one for one in explain(made, asked, scenarios, bindings=False)}

    delays = {m.junction_id: m.delay_s for m in made.measures}
    assert set(told_of) == {"J1", "J2"}
    for junction_id, one in told_of.items():
        assert one.plans[0].planned.expected_s == pytest.approx(delays[junction_id], rel=0.02)
        assert one.plans[0].binding is None


def test_a_junction_without_flows_is_left_out_and_one_without_running_plan_has_no_now() -> None:
    known, unknown = junction("J1", running_plan=None), junction("J2")
    usual = demand(known)
    made = schedule(known, plan(known))
    scenarios = Scenarios(low=usual, expected=usual, high=usual, planned=usual)

    told_of = explain(made, problem(usual, known, unknown), scenarios, bindings=False)

    assert [one.junction_id for one in told_of] == ["J1"]
    assert told_of[0].now is None
