"""The hidden traits of the city's traffic: how much each approach is asked for, and when."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from city.ids import JunctionId
from features.sources.synthetic.crossings import Crossings, approach_capacity_veh_h
from features.sources.synthetic.days import DayKind
from features.sources.synthetic.roads import Roads
from features.sources.synthetic.seeding import Flags, Floats, Ints, Topic, city_stream

SLOTS = 96
STEP_S = 900
CLASSES = ("inbound", "outbound", "through", "leisure")
_HOUR = (np.arange(SLOTS) + 0.5) / 4
# Bumps of demand over the night level: (hour, width in hours, height) per class and kind of day.
_WORKDAY = {
    "inbound": ((7.8, 1.0, 1.0), (12.5, 2.5, 0.42), (17.8, 1.5, 0.55)),
    "outbound": ((7.8, 1.2, 0.5), (12.5, 2.5, 0.45), (17.9, 1.2, 1.0), (20.5, 1.5, 0.3)),
    "through": ((7.9, 1.2, 0.85), (13.0, 3.0, 0.6), (17.8, 1.4, 0.9)),
    "leisure": ((8.3, 1.2, 0.4), (12.3, 1.8, 0.7), (18.8, 1.8, 0.95), (21.0, 1.2, 0.4)),
}
_FREE_DAY = {
    "inbound": ((11.0, 2.6, 0.62), (17.0, 2.5, 0.5)),
    "outbound": ((11.5, 2.6, 0.5), (17.5, 2.6, 0.62)),
    "through": ((11.0, 2.8, 0.62), (16.8, 2.8, 0.6)),
    "leisure": ((11.5, 2.2, 0.85), (16.0, 2.2, 0.85), (20.0, 1.6, 0.75)),
}
_NIGHT = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficTraits:
    """One entry per approach of every signalised junction, measured or not."""

    keys: tuple[tuple[JunctionId, str], ...]
    kind: Ints
    peak_veh_h: Floats
    capacity_veh_h: Floats
    free_speed_kmh: Floats
    lanes: Ints
    detector_of: Ints  # position of its detector, -1 without
    saturated: Flags


def build_traits(roads: Roads, crossings: Crossings, seed: int) -> TrafficTraits:
    rng = city_stream(seed, Topic.DEMAND)
    centre = np.array([roads.columns / 2, roads.rows / 2])
    measured = {(d.junction_id, d.arm): k for k, d in enumerate(crossings.detectors)}
    keys, kinds, capacity, speed, lanes = [], [], [], [], []
    for cell, form, junction in zip(roads.junction_cells, crossings.forms, crossings.junctions, strict=True):
        if junction.running_plan is None:
            continue
        by_arm = approach_capacity_veh_h(junction, junction.running_plan)
        for approach in form.approaches:
            keys.append((form.junction_id, approach.arm))
            kinds.append(_kind(approach.arm, np.array(cell) - centre, rng))
            capacity.append(by_arm[approach.arm])
            speed.append(approach.speed_kmh)
            lanes.append(approach.lanes_through + approach.lanes_left)
    count = len(keys)
    detector_of = np.array([measured.get(key, -1) for key in keys])
    target_x = rng.uniform(0.45, 0.8, count)
    candidates = np.flatnonzero(
        (detector_of >= 0) & (np.array(lanes) > 1) & (np.array(kinds) != CLASSES.index("leisure"))
    )
    saturated = np.zeros(count, dtype=np.bool_)
    saturated[rng.choice(candidates, size=max(2, round(0.14 * len(candidates))), replace=False)] = True
    target_x[saturated] = rng.uniform(1.06, 1.18, int(saturated.sum()))
    return TrafficTraits(
        keys=tuple(keys),
        kind=np.array(kinds),
        peak_veh_h=target_x * np.array(capacity),
        capacity_veh_h=np.array(capacity),
        free_speed_kmh=np.array(speed) * rng.uniform(0.9, 1.02, count),
        lanes=np.array(lanes),
        detector_of=detector_of,
        saturated=saturated,
    )


def _kind(arm: str, offset: "np.ndarray[tuple[int], np.dtype[np.float64]]", rng: np.random.Generator) -> int:
    """Traffic from the west side that comes from the west heads for the centre, and so on round."""
    if rng.random() < 0.15:
        return CLASSES.index("leisure")
    if arm in "EW":
        towards = (offset[0] < 0) == (arm == "W")
        return CLASSES.index("inbound" if towards else "outbound")
    return CLASSES.index("through")


def demand_shape(kind: DayKind) -> Floats:
    """Demand as a share of the workday peak: classes x slots."""
    bumps = _WORKDAY if kind.works else _FREE_DAY
    rows = []
    for name in CLASSES:
        row = _NIGHT + sum(h * np.exp(-0.5 * ((_HOUR - at) / width) ** 2) for at, width, h in bumps[name])
        scale = _NIGHT + sum(h * np.exp(-0.5 * ((_HOUR - at) / width) ** 2) for at, width, h in _WORKDAY[name])
        rows.append(row / np.max(scale))
    return np.array(rows) * _day_level(kind)


def _day_level(kind: DayKind) -> Floats:
    """How full the roads are on such a day, per class: classes x 1."""
    level = np.ones(len(CLASSES))
    if kind.day_type == "adjusted_workday":
        level *= 0.92
    if kind.day_type == "holiday":
        level *= np.array([0.8, 0.8, 0.85, 1.1])
    if kind.works and kind.day.weekday() == 4:
        level *= np.array([0.99, 1.05, 1.03, 1.08])
    days = kind.spring_festival_days
    if days is not None and -10 <= days <= 12:
        depth = 0.62 * np.exp(-0.5 * ((days - 1.0) / 3.2) ** 2)
        level *= 1.0 - depth * np.array([1.0, 1.0, 0.9, 0.55])
    return np.asarray(level[:, None], dtype=np.float64)


def growth_since_2026(day: date) -> float:
    """Traffic grows by 4 % a year."""
    return float(1.0 + 0.04 * (day - date(2026, 1, 1)).days / 365.25)
