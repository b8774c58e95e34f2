"""The city that the service is measured on: the demo city, with a forecast of 200 detectors and keys of its own."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import polars as pl

from benchmarks.serving_load import Shot
from city.access import SCOPES
from city.forecasts import CongestionForecasts
from city.settings import Settings
from serving.desk import Desk

DETECTORS = 200
HOURS = 1
KEYS = 8
DEMO = ("demo", "--no-serve", "--quick", "--scale", "0.2", "--days", "30")


@dataclass(frozen=True)
class Home:
    folder: Path
    keys: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[0]}"}


def prepare(home: Path | None, into: Path) -> Home:
    """A copy of this home, or of a demo city that is built now; the original stays as it is."""
    folder = into / "home"
    if home is None:
        subprocess.run([sys.executable, "-m", "serving", "--home", str(folder), *DEMO], check=True, stdout=sys.stderr)
    else:
        shutil.copytree(home, folder)
    desk = Desk(Settings.from_environment({"CITY_HOME": str(folder)}))
    _many_detectors(desk)
    return Home(folder, tuple(key_of(folder, n) for n in range(KEYS)))


def key_of(folder: Path, number: int = 0) -> str:
    keys = Desk(Settings.from_environment({"CITY_HOME": str(folder)})).ledger.keys
    return keys.make(person=f"Benchmark {number}", scopes=SCOPES, districts=None, made_by="benchmark").text


def _many_detectors(desk: Desk) -> None:
    """The demo's latest issue, its detectors under further names until there are enough."""
    latest = desk.history.read_forecast(CongestionForecasts)
    known = latest["detector_id"].unique().sort().to_list()
    copies = -(-DETECTORS // len(known))
    frames = [latest.with_columns(pl.col("detector_id") + ("" if n == 0 else f"-{n}")) for n in range(copies)]
    wanted = [f"{name}{'' if n == 0 else f'-{n}'}" for n in range(copies) for name in known][:DETECTORS]
    rows = pl.concat(frames).filter(pl.col("detector_id").is_in(wanted))
    desk.history.append_forecast(CongestionForecasts, rows.with_columns(pl.col("issued_at") + timedelta(seconds=1)))


def stored_routes(url: str, home: Home) -> dict[str, str]:
    """The measured GETs, by what they are."""
    with httpx.Client(base_url=url, headers=home.headers, timeout=60) as client:
        detectors = client.get("/v1/forecasts/congestion").json()["detectors"]
        valid = [value["valid_at"] for value in detectors[0]["values"]]
        steps = max(1, HOURS * 3600 // detectors[0]["step_s"])
        window = f"from={_quoted(valid[8])}&to={_quoted(valid[8 + steps])}"
        signals = client.get("/v1/signals/plans").json()["plans"][-1]["plan_id"]
        routes = client.get("/v1/routes/plans").json()["plans"][-1]["plan_id"]
    return {
        f"GET /v1/forecasts/congestion ({len(detectors)} detectors, {HOURS} h)": f"/v1/forecasts/congestion?{window}",
        f"GET /v1/forecasts/congestion ({len(detectors)} detectors, all)": "/v1/forecasts/congestion",
        "GET /v1/signals/plans/{plan_id} (a day's plan)": f"/v1/signals/plans/{signals}",
        "GET /v1/routes/plans/{plan_id} (a day's plan)": f"/v1/routes/plans/{routes}",
    }


def mixed(url: str, home: Home, *, heavy: bool = False) -> list[Shot]:
    """What centres, dispatchers and pages ask in a day; `heavy`: only what is computed anew each time."""
    with httpx.Client(base_url=url, headers=home.headers, timeout=60) as client:
        forecast = client.get("/v1/forecasts/congestion").json()["detectors"]
        signals = client.get("/v1/signals/plans").json()["plans"][-1]
        routes = client.get("/v1/routes/plans").json()["plans"][-1]
        plan = client.get(f"/v1/signals/plans/{signals['plan_id']}")
        trucks = [one["truck_id"] for one in client.get(routes["href"]).json()["plan"]["routes"]]
    truck = f"/v1/routes/plans/{routes['plan_id']}/trucks/{trucks[0]}"
    computed = [("lists", "/v1/signals/plans", 8.0), ("truck", truck, 5.0), ("status", "/v1/status", 3.0)]
    if heavy:
        return _spread(home, computed)
    valid = [value["valid_at"] for value in forecast[0]["values"]]
    windows = [f"from={_quoted(valid[n])}&to={_quoted(valid[n + 4])}" for n in range(0, min(len(valid) - 4, 40), 2)]
    kept = [("congestion", f"/v1/forecasts/congestion?{window}", 40.0 / len(windows)) for window in windows]
    kept += [("detector", f"/v1/forecasts/congestion?detector_id={one['detector_id']}", 0.5) for one in forecast[:20]]
    kept += [("waste", "/v1/forecasts/waste", 6.0), ("index", "/v1/forecasts/congestion-index", 6.0)]
    kept += [("signal plan", signals["href"], 10.0), ("route plan", routes["href"], 8.0), ("models", "/v1/models", 2.0)]
    shots = _spread(home, kept + computed)
    tag = {"if-none-match": plan.headers["etag"]}
    return [
        *shots,
        Shot(label="unchanged#0", method="GET", path=signals["href"], key=home.keys[0], headers=tag, weight=4),
    ]


def _spread(home: Home, wanted: Sequence[tuple[str, str, float]]) -> list[Shot]:
    """Each question by several callers; what follows # is dropped where labels are counted."""
    return [
        Shot(label=f"{label}#{number}-{caller}", method="GET", path=path, key=key, weight=weight / len(home.keys))
        for number, (label, path, weight) in enumerate(wanted)
        for caller, key in enumerate(home.keys)
    ]


def _quoted(moment: str) -> str:
    return moment.replace("+", "%2B")
