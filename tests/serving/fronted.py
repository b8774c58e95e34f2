"""A small city behind the layer around the application, and the log that it writes."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from city.access import SCOPES
from city.frames import Entities
from city.ids import DistrictId
from city.settings import Settings
from serving.api.app import build_api
from serving.api.front import Front
from serving.api.problems import install
from serving.api.rates import Rates
from serving.api.request_log import JsonLines, note
from serving.api.state import Office
from serving.desk import Desk
from tests.serving.lived_in import DAY, MONDAY, LivedIn, entities

ISSUED = MONDAY + DAY
PERSON = "Zhang Wei"
SECRET = "swordfish-in-a-query"  # noqa: S105  -- what the log is searched for
CONGESTION = "/v1/forecasts/congestion"


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for BentoML, which answers probes."""
    if scope["type"] == "http":
        await PlainTextResponse("\n")(scope, receive, send)


def small_api(office: Office) -> FastAPI:
    """Routes that go wrong."""
    api = FastAPI()
    api.state.office = office
    install(api)

    @api.get("/v1/things/{thing_id}/broken")
    def broken(thing_id: str) -> None:
        raise OSError(28, "No space left on device", f"/home/{PERSON}/{thing_id}")

    @api.get("/v1/slow")
    async def slow() -> None:
        await asyncio.sleep(5)

    @api.get("/v1/noted")
    async def noted(request: Request) -> None:
        note(request, rung="time_of_day")

    return api


@dataclass(frozen=True)
class Served:
    lived: LivedIn
    client: TestClient
    log: io.StringIO

    def key(self, *districts: str) -> dict[str, str]:
        among = [DistrictId(one) for one in districts] or None
        made = self.lived.desk.ledger.keys.make(person=PERSON, scopes=SCOPES, districts=among, made_by="tests")
        return {"authorization": f"Bearer {made.text}"}

    @property
    def office(self) -> Office:
        front = self.client.app
        assert isinstance(front, Front)
        found: Office = front._api.state.office
        return found

    def remembers(self, path: str, key: dict[str, str]) -> bool:
        return self.office.quick.get((key["authorization"].split("_")[1], path, b"")) is not None

    def get(self, path: str, headers: dict[str, str] | None = None) -> Response:
        return self.client.get(path, headers=headers)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def small_city(folder: Path) -> LivedIn:
    city = LivedIn(folder=folder, desk=Desk(Settings.from_environment({"CITY_HOME": str(folder / "home")})))
    of_city = entities("North", source="city.json", imported_at=ISSUED)
    city.bring("aaaa1111" + "0" * 24, ISSUED, [("city.json", Entities, of_city)])
    city.issue_congestion(ISSUED, "congestion v1")
    return city


@contextmanager
def written_log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("chengyun")
    former = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield written
    finally:
        logger.removeHandler(handler)
        logger.setLevel(former)


def serve(lived: LivedIn, log: io.StringIO, **limits: int) -> Served:
    given = {name: str(value) for name, value in limits.items()}
    office = Office(Desk(Settings.from_environment({"CITY_HOME": str(lived.desk.settings.home), **given})))
    office.rates = Rates(office.desk.settings, lambda: 0.0)  # no time passes: nothing is filled up again
    return Served(lived, TestClient(Front(build_api(office), behind)), log)


def problem(answer: Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    return document
