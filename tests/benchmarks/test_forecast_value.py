"""Days vary as they say, stop lines count what passes them, and plans are compared on the same knowledge."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from benchmarks.forecast_city import CountingCity, as_if_forecast, date_of, demand_on, with_detectors
from benchmarks.forecast_days import Counted, counted, course, passing, write_day
from benchmarks.forecast_plans import LINES, flat, mean_of, off_by, reached
from benchmarks.signals_nets import Way, grid_net, turns_of, ways_of_net
from city.ids import JunctionId
from optimization.signals.problem import SLOTS
from optimization.signals.sumo_net import read_sumo_net

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
WAYS = (
    Way(edges=("a", "b"), peak_veh_h=200.0, inbound=True),
    Way(edges=("c", "d"), peak_veh_h=200.0, inbound=False),
)


def busiest_h(weekday: int, *, inbound: bool) -> float:
    return float(np.argmax(course(weekday, inbound=inbound)) + 0.5) / 4


def test_weekdays_differ_in_when_and_how_much() -> None:
    assert 7 < busiest_h(MONDAY, inbound=True) < 9
    assert 16 < busiest_h(MONDAY, inbound=False) < 19
    assert busiest_h(FRIDAY, inbound=False) < busiest_h(MONDAY, inbound=False) - 1
    assert 11 < busiest_h(SATURDAY, inbound=True) < 15
    assert course(SUNDAY, inbound=True).sum() < 0.6 * course(MONDAY, inbound=True).sum()


def test_a_day_has_its_own_noise_and_the_same_seed_makes_it_again(tmp_path: Path) -> None:
    numbers = {day: write_day(WAYS, MONDAY, tmp_path / f"{day}.xml", seed=(1, day)) for day in range(12)}
    usual = 50.0 * (course(MONDAY, inbound=True) + course(MONDAY, inbound=False)).sum()
    assert np.mean(list(numbers.values())) == pytest.approx(usual, rel=0.1)
    assert 0.02 < np.std(list(numbers.values())) / usual < 0.2
    write_day(WAYS, MONDAY, tmp_path / "again.xml", seed=(1, 3))
    assert (tmp_path / "again.xml").read_bytes() == (tmp_path / "3.xml").read_bytes()
    departs = [float(v.attrib["depart"]) for v in ET.parse(tmp_path / "3.xml").getroot().iter("vehicle")]  # noqa: S314
    assert departs == sorted(departs)


def test_a_stop_line_counts_who_passed_it_when_they_passed_it(tmp_path: Path) -> None:
    file = tmp_path / "v.xml"
    rows = ("a b c|100 950 -1", "a b c|899 901 1000", "a d|1800 1900", "a b|-1 -1")
    vehicles = "".join(
        f'<vehicle id="{k}"><route edges="{edges}" exitTimes="{times}"/></vehicle>'
        for k, (edges, times) in enumerate(row.split("|") for row in rows)
    )
    file.write_text(f"<routes>{vehicles}</routes>", encoding="utf-8")
    turns = counted(file).turns

    assert turns["a", "b"][:3].tolist() == [2, 0, 0]
    assert turns["b", "c"][:3].tolist() == [0, 2, 0]
    assert counted(file).edges()["a"][:3].tolist() == [2, 0, 1]


def test_where_nobody_waits_stop_lines_count_after_the_time_at_free_flow(tmp_path: Path) -> None:
    way = Way(edges=("a", "b", "c"), peak_veh_h=1.0, inbound=True)
    vehicles = "".join(f'<vehicle id="{k}" depart="{s}" route="w0"/>' for k, s in enumerate((100, 870, 86_350)))
    (tmp_path / "r.xml").write_text(f"<routes>{vehicles}</routes>", encoding="utf-8")
    turns = passing((way,), tmp_path / "r.xml", {"a": 20.0, "b": 40.0}).turns

    assert turns["a", "b"][[0, 1, 95]].tolist() == [2, 0, 1]
    assert turns["b", "c"][[0, 1, 95]].tolist() == [1, 1, 0]  # the last one would pass after midnight


def test_the_ways_of_a_generated_net_lead_straight_on_more_often_than_not(tmp_path: Path) -> None:
    pytest.importorskip("sumo", reason="the extra `sim` is not installed")
    net = grid_net(tmp_path, 1, 1)
    ways = ways_of_net(net, seed=1)
    assert len(ways) == 12
    turns = turns_of(ways)
    west = {turn[1]: flow for turn, flow in turns.items() if turn[0] == "left0A0.180.00"}
    assert west["A0right0"] == pytest.approx(5 * west["A0top0"])

    survey = Counted(turns={turn: np.full(SLOTS, flow) for turn, flow in turns.items()})
    (junction,) = with_detectors(read_sumo_net(net).junctions, survey)
    shares = {m.movement_id: m.turning_share for m in junction.movements if m.detector_ids}
    assert sum(share for movement, share in shares.items() if movement.startswith("W-")) == pytest.approx(1, abs=1e-5)
    # What the detector counts comes back as the flow of each turn.
    day = {str(d): np.full(SLOTS, 100.0) for m in junction.movements for d in m.detector_ids}
    flows = demand_on((junction,), as_if_forecast(day, 0), 0).of(JunctionId("A0"))
    through = next(own for movement, own in flows.items() if movement == "W-through")
    assert through.flow_pcu_h[40] == pytest.approx(400 * 5 / 7, rel=1e-3)


def test_counts_go_into_the_products_history_and_come_back_as_its_forecast(tmp_path: Path) -> None:
    city = CountingCity.at(tmp_path, seed=1)
    days = [{"west": np.round(100 * course(day, inbound=True)), "north": np.full(SLOTS, 20.0)} for day in range(4)]
    for day in range(3):
        assert city.bring(day, days[day]) == 2 * SLOTS
    assert "No model was trained" in city.taught(3)[0]  # three days teach nobody
    flows, rungs, said = city.forecast(3)

    assert set(rungs) <= {"ha_ar1", "profile"}
    assert said
    assert off_by(flows, days[3], 3) < 0.25 < off_by(as_if_forecast(flat(days[0]), 3), days[3], 3)


def test_perfect_counts_are_off_by_nothing() -> None:
    counts = {"west": np.arange(SLOTS, dtype=np.float64)}
    assert off_by(as_if_forecast(counts, 5), counts, 5) == 0
    assert off_by(as_if_forecast({"west": 2 * counts["west"]}, 5), counts, 5) == pytest.approx(1)
    assert f"{date_of(5):%A}" == "Saturday"
    assert mean_of([counts, {"west": np.zeros(SLOTS)}])["west"][10] == 5


@pytest.mark.parametrize(("forecast", "share", "beats"), [(72.0, 0.9333, True), (80.0, 0.6667, False)])
def test_gain_is_the_share_of_what_perfect_counts_gain(forecast: float, share: float, *, beats: bool) -> None:
    veh_h = dict(zip(LINES, (100.0, 79.0, 78.0, 75.0, forecast, 70.0), strict=True))
    found = reached([{"delay_veh_h": veh_h, "violations": 0}])
    assert found["forecast_gain_share"] == share
    assert found["beats_yesterday"] is beats
    assert found["gain_veh_h"]["perfect"] == 30
