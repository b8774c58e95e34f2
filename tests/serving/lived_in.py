"""A small city that has lived through two weeks, in real tables, a real ledger and a real registry."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl

from city.documents import canonical_json
from city.findings import CheckReport
from city.forecasts import CongestionForecasts, FillForecasts, ForecastRow
from city.frames import BinReadings, Entities, HistoryRow, TrafficCounts
from city.ids import DistrictId, PlanId
from city.ledger import ImportedFile, ImportRecord
from city.pinned import PinnedHistory
from city.places import CityInfo, District
from city.settings import Settings
from city.signal_plans import Provenance, SignalSchedule
from city.waste_plans import CollectionPlan
from models.promotion import Verdict
from models.registry import Registry, RunNotes
from serving.desk import Desk
from tests.made_once import lay_tables

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def frame(contract: type[HistoryRow] | type[ForecastRow], rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows of a contract; what is not given is null."""
    schema = {column: spec.dtype for column, spec in contract.columns().items()}
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def counts(flow: float, *, day: int, source: str, imported_at: datetime, hours: int = 3) -> pl.DataFrame:
    starts = [MONDAY + day * DAY + timedelta(hours=hour) for hour in range(hours)]
    return frame(
        TrafficCounts,
        [
            {
                "district_id": "north", "known_at": start + timedelta(hours=1), "imported_at": imported_at,
                "source": source, "detector_id": "D1", "start_at": start, "step_s": 3600, "flow_veh_h": flow,
            }
            for start in starts
        ],
    )  # fmt: skip


def readings(fill: float, *, source: str, imported_at: datetime) -> pl.DataFrame:
    row = {
        "district_id": "north", "known_at": MONDAY, "imported_at": imported_at, "source": source, "point_id": "P1",
        "stream": "residual", "read_at": MONDAY, "method": "visit", "fill_level": fill, "emptied": False,
    }  # fmt: skip
    return frame(BinReadings, [row])


def entities(name: str, *, source: str, imported_at: datetime) -> pl.DataFrame:
    things = (
        (
            "city",
            "city",
            CityInfo(name="Testburg", time_zone="Europe/Berlin", national_profile="DE"),
        ),
        ("district", "north", District(district_id=DistrictId("north"), name=name)),
    )
    rows = [
        {
            "district_id": "north", "known_at": imported_at, "imported_at": imported_at, "source": source,
            "kind": kind, "entity_id": entity_id, "document": canonical_json(thing),
        }
        for kind, entity_id, thing in things
    ]  # fmt: skip
    return frame(Entities, rows)


@dataclass(frozen=True)
class LivedIn:
    """`files` are the departments' files as they lie on disk, by name."""

    folder: Path
    desk: Desk

    def file(self, name: str) -> Path:
        return self.folder / "files" / name

    def bring(
        self,
        import_id: str,
        at: datetime,
        parts: Sequence[tuple[str, type[HistoryRow], pl.DataFrame]],
        *,
        noted: bool = True,
        hashed: bool = True,
    ) -> None:
        """One import of these files; `noted=False`: as it was before files were recorded; without hash: a release."""
        with self.desk.history.writing(import_id=import_id) as writing:
            done = [(name, contract, writing.append(contract, rows)) for name, contract, rows in parts]
            files = []
            for (name, contract, _), (_, _, rows) in zip(done, parts, strict=True):
                self.file(name).parent.mkdir(exist_ok=True)
                if hashed:
                    self.file(name).write_text(rows.write_csv(), encoding="utf-8")
                content = self.file(name).read_bytes()
                files.append(
                    ImportedFile(
                        feed=contract.__name__.lower(),
                        contract=contract.__name__,
                        source=name,
                        sha256=sha256(content).hexdigest() if hashed else None,
                        size_bytes=len(content) if hashed else None,
                        rows=rows.height,
                    )
                )
            feeds = tuple(
                {
                    "feed": contract.__name__.lower(), "contract": contract.__name__, "files": [name],
                    "new": added.new, "corrections": added.corrections,
                }
                for name, contract, added in done
            )  # fmt: skip
            writing.commit(
                ImportRecord(
                    import_id=import_id,
                    mapping="testburg.toml",
                    imported_at=at,
                    feeds=feeds,
                    files=tuple(files) if noted else (),
                )
            )

    def train(self, *, version: str, as_of: datetime) -> str:
        """A run from the traffic counts and entities as they stand, promoted; its id."""
        history = PinnedHistory(self.desk.history)
        history.read(TrafficCounts)
        history.read(Entities)
        lay_tables(self.desk.settings)
        registry = Registry(self.desk.settings)
        folder = self.folder / f"model-{version}"
        folder.mkdir()
        (folder / "metadata.json").write_text("{}", encoding="utf-8")
        notes = RunNotes(
            params={"as_of": as_of.isoformat()},
            metrics={"flow_mae": 1.0},
            baseline={},
            importances={},
            history_url=history.url,
            history_versions=history.versions(),
        )
        run_id = registry.record("congestion", f"hash-{version}", folder, notes)
        verdict = Verdict(promote=True, reason="better")
        assert registry.promote("congestion", run_id, f"hash-{version}", verdict).version == version
        return run_id

    def issue_congestion(self, at: datetime, model: str, *, flow: float = 100.0) -> None:
        history = PinnedHistory(self.desk.history)
        history.read(TrafficCounts, as_of=at)
        row = {
            "district_id": "north", "issued_at": at, "model": model, "rung": "champion", "detector_id": "D1",
            "valid_at": at, "step_s": 3600, "flow_p10_veh_h": flow, "flow_p50_veh_h": flow, "flow_p90_veh_h": flow,
        }  # fmt: skip
        history.append_forecast(CongestionForecasts, frame(CongestionForecasts, [row]))

    def issue_waste(self, at: datetime) -> None:
        history = PinnedHistory(self.desk.history)
        history.read(BinReadings, as_of=at)
        row = {
            "district_id": "north", "issued_at": at, "model": "seasonal_naive", "rung": "seasonal_naive",
            "point_id": "P1", "stream": "residual", "valid_at": at, "fill_p10": 0.1, "fill_p50": 0.2, "fill_p90": 0.3,
            "overflow_probability": 0.0,
        }  # fmt: skip
        history.append_forecast(FillForecasts, frame(FillForecasts, [row]))

    def plan_signals(self, plan_id: str, issued_at: datetime, made_at: datetime, model: str) -> None:
        history = PinnedHistory(self.desk.history)
        history.read(Entities, as_of=made_at)
        history.read_forecast(CongestionForecasts, issued_at=issued_at)
        self.save_signals(plan_id, made_at, issued_at=issued_at, models=(model,), versions=history.versions())

    def save_signals(
        self,
        plan_id: str,
        made_at: datetime,
        *,
        issued_at: datetime | None = None,
        models: tuple[str, ...] = (),
        versions: tuple[tuple[str, int], ...] = (),
    ) -> None:
        provenance = Provenance(
            made_at=made_at, seed=1, forecast_issued_at=issued_at, models=models, history_versions=versions
        )
        schedule = SignalSchedule(
            plan_id=PlanId(plan_id),
            service_date=date(2026, 3, 10),
            time_zone="Europe/Berlin",
            district_ids=(DistrictId("north"),),
            corridor_ids=(),
            day_plans=(),
            measures=(),
            provenance=provenance,
        )
        self.desk.ledger.save_plan(schedule, CheckReport(checked="signals"))

    def plan_routes(self, plan_id: str, issued_at: datetime, made_at: datetime) -> None:
        history = PinnedHistory(self.desk.history)
        history.read(Entities, as_of=made_at)
        history.read(BinReadings, as_of=made_at)
        history.read_forecast(FillForecasts, issued_at=issued_at)
        plan = CollectionPlan(
            plan_id=PlanId(plan_id),
            service_date=date(2026, 3, 10),
            time_zone="Europe/Berlin",
            district_ids=(DistrictId("north"),),
            routes=(),
            unserved=(),
            cost=(),
            provenance=Provenance(
                made_at=made_at,
                seed=1,
                forecast_issued_at=issued_at,
                models=("seasonal_naive",),
                history_versions=history.versions(),
            ),
        )
        self.desk.ledger.save_plan(plan, CheckReport(checked="routes"))


def copied(lived: LivedIn, folder: Path) -> LivedIn:
    """The same city in another folder, to live on there."""
    shutil.copytree(lived.folder, folder, dirs_exist_ok=True)
    return LivedIn(folder=folder, desk=Desk(Settings.from_environment({"CITY_HOME": str(folder / "home")})))


FIRST, SECOND, THIRD = "aaaa1111" + "0" * 24, "bbbb2222" + "0" * 24, "cccc3333" + "0" * 24
EARLY, LATE = MONDAY + 5 * DAY, MONDAY + 8 * DAY


def live(folder: Path) -> LivedIn:
    """Monday's counts, a model, a forecast and a plan; then Tuesday's counts and bins, and all of it again."""
    settings = Settings.from_environment({"CITY_HOME": str(folder / "home")})
    city = LivedIn(folder=folder, desk=Desk(settings))
    city.bring(
        FIRST,
        MONDAY + DAY,
        [
            ("monday.csv", TrafficCounts, counts(100.0, day=0, source="monday.csv", imported_at=MONDAY + DAY)),
            ("city.json", Entities, entities("North", source="city.json", imported_at=MONDAY + DAY)),
        ],
    )
    city.train(version="1", as_of=EARLY)
    city.issue_congestion(EARLY, "congestion v1")
    city.plan_signals("signals-early", EARLY, EARLY, "congestion v1")
    city.save_signals("signals-ancient", MONDAY)
    at = EARLY + DAY
    city.bring(
        SECOND,
        at,
        [
            ("tuesday.csv", TrafficCounts, counts(120.0, day=1, source="tuesday.csv", imported_at=at)),
            ("bins.csv", BinReadings, readings(0.5, source="bins.csv", imported_at=at)),
        ],
    )
    city.train(version="2", as_of=LATE)
    city.issue_congestion(LATE, "congestion v2")
    city.issue_waste(LATE)
    city.plan_signals("signals-late", LATE, LATE, "congestion v2")
    city.plan_routes("routes-late", LATE, LATE)
    at = LATE + DAY
    city.bring(
        THIRD,
        at,
        [("city.json", Entities, entities("North End", source="city.json", imported_at=at))],
    )
    return city
