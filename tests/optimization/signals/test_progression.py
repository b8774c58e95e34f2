"""Bands along a corridor, against greens whose bands are known."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.ids import GroupId, JunctionId, StageId
from city.signal_plans import Green, SignalPlan, Split
from optimization.signals.areas import areas_of
from optimization.signals.progression import Direction, Stop, band, directions
from tests.optimization.signals.cases import corridor, demand, junction, problem

NAMES = ("A", "B", "C")


def one(name: str, *, cycle_s: int = 60, green_s: int = 30, offset_s: int = 0) -> SignalPlan:
    return SignalPlan(
        junction_id=JunctionId(name),
        plan_number=1,
        cycle_s=cycle_s,
        offset_s=offset_s,
        coordinated_stage_id=StageId("S"),
        splits=(Split(stage_id=StageId("S"), split_s=cycle_s),),
        greens=(Green(group_id=GroupId("G"), start_s=0, end_s=green_s),),
    )


def street(*after_s: float) -> Direction:
    stops = (
        Stop(junction_id=JunctionId(name), group_ids=(GroupId("G"),), after_s=after)
        for name, after in zip(NAMES, after_s, strict=False)
    )
    return Direction(stops=tuple(stops))


def along(*plans: SignalPlan) -> dict[JunctionId, SignalPlan]:
    return {plan.junction_id: plan for plan in plans}


def test_offsets_that_follow_the_travel_time_give_the_whole_green() -> None:
    """Little's textbook case: offset = travel time, the band is the shortest green."""
    plans = along(one("A"), one("B", offset_s=20), one("C", offset_s=40, green_s=25))

    found = band(street(0, 20, 40), plans)

    assert found is not None
    assert (found.start_s, found.width_s, found.repeat_s) == (0, 25, 60)


def test_the_way_back_pays_for_it() -> None:
    """Two junctions 20 s apart: out 30 s of band, back the arrival is 40 s late, so 30 - (60 - 40 - ... ) overlap."""
    plans = along(one("A"), one("B", offset_s=20))
    back = Direction(
        stops=(
            Stop(junction_id=JunctionId("B"), group_ids=(GroupId("G"),), after_s=0),
            Stop(junction_id=JunctionId("A"), group_ids=(GroupId("G"),), after_s=20),
        )
    )

    found = band(back, plans)

    # B is green from 20 to 50, its vehicles reach A from 40 to 70; A is green from 60 on: the last 10 s.
    assert found is not None
    assert (found.start_s, found.width_s) == (40, 10)


def test_greens_that_never_meet_have_no_band_and_neither_have_cycles_that_drift() -> None:
    assert band(street(0, 30), along(one("A"), one("B"))) is None
    assert band(street(0, 0), along(one("A", cycle_s=97, green_s=40), one("B", cycle_s=89, green_s=40))) is None


def test_a_half_cycle_is_a_band_too() -> None:
    found = band(street(0, 0), along(one("A", cycle_s=120, green_s=40), one("B", cycle_s=60, green_s=40)))

    assert found is not None
    assert (found.start_s, found.width_s, found.repeat_s) == (0, 40, 120)


@given(
    st.lists(st.tuples(st.integers(1, 59), st.integers(0, 59), st.integers(0, 90)), min_size=2, max_size=3),
    st.integers(0, 59),
)
def test_everybody_in_the_band_meets_green_and_a_common_shift_changes_no_width(
    stops: list[tuple[int, int, int]], shift: int
) -> None:
    plans = along(*(one(n, green_s=g, offset_s=o) for n, (g, o, _) in zip(NAMES, stops, strict=False)))
    after = [sum(t for _, _, t in stops[1 : k + 1]) for k in range(len(stops))]
    way = street(*after)

    found = band(way, plans)
    shifted = band(way, {j: replace(p, offset_s=(p.offset_s + shift) % 60) for j, p in plans.items()})

    assert (found.width_s if found else 0) == (shifted.width_s if shifted else 0)
    if found is not None:
        for leaves in range(found.start_s, found.start_s + found.width_s):
            for stop in way.stops:
                plan = plans[stop.junction_id]
                second = (leaves + int(stop.after_s) - plan.offset_s) % plan.cycle_s
                assert second < plan.greens[0].end_s


def test_directions_of_a_corridor_have_its_travel_times_and_through_lamps() -> None:
    a, b, c = junction("J1"), junction("J2", lat=40.004), junction("J3", lat=40.008)
    along_c1 = corridor(a, b, c)
    asked = problem(demand(a, b, c), a, b, c, corridors=(along_c1,))
    (area,), _ = areas_of(asked, [one.junction_id for one in (a, b, c)])

    there, back = directions(area, along_c1.junction_ids)

    assert there.title == "J1 to J3"
    assert back.title == "J3 to J1"
    assert [stop.after_s for stop in there.stops] == pytest.approx([0.0, 28.8, 57.6])  # 400 m at 50 km/h each
    assert {stop.group_ids for stop in there.stops} == {("S",)}  # northbound comes from the south
    assert {stop.group_ids for stop in back.stops} == {("N",)}
    assert [leg.title for leg in there.legs()] == ["J1 to J2", "J2 to J3"]
    assert directions(area, (a.junction_id, c.junction_id)) == ()
