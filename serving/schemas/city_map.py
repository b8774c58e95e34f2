"""What maps are drawn from, on the wire. Places are [lon, lat] in WGS 84."""

from pydantic import Field

from city.signal_parts import ControlMode
from city.waste import ServiceKind, SiteKind, Stream
from serving.schemas.wire import Quantity, Wire


class Road(Wire):
    path: list[tuple[Quantity, Quantity]] = Field(description="[lon, lat] from end to end")
    main: bool = Field(description="several lanes, or 50 km/h and more")


class RoadMap(Wire):
    roads: list[Road]


class JunctionOnMap(Wire):
    junction_id: str
    name: str
    district_id: str
    lon: Quantity
    lat: Quantity
    mode: ControlMode


class DetectorOnMap(Wire):
    detector_id: str
    junction_id: str | None = Field(description="junction whose approach it counts")
    approach: str | None
    lon: Quantity | None
    lat: Quantity | None


class JunctionMap(Wire):
    junctions: list[JunctionOnMap]
    detectors: list[DetectorOnMap]


class PointOnMap(Wire):
    point_id: str
    stream: Stream
    district_id: str
    lon: Quantity
    lat: Quantity
    rule: ServiceKind


class DepotOnMap(Wire):
    depot_id: str
    lon: Quantity
    lat: Quantity


class SiteOnMap(Wire):
    site_id: str
    kind: SiteKind
    lon: Quantity
    lat: Quantity


class TruckOnMap(Wire):
    truck_id: str
    depot_id: str


class PointMap(Wire):
    points: list[PointOnMap]
    depots: list[DepotOnMap]
    sites: list[SiteOnMap]
    trucks: list[TruckOnMap]
