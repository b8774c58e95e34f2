"""MaxPressure: every five seconds the stage with the most waiting before it and the least room taken behind it.

Varaiya (2013), with a cost of changing. Same stages, minimum greens, yellow and all-red as the plans; cycles, offsets,
the order of stages and largest reds are not kept. A movement that gives way counts with `permissive_weight`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks.signals_stages import Staging
from city.ids import StageId

DECIDE_EVERY_S: Final = 5
Counted = Callable[[str], float]  # vehicles on a lane, by its id


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One link: the lanes from which its traffic comes, with their weights, and the lanes that it fills."""

    index: int
    before: tuple[tuple[str, float], ...]
    behind: tuple[tuple[str, float], ...]


@dataclass(kw_only=True)
class MaxPressure:
    staging: Staging
    passages: tuple[Passage, ...]
    permissive_weight: float
    lost_by_a_change_veh: float  # a change must be worth this, or all that the stage on green would serve
    stage: StageId = field(init=False)
    _previous: StageId = field(init=False)
    _since_s: int = 0  # steady seconds of the stage
    _change: list[str] = field(default_factory=list)
    _steady: Mapping[StageId, str] = field(init=False)
    _driving: Mapping[StageId, str] = field(init=False)

    def __post_init__(self) -> None:
        chain = self.staging.junction.stage_chain
        self.stage = self._previous = chain[0]
        self._steady = {stage_id: self.staging.steady(stage_id) for stage_id in chain}
        self._driving = {stage_id: self.staging.steady(stage_id, walking=False) for stage_id in chain}
        self._least = {(a, b, c): self.staging.least_s(a, b, c) for a in chain for b in chain for c in chain if c != b}

    def show(self, near: Counted, jammed: Counted) -> str:
        """The state for the next second, from vehicles near the line and vehicles that stand behind the junction."""
        if self._change:
            return self._change.pop(0)
        if self._since_s and self._since_s % DECIDE_EVERY_S == 0:
            best = self._best(near, jammed)
            if best != self.stage and self._since_s >= self._least[self._previous, self.stage, best]:
                self._change = list(self.staging.change(self.stage, best).states)
                self._previous, self.stage, self._since_s = self.stage, best, 0
                if self._change:
                    return self._change.pop(0)
        self._since_s += 1
        walking = self._since_s <= self.staging.walk_s(self.stage)
        return self._steady[self.stage] if walking else self._driving[self.stage]

    def _best(self, near: Counted, jammed: Counted) -> StageId:
        pressure = {stage_id: self._pressure(state, near, jammed) for stage_id, state in self._steady.items()}
        best = max(pressure, key=lambda s: pressure[s])
        lost = min(self.lost_by_a_change_veh, max(0.0, pressure[self.stage]))
        return best if pressure[best] > pressure[self.stage] + lost else self.stage

    def _pressure(self, state: str, near: Counted, jammed: Counted) -> float:
        """Each lane before the line counts once, with the best of its links that are green."""
        waiting: dict[str, float] = {}
        for passage in self.passages:
            letter = state[passage.index]
            if letter not in "Gg":
                continue
            weight = self.permissive_weight if letter == "g" else 1.0
            behind = sum(share * jammed(lane) for lane, share in passage.behind)
            before = sum(share * near(lane) for lane, share in passage.before)
            key = passage.before[0][0]
            waiting[key] = max(waiting.get(key, 0.0), weight * (before - behind))
        return sum(waiting.values())
