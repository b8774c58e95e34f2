"""`city import`: every feed of a mapping is read, checked and stored, batch by batch, and counts as a whole or not."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from uuid import uuid4

import polars as pl

from city.clock import require_aware
from city.errors import CityError, UnreadableInputError, raise_all
from city.frames import ComplaintEvents, Entities
from city.ledger_rows import ImportedFile, ImportRecord
from city.progress import Advance, Progress, silent
from city.scratch import Scratch, sweep
from city.store import History
from city.writing import Writing
from features.sources import sensor_things, wzdx
from features.sources.entities import declared
from features.sources.feeds import Feed, Format, Mapping
from features.sources.read import Origin, origins_of, sheets_of
from features.sources.report import FeedReport, ImportReport
from features.sources.source_import import BATCH_VALUES, Import, SourceImport
from features.sources.tally import Tally, nothing_to_keep


def import_mapping(
    mapping: Mapping,
    history: History,
    *,
    data_dir: Path | None = None,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
    batch_values: int = BATCH_VALUES,
) -> ImportReport:
    """Import every feed of a mapping. `now` is the moment of import (default: the clock's).

    Raises one CityError that names everything that is wrong with the files; nothing is stored then. Memory is bounded
    by `batch_values`, which changes nothing else.
    """
    moment = require_aware(now).astimezone(UTC) if now is not None else datetime.now(UTC)
    folder = data_dir if data_dir is not None else mapping.path.parent
    if not folder.is_dir():
        raise UnreadableInputError(source=str(folder), problem="there is no such data folder")
    sweep()  # what imports left that were killed
    import_id = uuid4().hex
    with (
        history.writing(rehearsal=dry_run, import_id=import_id) as writing,
        Scratch("import") as scratch,
        ThreadPoolExecutor(1) as aside,
    ):
        whole = Import(
            mapping=mapping, folder=folder, scratch=scratch.folder, now=moment, batch_values=batch_values,
            salt=history.salt() if any(feed.contract is ComplaintEvents for feed in mapping.feeds) else b"",
        )  # fmt: skip
        work = _Work(whole=whole, history=history, writing=writing, aside=aside)
        tallies = work.all_feeds(progress)
        reports = tuple(tally.report() for tally in tallies)
        assumed = (*mapping.assumed, *(sentence for tally in tallies for sentence in tally.assumed))
        versions = writing.before
        if not dry_run:
            record = ImportRecord(
                import_id=import_id,
                mapping=mapping.name,
                imported_at=moment,
                feeds=tuple(_as_record(report) for report in reports),
                assumed=assumed,
                files=tuple(work.files()),
            )
            versions = writing.commit(record)
    return ImportReport(
        mapping=mapping.name, imported_at=moment, dry_run=dry_run, feeds=reports, versions=versions, assumed=assumed
    )


def _as_record(report: FeedReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in FeedReport.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A source that was read. `digest` comes from a thread of its own."""

    feed: Feed
    origin: Origin
    rows: int
    digest: "Future[str] | None"


class _Work:
    """One import on its way. From the first error on nothing more is stored, but everything is read."""

    def __init__(self, *, whole: Import, history: History, writing: Writing, aside: ThreadPoolExecutor) -> None:
        self.whole = whole
        self.history = history
        self.writing: Writing | None = writing
        self.aside = aside
        self.errors: list[CityError] = []
        self.read: list[_Read] = []
        self._nothing: list[CityError] = []  # sources in which nothing was to keep, wrong only if all are so
        self._kept = 0

    def all_feeds(self, progress: Progress) -> list[Tally]:
        """Counts of each feed. Raises one CityError that names all that is wrong."""
        mapping = self.whole.mapping
        origins = [(feed, self._origins(feed)) for feed in mapping.feeds]
        self._declare()
        with progress("Importing", sum(max(1, len(found)) for _, found in origins)) as advance:
            tallies = [self._feed(feed, found, advance) for feed, found in origins]
        if not self._kept:
            self.errors += self._nothing
        raise_all(mapping.name, self.errors)
        return tallies

    def files(self) -> Iterator[ImportedFile]:
        for found in self.read:
            path = found.origin.path
            yield ImportedFile(
                feed=found.feed.name,
                contract=found.feed.contract.__name__,
                source=found.origin.source,
                sha256=None if found.digest is None else found.digest.result(),
                size_bytes=None if path is None else path.stat().st_size,
                rows=found.rows,
            )

    @contextmanager
    def _collecting(self) -> Iterator[None]:
        try:
            yield
        except CityError as error:
            self.errors.append(error)
            self.writing = None

    def _origins(self, feed: Feed) -> list[Origin]:
        found: list[Origin] = []
        with self._collecting():
            for origin in origins_of(feed, self.whole.folder):
                with self._collecting():
                    found += sheets_of(feed, origin)
        return found

    def _declare(self) -> None:
        """The city and its districts, as the mapping names them."""
        own = declared(self.whole.mapping, self.whole.now)
        if own.height and self.writing is not None:
            stamped = own.with_columns(
                pl.lit(self.whole.now).dt.cast_time_unit("us").alias("imported_at"),
                pl.lit(self.whole.mapping.name).alias("source"),
            )
            self.writing.append(Entities, stamped.select(Entities.column_names()))

    def _feed(self, feed: Feed, origins: list[Origin], advance: Advance) -> Tally:
        """Each file is stored a microsecond after the one before: of two with one key the later is the correction."""
        tally = Tally(feed)
        failed = len(self.errors)
        since = None
        if feed.reading.format is Format.DATABASE and feed.reading.incremental is not None:
            since = self.history.ledger.watermark(self.whole.mapping.name, feed.name)
        tally.watermark = since
        for number, origin in enumerate(origins, 1):
            imported_at = self.whole.now - timedelta(microseconds=len(origins) - number)
            with self._collecting():
                self._source(feed, origin, tally, imported_at, since)
            advance(1)
        if len(self.errors) == failed:
            self.errors += tally.gate()
            self.writing = None if self.errors else self.writing
        return tally

    def _source(self, feed: Feed, origin: Origin, tally: Tally, imported_at: datetime, since: str | None) -> None:
        digest = None if origin.path is None else self.aside.submit(_sha256, origin.path)
        source = SourceImport(self.whole, feed, origin, tally, self.writing, imported_at)
        source.run(since)
        tally.sources.append(origin.source)
        self.read.append(_Read(feed=feed, origin=origin, rows=source.lines, digest=digest))
        self._kept += source.rows
        if feed.reading.format is Format.SENSORTHINGS and origin.path is not None:
            tally.assumed += sensor_things.notes(feed, origin.path, f"{feed.subject}, {origin.source}")
        if feed.reading.format is Format.WZDX and origin.path is not None:
            tally.assumed += wzdx.notes(origin.path, f"{feed.subject}, {origin.source}")
        tally.assumed += source.assumed
        if source.read and not source.rows:
            self._refuse_blank(feed, nothing_to_keep(f"{feed.subject}, {origin.source}", source.read, source.left_out))

    def _refuse_blank(self, feed: Feed, refusal: UnreadableInputError) -> None:
        """People fill in the sheets of a form that they need: one without an entry is refused only if all are."""
        others = any(other.entity and other is not feed for other in self.whole.mapping.feeds)
        if feed.entity is None or not others:
            raise refusal
        self._nothing.append(refusal)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
