"""The demo city itself: what stands where, and that it is one city."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from city.errors import InvalidValueError
from city.junction_building import build_junction
from city.junction_form import JunctionForm
from city.signal_parts import ControlMode, Countdown, MovementKind
from city.waste import ServiceKind, SiteKind, Stream
from features.sources.synthetic.crossings import approach_capacity_veh_h, with_estimates
from features.sources.synthetic.points import NIGHT
from features.sources.synthetic.roads import LANE
from features.sources.synthetic.size import CitySize
from features.sources.synthetic.world import World, build_world


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=1, scale=1.0)


def test_the_default_city_is_as_large_as_promised(world: World) -> None:
    assert len(world.crossings.junctions) == 24
    assert len(world.crossings.detectors) == 60
    assert len(world.points.points) == 300
    assert len(world.fleet.trucks) == 8
    assert len(world.districts) >= 4
    assert [site.kind for site in world.fleet.sites] == [SiteKind.TRANSFER_STATION, SiteKind.DISPOSAL]


@pytest.mark.parametrize("scale", [0.25, 2.0])
def test_scale_multiplies_junctions_detectors_points_and_trucks(scale: float) -> None:
    scaled = build_world(seed=1, scale=scale)
    assert len(scaled.crossings.junctions) == 24 * scale
    assert len(scaled.crossings.detectors) == 60 * scale
    assert len(scaled.points.points) == 300 * scale
    assert len(scaled.fleet.trucks) == max(5, 8 * scale)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), 1e6])
def test_a_scale_that_makes_no_city_is_refused(scale: float) -> None:
    with pytest.raises(InvalidValueError, match="scale"):
        CitySize.scaled(scale)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [0.2, 1.0, 2.7])
def test_from_every_corner_one_can_drive_to_every_other(scale: float, seed: int) -> None:
    roads = build_world(seed=seed, scale=scale).roads
    number = {cell: k for k, cell in enumerate(sorted(roads.metres))}
    ends = np.array([(number[a], number[b]) for a, b in roads.links])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(number), len(number)))
    parts, _ = connected_components(graph, directed=True, connection="strong")
    assert parts == 1


def test_some_lanes_are_one_way_and_few_bridges_cross_the_river(world: World) -> None:
    links = world.roads.links
    one_way = [pair for pair, link in links.items() if (pair[1], pair[0]) not in links]
    assert one_way
    assert all(links[pair].road is LANE for pair in one_way)
    north = [sum(1 for a, b in links if a[1] == row and b[1] == row + 1) for row in range(world.roads.rows - 1)]
    assert min(north) == 3
    assert sorted(north)[1] > 3


def test_no_link_is_shorter_than_the_straight_line(world: World) -> None:
    for (a, b), link in world.roads.links.items():
        (ax, ay), (bx, by) = world.roads.metres[a], world.roads.metres[b]
        assert link.length_m >= round(np.hypot(ax - bx, ay - by), 1)


def test_every_form_builds_its_junction_with_the_plan_that_runs_today(world: World) -> None:
    for form, junction in zip(world.crossings.forms, world.crossings.junctions, strict=True):
        assert build_junction(form) == junction
        assert junction.running_plan is not None
        assert min(approach_capacity_veh_h(junction, junction.running_plan).values()) > 100


def test_junctions_differ(world: World) -> None:
    junctions = world.crossings.junctions
    arms = {len(form.approaches) for form in world.crossings.forms}
    kinds = {movement.kind for junction in junctions for movement in junction.movements}
    assert arms == {3, 4}
    assert kinds == set(MovementKind)
    assert [junction.mode for junction in junctions].count(ControlMode.MANUAL) == 1
    assert {junction.controller.countdown for junction in junctions} == {Countdown.NONE, Countdown.LAST_SECONDS}
    assert {any(stage.protected_left for stage in junction.stages) for junction in junctions} == {True}
    assert {len(junction.stages) for junction in junctions} >= {3, 4}


def test_junctions_of_a_corridor_share_a_cycle_and_are_linked_both_ways(world: World) -> None:
    by_id = {junction.junction_id: junction for junction in world.crossings.junctions}
    assert world.crossings.corridors
    for corridor in world.crossings.corridors:
        plans = [by_id[junction_id].running_plan for junction_id in corridor.junction_ids]
        assert len({plan.cycle_s for plan in plans if plan is not None}) == 1
        pairs = {(link.from_junction_id, link.to_junction_id) for link in corridor.links}
        assert pairs == {(b, a) for a, b in pairs}
        assert len(pairs) == 2 * (len(corridor.junction_ids) - 1)
        for link in corridor.links:
            known = {movement.movement_id for movement in by_id[link.from_junction_id].movements}
            assert known >= set(link.from_movement_ids)


def test_most_corridors_are_measured_on_every_arm_and_free_to_be_planned(world: World) -> None:
    forms = {form.junction_id: form for form in world.crossings.forms}
    ready = [
        corridor
        for corridor in world.crossings.corridors
        if all(forms[j].mode is ControlMode.FIXED and not _uncounted(forms[j]) for j in corridor.junction_ids)
    ]
    assert len(ready) == 2 == len(world.crossings.corridors) - 1
    assert len([form for form in world.crossings.forms if _uncounted(form)]) == 9


def test_where_nobody_counts_the_department_guesses_and_only_there(world: World) -> None:
    for form in world.crossings.forms:
        guessed = [arm.arm for arm in form.approaches if arm.uncounted_peak_veh_h is not None]
        assert guessed == _uncounted(form)


def test_a_guess_is_a_round_number_some_way_off_the_truth(world: World) -> None:
    truth = dict(zip(world.traffic.keys, world.traffic.peak_veh_h, strict=True))
    guesses = {
        (form.junction_id, arm.arm): arm.uncounted_peak_veh_h
        for form in world.crossings.forms
        for arm in form.approaches
        if arm.uncounted_peak_veh_h is not None
    }
    off = np.array([guess / truth[key] - 1 for key, guess in guesses.items()])

    assert all(guess > 0 and guess % 50 == 0 for guess in guesses.values())
    assert 0.08 < np.std(off) < 0.25
    assert abs(np.mean(off)) < 0.1
    assert build_world(seed=1, scale=1.0).crossings.forms == world.crossings.forms
    other = with_estimates(world.crossings, {key: float(peak) for key, peak in truth.items()}, seed=2)
    assert other.forms != world.crossings.forms
    assert other.detectors == world.crossings.detectors


def _uncounted(form: JunctionForm) -> list[str]:
    return [arm.arm for arm in form.approaches if not arm.detector_ids]


def test_homes_are_daily_and_the_rest_goes_by_fill(world: World) -> None:
    daily = [point for point in world.points.points if point.rule.kind is ServiceKind.DAILY]
    by_fill = [point for point in world.points.points if point.rule.kind is ServiceKind.BY_FILL]
    assert {point.stream for point in daily} == {Stream.RESIDUAL, Stream.KITCHEN}
    assert {point.stream for point in by_fill} == {Stream.RESIDUAL, Stream.RECYCLABLE}
    assert len(daily) + len(by_fill) == 300
    assert any(point.windows == (NIGHT,) for point in daily)


def test_the_fleet_can_serve_every_daily_point_in_its_shifts(world: World) -> None:
    """A rough count per stream and shift: stops, three minutes of driving to each, and the loads over the payloads."""
    for stream in (Stream.RESIDUAL, Stream.KITCHEN):
        for night in (False, True):
            trucks = [t for t in world.fleet.trucks if stream in t.streams and world.fleet.works_at_night(t) == night]
            own = [
                k
                for k, point in enumerate(world.points.points)
                if point.stream is stream and not point.rule.may_skip and (point.windows == (NIGHT,)) == night
            ]
            points = [world.points.points[k] for k in own]
            kg = sum(
                point.capacity_m3 * point.density_kg_m3 * 1.5 * float(world.points.fill_per_day[k])
                for k, point in zip(own, points, strict=True)
            )
            trips = kg / trucks[0].payload_kg + len(trucks)
            needed_s = sum(point.service_s + 180 for point in points) + trips * 2700
            given_s = sum(truck.shift.end_s - truck.shift.start_s - truck.shift.break_s for truck in trucks)
            assert needed_s < given_s


def test_a_district_that_keeps_quiet_is_not_a_clean_one(world: World) -> None:
    quiet = min(world.districts, key=lambda district: district.propensity)
    loud = max(world.districts, key=lambda district: district.propensity)
    assert quiet.dirt > loud.dirt
