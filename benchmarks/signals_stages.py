"""A junction's stages as states of its light: what is shown steadily, and every second of each change between two."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from city.ids import GroupId, MovementId, StageId
from city.signal_parts import MovementKind, OnRed, Relation
from city.signals import Junction

Lamps = Mapping[GroupId, str]


@dataclass(frozen=True, kw_only=True)
class Change:
    """`states` last a second each; the groups that begin are green from second `lead_s` on."""

    states: tuple[str, ...]
    lead_s: int


@dataclass(frozen=True, kw_only=True)
class Staging:
    """People walk for their minimum from the start of a stage; their clearance lies inside it (`least_s`)."""

    junction: Junction
    links: Mapping[MovementId, tuple[int, ...]]
    width: int

    @cached_property
    def matrix(self) -> dict[tuple[GroupId, GroupId], int]:
        return self.junction.intergreen_s()

    @cached_property
    def kinds(self) -> dict[GroupId, MovementKind]:
        return {group.group_id: group.kind for group in self.junction.groups}

    @cached_property
    def drawn(self) -> frozenset[GroupId]:
        """Groups that have a lamp in the net."""
        return frozenset(m.group_id for m in self.junction.movements if self.links.get(m.movement_id))

    def members(self, stage_id: StageId) -> frozenset[GroupId]:
        return frozenset(self.junction.stage(stage_id).group_ids)

    def drives(self, groups: frozenset[GroupId]) -> frozenset[GroupId]:
        return frozenset(g for g in groups if self.kinds[g] is not MovementKind.PEDESTRIAN)

    def lead_s(self, before: StageId, after: StageId) -> int:
        """From the end of the first green of vehicles to the start of the groups that begin."""
        ending, starting = self._turnover(before, after)
        return max((self._needed_s(e, starting) for e in self.drives(ending)), default=0)

    def _turnover(self, before: StageId, after: StageId) -> tuple[frozenset[GroupId], frozenset[GroupId]]:
        a, b = self.members(before), self.members(after)
        return a - b, b - a

    def _needed_s(self, group_id: GroupId, starting: frozenset[GroupId]) -> int:
        return max((self.matrix.get((group_id, other), 0) for other in starting), default=0)

    def change(self, before: StageId, after: StageId) -> Change:
        """From the steady lamps of one stage to those of another; nothing where nothing changes for vehicles."""
        ending, starting = self._turnover(before, after)
        lead_s = self.lead_s(before, after)
        ends = {e: lead_s - self._needed_s(e, starting) for e in self.drives(ending)}
        lamps = {group.group_id: group for group in self.junction.groups}
        length_s = max([lead_s, *(end + lamps[e].yellow_s for e, end in ends.items())])
        states = []
        for second in range(length_s):
            shown: dict[GroupId, str] = dict.fromkeys(self.drives(self.members(before) & self.members(after)), "G")
            for e, end in ends.items():
                shown[e] = "G" if second < end else "y" if second < end + lamps[e].yellow_s else "r"
            for s in starting:
                red_amber = lead_s - lamps[s].red_amber_s <= second < lead_s
                shown[s] = "G" if second >= lead_s else "u" if red_amber else "r"
            states.append(self.letters(shown))
        return Change(states=tuple(states), lead_s=lead_s)

    def steady(self, stage_id: StageId, *, walking: bool = True) -> str:
        members = self.members(stage_id)
        return self.letters(dict.fromkeys(members if walking else self.drives(members), "G"))

    def letters(self, shown: Lamps) -> str:
        """One state. A turn gives way (g) while what it yields to is green or yellow, on crossings always."""
        state = ["r"] * self.width
        lamp_of = {m.movement_id: shown.get(m.group_id, "r") for m in self.junction.movements}
        walks = {m.movement_id for m in self.junction.movements if m.kind is MovementKind.PEDESTRIAN}
        for movement in self.junction.movements:
            letter = lamp_of[movement.movement_id]
            if letter == "G" and any(
                other in walks or lamp_of[other] in "Gy" for other in self.yields.get(movement.movement_id, ())
            ):
                letter = "g"
            if letter == "r" and movement.on_red is OnRed.ALLOWED:
                letter = "s"
            for index in self.links.get(movement.movement_id, ()):
                state[index] = letter
        return "".join(state)

    @cached_property
    def yields(self) -> dict[MovementId, tuple[MovementId, ...]]:
        """To whom in the net each movement gives way."""
        found: dict[MovementId, list[MovementId]] = {}
        for c in self.junction.conflicts:
            if c.relation is Relation.YIELDS and self.links.get(c.to_movement_id):
                found.setdefault(c.from_movement_id, []).append(c.to_movement_id)
        return {movement_id: tuple(others) for movement_id, others in found.items()}

    def least_s(self, before: StageId, stage_id: StageId, after: StageId) -> int:
        """Least steady seconds of a stage: minimum greens, a protected left's own, and walking with its clearance."""
        _, starting = self._turnover(stage_id, after)
        group = {g.group_id: g for g in self.junction.groups}
        lead_s = self.lead_s(stage_id, after)
        tail_s = len(self.change(before, stage_id).states) - self.lead_s(before, stage_id)
        least = max((group[g].min_green_s for g in self.drives(self.members(stage_id))), default=1) - tail_s
        least = max(least, self.junction.stage(stage_id).min_split_s - lead_s - tail_s)
        for walk in self.members(stage_id) - self.drives(self.members(stage_id)):
            # People with a lamp in the simulation are cleared before whatever may follow the next stage.
            every = frozenset(self.kinds) if walk in self.drawn and walk not in self.members(after) else starting
            least = max(least, group[walk].min_green_s + self._needed_s(walk, every) - lead_s)
        return max(1, least)

    def walk_s(self, stage_id: StageId) -> int:
        walks = self.members(stage_id) - self.drives(self.members(stage_id))
        return max((self.junction.group(walk).min_green_s for walk in walks), default=0)
