"""Stored plans as files over the API: each opens as what it says it is, and only for those who may see the plan."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import fastexcel
import pytest
from starlette.testclient import TestClient

from serving.plan_files import ROUTE_FORMS, SIGNAL_FORMS, TRUCK_FORMS
from tests.serving.asking import Door, refused
from tests.serving.conftest import DemoHome


@pytest.fixture(scope="module")
def door(demo_home: DemoHome) -> Door:
    return Door(demo_home.folder)


@pytest.fixture(scope="module")
def everyone(door: Door) -> TestClient:
    return door.caller()


def plan_of(client: TestClient, kind: str) -> dict[str, Any]:
    """The demo's own plan, which is the oldest."""
    href = client.get(f"/v1/{kind}/plans").json()["plans"][-1]["href"]
    found: dict[str, Any] = client.get(href).json()
    return found


def export_of(client: TestClient, kind: str, name: str) -> bytes:
    answer = client.get(f"/v1/{kind}/plans/{plan_of(client, kind)['plan_id']}/export/{name}")
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize(
    ("kind", "name"),
    [("signals", name) for name in SIGNAL_FORMS]
    + [("routes", name) for name in ROUTE_FORMS if not name.endswith(".pdf")],
)
def test_every_form_comes_as_a_download_of_its_type(everyone: TestClient, kind: str, name: str) -> None:
    plan_id = plan_of(everyone, kind)["plan_id"]
    form = (SIGNAL_FORMS if kind == "signals" else ROUTE_FORMS)[name]

    answer = everyone.get(f"/v1/{kind}/plans/{plan_id}/export/{name}")

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].replace(" ", "") == form.media_type.replace(" ", "")
    assert answer.headers["content-disposition"] == f'attachment; filename="{plan_id}-{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content


def test_tables_are_the_same_in_every_form(everyone: TestClient) -> None:
    document = json.loads(export_of(everyone, "signals", "ntcip.json"))
    book = fastexcel.read_excel(export_of(everyone, "signals", "ntcip.xlsx"))
    archive = zipfile.ZipFile(io.BytesIO(export_of(everyone, "signals", "ntcip.zip")))

    for table, columns in document["columns"].items():
        rows = list(csv.reader(io.StringIO(archive.read(f"{table}.csv").decode("utf-8-sig"))))
        assert rows[0] == columns
        assert len(rows) - 1 == len(document["tables"][table])
    assert len(book.sheet_names) >= len(document["columns"])


@pytest.mark.parametrize(
    ("kind", "beside"), [("signals", "junctions.json"), ("routes", "problem.json")], ids=["signals", "routes"]
)
def test_what_is_exported_is_checked_offline_with_python_alone(
    everyone: TestClient, tmp_path: Path, kind: str, beside: str
) -> None:
    for name in ("plan.json", beside, "verify_plan.py"):
        (tmp_path / name).write_bytes(export_of(everyone, kind, name))

    words = [sys.executable, "-I", "-S", "verify_plan.py", "plan.json", beside]
    good = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    text = (tmp_path / "plan.json").read_text(encoding="utf-8")
    changed = text.replace('"end_s": ', '"end_s": 1', 1) if kind == "signals" else text.replace('"kg": ', '"kg": 1', 1)
    (tmp_path / "plan.json").write_text(changed, encoding="utf-8")
    bad = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.returncode != 0


def test_each_truck_has_a_track_in_the_archive_and_alone(everyone: TestClient) -> None:
    plan = plan_of(everyone, "routes")
    trucks = [route["truck_id"] for route in plan["plan"]["routes"]]
    archive = zipfile.ZipFile(io.BytesIO(export_of(everyone, "routes", "gpx.zip")))

    alone = everyone.get(f"/v1/routes/plans/{plan['plan_id']}/trucks/{trucks[0]}/export/route.gpx").content

    assert sorted(archive.namelist()) == sorted(f"route-{truck}.gpx" for truck in trucks)
    assert archive.read(f"route-{trucks[0]}.gpx") == alone
    assert ET.fromstring(alone).tag.endswith("gpx")  # noqa: S314  -- our own


def test_a_trucks_sheet_is_of_that_truck_alone(everyone: TestClient) -> None:
    plan = plan_of(everyone, "routes")
    first, second = (route["truck_id"] for route in plan["plan"]["routes"][:2])

    sheet = everyone.get(f"/v1/routes/plans/{plan['plan_id']}/trucks/{first}/export/run-sheet.html").text

    assert first in sheet
    assert second not in sheet


def test_what_the_caller_holds_already_is_not_sent_again(everyone: TestClient) -> None:
    plan_id = plan_of(everyone, "routes")["plan_id"]
    address = f"/v1/routes/plans/{plan_id}/export/routes.geojson"
    first = everyone.get(address)

    again = everyone.get(address, headers={"if-none-match": first.headers["etag"]})
    other = everyone.get(
        address.replace("routes.geojson", "plan.json"), headers={"if-none-match": first.headers["etag"]}
    )

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize("kind", ["signals", "routes"])
def test_another_districts_plan_is_not_there(door: Door, everyone: TestClient, kind: str) -> None:
    plan = plan_of(everyone, kind)
    stranger = door.caller(districts=["D99"])

    hidden = refused(stranger.get(f"/v1/{kind}/plans/{plan['plan_id']}/export/plan.json"), 404, "not-found")
    missing = refused(stranger.get(f"/v1/{kind}/plans/none/export/plan.json"), 404, "not-found")

    assert hidden["detail"].replace(plan["plan_id"], "none") == missing["detail"]


def test_reading_routes_does_not_open_signals(door: Door, everyone: TestClient) -> None:
    plan_id = plan_of(everyone, "signals")["plan_id"]

    refused(door.caller("routes:read").get(f"/v1/signals/plans/{plan_id}/export/plan.json"), 403, "forbidden")


@pytest.mark.parametrize("name", ["../plan.json", "plan.json%00", "ntcip", "%2e%2e", "PLAN.JSON"])
def test_other_names_are_no_forms(everyone: TestClient, name: str) -> None:
    plan_id = plan_of(everyone, "signals")["plan_id"]

    assert everyone.get(f"/v1/signals/plans/{plan_id}/export/{name}").status_code in (404, 422)


def test_a_truck_that_stays_home_has_no_file(everyone: TestClient) -> None:
    plan = plan_of(everyone, "routes")

    for name in TRUCK_FORMS:
        answer = everyone.get(f"/v1/routes/plans/{plan['plan_id']}/trucks/T-none/export/{name}")
        known = refused(answer, 404, "unknown-id")
        assert plan["plan"]["routes"][0]["truck_id"] in known["detail"]
