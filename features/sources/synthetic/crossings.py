"""Signalised junctions of the demo city as its traffic department describes them: forms, detectors, corridors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from city.ids import CorridorId, DetectorId, DistrictId, JunctionId, MovementId
from city.junction_building import build_junction
from city.junction_form import ARMS, ApproachForm, JunctionForm, RunningPlanForm
from city.national import national_profile
from city.signal_parts import Audit, ControllerProfile, ControlMode, Countdown, MovementKind
from city.signal_plans import SignalPlan
from city.signals import Corridor, CorridorLink, Junction, stage_greens_s
from features.sources.synthetic.roads import AVENUE, STEPS, Cell, Roads
from features.sources.synthetic.seeding import Topic, city_stream
from features.sources.synthetic.size import CitySize

PROFILE = "CN"
CYCLES_S = (110, 120, 110)
_LONGEST_CORRIDOR = 6
_ESTIMATE_ERROR = 0.15  # standard deviation of a person's guess, as a share
_ESTIMATE_STEP_VEH_H = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    forms: tuple[JunctionForm, ...]
    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...]
    detectors: tuple["Detector", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A loop over all lanes of one approach, a little before its stop line."""

    detector_id: DetectorId
    junction_id: JunctionId
    district_id: DistrictId
    arm: str
    link: tuple[Cell, Cell]
    lanes: int
    lon: float
    lat: float


def approach_capacity_veh_h(junction: Junction, plan: SignalPlan) -> dict[str, float]:
    """What each arm can send on under `plan`, veh/h: its tightest stream in proportion, s x g / C / share."""
    profile = national_profile(junction.national_profile)
    green_s = {green.group_id: green.end_s - green.start_s for green in plan.greens}
    capacity: dict[str, float] = {}
    for movement in junction.movements:
        if movement.kind is not MovementKind.VEHICLE or movement.turning_share <= 0:
            continue
        effective_s = green_s[movement.group_id] - profile.start_up_loss_s + profile.end_gain_s
        stream_veh_h = (movement.saturation_pcu_h or 0.0) * effective_s / plan.cycle_s
        arm = movement.approach
        capacity[arm] = min(capacity.get(arm, float("inf")), stream_veh_h / movement.turning_share)
    return capacity


def build_crossings(roads: Roads, size: CitySize, seed: int) -> Crossings:
    rng = city_stream(seed, Topic.JUNCTIONS)
    measured = _measured_arms(roads, size)
    detectors = tuple(_detector(roads, number, cell, arm) for number, (cell, arm) in enumerate(measured, 1))
    by_arm = {(detector.junction_id, detector.arm): detector for detector in detectors}
    corridors_cells = _corridor_cells(roads, size)
    coordinated = {cell for cells in corridors_cells for cell in cells}
    forms, junctions = [], []
    for number, cell in enumerate(roads.junction_cells):
        form = _form(roads, number, cell, by_arm, rng)
        form = replace(form, coordinated_axis="EW" if cell in coordinated else "NS")
        form = _with_running_plan(form, row_cycle_s=CYCLES_S[cell[1] // 3 % len(CYCLES_S)], place=cell[0] // 3)
        forms.append(form)
        junctions.append(build_junction(form))
    return Crossings(
        forms=tuple(forms),
        junctions=tuple(junctions),
        corridors=tuple(_corridor(roads, cells) for cells in corridors_cells),
        detectors=detectors,
    )


def with_estimates(crossings: Crossings, peak_veh_h: Mapping[tuple[JunctionId, str], float], seed: int) -> Crossings:
    """The forms with what the department's people guess to pass where no detector counts.

    A guess lies some way off the true peak and is a round number; nothing that is counted depends on it.
    """
    rng = city_stream(seed, Topic.ESTIMATES)
    forms = []
    for form in crossings.forms:
        guessed = {
            arm.arm: _guess_veh_h(peak_veh_h[form.junction_id, arm.arm], rng)
            for arm in form.approaches
            if not arm.detector_ids
        }
        approaches = tuple(replace(arm, uncounted_peak_veh_h=guessed.get(arm.arm)) for arm in form.approaches)
        forms.append(replace(form, approaches=approaches))
    return replace(crossings, forms=tuple(forms), junctions=tuple(build_junction(form) for form in forms))


def _guess_veh_h(true_veh_h: float, rng: np.random.Generator) -> float:
    steps = true_veh_h * float(np.exp(rng.normal(0, _ESTIMATE_ERROR))) / _ESTIMATE_STEP_VEH_H
    return float(_ESTIMATE_STEP_VEH_H * max(1, round(steps)))


def junction_id(roads: Roads, cell: Cell) -> JunctionId:
    return JunctionId(f"J{roads.junction_cells.index(cell) + 1:03d}")


def arms_of(roads: Roads, cell: Cell) -> tuple[str, ...]:
    return tuple(arm for arm in ARMS if (_neighbour(cell, arm), cell) in roads.links)


def _neighbour(cell: Cell, arm: str) -> Cell:
    return cell[0] + STEPS[arm][0], cell[1] + STEPS[arm][1]


def _measured_arms(roads: Roads, size: CitySize) -> list[tuple[Cell, str]]:
    """Junctions measured on every arm, as far as detectors reach; every third avenue has to wait longest."""
    order = sorted(roads.junction_cells, key=lambda cell: (cell[1] // 3 % 3 == 2, cell[1], cell[0]))
    arms = [(cell, arm) for cell in order for arm in arms_of(roads, cell)][: size.detectors]
    return sorted(arms, key=lambda pair: (pair[0][1], pair[0][0], ARMS.index(pair[1])))


def _detector(roads: Roads, number: int, cell: Cell, arm: str) -> Detector:
    link = roads.links[_neighbour(cell, arm), cell]
    east, north = STEPS[arm]
    lon, lat = roads.lon_lat(cell, east_m=40.0 * east, north_m=40.0 * north)
    return Detector(
        detector_id=DetectorId(f"DET{number:04d}"),
        junction_id=junction_id(roads, cell),
        district_id=roads.district(cell),
        arm=arm,
        link=(link.start, link.end),
        lanes=3 if link.road is AVENUE else 2,
        lon=lon,
        lat=lat,
    )


def _form(
    roads: Roads,
    number: int,
    cell: Cell,
    detectors: dict[tuple[JunctionId, str], Detector],
    rng: np.random.Generator,
) -> JunctionForm:
    own_id = junction_id(roads, cell)
    arms = arms_of(roads, cell)
    approaches = tuple(_approach(roads, cell, arm, arms, detectors.get((own_id, arm)), rng) for arm in arms)
    lon, lat = roads.lon_lat(cell)
    countdown = number % 8 == 5
    return JunctionForm(
        junction_id=own_id,
        district_id=roads.district(cell),
        name=f"Avenue {cell[1] // 3 + 1} / Cross street {cell[0] // 3 + 1}",
        lon=lon,
        lat=lat,
        national_profile=PROFILE,
        approaches=approaches,
        protected_turns=tuple(approach.arm for approach in approaches if approach.lanes_left),
        cycle_min_s=60,
        cycle_max_s=150,
        box_m=24.0 if len(arms) == 4 else 18.0,
        slow_walkers=number % 9 == 4,
        mode=ControlMode.MANUAL if number == _manual(roads) else ControlMode.FIXED,
        controller=ControllerProfile(countdown=Countdown.LAST_SECONDS, countdown_s=9)
        if countdown
        else ControllerProfile(),
        audit=Audit(verified_by="Traffic department, survey group", verified_on="2025-11-12"),
    )


def _manual(roads: Roads) -> int:
    """A measured junction that belongs to no corridor, where the city has one."""
    return max(2, len(roads.junction_cells) - 5)


def _approach(
    roads: Roads,
    cell: Cell,
    arm: str,
    arms: tuple[str, ...],
    detector: Detector | None,
    rng: np.random.Generator,
) -> ApproachForm:
    link = roads.links[_neighbour(cell, arm), cell]
    large = link.road is AVENUE
    left, right = (ARMS[(ARMS.index(arm) + step) % 4] in arms for step in (1, 3))
    straight = ARMS[(ARMS.index(arm) + 2) % 4] in arms
    pocket = left and (large or not straight)
    share_left = float(rng.uniform(0.12, 0.2)) if left else 0.0
    share_right = float(rng.uniform(0.08, 0.16)) if right else 0.0
    if not straight:
        share_left, share_right = (0.55, 0.45) if left and right else (float(left), float(right))
    return ApproachForm(
        arm=arm,
        lanes_through=2 if large else 1,
        lanes_left=1 if pocket else 0,
        share_left=round(share_left, 2),
        share_right=round(share_right, 2),
        detector_ids=() if detector is None else (detector.detector_id,),
        speed_kmh=min(link.road.speed_kmh, 60.0),
        crossing_m=21.0 if large else 14.0,
        flow_ped_h=round(float(rng.uniform(60, 360))),
        cycle_lane=straight,
        left_pocket_m=60.0 if pocket else None,
        storage_m=round(0.6 * link.length_m, 1),
        from_link_id=link.link_id,
    )


def _with_running_plan(form: JunctionForm, *, row_cycle_s: int, place: int) -> JunctionForm:
    """The fixed plan of old: the time left after the least splits goes mostly to the stages of through traffic."""
    junction = build_junction(form)
    least_s = [stage_greens_s(junction)[stage_id] for stage_id in junction.stage_chain]
    cycle_s = max(row_cycle_s, sum(least_s) + 6 * len(least_s))
    weights = [1.0 if junction.stage(stage).protected_left else _THROUGH_WEIGHT for stage in junction.stage_chain]
    spare_s = cycle_s - sum(least_s)
    splits = [least + int(spare_s * weight / sum(weights)) for least, weight in zip(least_s, weights, strict=True)]
    main = junction.stage_chain.index(junction.coordinated_stage_id)
    splits[main] += cycle_s - sum(splits)
    return replace(form, running_plan=RunningPlanForm(offset_s=17 * place % cycle_s, splits_s=tuple(splits)))


_THROUGH_WEIGHT = 1.6


def _corridor_cells(roads: Roads, size: CitySize) -> list[tuple[Cell, ...]]:
    """Along every avenue but the last; a long avenue makes several corridors."""
    rows: dict[int, list[Cell]] = {}
    for cell in roads.junction_cells:
        rows.setdefault(cell[1], []).append(cell)
    chosen = [cells for _, cells in sorted(rows.items())][: max(1, size.avenue_rows - 1)]
    parts = [
        tuple(cells[k : k + _LONGEST_CORRIDOR]) for cells in chosen for k in range(0, len(cells), _LONGEST_CORRIDOR)
    ]
    return [part for part in parts if len(part) > 1]


def _corridor(roads: Roads, cells: tuple[Cell, ...]) -> Corridor:
    links = []
    for west, east in pairwise(cells):
        links += [_corridor_link(roads, west, east, arm="W"), _corridor_link(roads, east, west, arm="E")]
    first = junction_id(roads, cells[0])
    return Corridor(
        corridor_id=CorridorId(f"C-{first}-{junction_id(roads, cells[-1])}"),
        district_id=roads.district(cells[0]),
        junction_ids=tuple(junction_id(roads, cell) for cell in cells),
        links=tuple(links),
    )


def _corridor_link(roads: Roads, start: Cell, end: Cell, *, arm: str) -> CorridorLink:
    """From `start` to `end`, reached on its arm `arm`; the platoon comes from the same arm of `start`."""
    step = 1 if end[0] > start[0] else -1
    way = [(column, start[1]) for column in range(start[0], end[0] + step, step)]
    pieces = [roads.links[a, b] for a, b in pairwise(way)]
    through = MovementId(f"{arm}-through")
    return CorridorLink(
        from_junction_id=junction_id(roads, start),
        to_junction_id=junction_id(roads, end),
        length_m=round(sum(piece.length_m for piece in pieces), 1),
        speed_kmh=50.0,
        link_id=pieces[-1].link_id,
        from_movement_ids=(through,),
        to_movement_ids=(through,),
    )
