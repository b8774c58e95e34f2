"""Two districts with a junction each, a depot with two trucks, stored drafts, people with keys, and a clock to set."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import polars as pl
from fastapi import FastAPI
from starlette.testclient import TestClient

from city.access import SCOPES, Scope
from city.documents import canonical_json
from city.frames import Entities
from city.ids import DistrictId, PlanId
from city.places import CityInfo, District
from city.settings import Settings
from city.signal_parts import Audit
from city.signal_plans import SignalPlan, SignalSchedule
from city.signals import Junction
from city.waste import Truck
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.signals.check import check_schedule
from serving.api.app import build_api
from serving.api.state import Office
from serving.desk import Desk
from serving.plan_folder import write_routes
from tests.city.lives import Clock
from tests.optimization.collection.driven import driven, two_streets
from tests.optimization.signals.cases import junction, schedule
from tests.serving.lived_in import frame

SEVEN = datetime(2026, 3, 1, 23, tzinfo=UTC)  # 07:00 of the plans' service date, in Shanghai
IMPORTED = datetime(2026, 2, 20, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 22, tzinfo=UTC)
VERIFIED = Audit(verified_by="Survey group", verified_on="2026-02-01")
D1, D2 = DistrictId("d1"), DistrictId("d2")


def verified(name: str = "J1", district: DistrictId = D1, **changes: object) -> Junction:
    return replace(junction(name), **({"audit": VERIFIED, "district_id": district} | changes))  # type: ignore[arg-type]


@dataclass
class Streets:
    desk: Desk
    clock: Clock

    def record(self, *things: Junction | Truck | District | CityInfo, at: datetime = IMPORTED) -> None:
        rows = [
            {
                "district_id": "d1", "known_at": at, "imported_at": at, "source": f"{at:%d%H}.json",
                "kind": kind, "entity_id": entity_id, "document": canonical_json(thing),
            }
            for kind, entity_id, thing in map(_named, things)
        ]  # fmt: skip
        self.desk.history.append(Entities, pl.concat([frame(Entities, [row]) for row in rows]))

    def signals(self, name: str, *plans: SignalPlan, of: Junction | None = None, **changes: Any) -> SignalSchedule:  # noqa: ANN401  -- any field
        """A checked draft."""
        where = of or verified()
        made = replace(schedule(where, *plans, **changes), plan_id=PlanId(name))
        report = check_schedule(made, (where,))
        assert report.ok, report.findings
        self.desk.ledger.save_plan(made, report)
        return made

    def routes(self, name: str) -> CollectionPlan:
        """Both trucks of two streets; T1 drives to A1 to A4, T2 to B1 to B4."""
        problem = two_streets().build()
        made = replace(driven(problem, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"]), plan_id=PlanId(name))
        report = check_plan(made, problem)
        assert report.ok, report.findings
        write_routes(self.desk.settings.plans, made, report, problem)
        self.desk.ledger.save_plan(made, report)
        return made

    def key(self, person: str, *scopes: Scope, districts: Sequence[DistrictId] | None = None) -> str:
        made = self.desk.ledger.keys.make(person=person, scopes=scopes or SCOPES, districts=districts, made_by="tests")
        return made.text


@dataclass
class Counter:
    """The service's counter: people ask there, each with a key of their own."""

    streets: Streets
    client: TestClient

    def ask(self, method: str, path: str, key: str, body: object | None = None) -> httpx2.Response:
        return self.client.request(method, path, headers={"authorization": f"Bearer {key}"}, json=body)

    def step(self, key: str, plan: SignalSchedule | CollectionPlan, step: str, **more: object) -> httpx2.Response:
        path = f"/v1/{plan.kind}/plans/{plan.plan_id}/{step}"
        return self.ask("POST", path, key, {"reason": "it was looked at"} | more)


def done(answer: httpx2.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def refused(answer: httpx2.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


@cache
def _built() -> "TemporaryDirectory[str]":
    """The home that every test begins with, made once."""
    folder = TemporaryDirectory(prefix="city-streets-")
    with _opened(Path(folder.name)) as streets:
        info = CityInfo(name="Testburg", time_zone="Asia/Shanghai", national_profile="CN")
        named = [District(district_id=name, name=name) for name in (D1, D2)]
        streets.record(info, *named, verified("J1"), verified("J2", D2))
    return folder


@contextmanager
def _opened(folder: Path) -> Iterator[Streets]:
    clock = Clock(SEVEN)
    desk = Desk(Settings.from_environment({"CITY_HOME": str(folder)}), clock=clock)
    yield Streets(desk, clock)
    desk.ledger.close()


@contextmanager
def streets_in(folder: Path) -> Iterator[Streets]:
    shutil.copytree(_built().name, folder, dirs_exist_ok=True)
    with _opened(folder) as streets:
        yield streets


@cache
def _api() -> FastAPI:
    return build_api()


@contextmanager
def counter_in(folder: Path) -> Iterator[Counter]:
    with streets_in(folder) as streets:
        api = _api()
        api.state.office = Office(streets.desk)
        yield Counter(streets, TestClient(api, raise_server_exceptions=False))


def _named(thing: Junction | Truck | District | CityInfo) -> tuple[str, str, object]:
    if isinstance(thing, Junction):
        return "junction", thing.junction_id, thing
    if isinstance(thing, Truck):
        return "truck", thing.truck_id, thing
    if isinstance(thing, District):
        return "district", thing.district_id, thing
    return "city", "city", thing
