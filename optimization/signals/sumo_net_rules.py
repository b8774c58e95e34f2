"""Conflicts, intergreens and stages of a net's junction, from its meetings and the rule set."""

from collections.abc import Mapping, Sequence

from city.ids import GroupId, MovementId, StageId
from city.national import NationalProfile, UserClass
from city.signal_parts import Conflict, Intergreen, MovementKind, Relation, SignalGroup, Stage, Turn
from optimization.signals.sumo_net_geometry import length_m, meeting_m
from optimization.signals.sumo_net_reading import TrafficLight
from optimization.signals.sumo_net_relations import Meeting
from optimization.signals.sumo_net_stages import Bundle, Stream, Window, runs
from optimization.signals.sumo_net_walks import ImpliedWalk

Pair = tuple[GroupId, GroupId]
_USERS = {
    MovementKind.VEHICLE: (UserClass.CAR, UserClass.HEAVY),
    MovementKind.PEDESTRIAN: (UserClass.PEDESTRIAN,),
}
AT_ITS_OWN_LINE_M = 3.0  # from a stop line past the crossing before it


def drawn_conflicts(
    light: TrafficLight,
    streams: Sequence[Stream],
    found: Sequence[Meeting],
    ids: Sequence[MovementId],
    profile: NationalProfile | None,
) -> list[Conflict]:
    """Between movements of the net; with distances where a profile is given."""
    conflicts = []
    for meeting in found:
        away: tuple[float, float] | tuple[None, None] = (None, None)
        if profile is not None and meeting.relation is Relation.PROHIBITED:
            measured = [_measured(light, streams, meeting, a, b, profile) for a, b in meeting.positions]
            away = max(measured, key=lambda one: _needed_s(streams, meeting, one, profile))
        conflicts.append(
            Conflict(
                from_movement_id=ids[meeting.first],
                to_movement_id=ids[meeting.second],
                relation=meeting.relation,
                clearing_m=away[0],
                entering_m=away[1],
            )
        )
    return conflicts


def _measured(
    light: TrafficLight, streams: Sequence[Stream], meeting: Meeting, a: int, b: int, profile: NationalProfile
) -> tuple[float, float]:
    first, second = light.links[a].way, light.links[b].way
    if streams[meeting.first].walks:
        return round(length_m(first), 1), meeting_m(second, first, profile)[0]
    return meeting_m(first, second, profile)[0], 0.0 if streams[meeting.second].walks else meeting_m(
        first, second, profile
    )[1]


def _needed_s(
    streams: Sequence[Stream], meeting: Meeting, away: tuple[float, float], profile: NationalProfile
) -> float:
    walks = streams[meeting.first].walks
    pace = profile.pace(UserClass.PEDESTRIAN if walks else UserClass.CAR)
    return away[0] / pace.clearing_m_s - away[1] / profile.pace(UserClass.CAR).entering_m_s


def walk_conflicts(
    light: TrafficLight, streams: Sequence[Stream], walks: Sequence[ImpliedWalk], ids: Sequence[MovementId]
) -> list[Conflict]:
    """Between people on implied crossings and vehicles: beside the stop line, or at the far end of the way."""
    conflicts = []
    for walk in walks:
        walk_id = MovementId(f"{walk.arm.name}-walk")
        for k, relation in walk.relations:
            if relation is Relation.YIELDS:
                conflicts.append(Conflict(from_movement_id=ids[k], to_movement_id=walk_id, relation=Relation.YIELDS))
                continue
            way_m = max(length_m(light.links[p].way) for p in streams[k].positions)
            enters = streams[k].from_edge == walk.arm.in_edge
            reach_m = 0.0 if enters else min(length_m(light.links[p].way) for p in streams[k].positions)
            leaves_m = AT_ITS_OWN_LINE_M if enters else way_m + AT_ITS_OWN_LINE_M
            conflicts += [
                Conflict(
                    from_movement_id=walk_id,
                    to_movement_id=ids[k],
                    relation=Relation.PROHIBITED,
                    clearing_m=walk.arm.width_m,
                    entering_m=round(reach_m, 1),
                ),
                Conflict(
                    from_movement_id=ids[k],
                    to_movement_id=walk_id,
                    relation=Relation.PROHIBITED,
                    clearing_m=round(leaves_m, 1),
                    entering_m=0.0,
                ),
            ]
    return conflicts


def intergreens(
    conflicts: Sequence[Conflict],
    group_of: Mapping[MovementId, GroupId],
    groups: Mapping[GroupId, SignalGroup],
    profile: NationalProfile,
    shown_s: Mapping[Pair, int],
) -> tuple[Intergreen, ...]:
    """Yellow + red-amber, what the profile asks for over a measured conflict, what the net shows after a crossing."""
    needed: dict[Pair, int] = {}
    for conflict in conflicts:
        if conflict.relation is not Relation.PROHIBITED:
            continue
        a, b = groups[group_of[conflict.from_movement_id]], groups[group_of[conflict.to_movement_id]]
        pair = (a.group_id, b.group_id)
        least = a.yellow_s + b.red_amber_s
        if conflict.clearing_m is not None:
            least = max(
                [least]
                + [
                    profile.intergreen_s(
                        clearing=user,
                        entering=_USERS[b.kind][0],
                        clearing_m=conflict.clearing_m,
                        entering_m=conflict.entering_m or 0.0,
                    )
                    for user in _USERS[a.kind]
                ]
            )
        elif a.kind is MovementKind.PEDESTRIAN:
            least = max(least, shown_s.get(pair, 0))
        needed[pair] = max(needed.get(pair, 0), least)
    return tuple(Intergreen(from_group_id=a, to_group_id=b, seconds=s) for (a, b), s in needed.items())


def shown_gaps_s(bundles: Sequence[Bundle], ids: Sequence[GroupId]) -> dict[Pair, int]:
    """The shortest time from the end of one group's green to the start of another's in the program."""
    cycle_s = len(bundles[0].lamps)
    return {
        (ids[k], ids[n]): min((start - end) % cycle_s for _, end in runs(a.lamps) for start, _ in runs(b.lamps))
        for k, a in enumerate(bundles)
        for n, b in enumerate(bundles)
        if k != n
    }


class Stages:
    """The stages of the net with the walks that its geometry implies, and what each protected left needs at least."""

    def __init__(
        self,
        streams: Sequence[Stream],
        bundles: Sequence[Bundle],
        windows: Sequence[Window],
        walks: Sequence[ImpliedWalk],
    ) -> None:
        self.streams, self.bundles, self.windows, self.walks = streams, bundles, windows, walks

    def built(
        self,
        stage_ids: Sequence[StageId],
        group_ids: Sequence[GroupId],
        groups: Mapping[GroupId, SignalGroup],
        intergreen_s: Mapping[Pair, int],
        *,
        as_shown: bool,
    ) -> tuple[Stage, ...]:
        """With `as_shown` no stage asks for more than the net's program gives it."""
        found = []
        for k, window in enumerate(self.windows):
            walking = [GroupId(f"{w.arm.name}-walk") for w in self.walks if k in w.windows]
            protects = self._protects_lefts(k)
            least_s = self._least_s(k, group_ids, groups, intergreen_s) if protects else 1
            found.append(
                Stage(
                    stage_id=stage_ids[k],
                    group_ids=(*(group_ids[n] for n in window.bundles), *walking),
                    protected_left=protects,
                    min_split_s=min(least_s, window.split_s) if as_shown else least_s,
                )
            )
        return tuple(found)

    def _lefts(self, k: int) -> list[int]:
        """Bundles with a left turn that is protected in window k and must give way, or is dark, in another."""
        start = self.windows[k].start_s
        found = []
        for n in self.windows[k].bundles:
            for stream in (self.streams[s] for s in self.bundles[n].streams):
                letter = self._steady_letter(stream, k)
                others = {self._steady_letter(stream, w) for w in range(len(self.windows)) if w != k}
                if stream.turn is Turn.LEFT and not stream.u_turn and letter == "G" and others & set("gr"):
                    found.append(n)
        return found if self.bundles and start >= 0 else []

    def _steady_letter(self, stream: Stream, k: int) -> str:
        """What it shows most of the window, red counting as r."""
        window = self.windows[k]
        shown = [
            stream.letters[s % len(stream.letters)] for s in range(window.start_s, window.start_s + window.split_s)
        ]
        plain = ["r" if letter not in "Gg" else letter for letter in shown]
        return max("Ggr", key=plain.count)

    def _protects_lefts(self, k: int) -> bool:
        """A stage for left turns: all that drives in it are lefts, or its lefts must give way elsewhere."""
        lefts = self._lefts(k)
        if not lefts:
            return False
        driving = [
            stream
            for n in self.windows[k].bundles
            for stream in (self.streams[s] for s in self.bundles[n].streams)
            if not stream.walks
        ]
        yields = any("g" in self.streams[s].letters for n in lefts for s in self.bundles[n].streams)
        elsewhere = {n for w, window in enumerate(self.windows) if w != k for n in window.bundles}
        only_lefts = all(stream.turn is Turn.LEFT for stream in driving)
        return only_lefts or (yields and set(self.windows[k].bundles) <= elsewhere)

    def _least_s(
        self,
        k: int,
        ids: Sequence[GroupId],
        groups: Mapping[GroupId, SignalGroup],
        intergreen_s: Mapping[Pair, int],
    ) -> int:
        """Yellow of what ends at its start + minimum green of its lefts + their intergreen to what begins next."""
        here = set(self.windows[k].bundles)
        before, after = set(self.windows[k - 1].bundles), set(self.windows[(k + 1) % len(self.windows)].bundles)
        lead_s = max((groups[ids[n]].yellow_s for n in before - here), default=0) if here <= before else 0
        lefts = set(self._lefts(k))
        tail_s = max((intergreen_s.get((ids[a], ids[b]), 0) for a in lefts - after for b in after - here), default=0)
        return lead_s + max(groups[ids[n]].min_green_s for n in lefts) + tail_s
