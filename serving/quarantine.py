"""Quarantined rows for people and machines: counted, shown, released, dropped."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from city.errors import InvalidValueError, NotFoundError
from city.frames import Quarantine, QuarantineDecisions
from city.ids import DistrictId
from city.progress import Progress, silent
from city.quarantine import DROPPED, ID, OPEN, STATE, STATES, Chosen, decisions_for, groups, with_states
from features.sources.mapping import load_mapping
from features.sources.release import ReleaseReport, release
from serving.desk import Desk
from serving.importing import refuse_another_city
from serving.watching import declared_feeds

Within = Collection[DistrictId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    row_id: str
    source: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of one feed refused by one rule, in one state."""

    feed: str | None
    contract: str
    rule: str
    state: str
    rows: int
    sources: int
    first_at: datetime
    last_at: datetime
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`states` counts everything that was ever quarantined; `groups` what was asked for."""

    states: dict[str, int]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    dropped: int
    by: str
    why: str


def everything(desk: Desk, within: Within = None) -> pl.DataFrame:
    """Every row that was ever quarantined, with its id and state; with `within` only those of feeds of one of these.

    What district a row is of is known where its whole feed is of one.
    """
    rows = with_states(desk.history.quarantined(), desk.history.quarantine_decisions())
    if within is None:
        return rows
    own = [(one.feed, one.contract) for one in declared_feeds(desk) if one.district_id in within]
    of = pl.DataFrame(own, schema={"feed": pl.String, "contract": pl.String}, orient="row")
    return rows.join(of, on=["feed", "contract"], how="semi", maintain_order="left")


def overview(desk: Desk, chosen: Chosen, within: Within = None) -> Overview:
    rows = everything(desk, within)
    counted = dict(rows.group_by(STATE).len().iter_rows())
    return Overview(
        states={state: counted.get(state, 0) for state in STATES},
        groups=tuple(_group(one) for one in groups(chosen.of(rows)).iter_rows(named=True)),
    )


def _group(row: dict[str, Any]) -> Group:
    example = Example(
        row_id=row.pop("example_id"),
        source=row.pop("example_source"),
        line=row.pop("example_line"),
        reason=row.pop("example"),
    )
    return Group(**row, example=example)


def matching(desk: Desk, chosen: Chosen, within: Within = None) -> pl.DataFrame:
    """The chosen rows, newest import first. Raises NotFoundError for an id that no row has."""
    rows = everything(desk, within)
    known = rows[ID]
    for one in chosen.ids:
        if not known.str.starts_with(one.casefold()).any():
            raise NotFoundError(
                kind="quarantined row", name=one, todo="`city quarantine list --state all` shows an id of each kind."
            )
    found = chosen.of(rows)
    return found.sort("imported_at", "source", "line", descending=[True, False, False], maintain_order=True)


def as_documents(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """For JSON: the record itself as an object."""
    documents = rows.select(ID, STATE, "feed", "contract", "source", "line", "part", "rule", "reason", "row",
                            "imported_at", "by", "why", "decided_at", "import_id").to_dicts()  # fmt: skip
    for document in documents:
        document["row"] = record_of(document["row"])
    return documents


def record_of(row: str) -> Any:  # noqa: ANN401  -- JSON is anything
    try:
        return json.loads(row)
    except json.JSONDecodeError:
        return row


def release_rows(
    desk: Desk, mapping_path: Path, chosen: Chosen, *, by: str, dry_run: bool = False, progress: Progress = silent
) -> ReleaseReport:
    mapping = load_mapping(mapping_path)
    refuse_another_city(desk, mapping)
    return release(mapping, desk.history, chosen, by=by, dry_run=dry_run, progress=progress)


def to_drop(desk: Desk, chosen: Chosen, within: Within = None) -> pl.DataFrame:
    """The open rows that `drop_rows` would drop. Raises CityError if nothing was chosen, or nothing is open."""
    if chosen == Chosen():
        raise InvalidValueError(
            subject="Dropping",
            field="what to drop",
            found="nothing",
            expected="ids or filters",
            todo="Say which rows: an id, --feed, --rule, --source ('*' for all).",
        )
    found = Chosen(state=OPEN).of(matching(desk, chosen, within))
    if found.is_empty():
        raise NotFoundError(
            kind="open quarantined row",
            name=chosen.words(),
            todo="`city quarantine list --state all` shows what was quarantined, released and dropped.",
        )
    return found


def drop_rows(desk: Desk, ids: Sequence[str], *, by: str, why: str) -> Dropped:
    """Note that these rows will never come in; they stay readable. What someone released meanwhile stays released."""
    if not why.strip():
        raise InvalidValueError(
            subject="Dropping", field="--why", found=why, expected="the reason, for whoever asks later"
        )
    with desk.history.writing() as writing:
        stored = with_states(
            writing.records(Quarantine).collect(), writing.records(QuarantineDecisions).collect()
        ).filter(pl.col(ID).is_in(list(ids)) & (pl.col(STATE) == OPEN))
        writing.decide(decisions_for(stored, DROPPED, by=by, why=why.strip(), at=desk.clock()))
        writing.commit()
    return Dropped(dropped=stored.height, by=by, why=why.strip())
