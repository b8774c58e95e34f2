"""The sheets of the workbooks that a department fills in: every column with its field, unit, example and meaning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetField:
    """One column. `path` is the field of the domain object, `unit` what the department writes."""

    header: str
    path: str
    example: str | float
    meaning: str
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    name: str
    entity: str
    fields: tuple[SheetField, ...]

    @property
    def has_place(self) -> bool:
        return any(field.path == "lon" for field in self.fields)


def _f(header: str, path: str, example: str | float, meaning: str, unit: str | None = None) -> SheetField:
    return SheetField(header=header, path=path, example=example, meaning=meaning, unit=unit)


_COMMON = (
    "Fill one row per thing and leave the column 'use' empty; rows marked 'example' are passed over.",
    "An empty cell takes the stated default. Do not rename columns: the mapping beside this file names them.",
    "Times of day are written 06:30; 02:00 of the next day, in the same shift, is written 26:00.",
    "Lists in one cell are separated by ; such as residual;kitchen or 06:00-09:00;18:00-21:00.",
    "Streams: residual, kitchen, recyclable, paper, plastic, glass, hazardous, bulky, green.",
)
FLEET_NOTES = ("Trucks and depots", *_COMMON)
SITE_NOTES = ("Disposal sites, transfer stations and collection points", *_COMMON)

_PLACE = (
    _f("longitude", "lon", 116.41, "degrees, WGS 84 unless the mapping's crs says otherwise"),
    _f("latitude", "lat", 39.91, "degrees"),
)

TRUCKS = Sheet(
    name="trucks",
    entity="truck",
    fields=(
        _f("truck", "truck_id", "T-01", "number or plate, unique"),
        _f("districts", "district_ids", "centre", "ids of the districts that it serves, the first is its own"),
        _f("depot", "depot_id", "D-1", "id of a depot of the sheet depots"),
        _f("payload (kg)", "payload_kg", 8000, "legal gross weight less empty weight, above 0", "kg"),
        _f(
            "streams",
            "compartments.0.streams",
            "residual;kitchen",
            "streams that its body may carry, never two at once",
        ),
        _f("body (m3)", "compartments.0.body_m3", 16, "volume of its body", "m3"),
        _f("compaction ratio", "compartments.0.compaction_ratio", 3, "loose volume / volume in the body; default 1"),
        _f("shift start", "shift.start_s", "06:00", "when it leaves the depot at the earliest"),
        _f("shift end", "shift.end_s", "14:00", "when it is back; 26:00 is 02:00 of the next day"),
        _f("overtime (min)", "shift.max_overtime_s", 30, "allowed beyond the end; default 0", "min"),
        _f("break (min)", "shift.break_s", 30, "length of the break; empty for none", "min"),
        _f("break window", "shift.break_window", "09:30-11:00", "in which the break begins"),
        _f("wash (min)", "wash_s", 20, "to change stream after tipping; empty: it may not change", "min"),
        _f("stops a day", "max_stops", 400, "most that it may serve, all trips together; empty: no limit"),
        _f("kg a day", "daily_cap_kg", 24000, "most that it may collect, all trips together; empty: no limit", "kg"),
        _f("loose m3 a day", "daily_cap_m3", 240, "the same by loose volume; empty: no limit", "m3"),
        _f("height (m)", "height_m", 3.2, "default 3.2", "m"),
        _f("empty weight (kg)", "empty_weight_kg", 10000, "default 10,000", "kg"),
        _f("cost per km", "cost_per_km", 1.2, "default 1"),
        _f("cost per hour", "cost_per_h", 30, "default 0"),
        _f("speed factor", "speed_factor", 1.0, "its driving time is multiplied by this; default 1"),
        _f("fuel (l per 100 km)", "fuel_l_per_100km", 60, "diesel, for reports; empty: assumed, and said so"),
        _f("available", "available", "yes", "yes or no; default yes"),
    ),
)
DEPOTS = Sheet(
    name="depots",
    entity="depot",
    fields=(
        _f("depot", "depot_id", "D-1", "unique"),
        _f("district", "district_id", "centre", "id of its district"),
        *_PLACE,
        _f("network node", "node_id", "", "id of the nearest node of the road network; empty: found by place"),
    ),
)
SITES = Sheet(
    name="sites",
    entity="site",
    fields=(
        _f("site", "site_id", "S-1", "unique"),
        _f("kind", "kind", "disposal", "disposal or transfer_station"),
        _f("district", "district_id", "centre", "id of its district"),
        *_PLACE,
        _f("streams", "streams", "residual;kitchen", "streams that it accepts"),
        _f("open", "windows", "05:00-22:00", "opening hours"),
        _f("tipping (min)", "tip_s", 10, "from the weighbridge to leaving", "min"),
        _f("daily cap (kg)", "daily_cap_kg", 200000, "empty: none", "kg"),
        _f("throughput (kg/h)", "throughput_kg_h", 40000, "empty: no limit"),
        _f("network node", "node_id", "", "id of the nearest node of the road network; empty: found by place"),
    ),
)
POINTS = Sheet(
    name="points",
    entity="point",
    fields=(
        _f("point", "point_id", "P-001", "id; a place with two streams has two rows"),
        _f("stream", "stream", "kitchen", "one stream"),
        _f("district", "district_id", "centre", "id of its district"),
        *_PLACE,
        _f("capacity (l)", "capacity_m3", 660, "of all its bins of this stream together", "l"),
        _f("density (kg/m3)", "density_kg_m3", 300, "of the loose waste", "kg/m3"),
        _f("service (min)", "service_s", 3, "to empty it", "min"),
        _f("rule", "rule.kind", "daily", "daily, fixed_days, max_interval_h, by_fill or on_call"),
        _f("times per day", "rule.times_per_day", 1, "of the rule daily; default 1"),
        _f("weekdays", "rule.weekdays", "", "of the rule fixed_days: 0 Monday to 6 Sunday, such as 0;3"),
        _f("largest interval (h)", "rule.max_interval_h", "", "of the rule max_interval_h", "h"),
        _f("windows", "windows", "06:00-09:00;18:00-21:00", "when it may be served; empty: always"),
        _f("priority", "priority", 1, "default 1"),
        _f("network node", "node_id", "", "id of the nearest node of the road network; empty: found by place"),
    ),
)
