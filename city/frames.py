"""The frame contracts of the history: every table, every column, with unit, bounds and meaning.

Bad rows are filtered out where data comes in (`Contract.filter`); inside, a violation raises (`Contract.validate`).
Times are UTC. What devices write down second by second stands in city/recorded_frames.py.
"""

import dataframely as dy
import polars as pl

from city.frame_choices import CONTROL_MODES, DAY_TYPES, DECISIONS, PRIORITIES, READING_METHODS, VEHICLE_IMPACTS
from city.frame_columns import calendar_day, clock_spans, name, one_of, quantity, utc, whole, words, yes_or_no
from city.frame_rules import (
    FORECAST_HOUR,
    LEVEL_NOISE,
    MOST_LANES,
    NORTHERNMOST,
    SOUTHERNMOST,
    is_a_place,
    least_occupancy,
    may_be_rounded_to,
)
from city.history_row import HistoryRow
from city.recorded_frames import SignalChannels, SignalEvents, TruckTracks
from city.waste import Stream

__all__ = [
    "ENTITY_KINDS", "EVENTS", "HISTORY", "BinReadings", "CalendarDays", "ComplaintCounts", "ComplaintEvents",
    "Detectors", "Entities", "HistoryRow", "Links", "Nodes", "Quarantine", "QuarantineDecisions", "SignalRuns",
    "TrafficCounts", "WeatherForecasts", "WeatherObserved", "Weighings", "WorkZones",
]  # fmt: skip

EVENTS = ("opened", "changed", "closed")


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

    @dy.rule()
    def who_passes_moves(cls) -> pl.Expr:  # noqa: N805
        return ((pl.col("flow_veh_h") == 0) | (pl.col("speed_kmh") > 0)).fill_null(value=True)

    @dy.rule()
    def who_passes_covers(cls) -> pl.Expr:  # noqa: N805
        return may_be_rounded_to(pl.col("occupancy"), least_occupancy(pl.lit(MOST_LANES)))


class Detectors(HistoryRow):
    """Where a detector lies and what it looks at."""

    detector_id = name("detector, the department's key", primary_key=True)
    junction_id = name("junction whose approach it counts", nullable=True)
    approach = name("approach of that junction", nullable=True)
    lanes = whole("lanes", "lanes that it covers", least=1, most=MOST_LANES)
    lon = quantity("degree, WGS 84", "longitude", least=-180, most=180, nullable=True)
    lat = quantity("degree, WGS 84", "latitude", least=SOUTHERNMOST, most=NORTHERNMOST, nullable=True)

    @dy.rule()
    def lies_somewhere(cls) -> pl.Expr:  # noqa: N805
        return is_a_place()


class BinReadings(HistoryRow):
    """Fill of one stream's bins at one point, by a sensor or at a visit. 1.0 is full, above overflows."""

    point_id = name("collection point", primary_key=True)
    stream = one_of(tuple(Stream), "waste stream", primary_key=True)
    read_at = utc("when it was read or visited", primary_key=True)
    method = one_of(READING_METHODS, "how it was read")
    fill_level = quantity(
        "share of capacity", "mean fill of the bins; at 1 or more the reading is censored", least=0, most=2
    )
    emptied = yes_or_no("whether the bins were emptied at this moment")
    bins = quantity("bins", "bins that the reading covers", least=0, most=500, nullable=True)
    fill_after = quantity("share of capacity", "fill when the truck had left", least=0, most=2, nullable=True)
    ticket_id = name("weighbridge ticket of the trip that took it", nullable=True)

    @dy.rule()
    def emptying_takes_out(cls) -> pl.Expr:  # noqa: N805
        within = pl.col("fill_after") <= pl.col("fill_level") + LEVEL_NOISE
        return (~pl.col("emptied") | within).fill_null(value=True)


class Weighings(HistoryRow):
    """One weighbridge ticket: the true weight of one trip."""

    ticket_id = name("ticket number", primary_key=True)
    truck_id = name("truck")
    site_id = name("disposal site or transfer station")
    stream = one_of(tuple(Stream), "waste stream")
    weighed_at = utc("when it was weighed")
    service_date = calendar_day("date on which the shift started")
    net_kg = quantity("kg", "gross - tare", least=1, most=40_000)


class ComplaintEvents(HistoryRow):
    """A complaint opened, changed or closed. Whoever can be recognised in it was masked before it was stored."""

    complaint_id = name("complaint, the department's key", primary_key=True)
    event = one_of(EVENTS, "what happened to it", primary_key=True)
    at = utc("when it happened", primary_key=True)
    category = name("the city's own category, such as waste or traffic")
    lon = quantity("degree, WGS 84", "longitude", least=-180, most=180, nullable=True)
    lat = quantity("degree, WGS 84", "latitude", least=SOUTHERNMOST, most=NORTHERNMOST, nullable=True)
    text = words("text", "what was written, with phones, ids, plates, e-mail addresses and names masked",
                 least=0, most=20_000, nullable=True)  # fmt: skip
    reporter = name("salted hash of who complained", nullable=True)
    department = name("department that had it at this event", nullable=True)
    priority = one_of(PRIORITIES, "how soon it was to be seen to, as said at this event", nullable=True)

    @dy.rule()
    def lies_somewhere(cls) -> pl.Expr:  # noqa: N805
        return is_a_place()


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
    lat = quantity("degree, WGS 84", "latitude of its middle", least=SOUTHERNMOST, most=NORTHERNMOST, nullable=True)
    geometry = words("GeoJSON", "its course, WGS 84", least=2, most=1_000_000, nullable=True)

    @dy.rule()
    def lies_somewhere(cls) -> pl.Expr:  # noqa: N805
        return is_a_place()

    @dy.rule()
    def ends_after_its_start(cls) -> pl.Expr:  # noqa: N805
        return pl.col("end_at").is_null() | (pl.col("end_at") >= pl.col("start_at"))


class ComplaintCounts(HistoryRow):
    """Complaints of one category, district and day, where a department hands over counts only."""

    day = calendar_day("local day", primary_key=True)
    district_key = name("district counted", primary_key=True)
    category = name("the city's own category", primary_key=True)
    reports = whole("complaints", "complaints opened that day", least=0, most=1_000_000)


class SignalRuns(HistoryRow):
    """Which plan a junction's controller ran from when until when, as its own log says."""

    junction_id = name("junction", primary_key=True)
    start_at = utc("since when it ran", primary_key=True)
    end_at = utc("until when; empty where the log does not say: until the junction's next row", nullable=True)
    plan_number = whole("number", "plan; empty where the mode runs none", least=0, most=100_000, nullable=True)
    mode = one_of(CONTROL_MODES, "who was in control")

    @dy.rule()
    def ends_after_its_start(cls) -> pl.Expr:  # noqa: N805
        return pl.col("end_at").is_null() | (pl.col("end_at") >= pl.col("start_at"))


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

    @dy.rule()
    def speaks_of_what_is_to_come(cls) -> pl.Expr:  # noqa: N805
        return pl.col("valid_at") + FORECAST_HOUR > pl.col("issued_at")


class CalendarDays(HistoryRow):
    """What kind of day it is, as announced."""

    day = calendar_day("local day", primary_key=True)
    day_type = one_of(DAY_TYPES, "kind of day; an adjusted workday (调休) is a workday at a weekend")
    holiday = words("text", "name of the holiday", least=0, most=200, nullable=True)
    spring_festival_days = whole("days", "days since lunar New Year's day", least=-200, most=200, nullable=True)


class Nodes(HistoryRow):
    """GMNS node."""

    node_id = name("node", primary_key=True)
    lon = quantity("degree, WGS 84", "longitude (x_coord)", least=-180, most=180)
    lat = quantity("degree, WGS 84", "latitude (y_coord)", least=SOUTHERNMOST, most=NORTHERNMOST)

    @dy.rule()
    def lies_somewhere(cls) -> pl.Expr:  # noqa: N805
        return is_a_place()


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
    max_height_m = quantity("m", "highest vehicle that may pass", least=0.5, most=10, nullable=True)
    max_weight_kg = quantity("kg", "heaviest vehicle that may pass, gross", least=500, most=200_000, nullable=True)
    truck_ban = clock_spans("when no truck may enter")


ENTITY_KINDS = ("city", "district", "junction", "corridor", "point", "truck", "depot", "site")


class Entities(HistoryRow):
    """Master data: one domain object (junction, point, truck, ...) as canonical JSON, valid from `known_at` on."""

    kind = one_of(ENTITY_KINDS, "what it is", primary_key=True)
    entity_id = name("its id; points are named point/stream", primary_key=True)
    document = words("JSON", "the object, as city/documents.py writes it", least=2, most=10_000_000)


class Quarantine(dy.Schema):
    """A row that was not let in, with the reason and where it came from."""

    contract = name("table it was meant for")
    source = words("id", "file, sheet or table", least=1, most=1_000)
    line = whole("line", "record number in the source, from 1", least=0, most=10_000_000_000)
    reason = words("text", "what is wrong with it", least=1, most=100_000)
    rule = name("the rule it broke, such as flow_veh_h|max", nullable=True)
    feed = name("feed of the mapping that read it", nullable=True)
    part = name("which of several records of one row it is, such as stream=paper", nullable=True)
    row = words("JSON", "the row as it came, texts masked and reporters hashed", least=0, most=10_000_000)
    imported_at = utc("when it was refused")


class QuarantineDecisions(dy.Schema):
    """What was decided about a quarantined row; the newest decision counts, and nothing is ever taken away."""

    contract = name("table it was meant for")
    source = words("id", "file, sheet or table", least=1, most=1_000)
    line = whole("line", "record number in the source, from 1", least=0, most=10_000_000_000)
    row_hash = name("id of the quarantined row: what city quarantine list and show print")
    decision = one_of(
        DECISIONS,
        "released: it came in after all; dropped: a person said that it never will; "
        "replaced: the same record came again otherwise and was refused again, which is a row of its own",
    )
    by = name("who decided")
    why = words("text", "the reason given", least=1, most=2_000)
    import_id = name("import that stored it, where one did", nullable=True)
    decided_at = utc("when it was decided")


HISTORY: tuple[type[HistoryRow], ...] = (
    TrafficCounts,
    Detectors,
    BinReadings,
    Weighings,
    ComplaintEvents,
    ComplaintCounts,
    WorkZones,
    SignalRuns,
    SignalEvents,
    SignalChannels,
    TruckTracks,
    WeatherObserved,
    WeatherForecasts,
    CalendarDays,
    Nodes,
    Links,
    Entities,
)
