"""The city that faults befall: a copy of a demo home with a registry of its own, two persons, and plans to publish."""

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from benchmarks.serving_home import DEMO
from city.access import SCOPES
from city.clock import zone
from city.documents import from_json
from city.ids import PlanId
from city.settings import Settings
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified as certified_routes
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified as certified_signals
from serving.desk import Desk
from serving.plan_folder import PROBLEM
from serving.problem_file import read_problem, write_problem

PERSONS = ("Wang Fang", "Li Wei")
ARTIFACTS = "/mlruns/artifacts"


@dataclass(frozen=True, slots=True)
class FaultCity:
    folder: Path
    keys: tuple[str, ...]

    @property
    def settings(self) -> Settings:
        return Settings.from_environment({"CITY_HOME": str(self.folder)})

    def desk(self) -> Desk:
        return Desk(self.settings)

    def headers(self, person: int = 0) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[person]}"}


def fault_city(home: Path | None, into: Path) -> FaultCity:
    """The original stays as it is: models and tables of the copy are the copy's own."""
    folder = into / "home"
    if home is None:
        subprocess.run([sys.executable, "-m", "serving", "--home", str(folder), *DEMO], check=True, stdout=sys.stderr)
    else:
        shutil.copytree(home, folder)
        _registry_of_its_own(folder / "mlruns" / "mlflow.db", str(folder.resolve()))
    keys = Desk(Settings.from_environment({"CITY_HOME": str(folder)})).ledger.keys
    made = [keys.make(person=person, scopes=SCOPES, districts=None, made_by="benchmark").text for person in PERSONS]
    return FaultCity(folder, tuple(made))


def _registry_of_its_own(database: Path, now: str) -> None:
    """MLflow keeps absolute paths of artifacts: those of the copy must lead into the copy, whatever they led to."""
    with sqlite3.connect(database) as connection:
        places = [str(row[0]) for row in connection.execute("SELECT artifact_location FROM experiments")]
        formers = {place.removeprefix("file://").removesuffix(ARTIFACTS) for place in places if ARTIFACTS in place}
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for former in formers:
            for table in tables:
                _lead_to(connection, table, former, now)
    connection.close()


def _lead_to(connection: sqlite3.Connection, table: str, former: str, now: str) -> None:
    for column in connection.execute(f"PRAGMA table_info({table})").fetchall():
        if str(column[2]).upper().startswith(("VARCHAR", "TEXT")):
            connection.execute(
                f"UPDATE {table} SET {column[1]} = replace({column[1]}, ?, ?) "  # noqa: S608  -- its own names
                f"WHERE {column[1]} LIKE ?",
                (former, now, f"%{former}%"),
            )


def day(desk: Desk, ahead: int = 1) -> date:
    """By the city's clock."""
    return (datetime.now(UTC).astimezone(zone(desk.city().time_zone)) + timedelta(days=ahead)).date()


def new_signals(desk: Desk) -> PlanId:
    """The demo's signal plan once more, for tomorrow: a draft that can be published."""
    stored = min(desk.ledger.plans(kind="signals"), key=lambda plan: plan.made_at)
    schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
    plan_id = PlanId(f"signals-again-{token_hex(4)}")
    schedule = replace(schedule, plan_id=plan_id, service_date=day(desk), certificate=None)
    junctions, corridors = desk.history.entities(Junction), desk.history.entities(Corridor)
    report = check_schedule(schedule, junctions, corridors)
    desk.ledger.save_plan(certified_signals(schedule, junctions, corridors, report), report)
    return plan_id


def new_routes(desk: Desk, ahead: int = 1) -> PlanId:
    """The demo's routes once more, for a day to come, with the problem that they answer."""
    stored = min(desk.ledger.plans(kind="routes"), key=lambda plan: plan.made_at)
    plan = from_json(CollectionPlan, stored.document, stored.plan_id)
    on, plan_id = day(desk, ahead), PlanId(f"routes-again-{token_hex(4)}")
    problem = replace(read_problem(desk.settings.plans / stored.plan_id / PROBLEM), service_date=on)
    plan = replace(plan, plan_id=plan_id, service_date=on, certificate=None)
    report = check_plan(plan, problem)
    folder = desk.settings.plans / plan_id
    folder.mkdir()
    write_problem(folder / PROBLEM, problem)
    desk.ledger.save_plan(certified_routes(plan, problem, report), report)
    return plan_id
