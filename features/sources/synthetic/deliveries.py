"""What the demo city's departments hand over morning by morning: the rows that came since the last delivery, soiled."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from features.sources.synthetic import mapping_text as names
from features.sources.synthetic.dirt import (
    DirtShares,
    soiled_complaints,
    soiled_counts,
    soiled_levels,
    soiled_visits,
    soiled_weather,
    soiled_weighings,
)
from features.sources.synthetic.hotline_files import in_hotline_coordinates, write_complaints, write_weather
from features.sources.synthetic.mapping_sanitation import WORKBOOK
from features.sources.synthetic.record import COMPLAINT_DELAY, Record
from features.sources.synthetic.stepper import DayOutcome
from features.sources.synthetic.traffic_files import write_database
from features.sources.synthetic.workbook import write_workbook
from features.sources.synthetic.world import World

MAPPING = "daily.toml"
DAILY = ("detector counts", "weighings", "bin levels", "visits", "complaints", "weather", "weather forecast")
_FEED = "\n[[feed]]\n"
_ALL_CLOSED = timedelta(days=400)


def daily_mapping(text: str) -> str:
    """The mapping of the whole city without the feeds that are handed over once."""
    head, *feeds = text.split(_FEED)
    kept = [feed for feed in feeds if any(feed.startswith(f'name = "{name}"\n') for name in DAILY)]
    return _FEED.join((head, *kept))


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """`until` is the moment of the last delivery, city time without zone; the next holds what came after it.

    The hotline hands over whole days: complaints of today come tomorrow. Several feeds may be empty.
    """

    world: World
    mapping: str
    until: datetime
    shares: DirtShares = field(default_factory=DirtShares)
    complaints_until: datetime | None = None
    _lately: list[DayOutcome] = field(default_factory=list[DayOutcome])
    _events: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])

    def lived(self, outcome: DayOutcome) -> None:
        """A day that is over. What departments write down of it is handed over later."""
        self._lately = [*self._lately, outcome][-2:]
        self._events.append(Record(now=datetime.combine(outcome.day + _ALL_CLOSED, time()), days=[outcome]).events())

    def write(self, folder: Path, now: datetime, preview: DayOutcome) -> Path:
        """The files of the morning `now`; `preview` is today, of which only the hours until now are used."""
        folder.mkdir(parents=True, exist_ok=True)
        record = Record(now=now, days=[*self._lately, preview])
        seed = self.world.seed * 1_000_003 + now.toordinal()
        self._traffic(folder, record, seed, now.date())
        self._sanitation(folder, record, seed)
        self._others(folder, record, seed)
        (folder / MAPPING).write_text(daily_mapping(self.mapping), encoding="utf-8")
        self.until = now
        return folder / MAPPING

    def _traffic(self, folder: Path, record: Record, seed: int, today: date) -> None:
        before = Record(now=self.until, days=record.days)
        counts = record.counts().join(before.counts(), on=["detector_id", "start_at"], how="anti")
        soiled, _ = soiled_counts(counts, self.shares, seed, today)
        write_database(folder / names.DATABASE, self.world, soiled)

    def _sanitation(self, folder: Path, record: Record, seed: int) -> None:
        before = Record(now=self.until, days=record.days)
        keys = ["point_id", "stream", "read_at", "method"]
        readings = record.readings().join(before.readings(), on=keys, how="anti")
        sensed = readings.filter(pl.col("method") == "sensor")
        percent = sensed.with_columns(percent=(pl.col("fill_level") * 100).round().cast(pl.Int64))
        levels, _ = soiled_levels(percent, self.shares, seed)
        visits, _ = soiled_visits(readings.filter(pl.col("method") == "visit"), self.shares, seed)
        tickets = record.tickets().join(before.tickets(), on="ticket_id", how="anti")
        weighings, _ = soiled_weighings(with_tare(self.world, tickets), self.shares, seed)
        write_workbook(
            folder / WORKBOOK, self.world, tickets=weighings, levels=levels, visits=visits, printed=record.now
        )

    def _others(self, folder: Path, record: Record, seed: int) -> None:
        midnight = datetime.combine(record.now.date(), time())
        since = self.complaints_until or self.until
        known_at = pl.col("at") + COMPLAINT_DELAY
        events = pl.concat(self._events).filter(known_at > since, known_at <= midnight).sort("at", "complaint_id")
        soiled, _ = soiled_complaints(in_hotline_coordinates(events), self.shares, seed)
        write_complaints(folder / names.COMPLAINTS, soiled)
        self.complaints_until = midnight
        before = Record(now=self.until, days=record.days)
        hours, _ = soiled_weather(record.weather().join(before.weather(), on="at", how="anti"), self.shares, seed)
        issues = record.weather_forecasts().filter(pl.col("issued_at") > self.until)
        write_weather(folder / names.WEATHER, folder / names.WEATHER_FORECAST, hours, issues)


def with_tare(world: World, tickets: pl.DataFrame) -> pl.DataFrame:
    tare = {truck.truck_id: round(truck.empty_weight_kg) for truck in world.fleet.trucks}
    district = {site.site_id: site.district_id for site in world.fleet.sites}
    return tickets.with_columns(
        tare_kg=pl.col("truck_id").replace_strict(tare, return_dtype=pl.Int64),
        district_id=pl.col("site_id").replace_strict(district, return_dtype=pl.String),
    ).with_columns(gross_kg=pl.col("tare_kg") + pl.col("net_kg"))
