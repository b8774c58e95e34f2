"""`city quarantine release`: quarantined rows read once more, through the mapping as it is now.

What passes is stored as an import of its own: known from now on, unless the feed says when a row was published. What
still fails stays open, and is said with its new reason.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import polars as pl

from city.catalogue import MASTER_DATA, TIME_COLUMN
from city.clock import require_aware
from city.errors import NotFoundError
from city.frames import ComplaintEvents, Quarantine, QuarantineDecisions
from city.ledger_rows import ImportedFile, ImportRecord
from city.progress import Progress, silent
from city.quarantine import ID, OPEN, RELEASED, Chosen, decisions_for, with_states
from city.store import History
from city.writing import Appended, Writing
from features.sources.cross_rules import ROW, crossed
from features.sources.entities import EVERY_DISTRICT, entity_rows
from features.sources.feeds import AmbiguousHour, Feed, Mapping
from features.sources.marked_rows import PART
from features.sources.read import LINE
from features.sources.report import FeedReport
from features.sources.rows import FAULT, RULES, Rows, to_rows
from features.sources.screen import REASON, screen
from features.sources.stored_records import NO_FEED, RULE_NOW, WHY, Again, again, feed_of
from features.sources.tally import Tally
from features.sources.wide import CELL

LEFT_OUT = "the mapping leaves this record out now; drop it if that is right"
TWICE = (
    "its time came twice when the clock was put back; which pass is meant only the whole file tells: import it again"
)
_PLACE = [LINE, CELL]
_RECORD = [*_PLACE, PART]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Rows that stay open by one rule; `reason`, `row_id` and `source` are of the first."""

    feed: str | None
    contract: str
    rule: str
    reason: str
    rows: int
    row_id: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReport:
    """`chosen` = `released` + those that `refused` counts. Of the released rows some may be stored already."""

    mapping: str
    released_at: datetime
    dry_run: bool
    chosen: int
    released: int
    refused: tuple[Refusal, ...]
    feeds: tuple[FeedReport, ...]
    import_id: str | None = None
    versions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """Per case: by which RULE_NOW and WHY it stays open, null where it is released."""

    cases: pl.DataFrame
    tally: Tally | None = None


def release(
    mapping: Mapping,
    history: History,
    chosen: Chosen,
    *,
    by: str,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ReleaseReport:
    """Read the chosen rows again, open ones if no state is named. Raises NotFoundError if none is open."""
    moment = require_aware(now).astimezone(UTC) if now is not None else datetime.now(UTC)
    import_id = uuid4().hex
    with history.writing(rehearsal=dry_run, **({} if dry_run else {"import_id": import_id})) as writing:
        cases = _open_cases(writing, chosen)
        outcomes = list(_outcomes(mapping, history, writing, cases, moment, progress))
        judged = pl.concat([outcome.cases for outcome in outcomes])
        tallies = [outcome.tally for outcome in outcomes if outcome.tally is not None]
        feeds = tuple(tally.report() for tally in tallies)
        freed = cases.join(judged.filter(pl.col(WHY).is_null()), on=ID, how="semi", maintain_order="left")
        versions = history.versions()
        if freed.height and not dry_run:
            why = f"read again through {mapping.name}"
            writing.decide(decisions_for(freed, RELEASED, by=by, why=why, at=moment, import_id=import_id))
            versions = writing.commit(_record(import_id, mapping, moment, feeds))
    return ReleaseReport(
        mapping=mapping.name,
        released_at=moment,
        dry_run=dry_run,
        chosen=cases.height,
        released=freed.height,
        refused=_refusals(cases.join(judged.drop_nulls(WHY), on=ID, maintain_order="left")),
        feeds=feeds,
        import_id=import_id if freed.height and not dry_run else None,
        versions=versions,
    )


def _open_cases(writing: Writing, chosen: Chosen) -> pl.DataFrame:
    """Each record and rule once: what was quarantined again with another sentence is the same case."""
    rows = writing.records(Quarantine).collect()
    states = with_states(rows, writing.records(QuarantineDecisions).collect())
    found = (
        replace(chosen, state=chosen.state or OPEN)
        .of(states)
        .sort("imported_at", "source", "line", maintain_order=True)
    )
    if found.is_empty():
        said = chosen.words()
        raise NotFoundError(
            kind="open quarantined row",
            name=said or "at all",
            todo="`city quarantine list --state all` shows what was quarantined, released and dropped.",
        )
    return found.unique(ID, keep="last", maintain_order=True)


def _outcomes(
    mapping: Mapping, history: History, writing: Writing, cases: pl.DataFrame, now: datetime, progress: Progress
) -> Iterator[_Outcome]:
    groups = [
        (feed_of(mapping, *group.select("feed", "contract", "source").row(0)), group)
        for group in cases.partition_by("feed", "contract", "source", maintain_order=True)
    ]
    with progress("Reading again", len(groups)) as advance:
        # In the mapping's order, as an import: what comes first may be what the next is checked against.
        for feed, group in sorted(groups, key=lambda one: -1 if one[0] is None else mapping.feeds.index(one[0])):
            if feed is None:
                yield _Outcome(cases=_all_open(group, "not read", NO_FEED))
            else:
                read = again(feed, str(group["source"][0]), group)
                yield _run(feed, mapping, history, writing, read, now)
            advance(1)


def _all_open(cases: pl.DataFrame, rule: str, why: str) -> pl.DataFrame:
    return cases.select(ID, pl.lit(rule).alias(RULE_NOW), pl.lit(why).alias(WHY))


def _as_released(feed: Feed) -> Feed:
    """Nobody knew a released measurement before its release, as with a live feed before its import."""
    measured = feed.contract not in MASTER_DATA
    return replace(feed, live=True) if measured and not feed.published else feed


def _run(feed: Feed, mapping: Mapping, history: History, writing: Writing, read: Again, now: datetime) -> _Outcome:
    tally = Tally(feed, sources=[read.raw.source])
    if read.places.is_empty():
        return _Outcome(cases=read.lacking)
    rows = entity_rows(feed, read.raw, now) if feed.entity else _rows(_as_released(feed), read, now, history)
    tally.read, tally.left_out = rows.read, rows.left_out
    if rows.frame.is_empty():
        return _Outcome(cases=pl.concat([_all_open(read.places, "left out", LEFT_OUT), read.lacking]), tally=tally)
    frame = _stamped(rows.frame, read.raw.source, now)
    own = tuple(district.district_id for district in mapping.districts)
    screened = screen(feed.contract, frame, districts=(*own, EVERY_DISTRICT) if own else (), repeats=feed.repeats)
    good, crossing = _without_crossing(feed, screened.good, writing)
    bad = pl.concat([screened.bad.select(*_RECORD, RULES, REASON), crossing])
    stored = Appended(new=0, corrections=0, duplicates=0, version=None)
    if good.height:
        stored = writing.append(feed.contract, good.select(feed.contract.column_names()), published=feed.published)
    tally.stored(stored)
    tally.duplicates += screened.duplicates
    tally.quarantined = bad.height
    return _Outcome(cases=pl.concat([_fates(read.places, frame, bad), read.lacking]), tally=tally)


def _rows(feed: Feed, read: Again, now: datetime, history: History) -> Rows:
    """Quarantine keeps texts masked and reporters hashed; both are left as they are by doing it again."""
    salt = history.salt() if feed.contract is ComplaintEvents else b""
    rows = to_rows(feed, read.raw.records, now, salt=salt)
    time = TIME_COLUMN.get(feed.contract)
    if feed.slots is not None or feed.ambiguous_hour is not AmbiguousHour.BY_ORDER or rows.frame.is_empty():
        return rows
    passes = [
        to_rows(replace(feed, ambiguous_hour=hour), read.raw.records, now, salt=salt).frame
        for hour in (AmbiguousHour.FIRST, AmbiguousHour.SECOND)
    ]
    if time is None or passes[0].height != passes[1].height:
        return rows
    twice = passes[0][time].ne_missing(passes[1][time])
    if twice.any():
        said = pl.when(twice).then(pl.lit(TWICE)).otherwise(FAULT).alias(FAULT)
        rule = pl.when(twice).then(pl.lit(f"{time}|twice")).otherwise(RULES).alias(RULES)
        rows.frame = rows.frame.with_columns(said, rule)
    return rows


def _stamped(frame: pl.DataFrame, source: str, now: datetime) -> pl.DataFrame:
    cell = [] if CELL in frame.columns else [pl.lit(None, dtype=pl.UInt32).alias(CELL)]
    return frame.with_columns(
        pl.lit(now).dt.cast_time_unit("us").alias("imported_at"), pl.lit(source).alias("source"), *cell
    )


def _without_crossing(feed: Feed, good: pl.DataFrame, writing: Writing) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = crossed(feed.contract, good, writing)
    if found is None:
        return good, good.clear().select(*_RECORD, RULES, pl.lit("").alias(REASON))
    numbered = good.with_row_index(ROW)
    wrong = numbered.join(found.select(ROW, "rule", "reason"), on=ROW, maintain_order="left")
    kept = numbered.join(found, on=ROW, how="anti", maintain_order="left").drop(ROW)
    return kept, wrong.select(*_RECORD, pl.col("rule").alias(RULES), pl.col("reason").alias(REASON))


def _fates(places: pl.DataFrame, rows: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    """A case is released if its record gave rows and none of them was refused.

    Of a row of several records all are read again, for one may correct what another is checked against.
    """
    rows, bad = _of_cases(rows, places), _of_cases(bad, places)
    reasons = bad.group_by(_RECORD, maintain_order=True).agg(
        pl.col(RULES).first().str.split("; ").list.first().alias(RULE_NOW),
        pl.col(REASON).unique(maintain_order=True).str.join("; ").alias(WHY),
    )
    gave = rows.select(_RECORD).unique().with_columns(pl.lit(value=True).alias("gave"))
    joined = places.join(gave, on=_RECORD, how="left", nulls_equal=True, maintain_order="left").join(
        reasons, on=_RECORD, how="left", nulls_equal=True, maintain_order="left"
    )
    nothing = pl.col("gave").is_null()
    return joined.select(
        ID,
        pl.when(nothing).then(pl.lit("left out")).otherwise(pl.col(RULE_NOW)).alias(RULE_NOW),
        pl.when(nothing).then(pl.lit(LEFT_OUT)).otherwise(pl.col(WHY)).alias(WHY),
    )


def _of_cases(rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The records that were quarantined, under the part that their case names."""
    wanted = places.select(*_PLACE, pl.col(PART).alias("wanted")).unique(maintain_order=True)
    joined = rows.join(wanted, on=_PLACE, nulls_equal=True, maintain_order="left")
    own = joined.filter(pl.col("wanted").is_null() | (pl.col("wanted") == pl.col(PART)))
    return own.with_columns(pl.col("wanted").alias(PART)).drop("wanted")


def _record(import_id: str, mapping: Mapping, now: datetime, feeds: tuple[FeedReport, ...]) -> ImportRecord:
    return ImportRecord(
        import_id=import_id,
        mapping=mapping.name,
        imported_at=now,
        feeds=tuple(asdict(feed) for feed in feeds),
        assumed=mapping.assumed,
        files=tuple(
            ImportedFile(
                feed=feed.feed, contract=feed.contract, source=source, sha256=None, size_bytes=None, rows=feed.read
            )
            for feed in feeds
            for source in feed.files
        ),
    )


def _refusals(open_cases: pl.DataFrame) -> tuple[Refusal, ...]:
    counted = open_cases.group_by("feed", "contract", RULE_NOW, maintain_order=True).agg(
        pl.col(WHY).first(), pl.len().alias("rows"), pl.col(ID).first(), pl.col("source").first()
    )
    ordered = counted.sort("rows", descending=True, maintain_order=True)
    return tuple(
        Refusal(feed=feed, contract=contract, rule=rule, reason=why, rows=rows, row_id=row_id, source=source)
        for feed, contract, rule, why, rows, row_id, source in ordered.iter_rows()
    )
