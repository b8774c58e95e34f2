"""An audit names what is wrong, doubtful or missing at a junction, and keeps silent about what is sound."""

from dataclasses import replace

import pytest

from city.ids import GroupId, MovementId
from city.junction_form import RunningPlanForm
from city.signal_parts import Audit, Conflict, ControlMode, Intergreen, MovementKind, Relation
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.audit import audit_junction
from optimization.signals.doubts import Doubt, Weight
from optimization.signals.problem import Demand
from tests.optimization.signals.cases import demand, forced, junction, permissive

VERIFIED = Audit(verified_by="Li Wei", verified_on="2026-02-01")
NOTHING_COUNTED = Demand(movements=())


def audited(of: Junction, given: Demand | None = None) -> dict[str, Doubt]:
    """The last doubt of each rule."""
    return {one.rule: one for one in audit_junction(of, demand(of) if given is None else given)}


def told(of: Junction, rule: str, given: Demand | None = None) -> str:
    """Every sentence of a rule, with its cost."""
    doubts = audit_junction(of, demand(of) if given is None else given)
    return " ".join(f"{one.sentence} {one.cost}" for one in doubts if one.rule == rule)


def with_vehicles(of: Junction, **changes: object) -> Junction:
    movements = (
        replace(m, **changes) if m.kind is MovementKind.VEHICLE else m  # type: ignore[arg-type]
        for m in of.movements
    )
    return replace(of, movements=tuple(movements))


def test_a_complete_record_of_a_quiet_junction_raises_no_doubt() -> None:
    whole = with_vehicles(
        junction(audit=VERIFIED, running_plan=RunningPlanForm(offset_s=0, splits_s=(30, 18, 30))),
        storage_m=200.0,
        pocket_m=80.0,
        from_link_id="L1",
    )
    measured = replace(
        whole, movements=tuple(replace(m, saturation_pcu_h=m.saturation_pcu_h and 1750.0) for m in whole.movements)
    )
    walks = replace(
        measured,
        movements=tuple(
            replace(m, lane_numbers={"left": (2,), "through": (0, 1), "right": (0,)}.get(m.turn, ()))
            for m in measured.movements
        ),
    )

    assert audit_junction(walks, demand(walks, pcu_h=dict.fromkeys("NESW", 600.0))) == ()


def test_a_running_plan_that_breaks_a_rule_is_wrong_and_comes_first() -> None:
    of = junction()
    assert of.running_plan is not None
    short = tuple(replace(g, end_s=g.start_s + 3) if g.group_id == "N" else g for g in of.running_plan.greens)
    broken: SignalPlan = forced(of.running_plan, greens=short)

    doubts = audit_junction(replace(of, running_plan=broken), demand(of))

    assert doubts[0].weight is Weight.WRONG
    assert doubts[0].rule == "minimum-green"
    assert "N is green for 3 s, at least 10 s" in doubts[0].sentence
    assert not any(one.weight is Weight.WRONG for one in audit_junction(of, demand(of)))


def test_manual_control_is_no_fault_of_the_record() -> None:
    found = audited(junction(mode=ControlMode.MANUAL))

    assert found["mode"].weight is Weight.DOUBTFUL


def test_an_intergreen_without_a_conflict_is_named_with_its_seconds() -> None:
    of = junction()
    stray = Intergreen(from_group_id=GroupId("N"), to_group_id=GroupId("S"), seconds=6)

    found = audited(replace(of, intergreens=(*of.intergreens, stray)))

    assert "the intergreen N -> S is 6 s" in found["intergreen-without-conflict"].sentence
    assert "intergreen-without-conflict" not in audited(of)


def test_intergreens_that_differ_much_between_two_ways_are_doubted() -> None:
    of = junction()
    long = tuple(
        replace(one, seconds=one.seconds + 9) if (one.from_group_id, one.to_group_id) == ("N", "E") else one
        for one in of.intergreens
    )

    assert "N -> E is 1" in audited(replace(of, intergreens=long, cycle_max_s=180))["lopsided-intergreen"].sentence
    assert "lopsided-intergreen" not in audited(of)


def test_ways_that_meet_by_their_names_and_have_no_relation_are_named() -> None:
    of = junction()
    pair = {"N-walk", "N-through"}
    silent = tuple(c for c in of.conflicts if {c.from_movement_id, c.to_movement_id} != pair)

    found = audited(replace(of, conflicts=silent))["conflict-not-stated"]

    assert "N-through and N-walk share approach N, which people cross" in found.sentence
    assert "conflict-not-stated" not in audited(of)


def test_pairs_that_nobody_measured_are_counted() -> None:
    of = junction()
    first = of.conflicts[0]
    unmeasured = Conflict(
        from_movement_id=first.from_movement_id, to_movement_id=first.to_movement_id, relation=Relation.PROHIBITED
    )

    found = audited(replace(of, conflicts=(unmeasured, *of.conflicts[1:])))

    assert "conflict point of 1 pairs" in found["distances"].sentence
    assert "distances" not in audited(of)


def test_a_lane_that_two_signal_groups_share_is_named() -> None:
    of = junction()
    numbers = {MovementId("N-through"): (0, 1), MovementId("N-left"): (1,)}
    shared = replace(of, movements=tuple(replace(m, lane_numbers=numbers.get(m.movement_id, ())) for m in of.movements))

    found = audited(shared)["lane-of-two-groups"]

    assert "lane 1 of approach N is shared" in found.sentence
    assert "N-through (signal group N); N-left (signal group N-turn)" in found.sentence
    assert "lane-of-two-groups" not in audited(of)


@pytest.mark.parametrize(("yellow_s", "cost"), [(2, "enter on red"), (5, "2 s of each end of green")])
def test_yellow_is_compared_with_the_national_profile(yellow_s: int, cost: str) -> None:
    of = junction()
    groups = tuple(replace(g, yellow_s=yellow_s) if g.group_id == "N" else g for g in of.groups)
    roomy = tuple(replace(one, seconds=max(one.seconds, 5)) for one in of.intergreens)

    found = audited(replace(of, groups=groups, intergreens=roomy, running_plan=None))["yellow"]

    assert f"signal group N has {yellow_s} s of yellow; profile CN has 3 s at 50 km/h" in found.sentence
    assert cost in found.cost


def test_a_walk_too_short_for_the_width_is_one_sentence_for_all_alike() -> None:
    wide = junction_with_walks(crossing_m=30.0)

    found = audited(wide)["walk-minimum"]

    assert "signal groups N-walk, E-walk, S-walk, W-walk have a least walk of 8 s" in found.sentence
    assert "reached after 12 s" in found.sentence  # 15 m at 1.2 m/s
    assert "walk-minimum" not in audited(junction())  # 14 m: the middle is reached after 6 s


def junction_with_walks(*, crossing_m: float) -> Junction:
    of = junction(running_plan=None)
    walks = (replace(m, crossing_m=crossing_m) if m.kind is MovementKind.PEDESTRIAN else m for m in of.movements)
    return replace(of, movements=tuple(walks))


def test_clearance_of_walks_is_judged_where_nobody_measured() -> None:
    of = junction(running_plan=None)
    conflicts = tuple(replace(c, clearing_m=None, entering_m=None) for c in of.conflicts)
    hasty = tuple(
        replace(one, seconds=8) if one.from_group_id == "N-walk" and one.to_group_id == "S" else one
        for one in of.intergreens
    )

    said = told(replace(of, conflicts=conflicts, intergreens=hasty), "walk-clearance")

    assert "people who start over N-walk at the last second need 12 s for 14 m at 1.2 m/s" in said
    assert "S after 8 s" in said
    assert told(of, "walk-clearance") == ""


def test_full_approaches_are_named_with_hours_and_share() -> None:
    of = junction()
    flows = {"N": 1600.0, "E": 200.0, "S": 200.0, "W": 200.0}
    rush = demand(of, pcu_h=flows, shape=lambda slot: 1.0 if slot in (30, 31) else 0.2)

    said = told(of, "full-approach", rush)

    assert "N-through, N-right (signal group N) use" in said
    assert "N-left (signal group N-turn) uses" in said
    assert "at 07:30" in said
    assert "in 0.5 h of the day (counted 1,280 pcu/h)" in said
    assert told(of, "full-approach", demand(of, pcu_h=dict.fromkeys("NESW", 200.0))) == ""
    nobody_counts = with_vehicles(of, detector_ids=(), uncounted_peak_veh_h=1600.0)
    assert "(estimated 1,280 pcu/h). Nobody counts there" in told(nobody_counts, "full-approach", rush)


def test_a_cycle_far_above_websters_is_named_with_both_figures() -> None:
    slow = junction(running_plan=RunningPlanForm(offset_s=0, splits_s=(60, 30, 60)))

    found = audited(slow, demand(slow, pcu_h=dict.fromkeys("NESW", 300.0)))["cycle"]

    assert "the running cycle is 150 s; Webster's" in found.sentence
    assert "cycle" not in audited(junction(), demand(junction(), pcu_h=dict.fromkeys("NESW", 900.0)))


def test_a_turn_through_gaps_in_fast_traffic_is_named() -> None:
    through_gaps = permissive(junction(walks=False))
    fast = with_vehicles(through_gaps, speed_kmh=80.0)
    yellow = tuple(replace(g, yellow_s=5) if g.kind is MovementKind.VEHICLE else g for g in fast.groups)

    said = told(replace(fast, groups=yellow, running_plan=None), "permissive-turn", demand(fast))

    assert "N-left turns through gaps in S-through: it drives 80 km/h" in said
    assert told(through_gaps, "permissive-turn", demand(through_gaps, pcu_h=dict.fromkeys("NESW", 100.0))) == ""


def test_what_nobody_recorded_is_said_with_its_cost() -> None:
    bare = junction(running_plan=None, walks=False)

    found = audited(bare, NOTHING_COUNTED)

    assert {"running-plan", "site-visit", "crossing", "counts", "storage", "saturation"} <= set(found)
    assert all(found[rule].cost for rule in ("running-plan", "site-visit", "crossing", "storage"))
    assert "site-visit" not in audited(junction(audit=VERIFIED))
