"""A mapping file: how the files of one city's departments become its history. Documented in docs/mapping.md.

Everything that is wrong with a file is collected and said at once.
"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from city.clock import zone
from city.errors import CityError, UnreadableInputError, raise_all
from city.frames import ENTITY_KINDS, HISTORY, ComplaintCounts, Entities, HistoryRow, TrafficCounts, WeatherForecasts
from city.ids import DistrictId
from city.national import national_profile
from city.places import CityInfo, District
from city.store import MASTER_DATA, TIME_COLUMN
from features.sources.cells import field_type
from features.sources.columns import DECIDE, OPEN, read_columns, read_leave_out, read_parts, read_sensors, read_slots
from features.sources.entities import KINDS
from features.sources.feeds import AbsentDays, AmbiguousHour, Crs, Feed, Format, Label, Mapping
from features.sources.reading import read_reading
from features.sources.standards import CONTRACT_OF, with_standard
from features.sources.toml_table import TomlTable, close_to
from features.sources.wide import slots_filled, spoken
from features.sources.word_checks import check_words

_CONTRACTS = {contract.__name__: contract for contract in HISTORY if contract is not Entities}
_DAY_S = 86_400
_WITHOUT_DELAY = (*MASTER_DATA, Entities)
__all__ = ["Mapping", "load_mapping"]


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file. Raises one CityError that names every fault."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise UnreadableInputError(source=path.name, problem=f"it is not TOML ({cause})") from cause
    errors: list[CityError] = []
    top = TomlTable(path.name, said, errors)
    city = TomlTable(f"{path.name}, city", top.table("city"), errors)
    city_zone = _zone(city, "time_zone", required=True)
    districts = _districts(city)
    info = _city_info(city, city_zone)
    assumed = city.texts("assumed")
    city.done()
    feeds = tuple(
        _feed(item, number, path, city_zone, districts, errors) for number, item in enumerate(top.tables("feed"), 1)
    )
    top.done()
    if not feeds and not errors:
        top.wrong("feed", None, "at least one [[feed]]")
    for name in {feed.name for feed in feeds if [other.name for other in feeds].count(feed.name) > 1}:
        top.wrong("feed", name, "a name of its own for each feed")
    raise_all(path.name, errors)
    return Mapping(path=path, zone=city_zone, city=info, districts=districts, feeds=feeds, assumed=assumed)


def _zone(table: TomlTable, key: str, *, required: bool = False, default: ZoneInfo | None = None) -> ZoneInfo:
    name = table.text(key, required=required, hint="an IANA name such as 'Asia/Shanghai'")
    if name is not None:
        try:
            return zone(name)
        except CityError as error:
            table.errors.append(error)
    return default or ZoneInfo("UTC")


def _districts(city: TomlTable) -> tuple[District, ...]:
    return tuple(District(district_id=DistrictId(key), name=str(name)) for key, name in city.table("districts").items())


def _city_info(city: TomlTable, city_zone: ZoneInfo) -> CityInfo | None:
    name, profile = city.text("name"), city.text("national_profile", required="name" in city, hint="CN, DE or US")
    if name is None or profile is None:
        return None
    try:
        national_profile(profile)
    except CityError as error:
        city.errors.append(error)
        return None
    return CityInfo(name=name, time_zone=city_zone.key, national_profile=profile)


def _feed(
    said: dict[str, Any],
    number: int,
    path: Path,
    city_zone: ZoneInfo,
    districts: tuple[District, ...],
    errors: list[CityError],
) -> Feed:
    name = said.get("name")
    shown = f"Feed {name!r}" if isinstance(name, str) and name else f"Feed {number}"
    table = TomlTable(f"{path.name}, {shown}", said, errors)
    feed_name = table.text("name", required=True) or f"feed {number}"
    pattern = table.text("path")
    reading = read_reading(table, pattern)
    before = len(errors)
    contract, entity = _subject(table, reading.format)
    misnamed = len(errors) > before
    with _unsaid(errors, when=misnamed):
        columns = read_columns(table, table.table("columns"), contract, path.parent, entity=entity is not None)
        slots, sensors = read_slots(table, contract, path.parent), read_sensors(table, contract, path.parent)
        parts = read_parts(table, contract, path.parent)
    feed = Feed(
        name=feed_name,
        zone=_zone(table, "time_zone", default=city_zone),
        reading=reading,
        contract=contract,
        entity=entity,
        path=pattern,
        columns=columns,
        district=_district(table, districts[0].district_id if len(districts) == 1 else None),
        crs=_crs(table),
        step_s=table.seconds("step"),
        label=table.choice("label", Label, Label.START) or Label.START,
        first=table.moment("first"),
        delay_s=table.seconds("delay"),
        cadence_s=table.seconds("cadence"),
        live=table.flag("live"),
        known_since=table.moment("known_since"),
        slots=slots,
        sensors=sensors,
        parts=parts,
        leave_out=read_leave_out(table),
        repeats=table.flag("repeats"),
        absent_days=table.choice("absent_days", AbsentDays),
        ambiguous_hour=table.choice("ambiguous_hour", AmbiguousHour, AmbiguousHour.BY_ORDER) or AmbiguousHour.BY_ORDER,
        max_bad_share=table.number("max_bad_share", 0.5, least=0, most=1),
    )  # fmt: skip
    table.done()
    with _unsaid(errors, when=misnamed):
        feed = with_standard(table, feed)
        _check_feed(table, feed)
        check_words(table, feed, said, districts)
    return feed


@contextmanager
def _unsaid(errors: list[CityError], *, when: bool) -> Iterator[None]:
    """Where it is not known what a feed is, nothing can be said of what it must hold."""
    before = len(errors)
    yield
    if when:
        del errors[before:]


def _subject(table: TomlTable, form: Format) -> tuple[type[HistoryRow], str | None]:
    contract, entity = table.text("contract"), table.text("entity")
    if contract is None and entity is None and form in CONTRACT_OF:
        return CONTRACT_OF[form], None
    if (contract is None) == (entity is None):
        table.wrong("contract", contract, "exactly one of contract (rows of a table) and entity (master data)")
    if entity is not None:
        if entity not in ENTITY_KINDS:
            table.wrong("entity", entity, f"a kind of master data; {close_to(entity, ENTITY_KINDS)}")
        return Entities, entity
    if contract is not None and contract not in _CONTRACTS:
        table.wrong("contract", contract, f"a contract; {close_to(contract, _CONTRACTS)}")
    return _CONTRACTS.get(contract or "", TrafficCounts), None


def _district(table: TomlTable, default: str | None) -> str | None:
    found = table.text("district", default)
    if found == OPEN:
        table.wrong("district", found, DECIDE)
    return found


def _crs(table: TomlTable) -> Crs | None:
    said = table.take("crs")
    if said is None:
        return None
    folded = {"wgs84": Crs.WGS84, "epsg4326": Crs.WGS84, "gcj02": Crs.GCJ02, "bd09": Crs.BD09,
              "cgcs2000": Crs.CGCS2000, "epsg4490": Crs.CGCS2000}  # fmt: skip
    found = folded.get(str(said).casefold().replace("-", "").replace(" ", "").replace(":", ""))
    if found is None:
        table.wrong(
            "crs", said, "WGS84, CGCS2000, GCJ-02 or BD-09, as degrees",
            "Convert other coordinates (state planes, UTM, Gauss-Krueger) to WGS 84 degrees before handing them over.",
        )  # fmt: skip
    return found


def _check_feed(table: TomlTable, feed: Feed) -> None:
    mapped = {name for name, _ in feed.columns} | {name for part in feed.parts for name, _ in part.columns}
    placed = feed.reading.format is Format.JSON and feed.entity in ("junction", "point", "depot", "site")
    if (placed or mapped & {"lon", "lat"}) and feed.crs is None and "crs" not in table:
        table.wrong("crs", None, "WGS84, CGCS2000, GCJ-02 or BD-09: coordinates without it may be 500 m off")
    if "geometry" in mapped and feed.crs in (Crs.GCJ02, Crs.BD09):
        table.wrong("crs", feed.crs.value, "WGS84 or CGCS2000: a geometry is kept as the file says it")
    if feed.first is not None and feed.first.tzinfo is not None:
        table.wrong("first", feed.first.isoformat(), "a wall-clock time without an offset")
    if feed.entity is not None:
        _check_fields(table, feed)
        return
    made = {"known_at", "imported_at", "source"} | mapped
    made |= {"district_id"} if feed.district else set()
    made |= {"step_s"} if feed.step_s or "step" in table else set()
    for wide in (feed.slots, feed.sensors):
        made |= {wide.into} if wide else set()
    made |= {feed.sensors.id_column} if feed.sensors else set()
    time_column = TIME_COLUMN.get(feed.contract)
    made |= {time_column} if "first" in table and time_column else set()
    for name, spec in feed.contract.columns().items():
        if name not in made and not spec.nullable and not table.misspelt("columns", "slots", "sensors", "part"):
            table.wrong(
                f"columns.{name}", None, f"a column of the file or a value: {(spec.metadata or {}).get('meaning')}"
            )
    _check_times(table, feed)


def _check_fields(table: TomlTable, feed: Feed) -> None:
    """The left side of master data's columns leads to a field of the object."""
    for path, _ in feed.columns if feed.entity in KINDS else ():
        try:
            field_type(KINDS[feed.entity or ""], path, table.subject)
        except CityError as error:
            table.errors.append(error)


def _check_times(table: TomlTable, feed: Feed) -> None:
    if (feed.slots or feed.first) and "step" not in table:
        table.wrong("step", None, 'the length of an interval, such as "15min"')
    if feed.slots and len(feed.slots.columns) * (feed.step_s or 0) > _DAY_S:
        table.wrong("step", spoken(feed.step_s or 0), f"a shorter one: {slots_filled(feed)} are more than a day")
    if feed.slots and feed.sensors:
        table.wrong("slots", None, "either slots or sensors, not both")
    timed = feed.contract not in _WITHOUT_DELAY
    if timed and "delay" not in table and feed.delay_s is None and not feed.published:
        column = "issued_at" if feed.contract is WeatherForecasts else TIME_COLUMN[feed.contract]
        table.wrong(
            "delay", None, f'how long after {column} a row usually reaches the city, such as "15min"',
            "Where the file says when a row was published, map that column as known_at instead.",
        )  # fmt: skip
    if feed.contract is ComplaintCounts and "absent_days" not in table:
        table.wrong("absent_days", None, "missing or zero: what a day without a row means")
    if feed.contract is not ComplaintCounts and feed.absent_days is not None:
        table.wrong("absent_days", feed.absent_days.value, "nothing; only ComplaintCounts has it")
