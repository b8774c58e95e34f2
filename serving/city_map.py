"""What a map of the city is drawn from: its own roads, junctions, detectors, collection points, depots and sites."""

from collections.abc import Collection
from typing import Any, Final

import polars as pl

from city.frames import Detectors, HistoryRow, Links, Nodes
from city.ids import DistrictId
from city.signals import Junction
from city.store import History
from city.waste import CollectionPoint, Depot, DisposalSite, Truck

MAIN_LANES: Final = 2
MAIN_KMH: Final = 50.0
DECIMALS: Final = 6  # a tenth of a metre
Districts = Collection[DistrictId] | None


def roads_document(history: History) -> dict[str, Any]:
    """Each road once, whichever ways it may be driven: straight between its ends, as GMNS links are given here."""
    nodes = history.read(Nodes).select("node_id", "lon", "lat")
    links = history.read(Links).with_columns(
        near=pl.min_horizontal("from_node_id", "to_node_id"), far=pl.max_horizontal("from_node_id", "to_node_id")
    )
    main = (pl.col("lanes") >= MAIN_LANES) | (pl.col("free_speed_kmh") >= MAIN_KMH)
    roads = (
        links.group_by("near", "far", maintain_order=True)
        .agg(main.any().alias("main"))
        .join(nodes.rename({"node_id": "near", "lon": "lon_a", "lat": "lat_a"}), on="near", maintain_order="left")
        .join(nodes.rename({"node_id": "far", "lon": "lon_b", "lat": "lat_b"}), on="far", maintain_order="left")
        .select("main", *(pl.col(name).round(DECIMALS) for name in ("lon_a", "lat_a", "lon_b", "lat_b")))
    )
    return {
        "roads": [
            {"path": [[lon_a, lat_a], [lon_b, lat_b]], "main": is_main}
            for is_main, lon_a, lat_a, lon_b, lat_b in roads.iter_rows()
        ]
    }


def junctions_document(history: History, districts: Districts) -> dict[str, Any]:
    junctions = [one for one in history.entities(Junction) if _seen(one.district_id, districts)]
    seen = {str(one.junction_id) for one in junctions}
    detectors = history.read(Detectors).select("detector_id", "junction_id", "approach", "lon", "lat")
    if districts is not None:
        detectors = detectors.filter(pl.col("junction_id").is_in(sorted(seen)))
    return {
        "junctions": [
            {
                "junction_id": one.junction_id,
                "name": one.name,
                "district_id": one.district_id,
                "lon": one.lon,
                "lat": one.lat,
                "mode": one.mode.value,
            }
            for one in junctions
        ],
        "detectors": detectors.sort("detector_id").to_dicts(),
    }


def points_document(history: History, districts: Districts) -> dict[str, Any]:
    """Depots, sites and trucks belong to the whole city; points to their district."""
    points = [one for one in history.entities(CollectionPoint) if _seen(one.district_id, districts)]
    return {
        "points": [
            {
                "point_id": one.point_id,
                "stream": one.stream.value,
                "district_id": one.district_id,
                "lon": one.lon,
                "lat": one.lat,
                "rule": one.rule.kind.value,
            }
            for one in points
        ],
        "depots": [{"depot_id": one.depot_id, "lon": one.lon, "lat": one.lat} for one in history.entities(Depot)],
        "sites": [
            {"site_id": one.site_id, "kind": one.kind.value, "lon": one.lon, "lat": one.lat}
            for one in history.entities(DisposalSite)
        ],
        "trucks": [{"truck_id": one.truck_id, "depot_id": one.depot_id} for one in history.entities(Truck)],
    }


def version_of(history: History, *contracts: type[HistoryRow]) -> str:
    """Changes when one of the tables does."""
    return "-".join(str(history.version(contract)) for contract in contracts)


def _seen(district_id: DistrictId, districts: Districts) -> bool:
    return districts is None or district_id in districts
