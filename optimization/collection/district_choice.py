"""Which trucks are replanned together: a district is some routes that lie side by side, with whatever they serve.

Whose stops lie near whose is read off the tasks near each task, so that neither positions nor a map are needed; stops
that the other truck may not serve make no neighbours, so that streams fall apart where no truck carries both. Grown
from other routes each time, districts have other borders each time: what lay on a border before lies inside one later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimization.collection.engine_board import NOBODY
from optimization.collection.engine_layout import Layout

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEIGHBOURS = 20  # of a task: those that make two trucks neighbours
WHIM = 0.9  # how far chance may bend which route a district grows from


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """Trucks and tasks by their positions in the whole."""

    trucks: Ints
    tasks: Ints


def districts_of(
    layout: Layout, near: npt.NDArray[np.int32], chains: Sequence[Sequence[int]], count: int, seed: Sequence[int]
) -> list[District]:
    """At most `count` districts of about equally many tasks; each task is in one of them, each truck in at most one."""
    random = np.random.default_rng(list(seed))
    owner = _owners(chains, len(layout.tasks))
    stops = np.bincount(owner[owner != NOBODY], minlength=len(chains))
    links = _links(layout, near, owner, len(chains))
    district_of = _grown(links, stops, count, random)
    idle = np.flatnonzero(stops == 0)
    district_of[idle] = (np.arange(len(idle)) + random.integers(count)) % count
    place = _placed(layout, near, owner, district_of)
    found = (
        District(trucks=np.flatnonzero(district_of == number), tasks=np.flatnonzero(place == number))
        for number in range(count)
    )
    return [district for district in found if len(district.tasks)]


def _owners(chains: Sequence[Iterable[int]], tasks: int) -> Ints:
    owner = np.full(tasks, NOBODY, dtype=np.int64)
    for truck, chain in enumerate(chains):
        owner[[task for task in chain if task != NOBODY]] = truck
    return owner


def able(layout: Layout, tasks: Ints, trucks: Ints) -> Bools:
    """Whether each truck may serve the task beside it; the arguments broadcast."""
    found: Bools = layout.body[trucks, layout.tasks["stream"][tasks]] != NOBODY
    return found & layout.may[tasks, trucks] if layout.may.size else found


def _links(layout: Layout, near: npt.NDArray[np.int32], owner: Ints, fleet: int) -> Ints:
    """How many stops of one truck lie near stops of another, for each pair of trucks."""
    beside = near[:, :NEIGHBOURS].astype(np.int64)
    tasks = np.repeat(np.arange(len(owner)), beside.shape[1])
    mine, theirs = owner[tasks], owner[beside.ravel()]
    known = (mine != NOBODY) & (theirs != NOBODY) & (mine != theirs)
    known[known] &= able(layout, tasks[known], theirs[known])
    links: Ints = np.bincount(mine[known] * fleet + theirs[known], minlength=fleet * fleet).reshape(fleet, fleet)
    return links + links.T


def _grown(links: Ints, stops: Ints, count: int, random: np.random.Generator) -> Ints:
    """The district of each truck on the road; each grows from an outlying route, by the route that lies nearest."""
    district_of = np.full(len(stops), NOBODY, dtype=np.int64)
    free = stops > 0
    for number in range(count):
        share, taken = stops[free].sum() / (count - number), 0
        while free.any():
            inside = district_of == number
            pull = np.where(free, links[inside].sum(axis=0), 0)
            chosen = int(pull.argmax()) if pull.any() else _outlying(links, free, random)
            if number + 1 < count and taken and taken + stops[chosen] / 2 > share:
                break
            district_of[chosen], free[chosen] = number, False
            taken += stops[chosen]
    return district_of


def _outlying(links: Ints, free: Bools, random: np.random.Generator) -> int:
    bent = (1 + links[:, free].sum(axis=1)) * random.uniform(1 - WHIM, 1 + WHIM, len(free))
    return int(np.where(free, bent, np.inf).argmin())


def _placed(layout: Layout, near: npt.NDArray[np.int32], owner: Ints, district_of: Ints) -> Ints:
    """The district of each task: of who serves it, else of the nearest who might, else of any truck that may."""
    place = np.where(owner == NOBODY, NOBODY, district_of[owner])
    trucks = np.arange(len(district_of))
    for task in np.flatnonzero(place == NOBODY):
        others = owner[near[task]]
        others = others[others != NOBODY]
        might = others[able(layout, np.array(task), others)]
        if not len(might):
            might = trucks[able(layout, np.array(task), trucks)]
        place[task] = district_of[might[0]] if len(might) else 0
    return place
