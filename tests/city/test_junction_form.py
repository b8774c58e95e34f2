"""From a form of one page to the junction that its geometry implies."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.documents import from_json, to_json
from city.errors import BrokenRuleError, CityError, InvalidValueError
from city.ids import DetectorId, DistrictId, GroupId, JunctionId, LinkId, MovementId
from city.junction_building import build_junction
from city.junction_form import ApproachForm, DrivesOn, JunctionForm, RunningPlanForm
from city.national import national_profile
from city.signal_parts import MovementKind, Relation
from city.signals import Junction, conflicting_groups


def form(*approaches: ApproachForm, **changes: object) -> JunctionForm:
    given = JunctionForm(
        junction_id=JunctionId("J1"),
        district_id=DistrictId("d1"),
        name="",
        lon=0.0,
        lat=0.0,
        national_profile="CN",
        approaches=approaches or tuple(arm(a) for a in "NESW"),
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def arm(name: str, **changes: object) -> ApproachForm:
    given = ApproachForm(
        arm=name, lanes_left=1, share_left=0.2, share_right=0.1, detector_ids=(DetectorId(name),), crossing_m=14.0
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def relation(of: Junction, a: str, b: str) -> str:
    """How the first meets the second: 'prohibited', 'yields', 'is yielded to' or 'nothing'."""
    for conflict in of.conflicts:
        ends = (conflict.from_movement_id, conflict.to_movement_id)
        if ends == (a, b):
            return str(conflict.relation.value)
        if ends == (b, a) and conflict.relation is Relation.YIELDS:
            return "is yielded to"
    return "nothing"


RIGHT = build_junction(form())
LEFT = build_junction(form(drives_on=DrivesOn.LEFT))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("N-through", "E-through", "prohibited"),
        ("N-through", "S-through", "nothing"),
        ("N-left", "S-through", "yields"),
        ("N-left", "S-right", "yields"),
        ("N-left", "S-left", "nothing"),
        ("N-through", "S-left", "is yielded to"),
        ("N-left", "E-through", "prohibited"),
        ("N-left", "W-through", "prohibited"),
        ("N-right", "E-through", "prohibited"),
        ("N-right", "W-through", "nothing"),
        ("N-right", "W-left", "nothing"),
        ("N-right", "E-walk", "nothing"),
        ("N-right", "W-walk", "yields"),
        ("N-left", "E-walk", "yields"),
        ("N-through", "N-walk", "prohibited"),
        ("N-through", "S-walk", "prohibited"),
        ("N-through", "E-walk", "nothing"),
        ("N-walk", "E-walk", "nothing"),
    ],
)
def test_whose_ways_meet_where_one_drives_on_the_right(a: str, b: str, expected: str) -> None:
    assert relation(RIGHT, a, b) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("N-right", "S-through", "yields"),
        ("N-right", "S-left", "yields"),
        ("N-right", "S-right", "nothing"),
        ("N-left", "W-through", "prohibited"),
        ("N-left", "S-through", "nothing"),
        ("N-left", "E-through", "nothing"),
        ("N-left", "E-walk", "yields"),
        ("N-through", "E-through", "prohibited"),
    ],
)
def test_whose_ways_meet_where_one_drives_on_the_left(a: str, b: str, expected: str) -> None:
    assert relation(LEFT, a, b) == expected


def test_a_prohibited_pair_is_prohibited_both_ways() -> None:
    pairs = {(c.from_movement_id, c.to_movement_id) for c in RIGHT.conflicts if c.relation is Relation.PROHIBITED}

    assert pairs == {(b, a) for a, b in pairs}


def test_a_protected_left_has_a_stage_and_yields_to_nobody() -> None:
    of = build_junction(form(protected_turns=("N", "S")))

    assert of.stage_chain == ("NS", "NS-turn", "EW")
    assert of.stages[1].protected_left
    assert relation(of, "N-left", "S-through") == "prohibited"
    assert relation(of, "N-left", "E-walk") == "prohibited"
    assert relation(of, "E-left", "W-through") == "yields"


def test_a_protected_left_needs_its_lane() -> None:
    with pytest.raises(BrokenRuleError, match="the left turn from N is protected but has no lane of its own"):
        build_junction(form(arm("N", lanes_left=0), arm("S"), arm("E"), protected_turns=("N",)))
    with pytest.raises(InvalidValueError, match="protected_turns is 'W'"):
        build_junction(form(arm("N"), arm("S"), arm("E"), protected_turns=("W",)))


def test_shares_of_an_arm_sum_to_one() -> None:
    for of in (RIGHT, LEFT, build_junction(form(arm("N"), arm("S"), arm("E")))):
        for name in "NESW":
            own = [m for m in of.movements if m.approach == name and m.kind is MovementKind.VEHICLE]
            assert not own or sum(m.turning_share for m in own) == pytest.approx(1)


def test_what_nobody_counts_divides_as_traffic_turns() -> None:
    minor = arm("E", detector_ids=(), uncounted_peak_veh_h=400.0)
    of = build_junction(form(arm("N"), minor, arm("S"), arm("W", cycle_lane=True)))

    assert {m.movement_id: m.uncounted_peak_veh_h for m in of.movements if m.uncounted_peak_veh_h is not None} == {
        "E-through": 280.0,
        "E-left": 80.0,
        "E-right": 40.0,
    }


def test_all_that_comes_from_a_stem_turns() -> None:
    stem = arm("E", detector_ids=(), uncounted_peak_veh_h=300.0)
    of = build_junction(form(arm("N"), arm("S"), stem))

    assert {m.turn: m.uncounted_peak_veh_h for m in of.movements if m.approach == "E" and m.crossing_m is None} == {
        "left": pytest.approx(200.0),
        "right": pytest.approx(100.0),
    }


def test_an_estimate_stands_only_where_no_detector_counts() -> None:
    with pytest.raises(BrokenRuleError, match="Approach N: uncounted_peak_veh_h is 400 although DET1 count there"):
        arm("N", detector_ids=(DetectorId("DET1"),), uncounted_peak_veh_h=400.0)
    assert arm("N", detector_ids=(), uncounted_peak_veh_h=0.0).uncounted_peak_veh_h == 0


def test_a_stem_without_shares_divides_evenly() -> None:
    of = build_junction(form(arm("N"), arm("S"), arm("E", share_left=0.0, share_right=0.0)))

    assert {m.movement_id: m.turning_share for m in of.movements if m.approach == "E" and m.crossing_m is None} == {
        "E-left": 0.5,
        "E-right": 0.5,
    }


def test_streams_of_a_shared_lane_are_equally_full() -> None:
    of = build_junction(form(arm("N", lanes_left=0), arm("S"), arm("E"), arm("W")))
    own = [m for m in of.movements if m.approach == "N" and m.kind is MovementKind.VEHICLE]
    ratios = [m.turning_share / (m.saturation_pcu_h or 1) for m in own]

    assert all(m.shared_lane for m in own)
    assert max(ratios) / min(ratios) == pytest.approx(1, rel=0.001)
    assert 0.85 * 1800 < sum(m.saturation_pcu_h or 0 for m in own) < 1800  # turns are somewhat slower


def test_a_movement_leaves_by_the_link_of_its_exit() -> None:
    arms = [arm(a, from_link_id=LinkId(f"in-{a}"), to_link_id=LinkId(f"out-{a}")) for a in "NESW"]
    of = build_junction(form(*arms))
    links = {m.movement_id: (m.from_link_id, m.to_link_id) for m in of.movements}

    assert links[MovementId("N-through")] == ("in-N", "out-S")
    assert links[MovementId("N-left")] == ("in-N", "out-E")
    assert links[MovementId("N-right")] == ("in-N", "out-W")


def test_a_crossing_between_junctions_is_a_junction() -> None:
    of = build_junction(form(arm("N"), arm("S", crossing_m=None)))

    assert [(s.stage_id, s.group_ids) for s in of.stages] == [("NS", ("N", "S")), ("EW", ("N-walk",))]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"share_left": 0.7, "share_right": 0.5}, "must lie between 0 and 1"),
        ({"share_left": -0.1}, "must lie between 0 and 1"),
        ({"share_left": float("nan")}, "must lie between 0 and 1"),
        ({"arm": "X"}, "expected N, E, S or W"),
        ({"lanes_through": 0, "lanes_left": 0}, "at least one lane"),
        ({"lanes_through": -1, "lanes_left": 3}, "none below 0"),
        (
            {"detector_ids": (), "uncounted_peak_veh_h": -1.0},
            "uncounted_peak_veh_h is -1.0, expected a flow of 0 veh/h",
        ),
        ({"detector_ids": (), "uncounted_peak_veh_h": float("nan")}, "expected a flow of 0 veh/h or more"),
        ({"detector_ids": (), "uncounted_peak_veh_h": float("inf")}, "expected a flow of 0 veh/h or more"),
    ],
)
def test_an_arm_that_makes_no_sense_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(CityError, match=sentence):
        arm("N", **{k: v for k, v in changes.items() if k != "arm"}) if "arm" not in changes else arm("X")


def test_arms_are_two_to_four_different_ones() -> None:
    with pytest.raises(InvalidValueError, match="two to four different arms"):
        build_junction(form(arm("N")))
    with pytest.raises(InvalidValueError, match="two to four different arms"):
        build_junction(form(arm("N"), arm("N"), arm("S")))


def test_slow_walkers_are_given_time() -> None:
    slow = build_junction(form(slow_walkers=True)).intergreen_s()
    usual = RIGHT.intergreen_s()
    pair = (GroupId("E-walk"), GroupId("E"))

    assert usual[pair] == 12  # 14 m at 1.2 m/s
    assert slow[pair] == 14  # at 1.0 m/s
    assert all(slow[p] >= usual[p] for p in usual)


def test_the_running_plan_has_a_split_per_stage() -> None:
    running = build_junction(form(running_plan=RunningPlanForm(offset_s=7, splits_s=(45, 45)))).running_plan

    assert running is not None
    assert (running.cycle_s, running.offset_s) == (90, 7)
    with pytest.raises(BrokenRuleError, match="3 splits for the stages NS, EW"):
        build_junction(form(running_plan=RunningPlanForm(offset_s=0, splits_s=(30, 30, 30))))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    arms=st.lists(st.sampled_from("NESW"), min_size=2, max_size=4, unique=True),
    profile=st.sampled_from(["CN", "DE", "US"]),
    drives_on=st.sampled_from(DrivesOn),
    crossing_m=st.none() | st.floats(5, 25),
    cycles=st.booleans(),
)
def test_every_junction_is_complete(
    arms: list[str], profile: str, drives_on: DrivesOn, crossing_m: float | None, *, cycles: bool
) -> None:
    approaches = [arm(a, crossing_m=crossing_m, cycle_lane=cycles) for a in arms]
    of = build_junction(form(*approaches, national_profile=profile, drives_on=drives_on))
    matrix = of.intergreen_s()

    assert {p for p in conflicting_groups(of) if p not in matrix} == set()
    assert from_json(Junction, to_json(of), "test") == of
    for group in of.groups:
        kinds = {m.kind for m in of.movements_of(group.group_id)}
        assert kinds == {group.kind}
        if group.kind is MovementKind.PEDESTRIAN:
            assert group.min_green_s == national_profile(profile).min_walk_s
