"""Bins that lose waste although nobody emptied them, as far as the history knows."""

import polars as pl

from city.frame_rules import LEVEL_NOISE
from features.health.findings import Fault, FeedFinding
from features.health.sentences import Described, SinceThen, spoken, together

LEAST_FALL = 4 * LEVEL_NOISE
"""Share of capacity. Two readings may be off by half of it together, and a city has millions of pairs of them; whoever
empties a bin takes more."""
_SERIES = ["point_id", "stream"]


def falls_without_emptying(readings: pl.DataFrame, *, least_fall: float = LEAST_FALL) -> pl.DataFrame:
    """Of rows of BinReadings those that show less than the bin `held` before, although nobody emptied it.

    No reason to refuse a row: the emptying may come with another feed, later.
    """
    before = pl.col("fill_level").shift().over(_SERIES)
    left = pl.col("fill_after").shift().over(_SERIES).fill_null(0.0)
    held = pl.when(pl.col("emptied").shift().over(_SERIES)).then(left).otherwise(before)
    found = readings.sort(*_SERIES, "read_at").with_columns(held.alias("held"))
    fell = (pl.col("held") - pl.col("fill_level") > least_fall) & ~pl.col("emptied")
    return found.filter(fell).select(*_SERIES, "read_at", "held", "fill_level")


def missed_emptyings(readings: pl.DataFrame, described: Described) -> tuple[FeedFinding, ...]:
    """One finding per bin whose level fell; `readings` are all of the window, of sensors and of visits."""
    falls = falls_without_emptying(readings)
    of_bin = falls.group_by(_SERIES, maintain_order=True).agg(
        pl.len().alias("falls"), pl.col("read_at", "held", "fill_level").first()
    )
    found = [
        spoken(
            described,
            f"{row['point_id']} {row['stream']}",
            Fault.EMPTYING_MISSED,
            SinceThen(row["read_at"]),
            f"the level fell from {row['held']:.0%} to {row['fill_level']:.0%} although nobody emptied it, "
            f"{row['falls']} time(s) in all",
            (("held", row["held"]), ("fill_level", row["fill_level"]), ("falls", float(row["falls"]))),
        )
        for row in of_bin.iter_rows(named=True)
    ]
    return together(described, found, readings.select(_SERIES).n_unique())
