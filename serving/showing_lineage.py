"""Lineage as a tree, and what is affected as tables, for a person."""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.tree import Tree

from models.registry_reading import TrainedModel
from serving.lineage import BASELINES, Lineage, TableRead, issue_label
from serving.lineage_affected import Affected
from serving.lineage_records import FileRead, Imported, Issue
from serving.terminal import Column, Terminal

MOST_FILES = 20
SHOWN_ID = 8


def show_lineage(speak: Terminal, lineage: Lineage, zone: ZoneInfo) -> None:
    """Plan, forecast, model, each with the table versions that it read; the imports behind them and their files."""
    if not speak.as_json:
        speak.out.print(_Drawn(lineage, zone).tree())
    for sentence in lineage.unknown:
        speak.note(f"Not known: {sentence}")


class _Drawn:
    def __init__(self, lineage: Lineage, zone: ZoneInfo) -> None:
        self.lineage = lineage
        self.zone = zone

    def tree(self) -> Tree:
        plan = self.lineage.plan
        if plan is None:
            root = Tree(self._model_text(self.lineage.models[0]))
            self._tables(root, f"model {self.lineage.models[0].label}")
        else:
            root = Tree(
                f"[bold]plan {escape(plan.plan_id)}[/bold]  {plan.kind} for {plan.service_date}, made "
                f"{self._at(plan.made_at)}"
            )
            self._tables(root, f"plan {plan.plan_id}")
            for issue in self.lineage.issues:
                self._issue(root, issue)
        self._imports(root)
        return root

    def _issue(self, root: Tree, issue: Issue) -> None:
        rows = ", ".join(f"{count:,} rows of {table}" for table, count in issue.rows)
        branch = root.add(f"[bold]forecast of {issue.what}[/bold] issued at {self._at(issue.issued_at)}  {rows}")
        self._tables(branch, issue_label(issue))
        by_label = {model.label: model for model in self.lineage.models}
        for label in issue.models:
            if label in by_label:
                below = branch.add(self._model_text(by_label[label]))
                self._tables(below, f"model {label}")
            else:
                said = "the baseline: it learns nothing in advance" if label in BASELINES else "not in the registry"
                branch.add(f"made by {escape(label)} ({said})")

    def _model_text(self, model: TrainedModel) -> str:
        learned = "" if model.as_of is None else f", from what was known at {escape(model.as_of)}"
        serving = ", the champion" if model.is_champion else ""
        return (
            f"[bold]model {escape(model.label)}[/bold]{serving}  trained {self._at(model.ended_at)}{learned}, run "
            f"{model.run_id}"
        )

    def _tables(self, branch: Tree, of: str) -> None:
        for one in self.lineage.read_by(of):
            branch.add(f"{one.table} version {one.version}  [dim]{_written_by(one)}[/dim]")

    def _imports(self, root: Tree) -> None:
        if not self.lineage.imports:
            return
        branch = root.add("[bold]imports behind these tables[/bold]")
        for one in self.lineage.imports:
            below = branch.add(
                f"import {one.import_id[:SHOWN_ID]}  {self._at(one.imported_at)} through {escape(one.mapping)}: "
                f"{_written(one)}"
            )
            for file in one.files[:MOST_FILES]:
                below.add(escape(_file_text(file)))
            if len(one.files) > MOST_FILES:
                below.add(f"{len(one.files) - MOST_FILES} more files; --json names them all")

    def _at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"


def _written_by(read: TableRead) -> str:
    if not read.import_ids:
        return "written by no import on record"
    shown = ", ".join(import_id[:SHOWN_ID] for import_id in read.import_ids[-5:])
    more = len(read.import_ids) - 5
    return f"imports {shown} and {more} earlier" if more > 0 else f"imports {shown}"


def _written(one: Imported, tables: Collection[str] | None = None) -> str:
    """`tables`: only these."""
    parts = [
        f"{written.table} " + ("new" if written.before is None else f"{written.before}") + f" -> {written.after}"
        for written in one.wrote
        if tables is None or written.table in tables
    ]
    return ", ".join(parts) or "nothing new"


def _file_text(file: FileRead) -> str:
    rows = "" if file.rows is None else f"  {file.rows:,} rows"
    size = "" if file.size_bytes is None else f"  {file.size_bytes:,} bytes"
    digest = "sha256 not recorded" if file.sha256 is None else f"sha256 {file.sha256}"
    return f"{file.source}  feed {file.feed}{rows}{size}  {digest}"


def show_affected(speak: Terminal, affected: Affected, zone: ZoneInfo) -> None:
    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    touched = {one.table for one in affected.tables}
    speak.say(f"Affected by {affected.subject}:")
    for file in affected.files[:MOST_FILES]:
        speak.say(f"  {_file_text(file)}")
    _table(
        speak,
        "Imports",
        ("import", "at", "mapping", "tables, version before -> after"),
        [(one.import_id, at(one.imported_at), one.mapping, _written(one, touched)) for one in affected.imports],
    )
    _table(
        speak,
        "Tables",
        ("table", "rows added", "in versions"),
        [
            (one.table, f"{one.rows:,}", f"{one.first}" if one.first == one.last else f"{one.first} to {one.last}")
            for one in affected.tables
        ],
    )
    _table(
        speak,
        "Models",
        ("model", "trained", "serves", "because"),
        [
            (one.model.label, at(one.model.ended_at), "yes" if one.model.is_champion else "no", _because(one.because))
            for one in affected.models
        ],
    )
    _table(
        speak,
        "Forecasts",
        ("forecast", "issued", "because"),
        [(one.issue.what, at(one.issue.issued_at), _because(one.because)) for one in affected.issues],
    )
    _table(
        speak,
        "Plans",
        ("plan", "for", "because"),
        [(one.plan.plan_id, one.plan.service_date, _because(one.because)) for one in affected.plans],
    )
    speak.say(
        f"{len(affected.models)} models, {len(affected.issues)} forecasts and {len(affected.plans)} plans are touched."
    )
    for sentence in affected.besides:
        speak.note(sentence)
    for sentence in affected.unknown:
        speak.note(f"Not known: {sentence}")


def _table(speak: Terminal, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        speak.table(title, tuple(map(Column, columns)), rows)


def _because(sentences: tuple[str, ...]) -> str:
    return "; ".join(sentences) or "asked for"
