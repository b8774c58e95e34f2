"""A day before the lamps: who comes when, and how long each has to wait, as the hidden city has it.

Vehicles come at random moments of their quarter hour and go where the junction's turning shares say. Two sets of lamps
are judged on the same vehicles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from city.ids import GroupId
from city.national import national_profile
from city.signal_parts import Movement, MovementKind, Relation, Turn
from city.signals import Junction
from features.sources.synthetic.seeding import Flags, Floats, Ints, Topic
from features.sources.synthetic.traits import SLOTS, STEP_S
from serving.simulation.by_traffic import Run
from serving.simulation.by_traffic_kernel import stand_and_ask
from serving.simulation.queue_kernel import Came, Streets, Waited, stand_and_go

PATIENCE_S: Final = 900.0
_TURNING: Final = {Turn.THROUGH: 1.0, Turn.LEFT: 0.95, Turn.RIGHT: 0.85}  # of the rate of those who go straight on


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStreets:
    """A junction as its queues see it; arrays are in the order of `movements`, `arms` and `group_ids`."""

    junction: Junction
    movements: tuple[Movement, ...]
    arms: tuple[str, ...]
    group_ids: tuple[GroupId, ...]
    streets: Streets


def queue_streets(junction: Junction, longest_veh: Mapping[str, float]) -> QueueStreets:
    """`longest_veh` per arm: nobody joins a queue of so many."""
    movements = tuple(m for m in junction.movements if m.kind is MovementKind.VEHICLE and m.turning_share > 0)
    arms = tuple(dict.fromkeys(m.approach for m in movements))
    group_ids = tuple(dict.fromkeys(m.group_id for m in movements))
    lanes, headway_s = _lanes(movements, arms)
    return QueueStreets(
        junction=junction,
        movements=movements,
        arms=arms,
        group_ids=group_ids,
        streets=Streets(
            lamp=np.array([group_ids.index(m.group_id) for m in movements]),
            approach=np.array([arms.index(m.approach) for m in movements]),
            headway_s=headway_s,
            lanes=lanes,
            foes=_foes(junction, movements),
            longest=np.array([max(1, int(longest_veh[arm])) for arm in arms]),
            patience_s=PATIENCE_S,
        ),
    )


def _lanes(movements: tuple[Movement, ...], arms: tuple[str, ...]) -> tuple[Flags, Floats]:
    """Who may use which lane, and the headway of each movement on one lane, s.

    On shared lanes right turns keep to the kerb and left turns to the middle of the road; a movement with lanes of its
    own has them beside those.
    """
    columns: list[Flags] = []
    headway_s = np.zeros(len(movements))
    for arm in arms:
        own = [k for k, m in enumerate(movements) if m.approach == arm]
        shared = [k for k in own if movements[k].shared_lane]
        width = max((movements[k].lanes for k in shared), default=0)
        base = sum((movements[k].saturation_pcu_h or 0.0) / _TURNING[movements[k].turn] for k in shared)
        for lane in range(width):
            users = [k for k in shared if _uses(movements[k].turn, lane, width)]
            columns.append(np.isin(np.arange(len(movements)), users))
        for k in own:
            movement = movements[k]
            if not movement.shared_lane:
                columns += [np.arange(len(movements)) == k] * movement.lanes
            per_lane = base / width if movement.shared_lane else (movement.saturation_pcu_h or 0.0) / movement.lanes
            factor = _TURNING[movement.turn] if movement.shared_lane else 1.0
            headway_s[k] = 3600 / (per_lane * factor)
    return np.ascontiguousarray(np.column_stack(columns)), headway_s


def _uses(turn: Turn, lane: int, width: int) -> bool:
    return {Turn.RIGHT: lane == 0, Turn.LEFT: lane == width - 1}.get(turn, True)


def _foes(junction: Junction, movements: tuple[Movement, ...]) -> Ints:
    """Vehicles that each movement gives way to; cycles and people on foot are left out, for every plan alike."""
    at = {m.movement_id: k for k, m in enumerate(movements)}
    listed = set(junction.permitted_yields)
    found: list[list[int]] = [[] for _ in movements]
    for conflict in junction.conflicts:
        pair = (conflict.from_movement_id, conflict.to_movement_id)
        if conflict.relation is Relation.YIELDS and pair in listed and pair[0] in at and pair[1] in at:
            found[at[pair[0]]].append(at[pair[1]])
    most = max(1, *(len(one) for one in found))
    return np.array([[*one, *[-1] * (most - len(one))] for one in found])


def vehicles_of(
    street: QueueStreets, demand_veh: Mapping[str, Floats], rng: np.random.Generator, *, step_s: int = STEP_S
) -> Came:
    """`demand_veh` per arm and step: as many vehicles come, each at a moment of its own."""
    seconds, who = [], []
    for arm in street.arms:
        counts = np.asarray(demand_veh[arm]).round().astype(np.int64)
        step = np.repeat(np.arange(len(counts)), counts)
        seconds.append(step_s * (step + rng.random(len(step))))
        own = [k for k, m in enumerate(street.movements) if m.approach == arm]
        shares = np.array([street.movements[k].turning_share for k in own])
        who.append(np.array(own)[rng.choice(len(own), size=len(step), p=shares / shares.sum())])
    return came_of(np.concatenate(seconds), np.concatenate(who), len(street.movements))


def came_of(second: Floats, movement: Ints, movements: int) -> Came:
    order = np.argsort(second, kind="stable")
    second, movement = second[order], movement[order]
    by_movement = np.argsort(movement, kind="stable")
    bounds = np.searchsorted(movement[by_movement], np.arange(movements + 1))
    return Came(second=second, movement=movement, of_movement=second[by_movement], bounds=bounds)


def day_rng(seed: int, day: date, number: int) -> np.random.Generator:
    """Of one junction and day: the same whatever its lamps show."""
    return np.random.default_rng([seed, Topic.VEHICLES, day.toordinal(), number])


def effective(junction: Junction, shown: Flags) -> Flags:
    """When queues leave: greens later by the start-up loss and longer by the end gain, whole seconds."""
    profile = national_profile(junction.national_profile)
    lag_s, gain_s = round(profile.start_up_loss_s), round(profile.end_gain_s)
    later, longer = _shifted(shown, lag_s), _shifted(shown, gain_s)
    return later & longer if gain_s < lag_s else later | longer


def _shifted(shown: Flags, seconds: int) -> Flags:
    """The same lamps so many seconds later; what the first second shows was shown before."""
    if not seconds:
        return shown
    return np.concatenate([np.repeat(shown[:, :1], seconds, axis=1), shown[:, :-seconds]], axis=1)


def waited(street: QueueStreets, shown: Mapping[GroupId, Flags], came: Came, share: Floats | None = None) -> Waited:
    """`shown`: in which seconds each signal group is green; `share` (arms, slots) of the usual rate of leaving."""
    lamps = np.array([shown[group_id] for group_id in street.group_ids])
    usual = np.ones((len(street.arms), SLOTS)) if share is None else share
    return stand_and_go(effective(street.junction, lamps), usual, came, street.streets)


def waited_by_traffic(
    street: QueueStreets, run: Run, came: Came, share: Floats | None = None
) -> tuple[Waited, dict[GroupId, Flags]]:
    """What vehicles lost before lamps that follow them, and what these showed."""
    usual = np.ones((len(street.arms), SLOTS)) if share is None else share
    planned = np.array([run.planned[group_id] for group_id in run.group_ids])
    found, shown = stand_and_ask(planned, run.control, usual, came, street.streets)
    return found, dict(zip(run.group_ids, shown, strict=True))
