"""The ways of a whole fleet over a network with limits: around streets with limits, or to what lies behind them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from city.waste import Truck
from optimization.collection.matrix_cache import content_hash, kept
from optimization.collection.street_limits import Bans, Limits, PlaceLimit, limits_of, open_to_all, open_to_some
from optimization.collection.ways import Roads, Ways, roads_of, ways_between

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Links (rows of their contract) with what the fleet may drive; matrices are kept in `cache`, if there is one."""

    links: pl.DataFrame
    number_of: dict[str, int]
    speed_share: float
    trucks: tuple[Truck, ...]
    cache: Path | None

    def ways(self, used: list[int], depots: list[int]) -> tuple[Ways, dict[int, PlaceLimit], tuple[str, ...]]:
        """Ways between the used nodes, the limits of those behind streets with limits, and sentences about them."""
        bans = Bans.of(self.links)
        limits = limits_of(self.links, bans)
        for_all = open_to_all(limits, bans, self.trucks)
        ways = self._kept(self._roads(limits, for_all), used, with_limits=False)
        shut = int((~for_all).sum())
        if not shut:
            return ways, {}, ()
        behind = _cut_off(ways, [used.index(depot) for depot in depots])
        told = (
            f"{shut} of {len(for_all)} links are passed by: too low or too weak for some truck of the fleet, or closed "
            "to trucks at some hour of a shift."
        )
        if not behind.any():
            return ways, {}, (told,)
        wider = self._kept(self._roads(limits, open_to_some(limits, bans, self.trucks)), used, with_limits=True)
        along = wider.limits or limits
        at = _limits_of_places(wider, along, behind, [used.index(depot) for depot in depots])
        found = {
            used[place]: PlaceLimit(
                max_height_m=float(at.height_m[place]),
                max_weight_kg=float(at.weight_kg[place]),
                closed=bans.spans(int(at.bans[place])),
            )
            for place in np.flatnonzero(behind)
            if np.isfinite(at.height_m[place]) or np.isfinite(at.weight_kg[place]) or at.bans[place]
        }
        lies = f"{len(found)} places lie behind such streets: only trucks that fit go there, and outside closed hours."
        return _joined(ways, wider, along, at), found, (told, lies)

    def _roads(self, limits: Limits, passable: Flags) -> Roads:
        return roads_of(self.links, self.number_of, self.speed_share, limits, passable)

    def _kept(self, roads: Roads, used: list[int], *, with_limits: bool) -> Ways:
        """From the cache if the same roads between the same places were asked for before."""

        def compute() -> tuple[npt.NDArray[np.float64], ...]:
            ways = ways_between(roads, used, with_limits=with_limits)
            if ways.limits is None:
                return ways.seconds, ways.metres
            limits = ways.limits
            return ways.seconds, ways.metres, limits.height_m, limits.weight_kg, limits.bans.view(np.float64)

        parts = (roads.origin, roads.target, roads.seconds, roads.metres, np.array(used), str(with_limits))
        limited = (roads.limits.height_m, roads.limits.weight_kg, roads.limits.bans) if with_limits else ()
        seconds, metres, *rest = kept(self.cache, content_hash((*parts, *limited)), compute)
        if not rest:
            return Ways(seconds=seconds, metres=metres)
        height_m, weight_kg, bans = rest
        limits = Limits(height_m=height_m, weight_kg=weight_kg, bans=bans.view(np.int64))
        return Ways(seconds=seconds, metres=metres, limits=limits)


def _cut_off(ways: Ways, depots: list[int]) -> Flags:
    """Places that cannot be reached from any depot, or from which no depot can be reached."""
    there = np.isfinite(ways.seconds[depots]).any(axis=0)
    back = np.isfinite(ways.seconds[:, depots]).any(axis=1)
    cut: Flags = np.logical_not(np.logical_and(there, back))
    return cut


def _limits_of_places(wider: Ways, of: Limits, behind: Flags, depots: list[int]) -> Limits:
    """Of each place behind, those of the way from and to the depot that is nearest to it."""
    there_and_back = wider.seconds[depots] + wider.seconds[:, depots].T
    nearest = np.array(depots)[there_and_back.argmin(axis=0)]
    place = np.arange(len(behind))
    return Limits(
        height_m=np.where(behind, np.minimum(of.height_m[nearest, place], of.height_m[place, nearest]), np.inf),
        weight_kg=np.where(behind, np.minimum(of.weight_kg[nearest, place], of.weight_kg[place, nearest]), np.inf),
        bans=np.where(behind, of.bans[nearest, place] | of.bans[place, nearest], 0),
    )


def _joined(ways: Ways, wider: Ways, of: Limits, at: Limits) -> Ways:
    """Ways for all where there are any, else those beyond limits that whoever may serve both their ends may drive."""
    least_height = np.minimum(at.height_m[:, None], at.height_m[None, :])
    least_weight = np.minimum(at.weight_kg[:, None], at.weight_kg[None, :])
    told_bans = at.bans[:, None] | at.bans[None, :]
    lawful = (of.height_m >= least_height) & (of.weight_kg >= least_weight) & (of.bans & ~told_bans == 0)
    take = ~np.isfinite(ways.seconds) & lawful
    return Ways(seconds=np.where(take, wider.seconds, ways.seconds), metres=np.where(take, wider.metres, ways.metres))
