"""Texts with characters that no keyboard writes: a NUL would make a second detector that looks like the first."""

import dataframely as dy
import polars as pl

from city.frames import HistoryRow
from features.sources.marked_rows import FAULT, RULES

_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f]"  # tabs and line breaks, also old ones, are written in texts
_SHOWN = "\ufffd"


def with_control_fault(contract: type[HistoryRow], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, a fault in FAULT and RULES of each that is not marked yet and holds such a text."""
    texts = [name for name, spec in contract.columns().items() if isinstance(spec, dy.String) and name in rows.columns]
    found = rows.select(pl.col(name).str.contains(_CONTROL).any() for name in texts)
    for name in [name for name in texts if found[name].item()]:
        wrong = pl.col(FAULT).is_null() & pl.col(name).str.contains(_CONTROL).fill_null(value=False)
        shown = pl.col(name).str.replace_all(_CONTROL, _SHOWN).str.slice(0, 60)
        rows = rows.with_columns(
            pl.when(wrong).then(pl.format(f"{name} is '{{}}', expected no control characters", shown))
            .otherwise(FAULT).alias(FAULT),
            pl.when(wrong).then(pl.lit(f"{name}|control_characters")).otherwise(RULES).alias(RULES),
        )  # fmt: skip
    return rows
