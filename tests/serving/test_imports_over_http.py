"""Imports over the API: files of the upload and nothing else, by somebody who sees the whole city, and written down."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from city.audit_log import AuditQuery
from city.frames import TrafficCounts
from serving.kept_mappings import kept_names
from tests.serving.asking import Door, refused

CITY = """
[city]
name = "Testburg"
time_zone = "Europe/Berlin"
national_profile = "DE"
districts = { north = "North" }
"""
COUNTS = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts*.csv"
district = "north"
step = "1h"
delay = "1h"
[feed.columns]
detector_id = "detector"
start_at = { column = "at", formats = ["%Y-%m-%d %H:%M"] }
flow_veh_h = { column = "flow", unit = "veh/h" }
"""
MAPPING = CITY + COUNTS
GOOD = "detector,at,flow\nD1,2026-03-02 07:00,100\nD1,2026-03-02 08:00,120\nD2,2026-03-02 07:00,90\n"
ONE_BAD = GOOD + "D2,2026-03-02 08:00,-5\n"
CSV = {"content-type": "text/csv"}


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "home")


@pytest.fixture
def importer(door: Door) -> TestClient:
    return door.caller("data:import", person="Li Wei")


def upload(client: TestClient, **files: str | bytes) -> str:
    """Files by their names, with `__` for the point."""
    upload_id: str = client.post("/v1/imports/uploads").json()["upload_id"]
    for name, content in files.items():
        answer = client.put(address(upload_id, name.replace("__", ".")), content=content, headers=CSV)
        assert answer.status_code == 200, answer.text
    return upload_id


def address(upload_id: str, name: str) -> str:
    return f"/v1/imports/uploads/{upload_id}/files/{name}"


def import_it(client: TestClient, upload_id: str, **wanted: object) -> Any:  # noqa: ANN401  -- an answer of the client
    body = {"upload_id": upload_id, "mapping": "testburg.toml", **wanted}
    return client.post("/v1/imports", json=body)


def rows_of(door: Door) -> int:
    return door.office.desk.history.read(TrafficCounts).height


def test_it_is_tried_out_and_then_done(door: Door, importer: TestClient) -> None:
    upload_id = upload(importer, counts__csv=ONE_BAD)

    tried = import_it(importer, upload_id, mapping_text=MAPPING, dry_run=True).json()
    after_trying = rows_of(door)
    done = import_it(importer, upload_id, mapping_text=MAPPING).json()

    assert (tried["import_id"], tried["dry_run"], after_trying) == (None, True, 0)
    assert done["feeds"] == tried["feeds"]
    assert {name: done["feeds"][0][name] for name in ("read", "new", "quarantined")} == {
        "read": 4, "new": 3, "quarantined": 1,
    }  # fmt: skip
    assert rows_of(door) == 3
    refused(importer.get(f"/v1/imports/uploads/{upload_id}"), 404, "not-found")


def test_the_next_import_names_the_mapping_only(door: Door, importer: TestClient) -> None:
    import_it(importer, upload(importer, counts__csv=GOOD), mapping_text=MAPPING)
    more = "detector,at,flow\nD1,2026-03-03 07:00,100\n"

    done = import_it(importer, upload(importer, counts_2__csv=more)).json()

    assert done["feeds"][0]["new"] == 1
    assert kept_names(door.office.desk) == ("testburg.toml",)
    assert importer.get("/v1/imports").json()["mappings"] == ["testburg.toml"]


def test_a_mapping_may_be_a_file_of_the_upload(door: Door, importer: TestClient) -> None:
    upload_id = upload(importer, counts__csv=GOOD, testburg__toml=MAPPING)

    assert import_it(importer, upload_id).json()["feeds"][0]["new"] == 3
    assert rows_of(door) == 3


def test_a_mapping_that_nobody_has_is_named_with_what_is_kept(importer: TestClient) -> None:
    unknown = refused(import_it(importer, upload(importer, counts__csv=GOOD)), 404, "not-found")

    assert "mapping_text" in unknown["detail"]


def test_who_did_it_is_written_down_before_and_after(door: Door, importer: TestClient) -> None:
    import_id = import_it(importer, upload(importer, counts__csv=GOOD), mapping_text=MAPPING).json()["import_id"]

    done, begun = (
        one.line for one in door.office.desk.ledger.audit.lines(AuditQuery()) if one.line.action.startswith("import.")
    )
    assert (begun.action, done.action, done.subject) == ("import.begun", "import.done", import_id)
    assert {begun.person, done.person} == {"Li Wei"}
    assert done.detail["rows"] == 3


def test_what_was_refused_is_not_written_down_as_done(door: Door, importer: TestClient) -> None:
    upload_id = upload(importer, counts__csv="detector,when\nD1,x\n")

    refused(import_it(importer, upload_id, mapping_text=MAPPING), 422, "unreadable-input")

    actions = {one.line.action for one in door.office.desk.ledger.audit.lines(AuditQuery())}
    assert "import.done" not in actions
    assert importer.get(f"/v1/imports/uploads/{upload_id}").json()["files"][0]["name"] == "counts.csv"
    assert kept_names(door.office.desk) == ()


@pytest.mark.parametrize(
    ("feed", "field"),
    [
        (COUNTS.replace('path = "counts*.csv"', 'database = "sqlite:////etc/hosts"\ntable = "x"'), "feed.1.database"),
        (COUNTS.replace('path = "counts*.csv"', 'database = "env:CITY_KEY"\ntable = "x"'), "feed.1.database"),
        (COUNTS.replace("counts*.csv", "../*/counts.csv"), "feed.1.path"),
        (COUNTS.replace("counts*.csv", "/etc/hosts"), "feed.1.path"),
        (COUNTS.replace("counts*.csv", "~/counts.csv"), "feed.1.path"),
        (COUNTS.replace("counts*.csv", "C:/counts.csv"), "feed.1.path"),
        (COUNTS.replace("counts*.csv", "http://169.254.169.254/counts.csv"), "feed.1.path"),
        (
            COUNTS.replace(
                'detector_id = "detector"',
                'detector_id = { column = "detector", lookup = { file = "../../ledger.db", key = "a", value = "b" } }',
            ),
            "feed.1.columns.detector_id.lookup.file",
        ),
    ],
    ids=["sqlite", "environment", "up", "root", "home", "drive", "url", "lookup"],
)
def test_a_mapping_that_leads_out_of_the_upload_is_refused(importer: TestClient, feed: str, field: str) -> None:
    upload_id = upload(importer, counts__csv=GOOD)

    found = refused(import_it(importer, upload_id, mapping_text=CITY + feed, dry_run=True), 422, "invalid-value")

    assert field in found["detail"]


def test_a_kept_mapping_with_a_database_is_refused_as_well(door: Door, importer: TestClient, tmp_path: Path) -> None:
    folder = door.office.desk.settings.home / "mappings"
    folder.mkdir(parents=True)
    (folder / "testburg.toml").write_text(
        CITY + COUNTS.replace('path = "counts*.csv"', f'database = "sqlite:///{tmp_path}/x.db"\ntable = "x"'),
        encoding="utf-8",
    )

    refused(import_it(importer, upload(importer, counts__csv=GOOD)), 422, "invalid-value")


def test_a_department_may_call_a_column_path(importer: TestClient) -> None:
    feed = COUNTS.replace('detector_id = "detector"', 'detector_id = { column = "path", map = { file = "D1" } }')
    upload_id = upload(importer, counts__csv="path,at,flow\nfile,2026-03-02 07:00,100\n")

    assert import_it(importer, upload_id, mapping_text=CITY + feed).json()["feeds"][0]["new"] == 1


@pytest.mark.parametrize("name", ["../m.toml", "m.csv", ".toml", "a/b.toml", "m.toml\n"])
def test_a_mapping_has_a_plain_name(importer: TestClient, name: str) -> None:
    answer = import_it(importer, upload(importer, counts__csv=GOOD), mapping=name, mapping_text=MAPPING)

    refused(answer, 422, "invalid-value")


def test_a_bomb_is_refused_before_anything_reads_it(importer: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("counts.csv", b"0" * 40_000_000)
    upload_id = upload(importer)

    found = refused(
        importer.put(address(upload_id, "counts.zip"), content=packed.getvalue(), headers=CSV), 422, "unreadable-input"
    )

    assert "200 times its size" in found["detail"]
    assert importer.get(f"/v1/imports/uploads/{upload_id}").json()["files"] == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/vnd.bentoml+pickle", ""])
def test_forms_and_pickles_are_no_files(importer: TestClient, kind: str) -> None:
    answer = importer.put(address(upload(importer), "counts.csv"), content=b"x", headers={"content-type": kind})

    refused(answer, 415, "unsupported-media-type")


def test_whoever_sees_a_part_of_the_city_only_cannot_import(door: Door) -> None:
    partly = door.caller("data:import", districts=["north"])

    for answer in (partly.post("/v1/imports/uploads"), partly.get("/v1/imports"), partly.get("/v1/imports/x")):
        found = refused(answer, 403, "forbidden")
        assert "is for north only" in found["detail"]


def test_without_the_scope_nothing_is_said(door: Door) -> None:
    reader = door.caller("signals:read", "routes:read")

    refused(reader.post("/v1/imports/uploads"), 403, "forbidden")
    refused(reader.post("/v1/imports", json={}), 403, "forbidden")


def test_the_upload_of_another_cannot_be_imported_or_filled(door: Door, importer: TestClient) -> None:
    upload_id = upload(importer, counts__csv=GOOD)
    other = door.caller("data:import", person="Zhao Min")

    refused(import_it(other, upload_id, mapping_text=MAPPING), 404, "not-found")
    refused(other.put(address(upload_id, "more.csv"), content=b"x", headers=CSV), 404, "not-found")
    refused(other.delete(f"/v1/imports/uploads/{upload_id}"), 404, "not-found")


def test_sent_twice_under_one_key_it_is_done_once(door: Door, importer: TestClient) -> None:
    body = json.dumps(
        {"upload_id": upload(importer, counts__csv=GOOD), "mapping": "testburg.toml", "mapping_text": MAPPING}
    )
    headers = {"content-type": "application/json", "idempotency-key": "monday"}

    first = importer.post("/v1/imports", content=body, headers=headers)
    second = importer.post("/v1/imports", content=body, headers=headers)

    assert first.status_code == 200
    assert second.json() == first.json()
    assert len(door.office.desk.ledger.imports()) == 1


def test_an_import_is_told_with_its_files_and_tables(importer: TestClient) -> None:
    import_id = import_it(importer, upload(importer, counts__csv=ONE_BAD), mapping_text=MAPPING).json()["import_id"]

    listed = importer.get("/v1/imports").json()
    told = importer.get(f"/v1/imports/{import_id}").json()

    assert [one["import_id"] for one in listed["imports"]] == [import_id]
    assert (listed["imports"][0]["new"], listed["imports"][0]["quarantined"], listed["of"]) == (3, 1, 1)
    assert [(file["source"], file["rows"]) for file in told["files"]] == [("counts.csv", 4)]
    assert {written["table"] for written in told["wrote"]} >= {"TrafficCounts"}
    assert told["feeds"][0]["reasons"][0][1] == 1


def test_fields_that_do_not_exist_are_refused(importer: TestClient) -> None:
    refused(import_it(importer, "0" * 32, force=True), 422, "invalid-request")
    refused(importer.get("/v1/imports", params={"limt": 3}), 422, "invalid-request")


def test_of_rows_that_were_not_let_in_some_are_dropped_and_some_come_in(door: Door, importer: TestClient) -> None:
    bad = GOOD + "D2,2026-03-02 08:00,-5\nD2,02.03.2026 09:00,80\n"
    import_it(importer, upload(importer, counts__csv=bad), mapping_text=MAPPING)
    rows = importer.get("/v1/quarantine/rows").json()["rows"]
    negative, unreadable = (
        next(one["row_id"] for one in rows if said in json.dumps(one["row"])) for said in ("-5", "02.03.")
    )
    corrected = MAPPING.replace('"%Y-%m-%d %H:%M"', '"%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"')

    dropped = importer.post("/v1/quarantine/drop", json={"row_ids": [negative], "why": "a test drive"}).json()
    wanted = {"mapping": "testburg.toml", "mapping_text": corrected, "row_ids": [unreadable]}
    tried = importer.post("/v1/quarantine/release", json=wanted | {"dry_run": True}).json()
    states_then = importer.get("/v1/quarantine").json()["states"]
    released = importer.post("/v1/quarantine/release", json=wanted).json()

    assert dropped == {"dropped": 1, "by": "Li Wei", "why": "a test drive"}
    assert (tried["released"], states_then["released"]) == (1, 0)
    assert (released["released"], rows_of(door)) == (1, 4)
    assert importer.get(f"/v1/quarantine/rows/{negative}").json()["state"] == "dropped"
    actions = [one.line.action for one in door.office.desk.ledger.audit.lines(AuditQuery(limit=2))]
    assert actions == ["quarantine.released", "quarantine.dropped"]


def test_of_quarantine_everyone_sees_the_feeds_of_their_own_districts(door: Door, importer: TestClient) -> None:
    import_it(importer, upload(importer, counts__csv=ONE_BAD), mapping_text=MAPPING)
    north = door.caller("data:import", districts=["north"])
    south = door.caller("data:import", districts=["south"])
    row_id = importer.get("/v1/quarantine/rows").json()["rows"][0]["row_id"]

    assert north.get("/v1/quarantine").json()["states"]["open"] == 1
    assert north.get(f"/v1/quarantine/rows/{row_id}").status_code == 200
    assert south.get("/v1/quarantine").json()["states"]["open"] == 0
    refused(south.get(f"/v1/quarantine/rows/{row_id}"), 404, "not-found")
    refused(south.post("/v1/quarantine/drop", json={"row_ids": [row_id], "why": "x"}), 404, "not-found")
    refused(north.post("/v1/quarantine/release", json={"mapping": "m.toml", "feed": "*"}), 403, "forbidden")


def test_nothing_is_dropped_where_nothing_was_chosen(importer: TestClient) -> None:
    found = refused(importer.post("/v1/quarantine/drop", json={"why": "tidy"}), 422, "invalid-request")

    assert "nothing is chosen" in found["detail"]
