"""One writing to the history: everything that an import adds, in all tables, which counts as a whole or not at all.

Rows lie in files that no table names until `commit`; then each table gets one version, and one row of the ledger
makes them count. What a killed process left behind is swept by the next writing.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dataframely as dy
import polars as pl

from city.catalogue import MASTER_DATA
from city.commits import OpenCommit
from city.data_files import own_frame
from city.errors import BrokenRuleError
from city.frames import HistoryRow, Quarantine, QuarantineDecisions
from city.ledger_rows import ImportRecord
from city.quarantine import Releases, SameRecords, fresh, open_rows
from city.revisions import REVISION, compared, newest, news, validated
from city.staging import Stage
from city.tables import same_rows

Versions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of the rows handed over; `version` is the table's afterwards (None: still empty).

    Inside a writing that is the version that counts so far.
    """

    new: int
    corrections: int
    duplicates: int
    version: int | None


class Writing:
    """What is handed over counts together, from `commit` on; leaving the block without it gives everything up."""

    def __init__(
        self, stages: dict[type[dy.Schema], Stage], opened: OpenCommit | None, *, import_id: str | None = None
    ) -> None:
        """`opened` is where the commit is noted; None for a rehearsal."""
        self._stages = stages
        self._opened = opened
        self._import_id = import_id
        self._releases = Releases(open_of=self._open_rows)
        self._refused_before: frozenset[tuple[str, str]] | None = None  # contract and source
        self.is_committed = False
        self.met_foreign_rows = False

    @property
    def before(self) -> Versions:
        """The versions that counted when this writing began."""
        return _versions(self._stages, {contract: stage.version for contract, stage in self._stages.items()})

    def append(self, contract: type[HistoryRow], rows: pl.DataFrame, *, published: bool = False) -> Appended:
        """Add what neither counts nor was added by this writing yet.

        A correction is known from its import on; with `published` the rows carry a publication time of their own
        in `known_at`, which is kept.
        """
        self._is_open()
        stage = self._stages[contract]
        valid = validated(contract, rows)
        same = stage.scan_near(valid).select(compared(contract)).collect()
        unknown, duplicates = news(contract, valid, same, published=published, returns_are_news=contract in MASTER_DATA)
        stage.add(unknown)
        corrections = int((unknown[REVISION] > 0).sum())
        return Appended(
            new=unknown.height - corrections, corrections=corrections, duplicates=duplicates, version=stage.version
        )

    def own_rows(self, contract: type[HistoryRow], rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of this writing, in the contract's columns, whose key is one of `rows`."""
        keys = rows.select(contract.primary_key())
        found = _with_keys(self._stages[contract].scan_own(keys), keys)
        return found.select(contract.column_names())

    def stored(self, contract: type[HistoryRow], keys: pl.DataFrame) -> pl.DataFrame:
        """Per key the newest row that counts or was added by this writing, in the contract's columns.

        `keys` holds one or more columns of the key: rows that agree with one of its rows are found.
        """
        found = _with_keys(self._stages[contract].scan(keys), keys)
        return newest(found, contract.primary_key()).select(contract.column_names())

    def retract(self, contract: type[HistoryRow], rows: pl.DataFrame) -> int:
        """Take rows of this writing out again, found by key and `imported_at`; how many there were."""
        self._is_open()
        stage = self._stages[contract]
        columns = [*contract.primary_key(), "imported_at"]
        unwanted = rows.select(columns).unique()
        taken = 0
        for file in tuple(stage.own):
            held = stage.target.scan(own_frame((file,))).collect()
            left = held.join(unwanted, on=columns, how="anti", maintain_order="left")
            if left.height < held.height:
                taken += held.height - left.height
                stage.replace_own((file,), left)
        return taken

    def quarantine(self, rows: pl.DataFrame, same: SameRecords | None = None, *, by_key: bool = False) -> int:
        """Keep refused rows with their reasons; how many were not there yet.

        `same` as for `released`: what is quarantined of the same records with other values is replaced. `by_key`: it
        knows them without their lines.
        """
        valid = _whole(Quarantine, rows)
        self._releases.refuse(valid, same, by_key=by_key)
        return self._add(Quarantine, fresh(valid, self._of_sources(Quarantine, valid)))

    def released(
        self,
        feed: str,
        contract: type[HistoryRow],
        source: str,
        lines: pl.Series | None,
        same: SameRecords | None = None,
        parts: pl.Series | None = None,
    ) -> None:
        """The records of these lines came in good order: what of them is quarantined is released by this import.

        `lines` is None where `same` alone tells which they are.

        `same` keeps, of quarantined rows, those whose record this is: a file's lines move. `parts` says beside each
        line which of its records it is, where a row holds several.
        """
        del feed
        self._releases.release(contract.__name__, source, lines, same, parts)

    def _open_rows(self, contract: str, source: str) -> pl.DataFrame:
        """Quarantined rows of one source that wait for a decision."""
        if self._refused_before is None:  # looked up once: an import may read thousands of files
            places = self._stages[Quarantine].scan().select("contract", "source").unique().collect()
            self._refused_before = frozenset((str(one), str(other)) for one, other in places.iter_rows())
        if (contract, source) not in self._refused_before:
            return Quarantine.create_empty()
        place = pl.DataFrame({"contract": [contract], "source": [source]})
        refused = _with_keys(self._stages[Quarantine].scan(place), place)
        decided = _with_keys(self._stages[QuarantineDecisions].scan(place), place)
        return open_rows(refused.select(Quarantine.column_names()), decided)

    def decide(self, rows: pl.DataFrame) -> int:
        """Note what became of quarantined rows (`QuarantineDecisions`); how many decisions were not there yet."""
        valid = _whole(QuarantineDecisions, rows)
        known = self._of_sources(QuarantineDecisions, valid)
        return self._add(QuarantineDecisions, valid.filter(~same_rows(valid, valid.columns, known)))

    def records(self, contract: type[dy.Schema]) -> pl.LazyFrame:
        """All rows of a table, those of this writing too."""
        return self._stages[contract].scan().select(contract.column_names())

    def commit(self, record: ImportRecord | None = None) -> Versions:
        """Make everything count at once, and note the import; the versions of all tables afterwards."""
        self._is_open()
        if self._opened is None:
            raise BrokenRuleError(subject="Rehearsal", problem="it stores nothing, so there is nothing to commit")
        self._opened.ensure_alone()
        import_id = self._import_id if record is None else record.import_id
        self.decide(self._releases.decisions(import_id=import_id, at=datetime.now(UTC)))
        self._nobody_else_wrote()
        after = {contract: stage.commit() for contract, stage in self._stages.items()}
        versions = _versions(self._stages, after)
        if record is not None:
            record = replace(record, before=self.before, versions=versions)
        self._opened.close(
            {contract.__name__: version for contract, version in after.items() if version is not None}, record
        )
        self.is_committed = True
        return versions

    def discard(self) -> None:
        """Delete the files of this writing, and touch nothing else."""
        for stage in self._stages.values():
            stage.discard()

    def _nobody_else_wrote(self) -> None:
        foreign = [contract.__name__ for contract, stage in self._stages.items() if stage.has_foreign_rows()]
        if foreign:
            self.met_foreign_rows = True
            raise BrokenRuleError(
                subject=f"Table {foreign[0]}",
                problem="it holds rows that this history's ledger does not know of",
                todo="Nothing was stored. A history is written with one ledger only: use the one it was written with "
                "last, or read these rows into a history of their own.",
            )

    def _add(self, contract: type[dy.Schema], rows: pl.DataFrame) -> int:
        self._is_open()
        self._stages[contract].add(rows)
        return rows.height

    def _of_sources(self, contract: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
        places = rows.select("contract", "source").unique()
        return _with_keys(self._stages[contract].scan(places), places).select(contract.column_names())

    def _is_open(self) -> None:
        if self.is_committed:
            raise BrokenRuleError(subject="Writing", problem="it is committed and takes no more rows")


def _whole(contract: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """Validated; optional columns that nobody handed over are null."""
    absent = [
        pl.lit(None, dtype=spec.dtype).alias(name)
        for name, spec in contract.columns().items()
        if spec.nullable and name not in rows.columns
    ]
    return validated(contract, rows.with_columns(absent))


def _with_keys(stored: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Every stored row, of any time, that agrees with a row of `keys` in its columns."""
    return stored.join(keys.lazy().unique(), on=keys.columns, how="semi").collect()


def _versions(stages: dict[type[dy.Schema], Stage], found: dict[type[dy.Schema], int | None]) -> Versions:
    """Name and version of every table of the history that holds something, as plans name them."""
    return tuple(
        (contract.__name__, version)
        for contract, version in found.items()
        if contract in stages and issubclass(contract, HistoryRow) and version is not None
    )
