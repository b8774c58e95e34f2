"""A town with a clock that is set by hand, in which forecasts are stored and plans published."""

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from city.documents import canonical_json
from city.forecasts import (
    ComplaintForecasts,
    CongestionIndexForecasts,
    EmptyingForecasts,
    FillForecasts,
    ForecastRow,
)
from city.frames import ComplaintCounts, Entities
from city.ids import DistrictId
from city.places import CityInfo, District
from city.settings import Settings
from serving.desk import Desk
from tests.city.lives import City, Clock
from tests.serving.lived_in import frame

NOW = datetime(2026, 3, 30, 22, tzinfo=UTC)  # 06:00 of 31 March in Shanghai
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Town:
    desk: Desk
    clock: Clock

    @property
    def plans(self) -> City:
        return City(self.desk.ledger, self.clock)

    def issue(self, contract: type[ForecastRow], rows: Sequence[dict[str, object]]) -> None:
        whole = [{"district_id": "north", "issued_at": NOW, "model": "m v1", "rung": "champion"} | row for row in rows]
        self.desk.history.append_forecast(contract, frame(contract, whole))

    def congestion(self, *rows: tuple[str, str, float, float], district: str = "north", at: datetime = NOW) -> None:
        """(kind, id, hours from now, probability): a quarter of an hour each."""
        self.issue(
            CongestionIndexForecasts,
            [
                {
                    "district_id": district, "issued_at": at, "area_kind": kind, "area_id": area, "step_s": 900,
                    "valid_at": NOW + hours * HOUR, "index_p10": 1.5, "index_p50": 1.9, "index_p90": 2.4, "scale": 6.5,
                    "level": "moderate", "congested_probability": probability, "segments": 1, "unmeasured": 0,
                }
                for kind, area, hours, probability in rows
            ],
        )  # fmt: skip

    def fill(self, *rows: tuple[str, float, float], district: str = "north", at: datetime = NOW) -> None:
        """(point, hours from now, probability of overflow if nobody comes)."""
        self.issue(
            FillForecasts,
            [
                {
                    "district_id": district, "issued_at": at, "point_id": point, "stream": "residual",
                    "valid_at": NOW + hours * HOUR, "fill_p10": 0.5, "fill_p50": 0.9, "fill_p90": 1.2,
                    "overflow_probability": probability,
                }
                for point, hours, probability in rows
            ],
        )  # fmt: skip

    def visits(self, *rows: tuple[str, float, float], next_visit: bool = True) -> None:
        """(point, hours from now of the next emptying, probability of overflow before)."""
        self.issue(
            EmptyingForecasts,
            [
                {
                    "point_id": point, "stream": "residual", "emptied_at": NOW + hours * HOUR, "days_ahead": 0,
                    "next_visit": next_visit, "timetable": "rhythm", "units_p10": 0.1, "units_p50": 0.2,
                    "units_p90": 0.3, "full_probability": 0.5, "over_probability": 0.4,
                    "overflow_before_probability": probability,
                }
                for point, hours, probability in rows
            ],
        )  # fmt: skip

    def complained(self, totals: Sequence[int], category: str = "waste") -> None:
        """Per week before today, the newest last: so many complaints, all of them on its first day."""
        today = date(2026, 3, 31)
        days = [
            (today - DAY * (7 * len(totals) - k), totals[k // 7] if k % 7 == 0 else 0) for k in range(7 * len(totals))
        ]
        rows = [
            {
                "district_id": "north", "source": "counts.csv", "day": day, "district_key": "north",
                "category": category, "reports": reports, "known_at": NOW - DAY * (today - day).days,
                "imported_at": NOW,
            }
            for day, reports in days
        ]  # fmt: skip
        self.desk.history.append(ComplaintCounts, frame(ComplaintCounts, rows))

    def complaints_ahead(self, a_day: float, category: str = "waste") -> None:
        self.issue(
            ComplaintForecasts,
            [
                {
                    "district_key": "north", "category": category, "day": date(2026, 4, 1) + k * DAY,
                    "days_ahead": 1 + k, "reports_p10": 0.0, "reports_p50": a_day, "reports_p90": 3 * a_day,
                    "reports_mean": a_day,
                }
                for k in range(7)
            ],
        )  # fmt: skip


def town_in(folder: Path, environment: dict[str, str] | None = None) -> Town:
    """A town of its own; what all of them have is made once and copied."""
    shutil.copytree(_made_once(), folder / "home")
    return _opened(folder, environment)


def _opened(folder: Path, environment: dict[str, str] | None = None) -> Town:
    clock = Clock(NOW)
    settings = Settings.from_environment({"CITY_HOME": str(folder / "home"), **(environment or {})})
    return Town(desk=Desk(settings, clock=clock), clock=clock)


@cache
def _made_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="city-town-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    town = _opened(folder)
    things = [("city", "city", CityInfo(name="Testburg", time_zone="Asia/Shanghai", national_profile="CN"))] + [
        ("district", name, District(district_id=DistrictId(name), name=name.title())) for name in ("north", "south")
    ]
    rows = [
        {
            "district_id": "north", "known_at": NOW - 90 * DAY, "imported_at": NOW, "source": "city.json", "kind": kind,
            "entity_id": entity_id, "document": canonical_json(thing),
        }
        for kind, entity_id, thing in things
    ]  # fmt: skip
    town.desk.history.append(Entities, frame(Entities, rows))
    town.desk.ledger.close()
    return folder / "home"
