"""`city import`: read and check every feed, then store. Nothing is stored of a mapping that is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl

from city.clock import require_aware
from city.errors import CityError, UnreadableInputError, raise_all
from city.frames import Entities, HistoryRow, Quarantine
from city.ledger import ImportRecord, Ledger
from city.progress import Progress, silent
from city.store import Appended, History
from features.sources.absent import with_absent_days
from features.sources.entities import EVERY_DISTRICT, declared, entity_rows
from features.sources.feeds import Feed, Mapping
from features.sources.read import LINE, Raw, files_of, read_file
from features.sources.report import Batch, FeedReport, ImportReport, feed_report, gate
from features.sources.rows import VALUE, WIDE, to_rows
from features.sources.screen import REASON, Screened, screen


def import_mapping(
    mapping: Mapping,
    history: History,
    ledger: Ledger,
    *,
    data_dir: Path | None = None,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Import every feed of a mapping. `now` is the moment of import (default: the clock's).

    Raises one CityError that names everything that is wrong with the files, before anything is stored.
    """
    moment = require_aware(now).astimezone(UTC) if now is not None else datetime.now(UTC)
    folder = data_dir if data_dir is not None else mapping.path.parent
    if not folder.is_dir():
        raise UnreadableInputError(source=str(folder), problem="there is no such data folder")
    batches = _read_all(mapping, folder, moment, progress)
    reports = _store_all(mapping, history, batches, moment, dry_run=dry_run, progress=progress)
    versions = history.versions()
    assumed = (*mapping.assumed, *(sentence for batch in batches for sentence in batch.assumed))
    if not dry_run:
        ledger.record_import(
            ImportRecord(
                import_id=uuid4().hex,
                mapping=mapping.name,
                imported_at=moment,
                feeds=tuple(_as_record(report) for report in reports),
                versions=versions,
                assumed=assumed,
            )
        )
    return ImportReport(
        mapping=mapping.name, imported_at=moment, dry_run=dry_run, feeds=reports, versions=versions, assumed=assumed
    )


def _as_record(report: FeedReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in FeedReport.__dataclass_fields__}


def _read_all(mapping: Mapping, folder: Path, now: datetime, progress: Progress) -> list[Batch]:
    errors: list[CityError] = []
    batches: list[Batch] = []
    with progress("Reading", len(mapping.feeds)) as advance:
        for feed in mapping.feeds:
            own = _read_feed(feed, mapping, folder, now, errors)
            errors += gate(feed, own)
            batches += own
            advance(1)
    errors += [
        _nothing_to_keep(f"{batch.feed.subject}, {batch.source}", batch.read, batch.left_out)
        for batch in batches
        if not any(other.screened.good.height + other.refused.height for other in batches)
    ]
    raise_all(mapping.name, errors)
    return batches


def _read_feed(feed: Feed, mapping: Mapping, folder: Path, now: datetime, errors: list[CityError]) -> list[Batch]:
    """Each file is stored a microsecond after the one before: of two with one key the later is the correction."""
    batches: list[Batch] = []
    try:
        files = files_of(feed, folder)
    except CityError as error:
        errors.append(error)
        return batches
    for number, path in enumerate(files, 1):
        try:
            raw = read_file(feed, path, folder)
            batches.append(_batch(feed, mapping, raw, now, now - timedelta(microseconds=len(files) - number)))
        except CityError as error:
            errors.append(error)
    return batches


def _batch(feed: Feed, mapping: Mapping, raw: Raw, now: datetime, imported_at: datetime) -> Batch:
    rows = entity_rows(feed, raw, now) if feed.entity else to_rows(feed, raw.records, now)
    # People fill in the sheets of a form that they need: one without an entry is refused only if all are.
    may_be_blank = feed.entity is not None and any(other.entity and other is not feed for other in mapping.feeds)
    if rows.frame.is_empty() and not may_be_blank:
        refusal = _nothing_to_keep(f"{feed.subject}, {raw.source}", rows.read, rows.left_out)
        raise refusal
    derived = with_absent_days(feed, rows, now)
    stamped = rows.frame.with_columns(
        pl.lit(imported_at).dt.cast_time_unit("us").alias("imported_at"), pl.lit(raw.source).alias("source")
    )
    own = tuple(district.district_id for district in mapping.districts)
    districts = (*own, EVERY_DISTRICT) if own else ()  # weather and calendar belong to every district
    screened = screen(feed.contract, stamped, districts=districts, repeats=feed.repeats)
    refused = _refused(feed, raw, screened, imported_at)
    return Batch(
        feed=feed, source=raw.source, read=rows.read, derived=derived, left_out=rows.left_out,
        screened=replace(screened, bad=screened.bad.clear()), refused=refused, assumed=_assumed_by_forms(feed, raw),
    )  # fmt: skip


def _nothing_to_keep(source: str, read: int, left_out: dict[str, int]) -> UnreadableInputError:
    reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items() if number)
    return UnreadableInputError(source=source, problem=f"none of its {read} records is one to keep ({reasons})")


def _assumed_by_forms(feed: Feed, raw: Raw) -> tuple[str, ...]:
    """What the filled forms of junctions say they assume."""
    if feed.reading.document != "junction_form":
        return ()
    forms = (document for document in raw.documents if isinstance(document, dict))
    return tuple(
        f"Junction {form.get('junction_id')}: {sentence}" for form in forms for sentence in form.get("assumed") or ()
    )


def _refused(feed: Feed, raw: Raw, screened: Screened, imported_at: datetime) -> pl.DataFrame:
    """Rows for the quarantine table, each with the record as it came."""
    bad = screened.bad
    wide = [name for name in (WIDE, VALUE) if name in bad.columns]
    if raw.documents:
        texts = [json.dumps(document, ensure_ascii=False) for document in raw.documents]
        came = pl.DataFrame({LINE: range(1, len(texts) + 1), "row": texts}, schema={LINE: pl.Int64, "row": pl.String})
        joined = bad.join(came, on=LINE, how="left", maintain_order="left")
    else:
        # Only what the mapping reads: the rest of a complaint may name people.
        cells = set(feed.slots.columns if feed.slots else ()) | set(feed.sensors.columns if feed.sensors else ())
        fields = [name for name in feed.source_columns() if name not in cells]
        plain = raw.records.filter(pl.col(LINE).is_in(bad[LINE].unique().to_list()))
        plain = plain.select(LINE, *(pl.col(name).cast(pl.String) for name in fields))
        joined = bad.select(LINE, REASON, *wide).join(plain, on=LINE, how="left", maintain_order="left", suffix="_")
        shown = [pl.col(WIDE).alias("column"), pl.col(VALUE).alias("value")] if wide else []
        joined = joined.with_columns(pl.struct(*fields, *shown).struct.json_encode().alias("row"))
    return joined.select(
        pl.lit(feed.contract.__name__).alias("contract"),
        pl.lit(raw.source).alias("source"),
        pl.col(LINE).alias("line"),
        pl.col(REASON).alias("reason"),
        pl.col("row"),
        pl.lit(imported_at).dt.cast_time_unit("us").alias("imported_at"),
    ).select(Quarantine.column_names())


def _store_all(
    mapping: Mapping, history: History, batches: list[Batch], now: datetime, *, dry_run: bool, progress: Progress
) -> tuple[FeedReport, ...]:
    own = declared(mapping, now)
    stamped = own.with_columns(
        pl.lit(now).dt.cast_time_unit("us").alias("imported_at"), pl.lit(mapping.name).alias("source")
    )
    if own.height and not dry_run:
        history.append(Entities, stamped.select(Entities.column_names()))
    outcomes: dict[str, list[tuple[Batch, Appended]]] = {feed.name: [] for feed in mapping.feeds}
    with progress("Storing", len(batches)) as advance:
        for batch in batches:
            outcomes[batch.feed.name].append((batch, _store(history, batch, dry_run=dry_run)))
            advance(1)
    return tuple(feed_report(feed, outcomes[feed.name]) for feed in mapping.feeds)


def _store(history: History, batch: Batch, *, dry_run: bool) -> Appended:
    contract: type[HistoryRow] = batch.feed.contract
    if dry_run:
        return history.compare(contract, batch.screened.good)
    if batch.refused.height:
        history.quarantine(batch.refused)
    published = batch.feed.published
    return history.append(contract, batch.screened.good, published=published)
