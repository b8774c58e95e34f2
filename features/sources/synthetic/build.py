"""The demo city's departments hand over their files: everything that one import needs, and the truth kept beside it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from city.clock import to_utc, zone
from city.errors import InvalidValueError
from city.progress import Progress, silent
from features.sources.synthetic import mapping_text as names
from features.sources.synthetic.deliveries import with_tare
from features.sources.synthetic.device_logs import write_device_logs
from features.sources.synthetic.dirt import (
    Dirt,
    DirtShares,
    soiled_complaints,
    soiled_counts,
    soiled_levels,
    soiled_visits,
    soiled_weather,
    soiled_weighings,
)
from features.sources.synthetic.hotline_files import (
    in_hotline_coordinates,
    write_calendar,
    write_complaints,
    write_weather,
)
from features.sources.synthetic.mapping_sanitation import WORKBOOK
from features.sources.synthetic.record import Record
from features.sources.synthetic.stepper import CityStepper
from features.sources.synthetic.traffic_files import write_database, write_junctions, write_roads
from features.sources.synthetic.truth import write_truth
from features.sources.synthetic.workbook import write_workbook
from features.sources.synthetic.world import TIME_ZONE, World

TODAY = date(2026, 3, 30)
NOW = time(5, 0)
MOST_DAYS = 730
SPIN_UP_DAYS = 10  # until every bin has been emptied once, and how it began is forgotten
_TRUTH_AHEAD_DAYS = 1  # tomorrow, for which signals are planned
_KNOWN_BEFORE_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCity:
    """Where the files are, and when "now" is in that city. `dirt` says what was soiled, feed by feed."""

    folder: Path
    mapping: Path
    truth: Path
    now: datetime
    service_date: date
    first_day: date
    time_zone: str
    dirt: tuple[Dirt, ...]

    @property
    def refused(self) -> int:
        """Rows that the import must quarantine."""
        return sum(dirt.refused for dirt in self.dirt)

    @property
    def duplicates(self) -> int:
        """Rows that the import must drop as exact repetitions."""
        return sum(dirt.duplicates for dirt in self.dirt)


def build_demo_city(
    folder: Path,
    *,
    seed: int = 1,
    scale: float = 1.0,
    days: int = 90,
    progress: Progress = silent,
    shares: DirtShares | None = None,
) -> DemoCity:
    """Write a city of `days` full days and the morning of `TODAY` into `folder`.

    The same arguments give the same files, byte for byte. Raises InvalidValueError for a scale or a number of days
    that cannot be built.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidValueError(subject="Demo city", field="days", found=days, expected=f"1 to {MOST_DAYS}")
    folder.mkdir(parents=True, exist_ok=True)
    first_day = TODAY - timedelta(days=days)
    stepper = CityStepper(seed=seed, scale=scale)
    record = _lived(stepper, first_day, progress)
    with progress("Writing the departments' files", 4) as advance:
        dirt = _write_traffic(folder, stepper.world, record, shares or DirtShares())
        advance(1)
        dirt += _write_sanitation(folder, stepper.world, record, shares or DirtShares())
        advance(1)
        dirt += _write_others(folder, seed, record, first_day, shares or DirtShares())
        advance(1)
        write_truth(folder / "truth", stepper.world, record.days)
        advance(1)
    mapping = folder / "mapping.toml"
    known_since = first_day - timedelta(days=_KNOWN_BEFORE_DAYS)
    mapping.write_text(names.mapping_text(stepper.world, known_since), encoding="utf-8")
    return DemoCity(
        folder=folder,
        mapping=mapping,
        truth=folder / "truth",
        now=to_utc(record.now, zone(TIME_ZONE)),
        service_date=TODAY,
        first_day=first_day,
        time_zone=TIME_ZONE,
        dirt=tuple(dirt),
    )


def _lived(stepper: CityStepper, first_day: date, progress: Progress) -> Record:
    """Every day stepped with the crews' rounds of old, from before the first day until tomorrow."""
    record = Record(now=datetime.combine(TODAY, NOW))
    day, last = first_day - timedelta(days=SPIN_UP_DAYS), TODAY + timedelta(days=_TRUTH_AHEAD_DAYS)
    with progress("Living the demo city's days", (last - day).days + 1) as advance:
        while day <= last:
            outcome = stepper.day(day, stepper.usual_actions(day))
            if day >= first_day:
                record.days.append(outcome)
            day += timedelta(days=1)
            advance(1)
    return record


def _write_traffic(folder: Path, world: World, record: Record, shares: DirtShares) -> list[Dirt]:
    counts, dirt = soiled_counts(record.counts(), shares, world.seed, TODAY)
    write_database(folder / names.DATABASE, world, counts)
    write_junctions(folder / names.JUNCTIONS, folder / names.CORRIDORS, world)
    write_roads(folder / names.NODES, folder / names.LINKS, world)
    write_device_logs(folder, world, record)
    return dirt


def _write_sanitation(folder: Path, world: World, record: Record, shares: DirtShares) -> list[Dirt]:
    readings = record.readings()
    sensed = readings.filter(pl.col("method") == "sensor")
    percent = sensed.with_columns(percent=(pl.col("fill_level") * 100).round().cast(pl.Int64))
    levels, dirt = soiled_levels(percent, shares, world.seed)
    visits, more = soiled_visits(readings.filter(pl.col("method") == "visit"), shares, world.seed)
    tickets, yet_more = soiled_weighings(with_tare(world, record.tickets()), shares, world.seed)
    write_workbook(folder / WORKBOOK, world, tickets=tickets, levels=levels, visits=visits, printed=record.now)
    return [*dirt, *more, *yet_more]


def _write_others(folder: Path, seed: int, record: Record, first_day: date, shares: DirtShares) -> list[Dirt]:
    events, dirt = soiled_complaints(in_hotline_coordinates(record.events()), shares, seed)
    write_complaints(folder / names.COMPLAINTS, events)
    hours, more = soiled_weather(record.weather(), shares, seed)
    write_weather(folder / names.WEATHER, folder / names.WEATHER_FORECAST, hours, record.weather_forecasts())
    write_calendar(folder / names.CALENDAR, first_day - timedelta(days=_KNOWN_BEFORE_DAYS), date(TODAY.year, 12, 31))
    return [*dirt, *more]
