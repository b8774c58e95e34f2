"""Lineage as OpenLineage run events (spec 2-0-2), for catalogues that read them (Marquez, DataHub, ...).

Every import, training, forecast and plan is one run of a job with a START and a COMPLETE event. Run ids follow from
what the run was, so that the same lineage exported twice is the same runs.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import dataframely as dy

from city.forecasts import FORECASTS
from city.frames import HISTORY
from serving.lineage import Lineage, issue_label
from serving.lineage_records import FileRead, Imported

PRODUCER = "urn:chengyun:city"
NAMESPACE = "chengyun"
SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "schema": "1-1-1/SchemaDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "jobType": "2-0-3/JobTypeJobFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
}
CONTRACTS: Mapping[str, type[dy.Schema]] = {contract.__name__: contract for contract in (*HISTORY, *FORECASTS)}
Document = dict[str, Any]


def write_events(lineage: Lineage, history_url: str, path: Path) -> int:
    """One JSON list of events; how many."""
    events = run_events(lineage, history_url)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(events, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return len(events)


def run_events(lineage: Lineage, history_url: str) -> list[Document]:
    """START and COMPLETE of every run behind this lineage, in the order in which things were made."""
    return _Export(lineage, history_url).events()


class _Export:
    def __init__(self, lineage: Lineage, history_url: str) -> None:
        self.lineage = lineage
        self.root = _uri(history_url)

    def events(self) -> list[Document]:
        found: list[Document] = []
        for one in self.lineage.imports:
            found += self._import(one)
        for model in self.lineage.models:
            found += _run(
                "train",
                model.name,
                model.run_id,
                (model.began_at, model.ended_at),
                inputs=self._tables(f"model {model.label}"),
                outputs=[self._model(model.label)],
            )
        for issue in self.lineage.issues:
            identity = f"{issue.what} {issue.issued_at.isoformat()} {issue.stored_at.isoformat()}"
            made_by = [self._model(model.label) for model in self.lineage.models if model.label in issue.models]
            tables = [self._table(table, issue.issued_at.isoformat(), rows) for table, rows in issue.rows]
            found += _run(
                "forecast",
                issue.what,
                identity,
                (issue.stored_at, issue.stored_at),
                inputs=[*self._tables(issue_label(issue)), *made_by],
                outputs=tables,
            )
        return found + self._plan()

    def _import(self, one: Imported) -> list[Document]:
        rows: dict[str, int] = {}
        for feed in one.feeds:
            rows[feed.contract] = rows.get(feed.contract, 0) + feed.stored
        return _run(
            "import",
            one.mapping,
            one.import_id,
            (one.imported_at, one.imported_at),
            inputs=[_file(file) for file in one.files],
            outputs=[self._table(written.table, str(written.after), rows.get(written.table)) for written in one.wrote],
        )

    def _plan(self) -> list[Document]:
        plan = self.lineage.plan
        if plan is None:
            return []
        read = [
            self._table(table, issue.issued_at.isoformat(), None)
            for issue in self.lineage.issues
            for table, _ in issue.rows
        ]
        return _run(
            "plan",
            plan.kind,
            plan.plan_id,
            (plan.made_at, plan.made_at),
            inputs=[*self._tables(f"plan {plan.plan_id}"), *read],
            outputs=[_dataset(NAMESPACE, f"plans/{plan.plan_id}", version=plan.plan_id)],
        )

    def _tables(self, of: str) -> list[Document]:
        return [self._table(one.table, str(one.version), None) for one in self.lineage.read_by(of)]

    def _table(self, table: str, version: str, rows: int | None) -> Document:
        found = _dataset(self.root, table, version=version, uri=f"{self.root}/{table}", contract=CONTRACTS.get(table))
        if rows is not None:
            found["outputFacets"] = {"outputStatistics": _facet("outputStatistics", rowCount=rows)}
        return found

    def _model(self, label: str) -> Document:
        return _dataset(NAMESPACE, f"models/{label}", version=label)


def _run(
    step: str,
    job: str,
    identity: str,
    times: tuple[datetime, datetime],
    *,
    inputs: Iterable[Document],
    outputs: Iterable[Document],
) -> list[Document]:
    base = {
        "producer": PRODUCER,
        "schemaURL": RUN_EVENT,
        "run": {"runId": str(uuid5(NAMESPACE_URL, f"{PRODUCER}:{step}:{identity}")), "facets": {}},
        "job": {
            "namespace": NAMESPACE,
            "name": f"{step}.{job}",
            "facets": {
                "jobType": _facet("jobType", processingType="BATCH", integration="CHENGYUN", jobType=step.upper())
            },
        },
        "inputs": list(inputs),
        "outputs": list(outputs),
    }
    return [
        {"eventType": kind, "eventTime": moment.isoformat(), **base}
        for kind, moment in zip(("START", "COMPLETE"), times, strict=True)
    ]


def _file(file: FileRead) -> Document:
    return _dataset("file", file.source, version=file.sha256, uri=f"file:{quote(file.source)}")


def _dataset(
    namespace: str,
    name: str,
    *,
    version: str | None = None,
    uri: str | None = None,
    contract: type[dy.Schema] | None = None,
) -> Document:
    facets: Document = {}
    if uri is not None:
        facets["dataSource"] = _facet("dataSource", name=name, uri=uri)
    if version is not None:
        facets["version"] = _facet("version", datasetVersion=version)
    if contract is not None:
        facets["schema"] = _facet("schema", fields=_fields(contract))
    return {"namespace": namespace, "name": name, "facets": facets}


def _fields(contract: type[dy.Schema]) -> list[Document]:
    return [
        {
            "name": name,
            "type": str(column.dtype),
            "description": f"{(column.metadata or {}).get('meaning', '')} [{(column.metadata or {}).get('unit', '')}]",
        }
        for name, column in contract.columns().items()
    ]


def _facet(kind: str, /, **values: object) -> Document:
    path = FACETS[kind]
    return {
        "_producer": PRODUCER,
        "_schemaURL": f"{SPEC}/facets/{path}.json#/$defs/{path.split('/')[1]}",
        **values,
    }


def _uri(url: str) -> str:
    return url.rstrip("/") if "://" in url else "file://" + quote(str(Path(url).resolve()))
