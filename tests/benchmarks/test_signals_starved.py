"""The closed loop begins with an approach that is truly starved, and recovery is held until the last day."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.signals_starving import DAY_SLOTS, STARVED, VEH_H, Crossroads, approach_delay_s, recovered_on
from city.signals import stage_greens_s
from optimization.signals.censoring import censored_slots
from optimization.signals.problem import SLOT_S
from optimization.signals.sumo_net import RuleSet


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Crossroads:
    pytest.importorskip("sumo", reason="the extra `sim` is not installed")
    work = tmp_path_factory.mktemp("starved")
    return Crossroads.at(work, rules=RuleSet.COMPLETED, seed=1, start_x=1.5)


def test_what_comes_is_what_is_said(place: Crossroads) -> None:
    for entry, flow in VEH_H.items():
        assert sum(way.peak_veh_h for way in place.ways if way.edges[0] == entry) == pytest.approx(flow)
    known = place.counts_of({("left0A0.180.00", "A0right0"): 600.0, ("left0A0.180.00", "A0top0"): 60.0})
    assert known["left0A0.180.00"].sum() == pytest.approx(24 * 660)


def test_the_first_plan_keeps_every_minimum_and_serves_two_thirds_of_what_comes(place: Crossroads) -> None:
    plan = place.starving()
    assert all(split.split_s >= stage_greens_s(place.junction)[split.stage_id] for split in plan.splits)
    assert 1.5 <= place.x_of(plan) < 1.7


def test_what_the_stop_line_counts_under_it_is_known_to_be_censored(place: Crossroads) -> None:
    from dataclasses import replace  # noqa: PLC0415

    starving = place.starving()
    junction = replace(place.junction, running_plan=starving)
    detectors = {d for m in junction.movements for d in m.detector_ids}
    west = next(d for d in detectors if d.startswith(STARVED))
    served = {d: np.full(96, VEH_H[STARVED] / place.x_of(starving) if d == west else 100.0) for d in detectors}

    full = censored_slots((junction,), served)
    assert full[west].all()
    assert not any(own.any() for d, own in full.items() if d != west)


def test_delay_is_counted_until_the_end_for_those_who_never_reach_the_line(place: Crossroads, tmp_path: Path) -> None:
    way = next(k for k, one in enumerate(place.ways) if one.edges[0] == STARVED)
    end_s, edges = DAY_SLOTS * SLOT_S, " ".join(place.ways[way].edges)
    departs = {"quick": 1000, "slow": 2000, "stuck": end_s - 500, "early": 10}
    vehicles = "".join(f'<vehicle id="{k}" depart="{s}" route="w{way}"/>' for k, s in departs.items())
    (tmp_path / "r.xml").write_text(f"<routes>{vehicles}</routes>", encoding="utf-8")
    exits = {
        "quick": (1010, 1020, 1040),
        "slow": (2100, 2120, 2160),
        "early": (500, 900, 950),
        "stuck": (end_s - 9, -1, -1),
    }
    found = "".join(
        f'<vehicle id="{k}"><route edges="{edges}" exitTimes="{" ".join(map(str, own))}"/></vehicle>'
        for k, own in exits.items()
    )
    (tmp_path / "v.xml").write_text(f"<routes>{found}</routes>", encoding="utf-8")
    # 20, 120 and 500 s, less the quickest; who came in the warm-up does not count.
    assert approach_delay_s(place, tmp_path / "v.xml", tmp_path / "r.xml") == pytest.approx((20 + 120 + 500) / 3 - 20)


@pytest.mark.parametrize(
    ("delays", "day"), [((30, 25, 21, 21), 3), ((30, 21, 30, 21), 4), ((21, 21, 21, 30), None), ((20, 20, 20, 20), 1)]
)
def test_an_approach_has_recovered_when_it_stays_well(delays: tuple[int, ...], day: int | None) -> None:
    rows = [{"day": k + 1, "x": 0.9, "delay_s": d, "ideal_delay_s": 20.0} for k, d in enumerate(delays)]
    assert recovered_on(rows) == day


def test_a_short_delay_at_x_above_one_is_not_well() -> None:
    assert recovered_on([{"day": 1, "x": 1.01, "delay_s": 5.0, "ideal_delay_s": 20.0}]) is None
