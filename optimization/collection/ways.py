"""Quickest ways over a road network: seconds, metres and limits along them, by scipy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from city.errors import CityError, UnknownIdError, raise_all
from optimization.collection.street_limits import Limits

ORIGINS_AT_ONCE = 100  # rows of the whole network that are held in memory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """Links between node numbers, sorted by (origin, target), each pair once."""

    nodes: int
    origin: Ints
    target: Ints
    seconds: Floats
    metres: Floats
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Between places, in rows of origins: inf where there is no way; `limits` of each way if they were asked for."""

    seconds: Floats
    metres: Floats
    limits: Limits | None = None


def refuse_unknown_nodes(links: pl.DataFrame, number_of: dict[str, int]) -> None:
    ends = {name: links.get_column(name).to_list() for name in ("link_id", "from_node_id", "to_node_id")}
    unknown: list[CityError] = [
        UnknownIdError(subject=f"Link {link}", kind="node", found=node)
        for column in ("from_node_id", "to_node_id")
        for link, node in zip(ends["link_id"], ends[column], strict=True)
        if node not in number_of
    ]
    raise_all("Road network", unknown)


def roads_of(
    links: pl.DataFrame, number_of: dict[str, int], speed_share: float, limits: Limits, passable: Flags
) -> Roads:
    """Passable links as arrays; of several between the same two nodes the quickest counts."""
    quickest = (
        links.select(
            origin=pl.col("from_node_id").replace_strict(number_of, return_dtype=pl.Int64),
            target=pl.col("to_node_id").replace_strict(number_of, return_dtype=pl.Int64),
            seconds=pl.col("length_m") / (pl.col("free_speed_kmh") * speed_share) * 3.6,
            metres=pl.col("length_m"),
            height_m=pl.Series(limits.height_m),
            weight_kg=pl.Series(limits.weight_kg),
            bans=pl.Series(limits.bans),
        )
        .filter(pl.Series(passable) & (pl.col("origin") != pl.col("target")))
        .sort("origin", "target", "seconds", "metres")
        .unique(["origin", "target"], keep="first", maintain_order=True)
    )
    column = {name: quickest.get_column(name).to_numpy() for name in quickest.columns}
    return Roads(
        nodes=len(number_of),
        origin=column["origin"],
        target=column["target"],
        seconds=column["seconds"],
        metres=column["metres"],
        limits=Limits(height_m=column["height_m"], weight_kg=column["weight_kg"], bans=column["bans"]),
    )


def ways_between(roads: Roads, used: list[int], *, with_limits: bool = False) -> Ways:
    """The quickest ways between the used nodes, and the metres (and limits) of the same ways."""
    graph = csr_array((roads.seconds, (roads.origin, roads.target)), shape=(roads.nodes, roads.nodes))
    size, columns = len(used), np.array(used)
    seconds, metres = np.empty((size, size)), np.empty((size, size))
    height, weight, bans = np.empty((size, size)), np.empty((size, size)), np.zeros((size, size), np.int64)
    if not len(roads.origin):
        return _no_ways(size, with_limits=with_limits)
    for first in range(0, size, ORIGINS_AT_ONCE):
        rows = slice(first, first + ORIGINS_AT_ONCE)
        reached, before = dijkstra(graph, indices=used[rows], return_predecessors=True)
        seconds[rows] = reached[:, columns]
        for row, previous in enumerate(before, first):
            tree = _Tree(roads, previous.astype(np.int64))
            metres[row] = tree.summed(roads.metres)[columns]
            if with_limits:
                height[row] = tree.least(roads.limits.height_m)[columns]
                weight[row] = tree.least(roads.limits.weight_kg)[columns]
                bans[row] = tree.joined(roads.limits.bans)[columns]
    found = Limits(height_m=height, weight_kg=weight, bans=bans) if with_limits else None
    return Ways(seconds=seconds, metres=np.where(np.isfinite(seconds), metres, np.inf), limits=found)


def _no_ways(size: int, *, with_limits: bool) -> Ways:
    nowhere = np.where(np.eye(size, dtype=np.bool_), 0.0, np.inf)
    free = np.full((size, size), np.inf)
    limits = Limits(height_m=free, weight_kg=free, bans=np.zeros((size, size), np.int64)) if with_limits else None
    return Ways(seconds=nowhere, metres=nowhere, limits=limits)


class _Tree:
    """The tree of quickest ways from one node, summed up by doubling: each round adds the way of a node's ancestor."""

    def __init__(self, roads: Roads, previous: Ints) -> None:
        here = np.arange(roads.nodes)
        self.rooted = previous < 0
        self.parent = np.where(self.rooted, here, previous)
        keys = roads.origin * roads.nodes + roads.target
        self.last_link = np.searchsorted(keys, self.parent * roads.nodes + here).clip(max=len(keys) - 1)

    def summed(self, of_links: Floats) -> Floats:
        values = np.where(self.rooted, 0.0, of_links[self.last_link])
        parent = self.parent
        while (parent != parent[parent]).any():
            values += values[parent]
            parent = parent[parent]
        return values

    def least(self, of_links: Floats) -> Floats:
        values: Floats = np.where(self.rooted, np.inf, of_links[self.last_link])
        parent = self.parent
        while (parent != parent[parent]).any():
            values = np.minimum(values, values[parent])
            parent = parent[parent]
        return values

    def joined(self, of_links: Ints) -> Ints:
        values: Ints = np.where(self.rooted, 0, of_links[self.last_link])
        parent = self.parent
        while (parent != parent[parent]).any():
            values = values | values[parent]
            parent = parent[parent]
        return values
