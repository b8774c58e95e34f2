"""Imports that are killed: in each place the history holds the state before or the state after, never half.

The child dies by SIGKILL, either at a chosen operation (before or after each file, table version, deletion and ledger
statement) or at a chosen moment.
"""

import json
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from deltalake import DeltaTable
from sqlalchemy import Engine, event

from benchmarks.killed_city import SLOTS, write_files
from city import commits, staging, store, tables
from city.data_files import stored_paths
from city.errors import BrokenRuleError
from city.frames import Detectors, TrafficCounts
from city.ledger import Ledger
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping

P = ParamSpec("P")
R = TypeVar("R")

_NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What was found after one kill, before anything was swept."""

    place: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A home as it stands before the import, a mapping for it, and what it holds before and after."""

    template: Path
    mapping: Path
    batch_values: int
    old: dict[str, Any]
    new: dict[str, Any]
    operations: int
    seconds: float


def history_of(home: Path) -> History:
    return History(str(home / "history"), Ledger(f"sqlite:///{home / 'ledger.db'}"))


def state(home: Path) -> dict[str, Any]:
    """All that a reader sees of it."""
    history = history_of(home)
    flows = history.read(TrafficCounts, as_of=_NOW + timedelta(days=1))
    return {
        "flows": (flows.height, flows["flow_veh_h"].sum(), flows["detector_id"].n_unique()),
        "detectors": history.read(Detectors, as_of=_NOW + timedelta(days=1))["detector_id"].to_list(),
        "refused": history.quarantined().height,
        "imports": sorted(record.mapping for record in history.ledger.imports()),
    }


def leftovers(home: Path) -> list[str]:
    """Data files that no version names."""
    found = []
    for table in history_of(home)._tables.values():  # noqa: SLF001  -- nobody else asks for files that do not count
        named = set(table.files()["path"])
        found += [f"{table.name}/{path}" for path in stored_paths(table.url) if path not in named]
    return found


def prepare(folder: Path, values: int, batch_values: int) -> Case:
    """A home with one day imported, and a mapping of `values` more, some of them corrections and some bad."""
    home = folder / "home"
    sites = max(20, values // (SLOTS * 30))
    first = write_files(folder, "first", sites=sites, days=1, shift=0)
    mapping = write_files(folder, "more", sites=sites, days=max(1, values // (SLOTS * sites)), shift=1)
    run(home, first, batch_values)
    old = state(home)
    whole = folder / "whole"
    shutil.copytree(home, whole)
    counted = folder / "operations.json"
    began = time.perf_counter()
    in_child(_counting, whole, mapping, batch_values, counted)
    seconds = time.perf_counter() - began
    return Case(
        template=home, mapping=mapping, batch_values=batch_values, old=old, new=state(whole),
        operations=int(json.loads(counted.read_text("utf-8"))), seconds=seconds,
    )  # fmt: skip


def killed_at(case: Case, home: Path, place: int) -> Killed:
    """The child kills itself at its `place`-th operation."""
    code = in_child(_dying, home, case.mapping, case.batch_values, place)
    if code != -signal.SIGKILL:
        raise BrokenRuleError(
            subject=f"operation {place}", problem=f"the import ended with {code} instead of being killed"
        )
    return Killed(place=f"operation {place}", is_new=_is_new(case, home))


def killed_after(case: Case, home: Path, seconds: float) -> Killed:
    """The child is killed from outside; it may have been quicker."""
    in_child(_within, home, case.mapping, case.batch_values, kill_after_s=seconds)
    return Killed(place=f"{seconds:.2f} s", is_new=_is_new(case, home))


def swept(case: Case, home: Path, *, is_new: bool) -> None:
    """The next writing leaves nothing of the dead one, and changes nothing that counts."""
    with history_of(home).writing():
        pass
    if leftovers(home):
        raise BrokenRuleError(subject="after sweeping", problem=f"{leftovers(home)} are left behind")
    if state(home) != (case.new if is_new else case.old):
        raise BrokenRuleError(subject="after sweeping", problem="other rows count than before")


def kills(*, values: int = 2_000_000, places: int = 50, seed: int = 1) -> dict[str, Any]:
    """Most places by operation, those around the commit among them, the others by time, in one import of `values`."""
    chosen = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="city-kills-") as temporary:
        folder = Path(temporary)
        case = prepare(folder, values, batch_values=max(1000, values // 8))
        around_commit = range(max(0, case.operations - places // 4), case.operations)
        earlier = range(around_commit.start)
        by_operation = [*sorted(chosen.sample(earlier, min(places // 2, len(earlier)))), *around_commit]
        by_time = sorted(chosen.uniform(0, 0.9 * case.seconds) for _ in range(places - len(by_operation)))
        found = [_one(case, folder, killed_at, place) for place in by_operation]
        found += [_one(case, folder, killed_after, moment) for moment in by_time]
    return {
        "values": values,
        "seed": seed,
        "places": len(found),
        "operations_in_all": case.operations,
        "import_s": round(case.seconds, 2),
        "old": sum(not one.is_new for one in found),
        "new": sum(one.is_new for one in found),
        "half": 0,
    }


def _one(case: Case, folder: Path, kill: Callable[[Case, Path, Any], Killed], place: float) -> Killed:
    home = folder / "killed"
    shutil.copytree(case.template, home)
    found = kill(case, home, place)
    swept(case, home, is_new=found.is_new)
    shutil.rmtree(home)
    return found


def _is_new(case: Case, home: Path) -> bool:
    found = state(home)
    if found not in (case.old, case.new):
        differs = {name: found[name] for name in found if name != "detectors" and found[name] != case.new[name]}
        wanted = {name: case.new[name] for name in differs}
        raise BrokenRuleError(
            subject="after the kill", problem=f"half an import counts: {differs}, expected {wanted}, or nothing of it"
        )
    return bool(found == case.new)


def run(home: Path, mapping: Path, batch_values: int) -> None:
    import_mapping(load_mapping(mapping), history_of(home), now=_NOW, batch_values=batch_values)


def _within(home: Path, mapping: Path, batch_values: int) -> None:
    """What a killed process leaves in its temporary folder goes with the home."""
    tempfile.tempdir = str(home)
    run(home, mapping, batch_values)


def _counting(home: Path, mapping: Path, batch_values: int, counted: Path) -> None:
    passed: list[str] = []
    with _told(passed.append):
        run(home, mapping, batch_values)
    counted.write_text(json.dumps(len(passed)), encoding="utf-8")


def _dying(home: Path, mapping: Path, batch_values: int, place: int) -> None:
    passed: list[str] = []

    def tell(operation: str) -> None:
        if len(passed) == place:
            os.kill(os.getpid(), signal.SIGKILL)
        passed.append(operation)

    with _told(tell):
        _within(home, mapping, batch_values)


@contextmanager
def _told(tell: Callable[[str], None]) -> Iterator[None]:
    """`tell` is called before and after every operation that changes what is stored."""
    places: tuple[tuple[Any, str], ...] = (
        (tables, "write_file"),
        (tables, "remove_files"),
        (tables, "create_table_with_add_actions"),
        (DeltaTable, "create_write_transaction"),
        (DeltaTable, "restore"),
        (DeltaTable, "delete"),
        (staging.Stage, "commit"),
        (commits.Commits, "open"),
        (commits.Commits, "close"),
        (store.History, "_sweep"),
    )
    former = [(owner, name, getattr(owner, name)) for owner, name in places]
    for owner, name, function in former:
        setattr(owner, name, _around(function, name, tell))

    def statement(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if not sql.lstrip().startswith(("SELECT", "PRAGMA")):
            tell(sql[:30])

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "after_cursor_execute", statement)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "after_cursor_execute", statement)
        for owner, name, function in former:
            setattr(owner, name, function)


def _around(function: Callable[P, R], name: str, tell: Callable[[str], None]) -> Callable[P, R]:
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        tell(f"before {name}")
        result = function(*args, **kwargs)
        tell(f"after {name}")
        return result

    return told


def in_child(function: Callable[..., None], *args: object, kill_after_s: float | None = None) -> int | None:
    """Its exit code. The server that forks the children has imported what starts no threads: they do not survive."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["polars", "deltalake", "pyarrow.fs", "sqlalchemy.orm", "alembic.command"])
    child = context.Process(target=function, args=args)
    child.start()
    child.join(kill_after_s)
    if kill_after_s is not None and child.is_alive():
        child.kill()
    child.join()
    return child.exitcode


if __name__ == "__main__":
    print(json.dumps(kills(), indent=2))
