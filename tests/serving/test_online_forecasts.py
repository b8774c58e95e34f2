"""The forecast from now on, said on request: the numbers of the tick, or the stored forecast and why."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from starlette.testclient import TestClient

from city.access import SCOPES
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.settings import Settings
from models.registry import Champion
from serving import online_documents
from serving.api.app import build_api
from serving.api.state import Office
from serving.champions import Loaded, load_champions
from serving.desk import Desk
from serving.forecasting import issue
from serving.online_forecasts import ready_file
from tests.features.small_city import MONDAY, noisy_counts, one_detector, stored
from tests.models.small_champion import small_champion
from tests.serving.conftest import key_of

NOW = MONDAY + timedelta(days=10)
LATER = NOW + timedelta(minutes=70)
PATH = "/v1/forecasts/congestion/now"
NOT_COMPUTED = "Nothing was computed now"
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def ticked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose model was trained on d0 to d2, and whose tick found d3 too."""
    home = tmp_path_factory.mktemp("ticked")
    counts = noisy_counts(10, with_speed=True)
    history = stored(home, (TrafficCounts, counts))
    settings = Settings.from_environment({"CITY_HOME": str(home)})
    small_champion(history, settings, as_of=NOW)
    flow = counts.filter(pl.col("detector_id") == "d0")["flow_veh_h"].to_numpy()
    history.append(TrafficCounts, one_detector("d3", flow, district="north"))
    issue(Desk(settings), "congestion", asked=NOW)
    return home


@dataclass(frozen=True)
class City:
    home: Path
    office: Office
    client: TestClient
    key: dict[str, str]

    def get(self, path: str = PATH, key: dict[str, str] | None = None, **query: object) -> Answer:
        answer = self.client.get(path, params=query, headers=key or self.key)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        return found

    def ready(self) -> Path:
        return ready_file(self.office.desk.settings)


def opened(home: Path, now: datetime = LATER) -> City:
    settings = Settings.from_environment({"CITY_HOME": str(home)})
    office = Office(Desk(settings, clock=lambda: now), champions=load_champions(settings))
    key = {"authorization": f"Bearer {key_of(home, *SCOPES)}"}
    return City(home, office, TestClient(build_api(office)), key)


@pytest.fixture
def city(ticked: Path) -> Iterator[City]:
    """What a test breaks is put back."""
    kept = ready_file(Settings.from_environment({"CITY_HOME": str(ticked)}))
    aside = kept.with_name("aside")
    shutil.copy(kept, aside)
    yield opened(ticked)
    aside.replace(kept)


def by_step(told: Answer, names: tuple[str, ...] | None = None) -> dict[tuple[str, str], Any]:
    return {
        (one["detector_id"], value["valid_at"][:16]): (
            (value["flow_veh_h"], value["speed_kmh"])
            if names is None
            else tuple(
                [value[f"{name}"] for name in names if name.startswith(measure)] for measure in ("flow", "speed")
            )
        )
        for one in told["detectors"]
        for value in one["values"]
    }


def reasons(told: Answer) -> str:
    return " ".join(told["degraded"])


def test_the_numbers_are_those_that_the_tick_stored(city: City) -> None:
    names = [
        f"{of}_{level}_{unit}" for of, unit in (("flow", "veh_h"), ("speed", "kmh")) for level in ("p10", "p50", "p90")
    ]
    issued = by_step(city.get("/v1/forecasts/congestion"), tuple(names))
    now = city.get(horizon_s=24 * 3600, detector_id=["d0", "d1", "d2"])

    assert now["known_until"] == NOW.isoformat()
    assert [one["rung"] for one in now["detectors"]] == ["champion"] * 3
    assert all(one["computed"] for one in now["detectors"])
    told = by_step(now)
    assert len(told) == 3 * 24 * 4
    assert told == {place: issued[place] for place in told}


def test_it_begins_with_the_step_of_now_and_goes_an_hour(city: City) -> None:
    told = city.get(detector_id="d1")

    begins = [value["valid_at"] for value in told["detectors"][0]["values"]]
    assert begins == [(NOW + timedelta(minutes=minutes)).isoformat() for minutes in (60, 75, 90, 105)]
    assert NOT_COMPUTED not in reasons(told)


def test_any_quantile_can_be_asked_for(city: City) -> None:
    told = city.get(detector_id="d0", quantile=[0.05, 0.5, 0.99])
    usual = city.get(detector_id="d0")

    for wide, narrow in zip(told["detectors"][0]["values"], usual["detectors"][0]["values"], strict=True):
        assert wide["flow_veh_h"][0] <= narrow["flow_veh_h"][0]
        assert wide["flow_veh_h"][1] == narrow["flow_veh_h"][1]
        assert wide["flow_veh_h"][2] > narrow["flow_veh_h"][2]
    wrong = city.client.get(PATH, params={"quantile": [0.9, 0.1]}, headers=city.key)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-request")


def test_a_detector_that_the_model_does_not_know_is_told_from_the_lower_rung(city: City) -> None:
    told = city.get(detector_id=["d0", "d3"], quantile=[0.5, 0.95])

    known, strange = told["detectors"]
    assert (known["computed"], known["rung"]) == (True, "champion")
    assert (strange["computed"], strange["rung"], strange["model"]) == (False, "ha_ar1", "ha_ar1")
    assert strange["values"][0]["speed_kmh"] is None
    assert strange["values"][0]["flow_veh_h"][0] > 0
    assert strange["values"][0]["flow_veh_h"][1] is None
    assert told["rungs"] == {"champion": 4, "ha_ar1": 4}
    assert "4 of 8 values of the congestion forecast come from ha_ar1" in reasons(told)
    assert "knows nothing of d3" in reasons(told)
    assert "Quantiles 0.95 are null" in reasons(told)


def test_another_model_than_the_one_it_was_made_for_is_never_asked(city: City) -> None:
    (mine,) = (one for one in city.office.champions if one.name == "congestion")
    assert isinstance(mine.champion, Champion)
    other = replace(mine.champion, version="9", model=replace(mine.champion.model, sealed="f" * 64))  # type: ignore[arg-type]
    computed = by_step(city.get(detector_id=["d0", "d1", "d2"]))  # all at once: to the last bit
    city.office.champions = (replace(mine, champion=other, version="9"),)
    city.office.quick.forget()

    told = city.get(detector_id="d0")
    assert not told["detectors"][0]["computed"]
    assert told["detectors"][0]["model"] == f"congestion v{mine.version}"
    assert f"belongs to congestion v{mine.version} (seal" in reasons(told)
    assert "congestion v9 (seal ffffffffffff) serves; the next tick makes it anew" in reasons(told)
    assert told["known_until"] is None
    assert by_step(told) == {place: value for place, value in computed.items() if place[0] == "d0"}


def test_without_a_model_the_stored_forecast_is_told(city: City) -> None:
    city.office.champions = (Loaded("congestion", None, None, None, "v1 cannot be used: its hash is another"),)

    told = city.get(detector_id="d0")
    assert not told["detectors"][0]["computed"]
    assert "the stored forecast is told: v1 cannot be used: its hash is another." in reasons(told)


def test_a_file_that_is_gone_or_broken_is_said_and_a_new_one_is_seen(city: City) -> None:
    whole = city.ready().read_bytes()
    city.ready().unlink()
    assert "nothing was kept ready by the last tick" in reasons(city.get(detector_id="d0"))
    city.ready().write_bytes(whole[:1000])
    assert "congestion.npz" in reasons(city.get(detector_id="d1"))
    city.ready().write_bytes(whole)
    assert NOT_COMPUTED not in reasons(city.get(detector_id="d2"))


def test_what_is_of_an_earlier_issue_is_not_passed_off_as_the_newest(ticked: Path, tmp_path: Path) -> None:
    shutil.copytree(ticked, tmp_path / "home")
    city = opened(tmp_path / "home")
    latest = city.office.desk.history.read_forecast(CongestionForecasts)
    newer = latest.with_columns(pl.col("issued_at") + timedelta(hours=1))
    city.office.desk.history.append_forecast(CongestionForecasts, CongestionForecasts.validate(newer))

    told = city.get(detector_id="d0")
    assert told["issued_at"] == (NOW + timedelta(hours=1)).isoformat()
    assert not told["detectors"][0]["computed"]
    assert f"what was kept ready is of {NOW.isoformat()}, the newest issue of" in reasons(told)


def test_an_issue_of_an_earlier_time_leaves_what_is_ready_alone(ticked: Path, tmp_path: Path) -> None:
    shutil.copytree(ticked, tmp_path / "home")
    city = opened(tmp_path / "home")
    before = city.ready().read_bytes()

    issue(city.office.desk, "congestion", asked=NOW - timedelta(hours=2))
    assert city.ready().read_bytes() == before
    assert NOT_COMPUTED not in reasons(city.get(detector_id="d0"))


def test_a_tick_that_cannot_keep_it_ready_counts_all_the_same(ticked: Path, tmp_path: Path) -> None:
    shutil.copytree(ticked, tmp_path / "home", ignore=shutil.ignore_patterns("ready"))
    (tmp_path / "home" / "ready").write_text("no folder", encoding="utf-8")
    city = opened(tmp_path / "home")

    made = issue(city.office.desk, "congestion", asked=NOW + timedelta(minutes=15))
    assert made.rungs["champion"] > 0
    told = city.get(detector_id="d0")
    assert told["issued_at"] == made.issued_at.isoformat()
    assert "nothing was kept ready by the last tick" in reasons(told)


def test_counts_of_yesterday_are_called_stale(ticked: Path) -> None:
    told = opened(ticked, NOW + timedelta(hours=60)).get(detector_id="d0")

    assert f"stale: the newest count that it knows of ended 60 h ago, at {NOW.isoformat()}" in reasons(told)
    assert told["detectors"][0]["values"][0]["valid_at"] == NOW.isoformat()  # now lies beyond: from the start


def test_what_a_caller_holds_already_is_not_computed_again(city: City) -> None:
    first = city.client.get(PATH, headers=city.key)
    again = city.client.get(PATH, headers={**city.key, "If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_detectors_of_other_districts_are_not_there(city: City) -> None:
    north = {"authorization": f"Bearer {key_of(city.home, *SCOPES, districts=['north'])}"}

    assert [one["detector_id"] for one in city.get(key=north)["detectors"]] == ["d1", "d3"]
    other = city.client.get(PATH, params={"detector_id": "d0"}, headers=north)
    assert (other.status_code, other.json()["code"]) == (404, "unknown-id")
    assert "d2" not in other.text


def test_more_than_can_be_told_at_once_is_refused(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online_documents, "MOST_VALUES", 95)

    city.get(detector_id=["d0", "d1", "d2"])  # 3 detectors, 4 steps, 2 measures, 3 quantiles are 72
    answer = city.client.get(PATH, headers=city.key)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-value")
    assert "96" in answer.json()["detail"]


def test_a_city_without_any_forecast_says_so(tmp_path: Path) -> None:
    stored(tmp_path)
    office = Office(Desk(Settings.from_environment({"CITY_HOME": str(tmp_path)})))
    key = {"authorization": f"Bearer {key_of(tmp_path, *SCOPES)}"}
    answer = TestClient(build_api(office)).get(PATH, headers=key)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
