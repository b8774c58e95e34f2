"""From a light's program to movements, signal groups and stages.

A movement is what goes from one edge to another with the same lamps; a signal group is the movements of one approach
whose lamps are always the same. A stage begins where a group begins its green, or where vehicles lose theirs while
others stay green for some time. Seconds count from the first state of the program.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from city.errors import BrokenRuleError
from city.signal_parts import Turn
from optimization.signals.sumo_net_reading import Link, Program, TrafficLight

STEADY_S: Final = 4  # seconds without a yellow lamp that make a stage of what stays green
GREEN: Final = "Gg"
KNOWN: Final = "GgyYurs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A movement of the net: positions of its links, and its lamps second by second as G, y, u, r."""

    positions: tuple[int, ...]
    from_edge: str
    to_edge: str
    turn: Turn
    u_turn: bool
    walks: bool
    lamps: str
    letters: str  # as in the program: g gives way


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A signal group of the net: positions in the light's streams."""

    streams: tuple[int, ...]
    walks: bool
    lamps: str

    def green_at(self, second: int) -> bool:
        return self.lamps[second % len(self.lamps)] == "G"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stage of the net's program: it begins at `start_s`; positions of the bundles that are green then."""

    start_s: int
    split_s: int
    bundles: tuple[int, ...]


def streams_and_bundles(light: TrafficLight, program: Program) -> tuple[tuple[Stream, ...], tuple[Bundle, ...]]:
    seconds = program.each_second()
    _refuse_unknown_lamps(light, program)
    letters = {link.index: "".join(state[link.index] for state in seconds) for link in light.links}
    gathered: dict[tuple[str, str, str], list[int]] = {}
    for position, link in enumerate(light.links):
        gathered.setdefault((link.from_edge, link.to_edge, _lamps(letters[link.index])), []).append(position)
    streams = tuple(
        _stream(light.links, positions, letters[light.links[positions[0]].index], lamps)
        for (_, _, lamps), positions in gathered.items()
    )
    return streams, _bundles(light, streams)


def _refuse_unknown_lamps(light: TrafficLight, program: Program) -> None:
    largest = max(link.index for link in light.links)
    for state in program.states:
        strange = sorted(set(state) - set(KNOWN))
        if strange or len(state) <= largest:
            raise BrokenRuleError(
                subject=f"Junction {light.light_id}",
                problem=f"state {state} of its program holds {', '.join(strange)}, which is no lamp of a fixed plan"
                if strange
                else f"state {state} of its program has {len(state)} letters, its links go up to index {largest}",
            )


def _lamps(letters: str) -> str:
    return letters.translate(str.maketrans("gYs", "Gyr"))


def _stream(links: tuple[Link, ...], positions: list[int], letters: str, lamps: str) -> Stream:
    first = links[positions[0]]
    return Stream(
        positions=tuple(positions),
        from_edge=first.from_edge,
        to_edge=first.to_edge,
        turn=first.turn,
        u_turn=first.u_turn,
        walks=first.walks,
        lamps=lamps,
        letters=letters,
    )


def _bundles(light: TrafficLight, streams: tuple[Stream, ...]) -> tuple[Bundle, ...]:
    """By approach and lamps; approaches that share an index of the program cannot be told apart and are one."""
    roots = list(range(len(streams)))

    def root(k: int) -> int:
        while roots[k] != k:
            k = roots[k]
        return k

    first_with: dict[object, int] = {}
    for k, stream in enumerate(streams):
        # Walking areas split one approach into many; people on one crossing have lamps of their own anyway.
        own = ("walk", stream.to_edge) if stream.walks else ("drive", stream.from_edge)
        for key in ((*own, stream.lamps), *(("index", light.links[p].index) for p in stream.positions)):
            roots[root(k)] = root(first_with.setdefault(key, k))
    gathered: dict[int, list[int]] = {}
    for k in range(len(streams)):
        gathered.setdefault(root(k), []).append(k)
    return tuple(
        Bundle(streams=tuple(own), walks=all(streams[k].walks for k in own), lamps=streams[own[0]].lamps)
        for own in gathered.values()
    )


def windows(light: TrafficLight, bundles: tuple[Bundle, ...]) -> tuple[Window, ...]:
    """The stages in the order of the program, the first being the one that begins first after its second 0."""
    cycle_s = len(bundles[0].lamps)
    starts = [second for second in range(cycle_s) if _begins(bundles, second) or _goes_on_alone(bundles, second)]
    if len(starts) < 2:
        raise BrokenRuleError(
            subject=f"Junction {light.light_id}",
            problem=f"its program has {len(starts)} stages, at least two are expected",
        )
    ends = [*starts[1:], starts[0] + cycle_s]
    return tuple(
        Window(
            start_s=start,
            split_s=end - start,
            bundles=tuple(k for k, bundle in enumerate(bundles) if bundle.green_at(start)),
        )
        for start, end in zip(starts, ends, strict=True)
    )


def _begins(bundles: tuple[Bundle, ...], second: int) -> bool:
    return any(b.green_at(second) and not b.green_at(second - 1) for b in bundles)


def _goes_on_alone(bundles: tuple[Bundle, ...], second: int) -> bool:
    """Whether vehicles lose their green here and others stay green, with no yellow lamp, for some seconds."""
    cycle_s = len(bundles[0].lamps)
    ends = any(b.green_at(second - 1) and not b.green_at(second) for b in bundles if not b.walks)
    if not ends:
        return False
    steady = 0
    for later in range(second, second + cycle_s):
        lamps = {b.lamps[later % cycle_s] for b in bundles if not b.walks}
        if _begins(bundles, later) or not lamps & {"G"} or _loses_green(bundles, later, second):
            break
        steady += not lamps & {"y", "u"}
    return steady >= STEADY_S


def _loses_green(bundles: tuple[Bundle, ...], later: int, since: int) -> bool:
    return later > since and any(b.green_at(later - 1) and not b.green_at(later) for b in bundles if not b.walks)


def yellow_s(bundle: Bundle, others: tuple[Bundle, ...], fallback_s: int) -> int:
    """The shortest yellow after its greens, else the commonest of the junction."""
    own = _yellows(bundle)
    if own:
        return min(own)
    common = Counter(seconds for other in others for seconds in _yellows(other))
    return common.most_common(1)[0][0] if common else fallback_s


def _yellows(bundle: Bundle) -> list[int]:
    cycle_s = len(bundle.lamps)
    return [
        next(n for n in range(1, cycle_s) if bundle.lamps[(second + n) % cycle_s] != "y")
        for second in range(cycle_s)
        if bundle.green_at(second - 1) and bundle.lamps[second] == "y"
    ]


def runs(lamps: str) -> list[tuple[int, int]]:
    """Unbroken greens as (start, end), end above start; one run of the whole cycle where it is never dark."""
    cycle_s = len(lamps)
    if "G" not in lamps:
        return []
    if set(lamps) == {"G"}:
        return [(0, cycle_s)]
    starts = [k for k in range(cycle_s) if lamps[k] == "G" and lamps[k - 1] != "G"]
    return [(k, k + next(n for n in range(1, cycle_s) if lamps[(k + n) % cycle_s] != "G")) for k in starts]
