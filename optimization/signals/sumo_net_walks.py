"""Crossings that a net does not draw but its geometry implies: one over each arm, beside the traffic that runs along.

Vehicles that enter by the arm or leave straight into it may not be green with people on it; turns into it give way, as
on any full green. A left turn that is only ever shown as an arrow (G, with traffic from the opposite side) does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from city.signal_parts import Relation, Turn
from optimization.signals.sumo_net_geometry import NO_CROSSING_FROM_KMH, Arm, apart_deg
from optimization.signals.sumo_net_stages import GREEN, Stream, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpliedWalk:
    """`windows` are the stages in which people may walk; `relations` say how each driving stream stands to them."""

    arm: Arm
    windows: tuple[int, ...]
    relations: tuple[tuple[int, Relation], ...]


def implied_walks(
    arms: Sequence[Arm], streams: Sequence[Stream], stages: Sequence[Window]
) -> tuple[tuple[ImpliedWalk, ...], tuple[str, ...]]:
    """The walks, and the names of arms over which no stage lets people walk."""
    walks, without = [], []
    for arm in arms:
        if arm.speed_kmh > NO_CROSSING_FROM_KMH or arm.width_m <= 0:
            continue
        relations = {
            k: r for k, stream in enumerate(streams) if (r := _relation(arm, arms, streams, stream)) is not None
        }
        fitting = [all(_agrees(streams[k], r, stage, stages) for k, r in relations.items()) for stage in stages]
        run = _longest_run(fitting, stages)
        if run:
            walks.append(ImpliedWalk(arm=arm, windows=run, relations=tuple(relations.items())))
        else:
            without.append(arm.name)
    return tuple(walks), tuple(without)


def _relation(arm: Arm, arms: Sequence[Arm], streams: Sequence[Stream], stream: Stream) -> Relation | None:
    if stream.walks:
        return None
    if stream.from_edge == arm.in_edge:
        return Relation.PROHIBITED
    if stream.to_edge not in arm.out_edges:
        return None
    if stream.turn is Turn.THROUGH or _only_an_arrow(arms, streams, stream):
        return Relation.PROHIBITED
    return Relation.YIELDS


def _only_an_arrow(arms: Sequence[Arm], streams: Sequence[Stream], stream: Stream) -> bool:
    along = [s for s in streams if s.from_edge == stream.from_edge and s.turn is Turn.THROUGH]
    if stream.turn is Turn.RIGHT:
        alone = any(
            own == "G" and not any(other.letters[k] in GREEN for other in along) for k, own in enumerate(stream.letters)
        )
        return bool(along) and alone
    return "g" not in stream.letters and any(
        other.turn is Turn.THROUGH and _opposite(arms, stream.from_edge, other.from_edge) for other in streams
    )


def _opposite(arms: Sequence[Arm], one: str, other: str) -> bool:
    bearing = {arm.in_edge: arm.bearing_deg for arm in arms}
    return one in bearing and other in bearing and apart_deg(bearing[one], bearing[other]) >= 120


def _agrees(stream: Stream, relation: Relation, stage: Window, stages: Sequence[Window]) -> bool:
    cycle_s = sum(one.split_s for one in stages)
    shown = {stream.letters[second % cycle_s] for second in range(stage.start_s, stage.start_s + stage.split_s)}
    if relation is Relation.PROHIBITED:
        return stream.letters[stage.start_s % cycle_s] not in GREEN and not shown & set(GREEN)
    # A left that is protected in this stage does not look for people.
    return not (stream.turn is Turn.LEFT and "G" in shown and "g" in stream.letters)


def _longest_run(fitting: Sequence[bool], stages: Sequence[Window]) -> tuple[int, ...]:
    count = len(stages)
    runs = []
    for start in range(count):
        if fitting[start] and not fitting[start - 1]:
            length = next((n for n in range(1, count) if not fitting[(start + n) % count]), count)
            runs.append(tuple((start + n) % count for n in range(length)))
    return max(runs, key=lambda run: sum(stages[k].split_s for k in run), default=())
