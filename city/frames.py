"""The frame contracts of the history: every table, every column, with unit, bounds and meaning.

Bad rows are filtered out where data comes in (`Contract.filter`); inside, a violation raises (`Contract.validate`).
Times are UTC. `known_at` is when the city could know a row, `imported_at` when we stored it.
"""

from typing import Any

import dataframely as dy
import polars as pl

from city.waste import Stream

DAY_TYPES = ("workday", "weekend", "holiday", "adjusted_workday")
EVENTS = ("opened", "changed", "closed")
VEHICLE_IMPACTS = (
    "all_lanes_closed",
    "some_lanes_closed",
    "all_lanes_open",
    "alternating_one_way",
    "flagging",
    "unknown",
)
READING_METHODS = ("sensor", "visit")


def described(unit: str, meaning: str) -> dict[str, Any]:
    return {"unit": unit, "meaning": meaning}


def utc(meaning: str, *, primary_key: bool = False, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(time_zone="UTC", primary_key=primary_key, nullable=nullable, metadata=described("UTC", meaning))


def name(meaning: str, *, primary_key: bool = False, nullable: bool = False) -> dy.String:
    return dy.String(
        min_length=1,
        max_length=200,
        primary_key=primary_key,
        nullable=nullable,
        metadata=described("id", meaning),
    )


def one_of(choices: tuple[str, ...], meaning: str, *, primary_key: bool = False) -> dy.String:
    # Not dy.Enum: Delta Lake panics on Enum columns and LightGBM aborts on them.
    return dy.String(
        primary_key=primary_key,
        check={"known_value": lambda column: column.is_in(choices)},
        metadata=described("one of " + ", ".join(choices), meaning),
    )


def quantity(unit: str, meaning: str, *, least: float, most: float, nullable: bool = False) -> dy.Float64:
    return dy.Float64(min=least, max=most, nullable=nullable, metadata=described(unit, meaning))


def whole(unit: str, meaning: str, *, least: int, most: int, nullable: bool = False) -> dy.Int64:
    return dy.Int64(min=least, max=most, nullable=nullable, metadata=described(unit, meaning))


class HistoryRow(dy.Schema):
    """What every row of history carries. The key of a contract never includes these."""

    district_id = name("district that may see this row")
    known_at = utc("when the city could know this row")
    imported_at = utc("when this product stored it")
    source = name("file, sheet or table it came from")


class TrafficCounts(HistoryRow):
    """One detector, one step of its feed. At least one of flow, speed and occupancy is there."""

    detector_id = name("detector, the department's key", primary_key=True)
    start_at = utc("start of the interval", primary_key=True)
    step_s = whole("s", "length of the interval: a property of the feed", least=10, most=86_400)
    flow_veh_h = quantity("veh/h", "vehicles counted, as an hourly rate", least=0, most=20_000, nullable=True)
    speed_kmh = quantity("km/h", "mean speed", least=0, most=200, nullable=True)
    occupancy = quantity("share", "share of time the detector was covered", least=0, most=1, nullable=True)

    @dy.rule()
    def something_measured(cls) -> pl.Expr:  # noqa: N805
        return pl.any_horizontal(
            pl.col("flow_veh_h").is_not_null(), pl.col("speed_kmh").is_not_null(), pl.col("occupancy").is_not_null()
        )


class Detectors(HistoryRow):
    """Where a detector lies and what it looks at."""

    detector_id = name("detector, the department's key", primary_key=True)
    junction_id = name("junction whose approach it counts", nullable=True)
    approach = name("approach of that junction", nullable=True)
    lanes = whole("lanes", "lanes that it covers", least=1, most=12)
    lon = quantity("degree, WGS 84", "longitude", least=-180, most=180, nullable=True)
    lat = quantity("degree, WGS 84", "latitude", least=-90, most=90, nullable=True)


class BinReadings(HistoryRow):
    """Fill of one stream's bins at one point, by a sensor or at a visit. 1.0 is full, above overflows."""

    point_id = name("collection point", primary_key=True)
    stream = one_of(tuple(Stream), "waste stream", primary_key=True)
    read_at = utc("when it was read or visited", primary_key=True)
    method = one_of(READING_METHODS, "how it was read")
    fill_level = quantity(
        "share of capacity", "mean fill of the bins; at 1 or more the reading is censored", least=0, most=2
    )
    emptied = dy.Bool(metadata=described("yes or no", "whether the bins were emptied at this moment"))
    bins = quantity("bins", "bins that the reading covers", least=0, most=500, nullable=True)
    fill_after = quantity("share of capacity", "fill when the truck had left", least=0, most=2, nullable=True)
    ticket_id = name("weighbridge ticket of the trip that took it", nullable=True)


class Weighings(HistoryRow):
    """One weighbridge ticket: the true weight of one trip."""

    ticket_id = name("ticket number", primary_key=True)
    truck_id = name("truck")
    site_id = name("disposal site or transfer station")
    stream = one_of(tuple(Stream), "waste stream")
    weighed_at = utc("when it was weighed")
    service_date = dy.Date(metadata=described("date", "date on which the shift started"))
    net_kg = quantity("kg", "gross - tare", least=1, most=40_000)


class ComplaintEvents(HistoryRow):
    """A complaint opened, changed or closed. Whoever can be recognised in it was masked before it was stored."""

    complaint_id = name("complaint, the department's key", primary_key=True)
    event = one_of(EVENTS, "what happened to it", primary_key=True)
    at = utc("when it happened", primary_key=True)
    category = name("the city's own category, such as waste or traffic")
    lon = quantity("degree, WGS 84", "longitude", least=-180, most=180, nullable=True)
    lat = quantity("degree, WGS 84", "latitude", least=-90, most=90, nullable=True)
    text = dy.String(
        max_length=20_000,
        nullable=True,
        metadata=described("text", "what was written, with phones, ids, plates, e-mail addresses and names masked"),
    )
    reporter = name("salted hash of who complained", nullable=True)


class WorkZones(HistoryRow):
    """Roadworks or a closure announced, changed or ended."""

    work_zone_id = name("work zone, the publisher's key", primary_key=True)
    event = one_of(EVENTS, "what happened to the announcement", primary_key=True)
    at = utc("when it happened", primary_key=True)
    start_at = utc("start of the works as announced")
    end_at = utc("end of the works as announced", nullable=True)
    vehicle_impact = one_of(VEHICLE_IMPACTS, "what is left for vehicles")
    lanes_closed = whole("lanes", "lanes closed", least=0, most=12, nullable=True)
    speed_limit_kmh = quantity("km/h", "speed limit beside the works", least=0, most=150, nullable=True)
    road = name("name of the road", nullable=True)
    link_id = name("link that it lies on, where the publisher says so", nullable=True)
    lon = quantity("degree, WGS 84", "longitude of its middle", least=-180, most=180, nullable=True)
    lat = quantity("degree, WGS 84", "latitude of its middle", least=-90, most=90, nullable=True)
    geometry = dy.String(nullable=True, metadata=described("GeoJSON", "its course, WGS 84"))

    @dy.rule()
    def ends_after_its_start(cls) -> pl.Expr:  # noqa: N805
        return pl.col("end_at").is_null() | (pl.col("end_at") >= pl.col("start_at"))


class ComplaintCounts(HistoryRow):
    """Complaints of one category, district and day, where a department hands over counts only."""

    day = dy.Date(primary_key=True, metadata=described("date", "local day"))
    district_key = name("district counted", primary_key=True)
    category = name("the city's own category", primary_key=True)
    reports = whole("complaints", "complaints opened that day", least=0, most=1_000_000)


class WeatherObserved(HistoryRow):
    """Weather as measured: it gives lags only, never features of the future."""

    at = utc("start of the hour", primary_key=True)
    temperature_c = quantity("degree C", "air temperature", least=-60, most=60)
    rain_mm = quantity("mm", "rain in this hour", least=0, most=300)


class WeatherForecasts(HistoryRow):
    """Weather as it was forecast; known at `issued_at`."""

    issued_at = utc("when the forecast was issued", primary_key=True)
    valid_at = utc("the hour it speaks of", primary_key=True)
    temperature_c = quantity("degree C", "air temperature", least=-60, most=60)
    rain_mm = quantity("mm", "rain in this hour", least=0, most=300)


class CalendarDays(HistoryRow):
    """What kind of day it is, as announced."""

    day = dy.Date(primary_key=True, metadata=described("date", "local day"))
    day_type = one_of(DAY_TYPES, "kind of day; an adjusted workday (调休) is a workday at a weekend")
    holiday = dy.String(nullable=True, metadata=described("text", "name of the holiday"))
    spring_festival_days = whole("days", "days since lunar New Year's day", least=-200, most=200, nullable=True)


class Nodes(HistoryRow):
    """GMNS node."""

    node_id = name("node", primary_key=True)
    lon = quantity("degree, WGS 84", "longitude (x_coord)", least=-180, most=180)
    lat = quantity("degree, WGS 84", "latitude (y_coord)", least=-90, most=90)


class Links(HistoryRow):
    """GMNS link: one direction of a road."""

    link_id = name("link", primary_key=True)
    from_node_id = name("node it leaves")
    to_node_id = name("node it reaches")
    length_m = quantity("m", "length", least=0.1, most=200_000)
    free_speed_kmh = quantity("km/h", "free-flow speed", least=1, most=150)
    lanes = whole("lanes", "lanes", least=1, most=12)
    capacity_veh_h = quantity("veh/h", "capacity", least=1, most=30_000, nullable=True)
    detector_id = name("detector that measures this link", nullable=True)


ENTITY_KINDS = ("city", "district", "junction", "corridor", "point", "truck", "depot", "site")


class Entities(HistoryRow):
    """Master data: one domain object (junction, point, truck, ...) as canonical JSON, valid from `known_at` on."""

    kind = one_of(ENTITY_KINDS, "what it is", primary_key=True)
    entity_id = name("its id; points are named point/stream", primary_key=True)
    document = dy.String(min_length=2, metadata=described("JSON", "the object, as city/documents.py writes it"))


class Quarantine(dy.Schema):
    """A row that was not let in, with the reason and where it came from."""

    contract = name("table it was meant for")
    source = name("file, sheet or table")
    line = whole("line", "record number in the source, from 1", least=0, most=10_000_000_000)
    reason = dy.String(metadata=described("text", "what is wrong with it"))
    rule = name("the rule it broke, such as flow_veh_h|max", nullable=True)
    feed = name("feed of the mapping that read it", nullable=True)
    row = dy.String(metadata=described("JSON", "the row as it came"))
    imported_at = utc("when it was refused")


HISTORY: tuple[type[HistoryRow], ...] = (
    TrafficCounts,
    Detectors,
    BinReadings,
    Weighings,
    ComplaintEvents,
    ComplaintCounts,
    WorkZones,
    WeatherObserved,
    WeatherForecasts,
    CalendarDays,
    Nodes,
    Links,
    Entities,
)
