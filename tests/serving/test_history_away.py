"""The history away, the ledger broken: what was read goes on being told and says so, the rest is refused as 503."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from city.access import SCOPES
from city.errors import StoreUnreachableError
from city.forecasts import CongestionForecasts, FillForecasts
from city.frames import Entities
from city.settings import Settings
from serving.api.app import build_api
from serving.api.problems import KINDS
from serving.api.state import Office
from serving.desk import Desk
from serving.shelf import CUT_OFF
from tests.serving.lived_in import DAY, MONDAY, LivedIn, entities

CONGESTION = "/v1/forecasts/congestion"
ISSUED = MONDAY + DAY


class Away:
    """A small city behind its API, whose history may go away and whose clock is turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(Settings.from_environment({"CITY_HOME": str(folder / "home")}))
        self.city = LivedIn(folder=folder, desk=self.desk)
        self.desk.history.append(Entities, entities("North", source="city.json", imported_at=MONDAY))
        self.city.issue_congestion(ISSUED, "congestion v1")
        self.city.save_signals("signals-1", MONDAY)
        key = self.desk.ledger.keys.make(person="Wang Fang", scopes=SCOPES, districts=None, made_by="x").text
        self.office = Office(self.desk)
        self.now = 1_000.0
        self.office.shelf.timer = lambda: self.now
        self.client = TestClient(
            build_api(self.office), headers={"authorization": f"Bearer {key}"}, raise_server_exceptions=False
        )

    def get(self, path: str, **headers: str) -> httpx2.Response:
        self.now += 1.0
        return self.client.get(path, headers=headers)

    @contextmanager
    def history_gone(self) -> Iterator[None]:
        folder = Path(self.desk.settings.history_url)
        away = folder.rename(folder.with_name("away"))
        try:
            yield
        finally:
            away.rename(folder)


@pytest.fixture
def away(tmp_path: Path) -> Away:
    return Away(tmp_path)


def test_the_issue_that_was_read_is_told_while_the_history_is_away_and_says_so(away: Away) -> None:
    before = away.get(CONGESTION)
    assert CUT_OFF not in before.json()["degraded"]

    with away.history_gone():
        meanwhile = away.get(CONGESTION)
        unchanged = away.get(CONGESTION, **{"if-none-match": before.headers["etag"]})
        by_its_time = away.get(f"{CONGESTION}?issued_at={ISSUED:%Y-%m-%dT%H:%M:%SZ}")
        another = away.get(f"{CONGESTION}?issued_at=2026-01-01T00:00:00Z")
        stored = away.get("/v1/signals/plans/signals-1")
        status = away.get("/v1/status")
    after = away.get(CONGESTION)

    assert meanwhile.json() == before.json() | {"degraded": [*before.json()["degraded"], CUT_OFF]}
    assert meanwhile.headers["etag"] != before.headers["etag"]
    assert unchanged.status_code == 200  # who holds the former answer hears that it may be old
    assert CUT_OFF in by_its_time.json()["degraded"]
    refused(another)
    assert stored.status_code == 200
    assert status.json()["ready"] is False
    assert after.json() == before.json()
    assert after.headers["etag"] == before.headers["etag"]


def test_what_was_never_read_is_refused_until_the_history_is_back(away: Away) -> None:
    with away.history_gone():
        for path in (CONGESTION, "/v1/forecasts/waste"):
            assert "none is there" in refused(away.get(path))["detail"]

    assert away.get(CONGESTION).status_code == 200
    assert away.get("/v1/forecasts/waste").status_code == 404  # nobody has made one: that is another matter


def test_the_shelf_is_filled_before_anybody_asks(away: Away) -> None:
    away.office.shelf.fill()

    with away.history_gone():
        assert CUT_OFF in away.get(CONGESTION).json()["degraded"]


def test_a_file_that_is_missing_from_a_table_is_a_store_that_cannot_be_reached(away: Away) -> None:
    history = away.desk.history
    for file in Path(history.url, "Entities").rglob("*.parquet"):
        file.unlink()
    for file in Path(history.url, "CongestionForecasts").rglob("*.parquet"):
        file.unlink()

    with pytest.raises(StoreUnreachableError, match="Table Entities: it cannot be read"):
        history.read(Entities)
    with pytest.raises(StoreUnreachableError, match="Table CongestionForecasts: it cannot be read"):
        history.read_forecast(CongestionForecasts)
    refused(away.get(CONGESTION))


def test_a_city_without_a_history_is_an_empty_one(tmp_path: Path) -> None:
    fresh = Desk(Settings.from_environment({"CITY_HOME": str(tmp_path / "fresh")}))

    assert fresh.history.read_forecast(FillForecasts).is_empty()
    assert fresh.history.forecast_version(FillForecasts) is None
    assert fresh.history.read(Entities).is_empty()
    assert fresh.pinned().history.read_forecast(FillForecasts).is_empty()
    fresh.history.open_one()


def test_a_ledger_that_is_no_database_any_more_is_refused_as_a_store_and_not_as_input(away: Away) -> None:
    assert away.get("/v1/signals/plans/signals-1").status_code == 200  # the key is known from here on
    file = Path(away.desk.settings.ledger_url.removeprefix("sqlite:///"))
    content = file.read_bytes()

    file.write_bytes(b"\0" * len(content))
    told = refused(away.get("/v1/signals/plans/signals-1"))
    file.write_bytes(content)

    assert "not a database" in told["detail"]
    assert away.get("/v1/signals/plans/signals-1").status_code == 200


def test_every_route_says_that_the_store_may_be_away(away: Away) -> None:
    paths = away.client.get("/openapi.json").json()["paths"]
    told = {
        f"{method} {path}": operation["responses"].get("503", {}).get("description", "")
        for path, operations in paths.items()
        for method, operation in operations.items()
        if path.startswith("/v1/")
    }

    assert len(told) > 50
    assert [name for name, words in told.items() if KINDS["storage-unavailable"].title not in words] == []


def refused(answer: httpx2.Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["code"]) == (503, "storage-unavailable"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    return told
