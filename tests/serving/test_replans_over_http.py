"""Re-plans, workbooks and what-ifs over the API: for one's own districts, stored only where that was asked for."""

from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from starlette.testclient import TestClient

from city.clock import clock_text
from serving.schemas.replans import HandMadeCheck, ReplanDocument
from tests.serving.asking import Door, refused
from tests.serving.conftest import DemoHome

XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@pytest.fixture(scope="module")
def door(demo_home: DemoHome) -> Door:
    return Door(demo_home.folder)


@pytest.fixture(scope="module")
def dispatcher(door: Door) -> TestClient:
    return door.caller("routes:read", "routes:plan")


@pytest.fixture(scope="module")
def plan(dispatcher: TestClient, demo_home: DemoHome) -> dict[str, Any]:
    found: dict[str, Any] = dispatcher.get(f"/v1/routes/plans/{demo_home.plan_folder('routes').name}").json()["plan"]
    return found


def breakdown(plan: dict[str, Any]) -> dict[str, Any]:
    """Of the first truck, five minutes after it has left."""
    route = plan["routes"][0]
    return {"at": clock_text(route["depart_s"] + 300), "events": [f"breakdown:{route['truck_id']}"], "seconds": 0.5}


def plan_ids(client: TestClient) -> set[str]:
    return {one["plan_id"] for one in client.get("/v1/routes/plans").json()["plans"]}


def test_after_a_breakdown_it_says_what_changes_and_stores_nothing(
    dispatcher: TestClient, plan: dict[str, Any]
) -> None:
    before = plan_ids(dispatcher)

    answer = dispatcher.post(f"/v1/routes/plans/{plan['plan_id']}/replan", json=breakdown(plan))
    told = ReplanDocument.model_validate_json(answer.content)

    truck = plan["routes"][0]["truck_id"]
    assert told.events == [f"truck {truck} broke down"]
    assert told.check.ok
    assert not told.accepted
    assert {change.truck_id for change in told.difference.changes if change.kind == "moved"} <= {truck}
    assert told.objective <= told.floor + 1e-6
    assert plan_ids(dispatcher) == before


def test_an_accepted_plan_is_a_draft_like_any_other(door: Door, dispatcher: TestClient, plan: dict[str, Any]) -> None:
    body = breakdown(plan) | {"accept": True}
    headers = {"idempotency-key": f"breakdown of {plan['plan_id']}".replace(" ", "-")}

    first = dispatcher.post(f"/v1/routes/plans/{plan['plan_id']}/replan", json=body, headers=headers).json()
    again = dispatcher.post(f"/v1/routes/plans/{plan['plan_id']}/replan", json=body, headers=headers).json()
    stored = dispatcher.get(f"/v1/routes/plans/{first['plan']['plan_id']}").json()

    assert first["accepted"]
    assert again == first
    assert (stored["status"], stored["check"]["ok"]) == ("draft", True)
    assert stored["plan"] == first["plan"]
    lines = door.caller("audit:read").get("/v1/audit", params={"action": "plan.replanned"}).json()["lines"]
    assert [line["detail"]["of"] for line in lines if line["subject"] == first["plan"]["plan_id"]] == [plan["plan_id"]]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"at": "10:61", "events": ["breakdown:HC001"]}, 422, "invalid-value"),
        ({"at": "10:40", "events": []}, 422, "invalid-request"),
        ({"at": "10:40", "events": ["breakdown:NOPE"]}, 404, "unknown-id"),
        ({"at": "10:40", "events": ["flood:everywhere"]}, 404, "unknown-id"),
        ({"at": "10:40", "events": ["breakdown:HC001"], "least_kept": 2}, 422, "invalid-request"),
        ({"at": "10:40", "events": ["breakdown:HC001"], "status": "published"}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    dispatcher: TestClient, plan: dict[str, Any], body: dict[str, Any], status: int, code: str
) -> None:
    refused(dispatcher.post(f"/v1/routes/plans/{plan['plan_id']}/replan", json=body), status, code)


def test_another_districts_plan_is_not_there_to_be_replanned_or_checked(door: Door, plan: dict[str, Any]) -> None:
    stranger = door.caller("routes:read", "routes:plan", districts=["D99"])
    book = door.caller().get(f"/v1/routes/plans/{plan['plan_id']}/export/workbook.xlsx").content

    refused(stranger.post(f"/v1/routes/plans/{plan['plan_id']}/replan", json=breakdown(plan)), 404, "not-found")
    refused(stranger.post("/v1/routes/check/workbook", content=book, headers=XLSX), 404, "not-found")


def test_reading_is_not_enough_to_replan(door: Door, plan: dict[str, Any]) -> None:
    answer = door.caller("routes:read").post(f"/v1/routes/plans/{plan['plan_id']}/replan", json=breakdown(plan))

    refused(answer, 403, "forbidden")


def workbook(client: TestClient, plan: dict[str, Any]) -> bytes:
    content: bytes = client.get(f"/v1/routes/plans/{plan['plan_id']}/export/workbook.xlsx").content
    return content


def test_a_workbook_as_it_was_handed_out_is_right(dispatcher: TestClient, plan: dict[str, Any]) -> None:
    answer = dispatcher.post("/v1/routes/check/workbook", content=workbook(dispatcher, plan), headers=XLSX)
    told = HandMadeCheck.model_validate_json(answer.content)

    assert (told.plan_id, told.ok) == (plan["plan_id"], True)
    assert told.cost_before == dict(plan["cost"])
    assert dict(told.plan.cost) == pytest.approx(dict(plan["cost"]))


def without_stops_of(book: fastexcel.ExcelReader, truck: str, path: Path) -> bytes:
    """The same workbook, in which that truck's sheet has nothing left to collect."""
    nothing = pl.any_horizontal(pl.all().is_in(["Collect", "Tip"])).fill_null(value=False)
    with xlsxwriter.Workbook(str(path)) as out:
        for name in book.sheet_names:
            sheet, cells = out.add_worksheet(name), book.load_sheet(name, header_row=None, dtypes="string").to_polars()
            for number, row in enumerate((cells.filter(~nothing) if name == truck else cells).rows()):
                sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    return path.read_bytes()


def stops_of(routes: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(stop["point_id"], stop["stream"]) for one in routes for trip in one["trips"] for stop in trip["stops"]}


def test_a_sheet_without_its_stops_is_judged_anew(dispatcher: TestClient, plan: dict[str, Any], tmp_path: Path) -> None:
    second = plan["routes"][1]
    book = fastexcel.read_excel(workbook(dispatcher, plan))
    changed = without_stops_of(book, second["truck_id"], tmp_path / "routes.xlsx")

    told = dispatcher.post("/v1/routes/check/workbook", content=changed, headers=XLSX).json()

    gone = stops_of([second])
    assert not gone & stops_of(told["plan"]["routes"])
    assert {(one["point_id"], one["stream"]) for one in told["plan"]["unserved"]} >= gone
    assert dict(told["plan"]["cost"]) != told["cost_before"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"not a workbook", XLSX, 422, "unreadable-input"),
        (b"", XLSX, 422, "unreadable-input"),
        (b"PK\x03\x04" + b"\x00" * 100, XLSX, 422, "unreadable-input"),
        (b"{}", {"content-type": "application/json"}, 415, "unsupported-media-type"),
        (b"x" * 9_000_000, XLSX, 413, "body-too-large"),
    ],
    ids=["text", "empty", "half a zip", "json", "huge"],
)
def test_what_is_no_workbook_is_refused(
    dispatcher: TestClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    refused(dispatcher.post("/v1/routes/check/workbook", content=content, headers=headers), status, code)


def test_a_what_if_stays_inside_the_districts_of_whoever_asks(door: Door, demo_home: DemoHome) -> None:
    whole = door.caller().get(f"/v1/signals/plans/{demo_home.plan_folder('signals').name}").json()["plan"]
    own = whole["day_plans"][0]
    other = next(one for one in whole["day_plans"] if one["district_id"] != own["district_id"])
    engineer = door.caller("signals:read", "signals:plan", districts=[own["district_id"]])

    hidden = engineer.post(
        "/v1/signals/what-ifs", json={"junction_ids": [other["junction_id"]], "changes": ["demand:+10%"]}
    )
    told = engineer.post(
        "/v1/signals/what-ifs", json={"junction_ids": [own["junction_id"]], "changes": ["demand:+10%"]}
    ).json()

    assert other["junction_id"] not in refused(hidden, 404, "unknown-id")["detail"].split("Known")[-1]
    # Compared with plans of their own district at most: the stored one of the whole city is not named.
    assert all(engineer.get(f"/v1/signals/plans/{one}").status_code == 200 for one in told["stored_plan_ids"])
    assert whole["plan_id"] not in told["stored_plan_ids"]
    assert told["plan"]["district_ids"] == [own["district_id"]]


def test_a_what_if_of_another_street_cannot_be_kept(door: Door, demo_home: DemoHome) -> None:
    schedule = door.caller().get(f"/v1/signals/plans/{demo_home.plan_folder('signals').name}").json()["plan"]
    junction = schedule["day_plans"][0]["junction_id"]
    body = {"junction_ids": [junction], "changes": [f"add-crossing:{junction}:N:14"], "keep": True}

    found = refused(door.caller().post("/v1/signals/what-ifs", json=body), 422, "broken-rule")

    assert "cannot be stored" in found["detail"]
