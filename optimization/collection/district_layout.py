"""A district as a board of its own: the part of the whole layout that its trucks and tasks need."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from optimization.collection.district_choice import District, Ints
from optimization.collection.engine import Chains
from optimization.collection.engine_board import HOURS, NOBODY
from optimization.collection.engine_city import UNBOUNDED
from optimization.collection.engine_layout import Layout

Floats = npt.NDArray[np.float64]


def layout_part(layout: Layout, district: District) -> Layout:
    """The layout of a district; tasks, trucks and rows are numbered anew, sites keep their numbers."""
    tasks, trucks = layout.tasks[district.tasks], layout.trucks[district.trucks]
    sites, homes = layout.sites.copy(), layout.homes[district.trucks]
    rows = np.unique(np.concatenate([tasks["row"], homes, sites["row"]]))
    for records in (tasks, sites):
        records["row"] = np.searchsorted(rows, records["row"])
    tasks["usual"] = _renumbered(tasks["usual"], district.trucks, len(layout.trucks))
    tasks["may"] = np.arange(len(tasks))
    return replace(
        layout,
        tasks=tasks,
        task_windows=[layout.task_windows[task] for task in district.tasks],
        trucks=trucks,
        homes=np.searchsorted(rows, homes).astype(np.int32),
        sites=sites,
        seconds=np.stack([np.ascontiguousarray(kind[np.ix_(rows, rows)]) for kind in layout.seconds]),
        metres=np.ascontiguousarray(layout.metres[np.ix_(rows, rows)]),
        room=layout.room[district.trucks],
        body=layout.body[district.trucks],
        class_of=layout.class_of[rows] if layout.class_of.size else layout.class_of,
        may=np.ascontiguousarray(layout.may[np.ix_(district.tasks, district.trucks)])
        if layout.may.size
        else layout.may,
    )


def _renumbered(values: npt.NDArray[np.int32], kept: Ints, size: int) -> npt.NDArray[np.int32]:
    """Positions in the whole as positions in the part; NOBODY for what is not in it."""
    number_of = np.full(size + 1, NOBODY, dtype=np.int32)  # its last place answers for NOBODY
    number_of[kept] = np.arange(len(kept))
    return number_of[values]


def chains_part(chains: Chains, district: District, tasks: int) -> Chains:
    number_of = _renumbered(np.arange(tasks, dtype=np.int32), district.tasks, tasks)
    return [[NOBODY if task == NOBODY else int(number_of[task]) for task in chains[truck]] for truck in district.trucks]


def chains_whole(parts: Chains, district: District) -> dict[int, list[int]]:
    """The chains of a district's trucks, by their positions in the whole."""
    return {
        int(truck): [NOBODY if task == NOBODY else int(district.tasks[task]) for task in chain]
        for truck, chain in zip(district.trucks, parts, strict=True)
    }


def site_shares(layout: Layout, given: Floats, districts: list[District]) -> list[tuple[Floats, Floats]]:
    """For each district what counts as tipped by others, by site and hour, and what each site takes in all [kg].

    `given` is what each truck tips now (trucks, sites, hours); empty where no site has a limit. A district may go on
    with what it tips now and with an equal share of what is left: so together they keep every limit.
    """
    sites = layout.sites
    if not given.size:
        return [(np.zeros((len(sites), HOURS)), sites["cap_kg"].copy()) for _ in districts]
    used = given.sum(axis=0)
    hour_kg = sites["hour_kg"][:, None]
    hour_free = np.maximum(0.0, hour_kg - used) / len(districts)
    day_free = np.maximum(0.0, sites["cap_kg"] - used.sum(axis=1)) / len(districts)
    shares = []
    for district in districts:
        own = given[district.trucks].sum(axis=0)
        by_others = np.where(hour_kg < UNBOUNDED, np.maximum(0.0, hour_kg - own - hour_free), 0.0)
        shares.append((by_others, by_others.sum(axis=1) + own.sum(axis=1) + day_free))
    return shares
