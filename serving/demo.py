"""`city demo`: one whole day of a small city, from the departments' files to checked plans. What is there is reused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from city.documents import encode, from_json, to_json
from city.errors import BrokenRuleError
from city.ledger import PlanKind
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from features.sources.mapping import load_mapping
from features.sources.report import FeedReport, ImportReport
from features.sources.synthetic import build_demo_city
from models.trained import Trained
from serving.checking import check_file
from serving.demo_keys import demo_keys
from serving.demo_summary import show_summary
from serving.desk import Desk
from serving.effort import Effort
from serving.engine_ready import compiled_meanwhile
from serving.forecasting import Issued, issue, stored_issue
from serving.importing import import_files
from serving.plan_folder import PLAN, Planned, folder_of
from serving.planning_routes import make_route_plan
from serving.planning_signals import make_signal_plan
from serving.selection import RouteRequest, SignalRequest
from serving.subjects import SUBJECTS
from serving.terminal import Terminal
from serving.training import train

Made = TypeVar("Made")
ROUTE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSize:
    seed: int = 1
    scale: float = 1.0
    days: int = 90
    quick: bool = False  # models on fewer rows


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFiles:
    """Where the demo city's departments left their files, and its today."""

    size: DemoSize
    mapping: str
    now: datetime
    service_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDay:
    """Everything that one run made or found."""

    files: DemoFiles
    feeds: tuple[FeedReport, ...]
    trained: tuple[Trained, ...]
    issued: tuple[Issued, ...]
    signals: Planned[SignalSchedule]
    routes: Planned[CollectionPlan]
    seconds: tuple[tuple[str, float], ...]
    reused: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {
            "files": encode(self.files),
            "feeds": encode(self.feeds),
            "trained": encode(self.trained),
            "issued": encode(self.issued),
            "plans": [
                {"plan_id": made.plan.plan_id, "folder": str(made.folder), "check": encode(made.check)}
                for made in (self.signals, self.routes)
            ],
            "seconds": dict(self.seconds),
            "reused": list(self.reused),
        }


def run_demo(desk: Desk, size: DemoSize, speak: Terminal) -> dict[str, Any]:
    with compiled_meanwhile():
        day = _Run(desk, size, speak).day()
    keys = demo_keys(desk)
    show_summary(speak, desk, day, keys)
    return {**day.document(), "keys": keys.document()}


class _Run:
    def __init__(self, desk: Desk, size: DemoSize, speak: Terminal) -> None:
        self.desk = desk
        self.size = size
        self.speak = speak
        self.folder = desk.settings.home / "demo"
        self.seconds: dict[str, float] = {}
        self.reused: list[str] = []

    def day(self) -> DemoDay:
        files = self._step("demo city", self._files)
        feeds = self._step("import", lambda: self._imported(files))
        trained = tuple(self._step(f"train {what}", partial(self._trained, what, files)) for what in SUBJECTS)
        issued = tuple(self._step(f"forecast {what}", partial(self._issued, what, files)) for what in SUBJECTS)
        signals = self._step("plan signals", lambda: self._signals(files))
        routes = self._step("plan routes", lambda: self._routes(files))
        return DemoDay(
            files=files,
            feeds=feeds,
            trained=trained,
            issued=issued,
            signals=signals,
            routes=routes,
            seconds=tuple(self.seconds.items()),
            reused=tuple(self.reused),
        )

    def _step(self, name: str, work: Callable[[], Made]) -> Made:
        began = perf_counter()
        made = work()
        self.seconds[name] = perf_counter() - began
        return made

    def _files(self) -> DemoFiles:
        """The note is written last: a folder without it was not finished."""
        note = self.folder / "demo.json"
        if note.is_file():
            found = from_json(DemoFiles, note.read_bytes(), note.name)
            if found.size != self.size:
                raise BrokenRuleError(
                    subject="Demo city",
                    problem=f"{self.desk.settings.home.name}/ holds one of {_size_text(found.size)}, asked for is "
                    f"{_size_text(self.size)}",
                    todo="Build the other one in a home of its own: `city --home var/other demo ...`.",
                )
            self.reused.append("the departments' files")
            return found
        built = build_demo_city(
            self.folder / "departments",
            seed=self.size.seed,
            scale=self.size.scale,
            days=self.size.days,
            progress=self.speak.progress,
        )
        files = DemoFiles(
            size=self.size,
            mapping=str(built.mapping.relative_to(self.folder)),
            now=built.now,
            service_date=built.service_date,
        )
        note.write_text(to_json(files), encoding="utf-8")
        return files

    def _imported(self, files: DemoFiles) -> tuple[FeedReport, ...]:
        path = self.folder / files.mapping
        note = self.folder / "import.json"
        known = {record.mapping for record in self.desk.ledger.imports()}
        if note.is_file() and load_mapping(path).name in known:
            self.reused.append("the history")
            return from_json(tuple[FeedReport, ...], note.read_bytes(), note.name)
        report: ImportReport = import_files(self.desk, path, progress=self.speak.progress)
        note.write_text(to_json(report.feeds), encoding="utf-8")
        return report.feeds

    def _trained(self, what: str, files: DemoFiles) -> Trained:
        note = self.folder / f"trained-{what}.json"
        if note.is_file():
            self.reused.append(f"the {what} model")
            return from_json(Trained, note.read_bytes(), note.name)
        effort = Effort(quick=self.size.quick)
        trained = train(self.desk, what, asked=files.now, effort=effort, progress=self.speak.progress)
        note.write_text(to_json(trained), encoding="utf-8")
        return trained

    def _issued(self, what: str, files: DemoFiles) -> Issued:
        found = stored_issue(self.desk, what, files.now)
        if found is not None:
            self.reused.append(f"the {what} forecast")
            return found
        return issue(self.desk, what, asked=files.now, progress=self.speak.progress)

    def _signals(self, files: DemoFiles) -> Planned[SignalSchedule]:
        found = self._stored(SignalSchedule, "signals", files)
        return found or make_signal_plan(self.desk, SignalRequest(at=files.now), progress=self.speak.progress)

    def _routes(self, files: DemoFiles) -> Planned[CollectionPlan]:
        request = RouteRequest(at=files.now, service_date=files.service_date, seconds=ROUTE_SECONDS)
        found = self._stored(CollectionPlan, "routes", files)
        return found or make_route_plan(self.desk, request, progress=self.speak.progress)

    def _stored(self, kind: type[Made], word: PlanKind, files: DemoFiles) -> "Planned[Made] | None":
        """The newest plan of the demo's own now whose files are still there, checked again."""
        for stored in self.desk.ledger.plans(kind=word):
            folder = folder_of(self.desk.settings.plans, stored.plan_id)
            if stored.made_at == files.now and (folder / PLAN).is_file():
                checked = check_file(self.desk, folder / PLAN)
                if isinstance(checked.plan, kind) and checked.report.ok:
                    self.reused.append(f"the {word} plan")
                    return Planned(plan=checked.plan, check=checked.report, folder=folder)
        return None


def _size_text(size: DemoSize) -> str:
    return f"seed {size.seed}, scale {size.scale:g}, {size.days} days{', quick' if size.quick else ''}"
