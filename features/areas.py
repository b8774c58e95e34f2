"""Which segments lie in which area, how long they are, and what had to be assumed to say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from city.congestion_index import WHOLE_CITY, AreaKind
from city.signals import Corridor
from features.arrays import Flags, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    kind: AreaKind
    area_id: str
    district_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """`inside` is areas x segments; segments are detectors, in the order of `segments`. `length_km` has no gaps."""

    segments: tuple[str, ...]
    areas: tuple[Area, ...]
    inside: Flags
    length_km: Floats
    assumed: tuple[str, ...]

    @classmethod
    def of(
        cls,
        district_of: dict[str, str],
        *,
        links: pl.DataFrame,
        detectors: pl.DataFrame,
        corridors: Sequence[Corridor] = (),
    ) -> Self:
        """Areas of the segments in `district_of` (detector to district): each by itself, corridors, districts, city.

        `links` and `detectors` are rows of their contracts and may be empty.
        """
        segments = tuple(sorted(district_of))
        length_km, unknown = _lengths(segments, links)
        areas = [Area(kind=AreaKind.SEGMENT, area_id=one, district_id=district_of[one]) for one in segments]
        members: list[set[str]] = [{one} for one in segments]
        for corridor in corridors:
            own = _along(corridor, links, detectors) & set(segments)
            if own:
                name = str(corridor.corridor_id)
                areas.append(Area(kind=AreaKind.CORRIDOR, area_id=name, district_id=str(corridor.district_id)))
                members.append(own)
        for district in sorted(set(district_of.values())):
            areas.append(Area(kind=AreaKind.DISTRICT, area_id=district, district_id=district))
            members.append({one for one in segments if district_of[one] == district})
        areas.append(Area(kind=AreaKind.CITY, area_id=WHOLE_CITY, district_id=WHOLE_CITY))
        members.append(set(segments))
        inside = np.array([[one in own for one in segments] for own in members], np.bool_)
        return cls(segments=segments, areas=tuple(areas), inside=inside, length_km=length_km, assumed=unknown)


def _lengths(segments: tuple[str, ...], links: pl.DataFrame) -> tuple[Floats, tuple[str, ...]]:
    """A detector that measures several links stands for all of them."""
    measured = links.filter(pl.col("detector_id").is_in(segments))
    found = dict(measured.group_by("detector_id").agg(pl.col("length_m").sum() / 1_000).iter_rows())
    length_km = np.array([found.get(one, np.nan) for one in segments], np.float64)
    missing = int(np.isnan(length_km).sum())
    if not missing:
        return length_km, ()
    usual = float(np.nanmedian(length_km)) if found else 1.0
    said = f"the median of the others, {usual:.2f} km" if found else "all alike"
    sentence = f"{missing} of {len(segments)} detectors have no link whose length is known: taken as {said}."
    return np.where(np.isnan(length_km), usual, length_km), (sentence,)


def _along(corridor: Corridor, links: pl.DataFrame, detectors: pl.DataFrame) -> set[str]:
    """Detectors on the corridor's own links; where the links are not known, those at its junctions."""
    own_links = [str(link.link_id) for link in corridor.links if link.link_id is not None]
    on_links = links.filter(pl.col("link_id").is_in(own_links) & pl.col("detector_id").is_not_null())
    if on_links.height:
        return set(on_links["detector_id"])
    junctions = [str(one) for one in corridor.junction_ids]
    return set(detectors.filter(pl.col("junction_id").is_in(junctions))["detector_id"])
