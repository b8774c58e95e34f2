"""What-ifs as a person writes them, and the junctions and flows that they make."""

from dataclasses import replace

import pytest

from city.errors import CityError
from city.ids import JunctionId, MovementId
from city.junction_building import build_junction
from city.signal_parts import Movement, MovementKind, Relation
from city.signals import Junction
from optimization.signals.check import check_schedule
from optimization.signals.what_if import (
    CrossingAdded,
    DemandChange,
    LaneClosed,
    change_of,
    change_text,
    changed_demand,
    changed_junctions,
    changes_the_street,
)
from tests.optimization.signals.cases import demand, junction, junction_form, planned, problem

J1 = JunctionId("J1")


def movement(of: Junction, name: str) -> Movement:
    return next(m for m in of.movements if m.movement_id == name)


@pytest.mark.parametrize(
    ("text", "change", "told"),
    [
        ("demand:+20%", DemandChange(factor=1.2), "demand +20 %"),
        ("demand:-10%:J1", DemandChange(factor=0.9, junction_id=J1), "demand -10 % at junction J1"),
        (
            "close-lane:J1:N-through:1",
            LaneClosed(junction_id=J1, movement_id=MovementId("N-through"), lanes=1),
            "1 lane of N-through closed at junction J1",
        ),
        (
            "close-lane:J1:N-through",
            LaneClosed(junction_id=J1, movement_id=MovementId("N-through"), lanes=1),
            "1 lane of N-through closed at junction J1",
        ),
        (
            "add-crossing:J1:N:14m:200",
            CrossingAdded(junction_id=J1, approach="N", crossing_m=14.0, flow_ped_h=200.0),
            "approach N of junction J1 crossed on 14 m by 200 people per hour",
        ),
    ],
)  # fmt: skip
def test_changes_are_read_as_they_are_written(text: str, change: object, told: str) -> None:
    assert change_of(text) == change
    assert change_text(change_of(text)) == told


@pytest.mark.parametrize(
    "text",
    ["", "demand", "demand:20%", "demand:+x%", "demand:-120%", "close-lane:J1", "close-lane:J1:N:0", "shut:J1",
     "add-crossing:J1:N", "add-crossing:J1:N:-3", "add-crossing:J1:N:0"],
)  # fmt: skip
def test_what_nobody_can_read_is_answered_with_examples(text: str) -> None:
    with pytest.raises(CityError, match=r"demand:\+20%, .*close-lane:J001"):
        change_of(text)


def test_factors_multiply_and_leave_other_junctions_alone() -> None:
    a, b = junction("J1"), junction("J2")
    usual = demand(a, b)

    changed = changed_demand(usual, [change_of("demand:+20%"), change_of("demand:+50%:J1")])

    assert [m.flow_pcu_h[0] for m in changed.movements] == [
        pytest.approx(m.flow_pcu_h[0] * (1.8 if m.junction_id == "J1" else 1.2)) for m in usual.movements
    ]
    assert changed_demand(usual, []) is usual
    with pytest.raises(CityError, match="more than 40,000"):
        changed_demand(usual, [change_of("demand:+99999%")])


def test_a_closed_lane_takes_its_share_of_what_shares_it() -> None:
    of = junction()
    (changed,) = changed_junctions([of], [change_of("close-lane:J1:N-through:1")])

    for name in ("N-through", "N-right"):  # two shared lanes become one
        assert movement(changed, name).lanes == 1
        assert movement(changed, name).saturation_pcu_h == pytest.approx((movement(of, name).saturation_pcu_h or 0) / 2)
    assert movement(changed, "N-left") == movement(of, "N-left")
    assert movement(changed, "S-through") == movement(of, "S-through")


def test_of_numbered_lanes_one_that_nobody_else_needs_is_closed() -> None:
    of = junction()
    numbers = {MovementId("N-right"): (0,), MovementId("N-through"): (0, 1), MovementId("N-left"): (2,)}
    numbered = replace(
        of, movements=tuple(replace(m, lane_numbers=numbers.get(m.movement_id, ())) for m in of.movements)
    )

    (changed,) = changed_junctions([numbered], [change_of("close-lane:J1:N-through:1")])

    assert movement(changed, "N-through").lane_numbers == (0,)
    assert movement(changed, "N-right").lane_numbers == (0,)
    assert movement(changed, "N-right").saturation_pcu_h == movement(of, "N-right").saturation_pcu_h


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("close-lane:J1:N-left:1", "N-left has 1 lane"),
        ("close-lane:J1:N-through:2", "left without any"),
        ("close-lane:J1:N-walk:1", "no movement of vehicles 'N-walk'"),
        ("close-lane:J9:N-left:1", "no junction 'J9'"),
        ("add-crossing:J1:N:14", "people cross approach N already"),
        ("add-crossing:J1:Q:14", "one that traffic comes or leaves by: N, E, S, W"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(CityError, match=said):
        changed_junctions([junction()], [change_of(text)])


@pytest.mark.parametrize("turns", [True, False])
@pytest.mark.parametrize("arm", ["N", "E"])
def test_an_added_crossing_is_the_one_that_the_form_would_have_made(arm: str, turns: bool) -> None:  # noqa: FBT001
    """The junction's form with the crossing is the oracle: same conflicts, intergreens, stages and lamps."""
    form = junction_form(turns=turns, running_plan=None)
    without = replace(
        form, approaches=tuple(replace(a, crossing_m=None) if a.arm == arm else a for a in form.approaches)
    )
    expected = build_junction(form)

    (made,) = changed_junctions([build_junction(without)], [change_of(f"add-crossing:J1:{arm}:14:80")])

    assert set(made.movements) == set(expected.movements)
    assert set(made.groups) == set(expected.groups)
    assert set(made.conflicts) == set(expected.conflicts)
    assert set(made.permitted_yields) == set(expected.permitted_yields)
    assert made.intergreen_s() == expected.intergreen_s()
    assert {s.stage_id: set(s.group_ids) for s in made.stages} == {
        s.stage_id: set(s.group_ids) for s in expected.stages
    }


def test_a_crossing_that_fits_no_stage_gets_one_of_its_own_and_is_planned() -> None:
    """North and south share their stage with east: nobody can cross the north arm beside them."""
    form = junction_form(turns=False, walks=False, running_plan=None)
    of = build_junction(form)
    through = {m.movement_id for m in of.movements if m.kind is MovementKind.VEHICLE}
    protected = replace(of, stages=tuple(replace(s, protected_left=True) for s in of.stages))

    (made,) = changed_junctions([protected], [change_of("add-crossing:J1:N:14:100")])

    assert made.stage_chain == (*of.stage_chain, "N-walk")
    stopped = {c.to_movement_id for c in made.conflicts if c.from_movement_id == "N-walk"}
    assert stopped <= through
    assert all(c.relation is Relation.PROHIBITED for c in made.conflicts if c.from_movement_id == "N-walk")
    result = planned(problem(demand(made, pcu_h=dict.fromkeys("NESW", 300.0)), made)).plan
    assert check_schedule(result, (made,)).ok
    assert all("N-walk" in {g.group_id for g in p.greens} for p in result.day_plans[0].plans)


def test_only_demand_leaves_the_street_as_it_is() -> None:
    assert not changes_the_street([change_of("demand:+20%")])
    assert changes_the_street([change_of("demand:+20%"), change_of("close-lane:J1:N-through:1")])
