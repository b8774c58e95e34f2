"""Lamps and minimum times of a junction against its national profile, and what its record leaves out."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from city.national import NationalProfile, national_profile
from city.signal_parts import Movement, MovementKind, SignalGroup, Turn
from city.signals import Junction
from optimization.signals.doubts import Doubt, Weight, doubt, named, of_groups
from optimization.signals.lane_flows import TURN_FACTOR

ALIKE: Final = 0.001  # saturation flows, after rounding
REACHED_IN_THE_WALK: Final = 0.5  # of a crossing, by those who start with the green


def profile_doubts(junction: Junction) -> list[Doubt]:
    profile = national_profile(junction.national_profile)
    return [
        *_yellow(junction, profile),
        *_minimum_green(junction, profile),
        *_walk_clearance(junction, profile),
        *_walk_minimum(junction, profile),
    ]


def record_doubts(junction: Junction) -> list[Doubt]:
    """What nobody recorded, and what it costs."""
    return [*_of_the_junction(junction), *_of_the_movements(junction), *_of_the_crossings(junction)]


def _yellow(junction: Junction, profile: NationalProfile) -> Iterator[Doubt]:
    alike: defaultdict[tuple[int, int, float], list[str]] = defaultdict(list)
    for group in junction.groups:
        own = junction.movements_of(group.group_id)
        if group.kind is MovementKind.VEHICLE and own:
            speed_kmh = max(m.speed_kmh for m in own)
            alike[group.yellow_s, profile.yellow_s(speed_kmh), speed_kmh].append(group.group_id)
    for (yellow_s, usual_s, speed_kmh), ids in alike.items():
        if yellow_s == usual_s:
            continue
        cost = (
            "Drivers who can no longer stop enter on red."
            if yellow_s < usual_s
            else f"{yellow_s - usual_s} s of each end of green go to a lamp that drivers learn to use."
        )
        said = f"{of_groups(ids)} {yellow_s} s of yellow; profile {profile.name} has {usual_s} s at {speed_kmh:g} km/h"
        yield doubt(junction, Weight.DOUBTFUL, "yellow", said, cost)


def _minimum_green(junction: Junction, profile: NationalProfile) -> Iterator[Doubt]:
    usual = {
        MovementKind.VEHICLE: profile.min_green_s,
        MovementKind.CYCLE: profile.min_cycle_green_s,
        MovementKind.PEDESTRIAN: profile.min_walk_s,
    }
    alike: defaultdict[tuple[MovementKind, int], list[str]] = defaultdict(list)
    for group in junction.groups:
        turns = all(m.turn in (Turn.LEFT, Turn.RIGHT) for m in junction.movements_of(group.group_id))
        if group.min_green_s < usual[group.kind] and not (turns and group.kind is MovementKind.VEHICLE):
            alike[group.kind, group.min_green_s].append(group.group_id)
    for (kind, least_s), ids in alike.items():
        what = "walk" if kind is MovementKind.PEDESTRIAN else "green"
        yield doubt(
            junction,
            Weight.DOUBTFUL,
            "minimum-green",
            f"{of_groups(ids)} a least {what} of {least_s} s; profile {profile.name} has {usual[kind]} s",
            "A plan may show so little: those who are slow to move off are surprised by the red.",
        )


def _walks(junction: Junction) -> Iterator[tuple[SignalGroup, float]]:
    """Signal groups of people on foot, with the longest way that they cover, m."""
    for group in junction.groups:
        widths = [m.crossing_m for m in junction.movements_of(group.group_id) if m.crossing_m is not None]
        if group.kind is MovementKind.PEDESTRIAN and widths:
            yield group, max(widths)


def _walk_clearance(junction: Junction, profile: NationalProfile) -> Iterator[Doubt]:
    """Whoever starts at the last second of green is over before anybody drives, where nobody measured it finer."""
    speed = profile.walking_slow_m_s if junction.slow_walkers else profile.walking_m_s
    group_of = {m.movement_id: m.group_id for m in junction.movements}
    measured = {
        (group_of[c.from_movement_id], group_of[c.to_movement_id])
        for c in junction.conflicts
        if c.clearing_m is not None
    }
    for group, width_m in _walks(junction):
        needed_s = width_m / speed
        short = [
            f"{b} after {seconds} s"
            for (a, b), seconds in sorted(junction.intergreen_s().items())
            if a == group.group_id and (a, b) not in measured and seconds < needed_s - 1e-9
        ]
        if short:
            said = f"people who start over {group.group_id} at the last second need {needed_s:.0f} s for {width_m:g} m"
            yield doubt(
                junction,
                Weight.DOUBTFUL,
                "walk-clearance",
                f"{said} at {speed:g} m/s; traffic starts earlier: {named(short)}",
                "They are still on the road when traffic starts.",
            )


def _walk_minimum(junction: Junction, profile: NationalProfile) -> Iterator[Doubt]:
    speed = profile.walking_slow_m_s if junction.slow_walkers else profile.walking_m_s
    alike: defaultdict[tuple[int, float], list[str]] = defaultdict(list)
    for group, width_m in _walks(junction):
        if group.min_green_s < REACHED_IN_THE_WALK * width_m / speed:
            alike[group.min_green_s, width_m].append(group.group_id)
    for (least_s, width_m), ids in alike.items():
        half_s = REACHED_IN_THE_WALK * width_m / speed
        yield doubt(
            junction,
            Weight.DOUBTFUL,
            "walk-minimum",
            f"{of_groups(ids)} a least walk of {least_s} s; the middle of the {width_m:g} m is reached after "
            f"{half_s:.0f} s",
            "People who start with the green see red before they are half way, and many turn back.",
        )


def _of_the_junction(junction: Junction) -> Iterator[Doubt]:
    if junction.running_plan is None:
        yield doubt(
            junction,
            Weight.MISSING,
            "running-plan",
            "the plan that runs today is not recorded",
            "Nobody can say what a new plan gains, full approaches pass for ordinary demand, and the first switch is "
            "not checked.",
        )
    if junction.audit is None:
        yield doubt(
            junction,
            Weight.MISSING,
            "site-visit",
            "nobody stood at the junction and compared it with this record",
            "Its groups, crossings, intergreens and detectors are taken on trust.",
        )
    covered = {m.approach for m in junction.movements if m.kind is MovementKind.PEDESTRIAN}
    driven = dict.fromkeys(m.approach for m in junction.movements if m.kind is MovementKind.VEHICLE)
    bare = [approach for approach in driven if approach not in covered]
    if bare:
        yield doubt(
            junction,
            Weight.MISSING,
            "crossing",
            f"no crossing is recorded on {'approach' if len(bare) == 1 else 'approaches'} {named(bare)}",
            "If people cross there, no plan gives them time.",
        )


Absent = tuple[str, str, Callable[[Movement], bool], str]
ABSENT: Final[tuple[Absent, ...]] = (
    (
        "detector",
        "no detector counts",
        lambda m: not m.detector_ids and m.uncounted_peak_veh_h is None,
        "Without a count or an estimate of its busiest quarter of an hour the junction cannot be planned.",
    ),
    (
        "storage",
        "nobody recorded the length of road that may hold the queue of",
        lambda m: m.storage_m is None,
        "Queues that reach the junction before are not seen.",
    ),
    (
        "lanes",
        "nobody recorded which lanes are used by",
        lambda m: m.shared_lane and not m.lane_numbers,
        "Lanes are dealt out by the turns: right at the kerb, left innermost.",
    ),
    (
        "pocket",
        "nobody recorded the length of the turning lane of",
        lambda m: m.turn is Turn.LEFT and not m.shared_lane and m.pocket_m is None,
        "It counts as endless: turning vehicles that block the lane beside it are not seen.",
    ),
    (
        "links",
        "nobody recorded the road into the junction of",
        lambda m: m.from_link_id is None,
        "Platoons from neighbours are found by the compass, travel times are those of the corridor alone.",
    ),
)


def _of_the_movements(junction: Junction) -> Iterator[Doubt]:
    driven = [m for m in junction.movements if m.kind is MovementKind.VEHICLE]
    for rule, said, lacks, cost in ABSENT:
        lacking = [str(m.movement_id) for m in driven if lacks(m)]
        if lacking:
            yield doubt(junction, Weight.MISSING, rule, f"{said} {named(lacking)}", cost)
    default = float(national_profile(junction.national_profile).saturation_pcu_h)
    assumed = [str(m.movement_id) for m in driven if _is_default(m, driven, default)]
    if assumed:
        yield doubt(
            junction,
            Weight.MISSING,
            "saturation",
            f"the saturation flow of {named(assumed)} is the profile's {default:g} pcu/h per lane",
            "Measured values differ by 10 % and more, and every capacity with them.",
        )


def _is_default(movement: Movement, driven: list[Movement], default: float) -> bool:
    """Whether the lanes it uses, straight on, would carry just what the profile says."""
    sharing = [
        m
        for m in driven
        if m is movement or (m.shared_lane and movement.shared_lane and m.approach == movement.approach)
    ]
    straight_pcu_h = sum((m.saturation_pcu_h or 0.0) / TURN_FACTOR[m.turn] for m in sharing)
    return abs(straight_pcu_h / (movement.lanes * default) - 1) < ALIKE


def _of_the_crossings(junction: Junction) -> Iterator[Doubt]:
    walks = [m for m in junction.movements if m.kind is MovementKind.PEDESTRIAN]
    uncounted = [str(m.movement_id) for m in walks if m.flow_ped_h <= 0]
    if uncounted:
        yield doubt(
            junction,
            Weight.MISSING,
            "people-on-foot",
            f"nobody counted who crosses by {named(uncounted)}",
            "Their waiting weighs nothing when plans are compared; they have their minimum walk.",
        )
