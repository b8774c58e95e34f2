"""Quarantined rows and what was decided about them. Nothing is ever deleted: a decision is a row of its own.

A row is open until it is released (it came in after all, by a repaired file or a corrected mapping), dropped (a person
said that it never will) or replaced (its record came again otherwise, and was refused again). Everything here works on
frames of `Quarantine` and `QuarantineDecisions`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import polars as pl

from city.frames import QuarantineDecisions
from city.quarantine_rules import rule_of

OPEN, RELEASED, DROPPED, REPLACED = "open", "released", "dropped", "replaced"
STATES = (OPEN, RELEASED, DROPPED, REPLACED)
ID = "row_id"
STATE = "state"
ID_LETTERS = 12
REPAIRED = "a later import of the same file brought this record in order"
REFUSED_AGAIN = "a later import of the same file brought this record otherwise, and refused it again"
SameRecords = Callable[[pl.DataFrame], pl.DataFrame]
_IDENTITY = ("contract", "source", "line", "rule", "row")
_DECIDED = ("by", "why", "import_id", "decided_at")


def row_ids(rows: pl.DataFrame) -> pl.Series:
    """The first 12 hexadecimal digits of SHA-256 over contract, source, line, rule, row and, if there is one, part."""
    said = [pl.col(name).cast(pl.String).fill_null("") for name in _IDENTITY]
    part = pl.concat_str(pl.lit("\x1f"), "part").fill_null("")
    texts = rows.select(pl.concat_str(pl.concat_str(said, separator="\x1f"), part)).to_series()
    ids = [sha256(text.encode()).hexdigest()[:ID_LETTERS] for text in texts]
    return pl.Series(ID, ids, dtype=pl.String)


def with_states(rows: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The rows with ID, STATE and by whom, why, by which import and when that was decided.

    Rows from before rules were stored get the rule that their reason tells.
    """
    named = rows.with_columns(row_ids(rows)).with_columns(rule_of(pl.col("rule"), pl.col("reason")).alias("rule"))
    newest = decisions.sort("decided_at", maintain_order=True).unique("row_hash", keep="last", maintain_order=True)
    joined = named.join(
        newest.select(pl.col("row_hash").alias(ID), pl.col("decision").alias(STATE), *_DECIDED),
        on=ID,
        how="left",
        maintain_order="left",
    )
    return joined.with_columns(pl.col(STATE).fill_null(OPEN))


def open_rows(rows: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The rows without a decision, as they are stored."""
    if decisions.is_empty():
        return rows
    return rows.filter(~row_ids(rows).is_in(decisions["row_hash"].unique().to_list()))


def fresh(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Rows that are not quarantined yet. The feed's name and the rule's are no part of it: both may be renamed."""
    content = ["contract", "source", "line", "reason", "row"]
    once = rows.unique([*content, "part"], keep="first", maintain_order=True)
    unknown = once.join(stored, on=[*content, "part"], how="anti", nulls_equal=True, maintain_order="left")
    before = stored.filter(pl.col("part").is_null())  # parts were not told apart then
    return unknown.join(before, on=content, how="anti", maintain_order="left")


def decisions_for(
    rows: pl.DataFrame, decision: str, *, by: str, why: str, at: datetime, import_id: str | None = None
) -> pl.DataFrame:
    """One decision for each of the rows (of `Quarantine`, with or without ID), ready to be stored."""
    ids = rows[ID] if ID in rows.columns else row_ids(rows)
    made = rows.select(
        "contract",
        "source",
        "line",
        ids.alias("row_hash"),
        pl.lit(decision).alias("decision"),
        pl.lit(by).alias("by"),
        pl.lit(why).alias("why"),
        pl.lit(import_id, dtype=pl.String).alias("import_id"),
        pl.lit(at.astimezone(UTC)).dt.cast_time_unit("us").alias("decided_at"),
    )
    return QuarantineDecisions.validate(made.unique("row_hash", maintain_order=True), cast=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which quarantined rows are meant; what is not said does not matter. Texts may hold * and ?."""

    feed: str | None = None
    contract: str | None = None
    source: str | None = None
    rule: str | None = None
    state: str | None = None
    ids: tuple[str, ...] = ()

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """From rows with states."""
        conditions = [
            pl.col(name).str.contains(_pattern(said)).fill_null(value=False)
            for name in ("feed", "contract", "source", "rule")
            if (said := getattr(self, name)) is not None
        ]
        if self.state is not None:
            conditions.append(pl.col(STATE) == self.state)
        if self.ids:
            conditions.append(pl.any_horizontal(pl.col(ID).str.starts_with(one.casefold()) for one in self.ids))
        return rows.filter(*conditions) if conditions else rows

    def words(self) -> str:
        """As it would be typed, for sentences."""
        said = [f"--{name} {value}" for name in ("feed", "contract", "source", "rule", "state")
                if (value := getattr(self, name)) is not None]  # fmt: skip
        return " ".join([*self.ids, *said])


def _pattern(said: str) -> str:
    parts = re.split(r"([*?])", said)
    return "(?s)^" + "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts) + "$"


def groups(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with states, counted by feed, contract, rule and state, most first, each group with its newest example."""
    keys = ["feed", "contract", "rule", STATE]
    newest = rows.sort("imported_at", "line", descending=[True, False], maintain_order=True)
    return (
        newest.group_by(keys, maintain_order=True)
        .agg(
            pl.len().alias("rows"),
            pl.col("source").n_unique().alias("sources"),
            pl.col("imported_at").min().alias("first_at"),
            pl.col("imported_at").max().alias("last_at"),
            pl.col(ID).first().alias("example_id"),
            pl.col("source").first().alias("example_source"),
            pl.col("line").first().alias("example_line"),
            pl.col("reason").first().alias("example"),
        )
        .sort("rows", *keys[1:], descending=[True, False, False, False], nulls_last=True, maintain_order=True)
    )


def cell_of(row: str = "row") -> pl.Expr:
    """Which cell of a wide record a quarantined row is, by its JSON; null for records of one row."""
    return pl.col(row).str.json_path_match("$.column")


@dataclass(slots=True, kw_only=True)
class Releases:
    """What one import sets free: open rows whose record came again in order, and was not refused again.

    `open_of(contract, source)` gives the open rows of one source; it is asked once per source.
    """

    open_of: Callable[[str, str], pl.DataFrame]
    _open: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    _came: dict[tuple[str, str], list[pl.DataFrame]] = field(default_factory=dict)
    _refused: dict[tuple[str, str], list[pl.DataFrame]] = field(default_factory=dict)
    _replaced: dict[tuple[str, str], list[pl.DataFrame]] = field(default_factory=dict)

    def open_rows(self, contract: str, source: str) -> pl.DataFrame:
        key = (contract, source)
        if key not in self._open:
            self._open[key] = self.open_of(contract, source)
        return self._open[key]

    def refuse(self, rows: pl.DataFrame, same: SameRecords | None = None, *, by_key: bool = False) -> None:
        """Rows that this import quarantines: their records stay open, whatever else of the line is good.

        `same` keeps of waiting rows those that are these records: what differs of them is replaced. `by_key`: it knows
        them by their keys, for the source has no lines.
        """
        for (contract, source), own in rows.group_by("contract", "source"):
            key = (str(contract), str(source))
            places = own.select("line", cell_of().alias("cell"), "part", "feed", "rule")
            if not by_key:
                self._refused.setdefault(key, []).append(places.select("line", "cell", "part"))
            if same is None:
                continue
            waiting = self.open_rows(*key).with_columns(cell_of().alias("cell"))
            ids = [*row_ids(own), *row_ids(own.with_columns(part=pl.lit(None, dtype=pl.String)))]
            otherwise = waiting.filter(~row_ids(waiting).is_in(ids))
            if by_key:
                self._replaced.setdefault(key, []).append(same(otherwise.drop("cell")))
                continue
            there = otherwise.join(places, on=["line", "cell", "part", "feed"], how="semi", nulls_equal=True)
            unsaid = otherwise.filter(pl.col("part").is_null()).join(
                places, on=["line", "cell", "rule", "feed"], how="semi", nulls_equal=True
            )
            former = pl.concat([there, unsaid]).unique().drop("cell")
            if former.height:
                self._replaced.setdefault(key, []).append(same(former))

    def release(
        self,
        contract: str,
        source: str,
        lines: pl.Series | None,
        same: SameRecords | None = None,
        parts: pl.Series | None = None,
    ) -> None:
        """Records of these lines (None: of any) are in order now.

        `same` keeps of waiting rows those that are these records.

        `parts` says beside each line which of its records it is, as `Quarantine.part` does.
        """
        waiting = self.open_rows(contract, source)
        if waiting.is_empty():
            return
        came = waiting
        if lines is not None:
            came = waiting.join(lines.to_frame("line"), on="line", how="semi", maintain_order="left")
        if lines is not None and parts is not None:
            places = pl.DataFrame({"line": lines, "part": parts})
            came = came.join(places, on=["line", "part"], how="semi").vstack(came.filter(pl.col("part").is_null()))
        if same is not None and came.height:
            came = same(came)
        if came.height:
            self._came.setdefault((contract, source), []).append(came)

    def decisions(self, *, import_id: str | None, at: datetime, by: str = "import") -> pl.DataFrame:
        """To be stored when the import is committed."""
        made: list[pl.DataFrame] = []
        for key, came in self._came.items():
            freed = _not_refused(pl.concat(came).unique(maintain_order=True), self._refused.get(key, ()))
            if freed.height:
                made.append(decisions_for(freed, RELEASED, by=by, why=REPAIRED, at=at, import_id=import_id))
        for rows in self._replaced.values():
            former = pl.concat(rows).unique(maintain_order=True)
            made.append(decisions_for(former, REPLACED, by=by, why=REFUSED_AGAIN, at=at, import_id=import_id))
        return pl.concat(made) if made else QuarantineDecisions.create_empty()


def _not_refused(rows: pl.DataFrame, refused: Sequence[pl.DataFrame]) -> pl.DataFrame:
    if not refused:
        return rows
    places = pl.concat(list(refused)).unique()
    named = rows.with_columns(cell_of().alias("cell"))
    kept = named.join(places, on=["line", "cell", "part"], how="anti", nulls_equal=True, maintain_order="left")
    # A row from before parts were told apart may be any of its line's records.
    unsaid = kept.filter(pl.col("part").is_null()).join(places, on=["line", "cell"], how="semi", nulls_equal=True)
    return kept.join(unsaid, on=rows.columns, how="anti", nulls_equal=True, maintain_order="left").drop("cell")
