"""Complaints and work zones: nothing is changed or closed before it was opened, whichever file said so first."""

import polars as pl

from city.frames import HistoryRow
from city.writing import Writing

_SHOWN = "%Y-%m-%d %H:%M UTC"


def out_of_order(contract: type[HistoryRow], key: str, rows: pl.DataFrame, writing: Writing) -> pl.DataFrame | None:
    """Events before the first opening of their id; and openings after what is stored as closed or changed.

    What was closed may be opened again, so the first opening counts. An id that nobody opened is not judged: its
    opening may lie before the first file.
    """
    came = rows.select("__row", key, "event", "at")
    stored = writing.stored(contract, came.select(key).unique()).select(key, "event", "at")
    opened = pl.col("event") == "opened"
    both = pl.concat([came.drop("__row"), stored])
    first = both.filter(opened).group_by(key).agg(pl.col("at").min().alias("opened_at"))
    if first.is_empty():
        return None
    after = stored.filter(~opened).sort("at").group_by(key, maintain_order=True)
    earliest = after.agg(pl.col("event").first().alias("other"), pl.col("at").first().alias("other_at"))
    judged = came.join(first, on=key).join(earliest, on=key, how="left")
    early = judged.filter(~opened & (pl.col("at") < pl.col("opened_at")))
    late = judged.filter(opened & (pl.col("other_at") < pl.col("opened_at")))
    return pl.concat(
        [
            _said(early, "event", "{} at {}, before it was opened at {}", "event", "at", "opened_at"),
            _said(late, "other", "opened at {}, after it was {} at {}", "at", "other", "other_at"),
        ]
    ).sort("__row")


def _said(wrong: pl.DataFrame, event: str, sentence: str, *columns: str) -> pl.DataFrame:
    shown = [pl.col(name) if name in ("event", "other") else pl.col(name).dt.strftime(_SHOWN) for name in columns]
    return wrong.select(
        "__row",
        pl.format("{}_before_opened", event).alias("rule"),
        pl.format(sentence, *shown).alias("reason"),
    )
