"""One source (file, sheet, query) into a writing, batch by batch.

Cutting a source into batches changes nothing of what is stored, quarantined and reported: keys that come again far
apart are found by their hashes (`seen.py`), and where two values of one key are met in different batches, their rows
are read a second time together.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from city.writing import Appended, Writing
from features.sources.absent import with_absent_days
from features.sources.ahead import ahead
from features.sources.cross_rules import ROW, crossed
from features.sources.ended_zones import with_ended_zones
from features.sources.entities import EVERY_DISTRICT, entity_rows
from features.sources.feeds import AbsentDays, Feed, Format, Mapping
from features.sources.marked_rows import PART
from features.sources.read import LINE, Origin, Raw, batches
from features.sources.refused import refused_rows
from features.sources.repaired import same_keys, same_records
from features.sources.rows import REPAIR, REPAIRED, RULES, Memory, Rows, to_rows
from features.sources.screen import REASON, Sifted, each_key_once, sift
from features.sources.seen import Seen
from features.sources.tally import Tally
from features.sources.wide import CELL

BATCH_VALUES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What all feeds of one import share. `salt` hashes reporters."""

    mapping: Mapping
    folder: Path
    scratch: Path
    now: datetime
    salt: bytes
    batch_values: int = BATCH_VALUES

    @property
    def districts(self) -> tuple[str, ...]:
        """Weather and calendar belong to every district."""
        own = tuple(district.district_id for district in self.mapping.districts)
        return (*own, EVERY_DISTRICT) if own else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch whose rows were each looked at for itself."""

    raw: Raw
    read: Rows
    derived: int
    sifted: Sifted


def needs_all(feed: Feed) -> bool:
    """Whether rows of a feed can only be made with the whole source in view."""
    in_full = feed.reading.format is Format.WZDX  # what such a file no longer shows is over
    return feed.entity is not None or feed.repeats or in_full or feed.absent_days is AbsentDays.ZERO


class SourceImport:
    """`writing` is None once the import has failed: then the source is only read, to find what else is wrong."""

    def __init__(
        self, whole: Import, feed: Feed, origin: Origin, tally: Tally, writing: Writing | None, imported_at: datetime
    ) -> None:
        self.whole = whole
        self.feed = feed
        self.origin = origin
        self.tally = tally
        self.writing = writing
        self.imported_at = imported_at
        self.number = len(tally.sources)
        self.rows = 0  # records that became rows, good or bad
        self.read = 0
        self.lines = 0
        self.left_out: Counter[str] = Counter()
        self.assumed: list[str] = []
        self._key = feed.contract.primary_key()
        self._seen = None if needs_all(feed) else Seen(feed.contract, whole.scratch)
        self._contested: list[pl.DataFrame] = []
        self._held: list[tuple[pl.DataFrame, pl.DataFrame]] = []  # contradicting rows and what quarantine would keep
        self._crossed: list[pl.DataFrame] = []

    def run(self, since: str | None) -> None:
        for prepared in ahead(self._prepared(since)):
            self._count(prepared)
            self._take(prepared)
        if self._contested:
            self._resolve(since)
        else:
            for _, refused in self._held:
                self._quarantine(refused)

    def _prepared(self, since: str | None) -> Iterator[Prepared]:
        feed, now = self.feed, self.whole.now
        memory = Memory()
        values = None if needs_all(feed) else self.whole.batch_values
        for raw in batches(feed, self.origin, self.whole.folder, values=values, since=since):
            if feed.entity:
                rows = entity_rows(feed, raw, now)
            else:
                rows = to_rows(feed, raw.records, now, salt=self.whole.salt, memory=memory)
            derived = with_absent_days(feed, rows, now)
            derived += with_ended_zones(feed, rows, self.origin.path, self.writing, now)
            yield Prepared(raw=raw, read=rows, derived=derived, sifted=self._sifted(rows, raw))

    def _sifted(self, rows: Rows, raw: Raw) -> Sifted:
        if rows.frame.is_empty():
            return Sifted(good=pl.DataFrame(), bad=pl.DataFrame())
        stamped = rows.frame.with_columns(
            pl.lit(self.imported_at).dt.cast_time_unit("us").alias("imported_at"), pl.lit(raw.source).alias("source")
        )
        return sift(self.feed.contract, stamped, districts=self.whole.districts)

    def _count(self, prepared: Prepared) -> None:
        broken = prepared.raw.broken.height
        self.read += prepared.read.read + broken
        self.lines += prepared.raw.records.height + len(prepared.raw.documents) + broken
        self.rows += prepared.read.frame.height + broken
        self.tally.read += prepared.read.read + broken
        self.tally.derived += prepared.derived
        self.left_out.update(prepared.read.left_out)
        self.tally.left_out.update(prepared.read.left_out)
        self.assumed += assumed_by_forms(self.feed, prepared.raw)
        self.tally.watermark = prepared.raw.watermark or self.tally.watermark

    def _take(self, prepared: Prepared) -> None:
        good, bad, raw = prepared.sifted.good, prepared.sifted.bad, prepared.raw
        if bad.height or raw.broken.height:
            self._quarantine(self._refused(raw, bad if bad.width else _nothing_bad()), raw)
        raw = replace(raw, broken=raw.broken.clear())
        if good.is_empty():
            return
        self._note_repairs(good)
        hashes = None
        if self._seen is not None:
            again = self._seen.take(good)
            self.tally.duplicates += again.repeated
            if again.contested.height:
                self._contested.append(again.contested)
            good, hashes = again.fresh, again.keys
        keyed = each_key_once(self.feed.contract, good, repeats=self.feed.repeats, hashes=hashes)
        self.tally.duplicates += keyed.duplicates
        if keyed.bad.height:
            self._held.append((keyed.bad, self._refused(raw, keyed.bad)))
        self._store(keyed.good, raw)

    def _refused(self, raw: Raw, bad: pl.DataFrame) -> pl.DataFrame:
        return refused_rows(self.feed, raw, bad, self.imported_at, self.whole.salt)

    def _quarantine(self, refused: pl.DataFrame, raw: Raw | None = None) -> None:
        """`raw` if it holds all of their records."""
        self.tally.quarantined += refused.height
        self.tally.reasons.add(refused, self.number, line="line", rules=RULES, sentence="reason")
        if self.writing is not None:
            by_key = self.feed.reading.format is Format.DATABASE
            same = None if raw is None else partial(same_records, self.feed, raw)
            if raw is not None and by_key:
                places = refused.select(pl.col("line").alias(LINE), pl.col("part").alias(PART))
                same = partial(same_keys, self.feed, raw.records.join(places, on=LINE))
            self.writing.quarantine(refused.drop(RULES), same, by_key=by_key)

    def _note_repairs(self, rows: pl.DataFrame) -> None:
        if rows[REPAIR].null_count() < rows.height:
            repaired = rows.filter(pl.col(REPAIR).is_not_null())
            self.tally.repairs.note(repaired, self.number, line=LINE, rules=REPAIRED, sentence=REPAIR)

    def _count_repairs(self, rows: pl.DataFrame, sign: int) -> None:
        if rows[REPAIR].null_count() < rows.height:
            repaired = rows.filter(pl.col(REPAIR).is_not_null())
            self.tally.repaired += sign * repaired.height
            self.tally.repairs.count(repaired, rules=REPAIRED, sign=sign)

    def _store(self, good: pl.DataFrame, raw: Raw) -> None:
        good = self._without_crossed(good, raw)
        self._count_repairs(good, 1)
        if self.writing is None or good.is_empty():
            self.tally.stored(Appended(new=good.height, corrections=0, duplicates=0, version=None))
            return
        contract = self.feed.contract
        rows = good.select(contract.column_names())
        self.tally.stored(self.writing.append(contract, rows, published=self.feed.published))
        if self.feed.reading.format is Format.DATABASE:
            came = partial(same_keys, self.feed, raw.records.join(good.select(LINE, PART), on=LINE))
            self.writing.released(self.feed.name, contract, raw.source, None, came)
            return
        same = partial(same_records, self.feed, raw)
        self.writing.released(self.feed.name, contract, raw.source, good[LINE], same, good[PART])

    def _without_crossed(self, good: pl.DataFrame, raw: Raw) -> pl.DataFrame:
        """Rows that contradict others, in this batch or stored, go to quarantine."""
        wrong = None if self.writing is None else crossed(self.feed.contract, good, self.writing)
        if wrong is None or wrong.is_empty():
            return good
        places = wrong[ROW]
        bad = good[places].with_columns(wrong["reason"].alias(REASON), wrong["rule"].alias(RULES))
        self._quarantine(self._refused(raw, bad), raw)
        self._crossed.append(bad)
        is_bad = pl.Series([False]).new_from_index(0, good.height).scatter(places, True)  # noqa: FBT003
        return good.filter(~is_bad)

    def _resolve(self, since: str | None) -> None:
        """Two values of one key lie in different batches: their rows are judged again, all together."""
        contested = pl.concat(self._contested)
        held = pl.concat([rows for rows, _ in self._held]) if self._held else contested.clear()
        keys = pl.concat([contested.select(self._key), held.select(self._key)]).unique()
        rows, raw = self._read_again(keys, since)
        first = rows.unique(self._key, keep="first", maintain_order=True)
        first = first.join(held.select(self._key), on=self._key, how="anti", maintain_order="left")
        self.tally.duplicates -= rows.height - first.height - held.height - contested.height
        self._take_back(first)
        keyed = each_key_once(self.feed.contract, rows, repeats=False)
        self.tally.duplicates += keyed.duplicates
        if keyed.bad.height:
            self._quarantine(self._refused(raw, keyed.bad))
        self._store(keyed.good, raw)

    def _read_again(self, keys: pl.DataFrame, since: str | None) -> tuple[pl.DataFrame, Raw]:
        """Every good row with one of these keys, in the order of the source, and the records they came from."""
        found: list[pl.DataFrame] = []
        records: list[pl.DataFrame] = []
        place = [LINE, CELL] if self.feed.slots or self.feed.sensors else [LINE, *self._key]
        for prepared in ahead(self._prepared(since)):
            good = prepared.sifted.good
            if good.is_empty():
                continue
            own = good.join(keys, on=self._key, how="semi", maintain_order="left")
            for gone in self._crossed:
                own = own.join(gone, on=place, how="anti", maintain_order="left")
            if own.height:
                found.append(own)
                records.append(prepared.raw.records.filter(pl.col(LINE).is_in(own[LINE].unique().implode())))
        return pl.concat(found), Raw(source=self.origin.source, records=pl.concat(records, how="diagonal_relaxed"))

    def _take_back(self, first: pl.DataFrame) -> None:
        """Of each key the row that an earlier batch let in: stored by this writing, or known before."""
        self._count_repairs(first, -1)
        if self.writing is None:
            self.tally.new -= first.height
            return
        contract = self.feed.contract
        stored = self.writing.own_rows(contract, first).filter(
            (pl.col("imported_at") == self.imported_at) & (pl.col("source") == self.origin.source)
        )
        self.writing.retract(contract, stored)
        keys = stored.select(self._key)
        former = self.writing.stored(contract, keys).select(self._key) if keys.height else keys
        corrections = keys.join(former, on=self._key, how="semi").height
        self.tally.corrections -= corrections
        self.tally.new -= keys.height - corrections
        self.tally.duplicates -= first.height - keys.height


def assumed_by_forms(feed: Feed, raw: Raw) -> list[str]:
    """What the filled forms of junctions say they assume."""
    if feed.reading.document != "junction_form":
        return []
    forms = (document for document in raw.documents if isinstance(document, dict))
    return [
        f"Junction {form.get('junction_id')}: {sentence}" for form in forms for sentence in form.get("assumed") or ()
    ]


def _nothing_bad() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.Int64, REASON: pl.String, RULES: pl.String, PART: pl.String})
