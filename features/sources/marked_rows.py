"""Rows on their way into a contract, with what is wrong with each and what was repaired beside it."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

FAULT = "__fault"
RULES = "__rules"  # machine words of the faults, joined by "; " as the faults are
REPAIR = "__repair"
REPAIRED = "__repaired"  # machine words of the repairs
PART = "__part"  # which of several records of one row this is; null where a row is one record
MARKS = (FAULT, RULES, REPAIR, REPAIRED, PART)


@dataclass(slots=True)
class Rows:
    """Contract columns (but `imported_at` and `source`), LINE and MARKS; CELL for wide files."""

    frame: pl.DataFrame
    read: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def joined_marks(into: str, marks: dict[str, str]) -> pl.Expr:
    """The sentences of a row's marks, or their machine words, one after the other; null where there is none."""
    if not marks:
        return pl.lit(None, dtype=pl.String).alias(into)
    words = [
        pl.col(column) if into in (FAULT, REPAIR) else pl.when(pl.col(column).is_not_null()).then(pl.lit(rule))
        for rule, column in marks.items()
    ]
    return pl.concat_str(words, separator="; ", ignore_nulls=True).replace("", None).cast(pl.String).alias(into)
