"""The export against the rules of the published schema (OpenLineage 2-0-2), written down here from its text."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from typer.testing import CliRunner

from serving.cli import app
from serving.lineage_records import Records, gather
from serving.lineage_subjects import lineage
from serving.openlineage import run_events
from tests.serving.lived_in import LivedIn, live

Document = dict[str, Any]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    return live(tmp_path_factory.mktemp("lived-in"))


@pytest.fixture(scope="module")
def records(lived: LivedIn) -> Records:
    return gather(lived.desk)


@pytest.fixture(scope="module")
def events(records: Records, lived: LivedIn) -> list[Document]:
    return run_events(lineage(records, "signals-late"), lived.desk.history.url)


def faults(event: Document) -> list[str]:
    """What the schema of a RunEvent says must be there, and of which type."""
    found = [f"{name} is missing" for name in ("eventTime", "producer", "schemaURL", "run", "job") if name not in event]
    if found:
        return found
    found += [] if event["eventType"] in {"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"} else ["eventType"]
    found += [] if datetime.fromisoformat(event["eventTime"]).tzinfo is not None else ["eventTime without its offset"]
    found += [name for name in ("producer", "schemaURL") if not urlsplit(event[name]).scheme]
    found += [] if str(UUID(event["run"]["runId"])) == event["run"]["runId"] else ["runId is no UUID"]
    found += [name for name in ("namespace", "name") if not isinstance(event["job"].get(name), str)]
    found += facet_faults(event["run"]["facets"]) + facet_faults(event["job"]["facets"])
    for side in ("inputs", "outputs"):
        for dataset in event[side]:
            found += [name for name in ("namespace", "name") if not isinstance(dataset.get(name), str)]
            found += facet_faults(dataset["facets"])
            found += facet_faults(dataset.get("inputFacets" if side == "inputs" else "outputFacets", {}))
            found += [] if side == "outputs" or "outputFacets" not in dataset else ["outputFacets of an input"]
    return found


def facet_faults(facets: dict[str, Document]) -> list[str]:
    """Every facet names its producer and its schema; the standard ones hold what their own schemas require."""
    required: dict[str, dict[str, type]] = {
        "version": {"datasetVersion": str},
        "outputStatistics": {"rowCount": int},
        "jobType": {"processingType": str, "integration": str},
        "schema": {"fields": list},
        "dataSource": {"name": str, "uri": str},
    }
    found = []
    for name, facet in facets.items():
        found += [f"{name}.{key}" for key in ("_producer", "_schemaURL") if not urlsplit(facet.get(key, "")).scheme]
        found += [f"{name}.{key}" for key, kind in required[name].items() if not isinstance(facet.get(key), kind)]
    for field in facets.get("schema", {}).get("fields", ()):
        found += [] if isinstance(field["name"], str) and isinstance(field["type"], str) else ["schema.fields"]
    return found


def test_every_event_keeps_the_schema(events: list[Document]) -> None:
    assert events
    assert {tuple(faults(event)) for event in events} == {()}


def test_the_check_would_notice_what_is_missing(events: list[Document]) -> None:
    broken = json.loads(json.dumps(events[0]))
    del broken["inputs"][0]["facets"]["version"]["_producer"]

    assert faults(broken) == ["version._producer"]
    del broken["run"]
    assert faults(broken) == ["run is missing"]


def test_every_run_starts_and_completes(events: list[Document]) -> None:
    runs: dict[str, list[str]] = {}
    for event in events:
        runs.setdefault(event["run"]["runId"], []).append(event["eventType"])

    assert set(map(tuple, runs.values())) == {("START", "COMPLETE")}
    assert [event["job"]["name"] for event in events[::2]] == [
        "import.testburg.toml",
        "import.testburg.toml",
        "train.congestion",
        "forecast.congestion",
        "plan.signals",
    ]


def test_what_one_job_wrote_the_next_one_reads(events: list[Document]) -> None:
    """By name and version: a catalogue joins runs by their data sets."""
    complete = {event["job"]["name"]: event for event in events if event["eventType"] == "COMPLETE"}

    def sets(job: str, side: str) -> set[tuple[str, str]]:
        return {(one["name"], one["facets"]["version"]["datasetVersion"]) for one in complete[job][side]}

    assert sets("import.testburg.toml", "outputs") == {("TrafficCounts", "1"), ("BinReadings", "0")}
    assert ("TrafficCounts", "1") in sets("train.congestion", "inputs")
    assert sets("train.congestion", "outputs") <= sets("forecast.congestion", "inputs")
    assert sets("forecast.congestion", "outputs") <= sets("plan.signals", "inputs")
    assert sets("plan.signals", "outputs") == {("plans/signals-late", "signals-late")}


def test_files_carry_their_hash_and_tables_their_columns(events: list[Document], records: Records) -> None:
    first = events[0]
    counts = next(one for one in first["outputs"] if one["name"] == "TrafficCounts")
    fields = {field["name"]: field["description"] for field in counts["facets"]["schema"]["fields"]}

    assert {one["name"]: one["facets"]["version"]["datasetVersion"] for one in first["inputs"]} == {
        file.source: file.sha256 for file in records.imports[0].files
    }
    assert fields["flow_veh_h"] == "vehicles counted, as an hourly rate [veh/h]"
    assert counts["outputFacets"]["outputStatistics"]["rowCount"] == 3


def test_the_same_lineage_twice_is_the_same_runs(events: list[Document], records: Records, lived: LivedIn) -> None:
    again = run_events(lineage(records, "signals-late"), lived.desk.history.url)
    other = run_events(lineage(records, "signals-early"), lived.desk.history.url)

    assert again == events
    assert other[-1]["run"]["runId"] != events[-1]["run"]["runId"]


def test_the_command_writes_the_events(lived: LivedIn, tmp_path: Path) -> None:
    out = tmp_path / "export" / "lineage.json"
    words = ["--home", str(lived.desk.settings.home), "lineage", "routes-late", "--openlineage", str(out)]

    answer = CliRunner().invoke(app, words)

    assert answer.exit_code == 0, answer.stderr
    events = json.loads(out.read_text(encoding="utf-8"))
    assert {tuple(faults(event)) for event in events} == {()}
    assert f"Wrote {len(events)} OpenLineage events" in answer.stdout
