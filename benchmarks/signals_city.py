"""A generated city of signalised junctions: streets of three classes on a grid, every junction from its form.

Arterials have two through lanes, left lanes and mostly protected lefts; collectors one or two and permissive lefts from
a pocket; local streets share one lane. A third of the junctions lose an arm; most arms have a crossing. Flows belong to
streets, peak in the morning one way and in the evening the other, and are scaled down where a junction would not hold
them. Blocks of neighbours are corridors; every junction runs 90 s or what its block needs, all offsets zero.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from city.ids import CorridorId, DistrictId, JunctionId, MovementId
from city.junction_building import build_junction
from city.junction_form import ARMS, ApproachForm, JunctionForm
from city.signal_parts import Movement, MovementKind
from city.signals import Corridor, CorridorLink, Junction, stage_greens_s
from city.stage_timing import build_plan
from optimization.signals.problem import SLOTS, Demand, MovementDemand, SignalProblem

DAY: Final = date(2026, 3, 2)
BLOCK: Final = (5, 4)  # junctions of one coordinated block, across and up
SPACING_M: Final = (220, 260, 300, 340, 400)
FULLEST: Final = 0.75  # sum of critical flow ratios at the peak
ABOVE_EXPECTED: Final = 1.12  # what a plan is made for, over what will mostly come
RUNNING_CYCLE_S: Final = 90
STEP: Final[Mapping[str, tuple[int, int]]] = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}
OPPOSITE: Final = {"N": "S", "S": "N", "E": "W", "W": "E"}
LEFT_OF: Final = {"N": "E", "E": "S", "S": "W", "W": "N"}  # where a left turn from an arm leaves
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """One row or column of the grid; `peak_veh_h` is what one of its approaches brings at most."""

    lanes: int
    left_lane: bool
    protected: bool
    speed_kmh: float
    peak_veh_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Places of junctions with their block, the arms of each, the streets, and where they lie, m."""

    blocks: Mapping[Place, int]
    arms: Mapping[Place, tuple[str, ...]]
    columns: Sequence[Street]
    rows: Sequence[Street]
    east_m: Sequence[int]
    north_m: Sequence[int]

    def street(self, place: Place, arm: str) -> Street:
        return self.columns[place[0]] if arm in "NS" else self.rows[place[1]]


def generated_city(junctions: int, *, seed: int) -> SignalProblem:
    """Blocks of up to 20 junctions, one corridor each, with a day of demand."""
    chance = random.Random(seed)
    grid = _grid(junctions, chance)
    built = {place: _junction(grid, place, chance) for place in grid.blocks}
    noise = np.random.default_rng(seed)
    movements: list[MovementDemand] = []
    for place, junction in built.items():
        movements += _demand(grid, place, junction, chance, noise)
    return SignalProblem(
        junctions=tuple(_with_running_plans(grid, built)),
        corridors=_corridors(grid, built),
        demand=Demand(movements=tuple(movements)),
        service_date=DAY,
        time_zone="UTC",
    )


def _grid(junctions: int, chance: random.Random) -> Grid:
    blocks: dict[Place, int] = {}
    count = -(-junctions // (BLOCK[0] * BLOCK[1]))
    across = round(count**0.5) or 1
    for k in range(junctions):
        block, inside = divmod(k, BLOCK[0] * BLOCK[1])
        row, column = divmod(inside, BLOCK[0])
        blocks[block % across * BLOCK[0] + column, block // across * BLOCK[1] + row] = block
    width, height = (1 + max(place[k] for place in blocks) for k in (0, 1))
    return Grid(
        blocks=blocks,
        arms=_arms(blocks, chance),
        columns=[_street(chance) for _ in range(width)],
        rows=[_street(chance) for _ in range(height)],
        east_m=_positions(width, chance),
        north_m=_positions(height, chance),
    )


def _positions(count: int, chance: random.Random) -> list[int]:
    found = [0]
    for _ in range(count - 1):
        found.append(found[-1] + chance.choice(SPACING_M))
    return found


def _arms(blocks: Mapping[Place, int], chance: random.Random) -> dict[Place, tuple[str, ...]]:
    """All four, less one at about a third of the junctions; a street that ends, ends at both of its junctions."""
    arms = {place: set(ARMS) for place in blocks}
    for place in chance.sample(sorted(blocks), len(blocks) // 4):
        arm = chance.choice(ARMS)
        beyond = _beyond(place, arm)
        if len(arms[place]) == len(ARMS) and len(arms.get(beyond, ARMS)) == len(ARMS):
            arms[place].remove(arm)
            arms.get(beyond, set()).discard(OPPOSITE[arm])
    return {place: tuple(arm for arm in ARMS if arm in own) for place, own in arms.items()}


def _beyond(place: Place, arm: str) -> Place:
    return place[0] + STEP[arm][0], place[1] + STEP[arm][1]


def _street(chance: random.Random) -> Street:
    kind = chance.choices(("arterial", "collector", "local"), (3, 4, 3))[0]
    if kind == "arterial":
        return Street(
            lanes=chance.choice((2, 2, 3)), left_lane=True, protected=chance.random() < 0.7, speed_kmh=60.0,
            peak_veh_h=chance.uniform(700, 1300),
        )  # fmt: skip
    if kind == "collector":
        return Street(
            lanes=chance.choice((1, 2)), left_lane=chance.random() < 0.7, protected=False, speed_kmh=50.0,
            peak_veh_h=chance.uniform(350, 800),
        )  # fmt: skip
    return Street(lanes=1, left_lane=False, protected=False, speed_kmh=50.0, peak_veh_h=chance.uniform(150, 400))


def _junction(grid: Grid, place: Place, chance: random.Random) -> Junction:
    column, row = place
    arms = grid.arms[place]
    protected = [
        arm
        for arm in arms
        if grid.street(place, arm).protected and {OPPOSITE[arm], LEFT_OF[arm]} <= set(arms)
    ]  # fmt: skip
    form = JunctionForm(
        junction_id=JunctionId(f"J{column:02}{row:02}"),
        district_id=DistrictId(f"block-{grid.blocks[place] + 1}"),
        name=f"Street {column} and street {row}",
        lon=round(11.5 + grid.east_m[column] / 75_000, 6),
        lat=round(48.1 + grid.north_m[row] / 111_000, 6),
        national_profile="DE",
        approaches=tuple(_approach(grid.street(place, arm), arm, arms, chance) for arm in arms),
        protected_turns=tuple(protected),
        coordinated_axis="NS" if grid.columns[column].peak_veh_h > grid.rows[row].peak_veh_h else "EW",
        cycle_min_s=40,
        cycle_max_s=150,
    )
    return build_junction(form)


def _approach(street: Street, arm: str, arms: Sequence[str], chance: random.Random) -> ApproachForm:
    left, through = LEFT_OF[arm] in arms, OPPOSITE[arm] in arms
    right = OPPOSITE[LEFT_OF[arm]] in arms
    own_left = street.left_lane and left and (through or right)
    lanes_right = int(street.lanes > 1 and right and through and chance.random() < 0.3)
    lanes_through = street.lanes if through else 1
    return ApproachForm(
        arm=arm,
        lanes_through=lanes_through,
        lanes_left=int(own_left),
        lanes_right=lanes_right,
        share_left=round(chance.uniform(0.08, 0.22), 2) if left else 0.0,
        share_right=round(chance.uniform(0.08, 0.2), 2) if right else 0.0,
        speed_kmh=street.speed_kmh,
        crossing_m=round(3.25 * (lanes_through + int(own_left) + lanes_right + street.lanes), 1)
        if chance.random() < 0.85
        else None,
        flow_ped_h=round(chance.uniform(20, 250)),
        left_pocket_m=float(chance.choice((35, 50, 80))) if own_left else None,
        storage_m=200.0,
    )


def _demand(
    grid: Grid, place: Place, junction: Junction, chance: random.Random, noise: np.random.Generator
) -> list[MovementDemand]:
    arriving = {arm: grid.street(place, arm).peak_veh_h * chance.uniform(0.85, 1.15) for arm in grid.arms[place]}
    driving = [m for m in junction.movements if m.kind is MovementKind.VEHICLE]
    peaks = {m.movement_id: arriving[m.approach] * m.turning_share for m in driving}
    held = min(1.0, FULLEST / _critical(junction, peaks))
    found = []
    for movement in driving:
        day = held * peaks[movement.movement_id] * _course(movement) * noise.lognormal(0, 0.05, SLOTS)
        found.append(
            MovementDemand(
                junction_id=junction.junction_id,
                movement_id=movement.movement_id,
                flow_pcu_h=tuple(float(v) for v in np.round(ABOVE_EXPECTED * day, 2)),
                expected_pcu_h=tuple(float(v) for v in np.round(day, 2)),
                censored=(False,) * SLOTS,
            )
        )
    return found


def _critical(junction: Junction, flow: Mapping[MovementId, float]) -> float:
    """Sum over stages of the largest flow ratio in them."""
    ratios: dict[str, float] = {}
    for movement in junction.movements:
        if movement.movement_id in flow and movement.saturation_pcu_h:
            ratio = flow[movement.movement_id] / movement.saturation_pcu_h
            ratios[movement.group_id] = max(ratios.get(movement.group_id, 0.0), ratio)
    return sum(max((ratios.get(g, 0.0) for g in stage.group_ids), default=0.0) for stage in junction.stages)


def _course(movement: Movement) -> np.ndarray:
    """Share of the peak in each quarter of an hour: from north and west the morning is fuller, else the evening."""
    hour = (np.arange(SLOTS) + 0.5) / 4
    morning, evening = (0.65, 0.4) if movement.approach in "NW" else (0.4, 0.65)
    day = 1 / (1 + np.exp(-(hour - 6))) / (1 + np.exp(hour - 21))
    peaks = morning * np.exp(-((hour - 8) ** 2) / 1.5) + evening * np.exp(-((hour - 17.5) ** 2) / 2.5)
    return np.asarray(0.04 + 0.31 * day + peaks)


def _with_running_plans(grid: Grid, built: Mapping[Place, Junction]) -> list[Junction]:
    needed: dict[int, int] = {}
    for place, junction in built.items():
        least_s = sum(stage_greens_s(junction).values())
        needed[grid.blocks[place]] = max(needed.get(grid.blocks[place], RUNNING_CYCLE_S), least_s)
    return [_running(junction, needed[grid.blocks[place]]) for place, junction in built.items()]


def _running(junction: Junction, cycle_s: int) -> Junction:
    """Minimums, and the rest of the cycle in equal parts, less for protected turns."""
    splits_s = dict(stage_greens_s(junction))
    order = [s.stage_id for s in junction.stages for _ in range(1 if s.protected_left else 3)]
    for k in range(cycle_s - sum(splits_s.values())):
        splits_s[order[k % len(order)]] += 1
    return replace(junction, running_plan=build_plan(junction, plan_number=1, offset_s=0, splits_s=splits_s))


def _corridors(grid: Grid, built: Mapping[Place, Junction]) -> tuple[Corridor, ...]:
    found = []
    for block in sorted(set(grid.blocks.values())):
        own = [place for place, where in grid.blocks.items() if where == block]
        links = tuple(
            _link(grid, built, place, arm)
            for place in own
            for arm in grid.arms[place]
            if grid.blocks.get(_beyond(place, arm)) == block
        )
        if links:
            corridor = Corridor(
                corridor_id=CorridorId(f"block-{block + 1}"),
                district_id=DistrictId(f"block-{block + 1}"),
                junction_ids=tuple(built[place].junction_id for place in own),
                links=links,
            )
            found.append(corridor)
    return tuple(found)


def _link(grid: Grid, built: Mapping[Place, Junction], place: Place, arm: str) -> CorridorLink:
    """By an arm to the neighbour there: what leaves by it, and all that arrives from this side."""
    start, beyond = built[place], _beyond(place, arm)
    end, along = built[beyond], grid.north_m if arm in "NS" else grid.east_m
    axis = 1 if arm in "NS" else 0
    return CorridorLink(
        from_junction_id=start.junction_id,
        to_junction_id=end.junction_id,
        length_m=float(abs(along[place[axis]] - along[beyond[axis]])),
        speed_kmh=0.9 * grid.street(place, arm).speed_kmh,
        from_movement_ids=tuple(m.movement_id for m in _driving(start) if _leaves_by(m) == arm),
        to_movement_ids=tuple(m.movement_id for m in _driving(end) if m.approach == OPPOSITE[arm]),
    )


def _driving(junction: Junction) -> list[Movement]:
    return [movement for movement in junction.movements if movement.kind is MovementKind.VEHICLE]


def _leaves_by(movement: Movement) -> str:
    turns = {"left": LEFT_OF[movement.approach], "through": OPPOSITE[movement.approach]}
    return turns.get(str(movement.turn), OPPOSITE[LEFT_OF[movement.approach]])
