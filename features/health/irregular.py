"""Series that come as they come: visits to bins, complaints of a district, readings without a fixed step."""

from datetime import datetime, timedelta

import polars as pl

from features.health.findings import Fault, FeedFinding
from features.health.sentences import Described, SinceThen, spoken, together

_FEWEST = 8
_LEAST_SILENCE_S = 6 * 3600
_TIMES_LONGEST = 1.5
_MEAN_GAPS = 14.0  # a Poisson process is silent for 14 mean gaps once in a million gaps
_FLAT_REPEATS = 12
_FACTOR_TOLERANCE = 0.1


def irregular_signs(rows: pl.DataFrame, described: Described) -> tuple[FeedFinding, ...]:
    """Judged by each sensor's own intervals: silence, one value, and a level that is a known factor of the former."""
    found = _silent(rows, described)
    if not described.watched.events:
        found += [*_one_value(rows, described), *_another_unit(rows, described)]
    first: dict[str, FeedFinding] = {}
    for one in found:
        first.setdefault(one.subject, one)
    return together(described, list(first.values()), rows["sensor"].n_unique())


def _silent(rows: pl.DataFrame, described: Described) -> list[FeedFinding]:
    """Against the feed's own newest value: what the whole feed lacks is said once, of the feed."""
    newest: datetime = rows["at"].max()  # type: ignore[assignment]  # a Datetime column without nulls
    gaps = rows.sort("sensor", "at").select(
        "sensor", "at", gap=(pl.col("at").diff().over("sensor")).dt.total_seconds().cast(pl.Float64)
    )
    by_sensor = gaps.group_by("sensor", maintain_order=True).agg(
        count=pl.len(), last=pl.col("at").max(), longest=pl.col("gap").max(), mean=pl.col("gap").mean()
    )
    silence = (pl.lit(newest) - pl.col("last")).dt.total_seconds().cast(pl.Float64)
    limit = pl.max_horizontal(pl.lit(_LEAST_SILENCE_S), _TIMES_LONGEST * pl.col("longest"), _MEAN_GAPS * pl.col("mean"))
    quiet = by_sensor.filter((pl.col("count") >= _FEWEST) & (silence > limit)).with_columns(silence=silence)
    return [
        spoken(
            described,
            row["sensor"],
            Fault.STALE,
            SinceThen(row["last"]),
            f"nothing for {_span(row['silence'])}; never before was it silent for more than {_span(row['longest'])}",
            (("silent_s", row["silence"]), ("longest_gap_before_s", row["longest"])),
        )
        for row in quiet.iter_rows(named=True)
    ]


def _one_value(rows: pl.DataFrame, described: Described) -> list[FeedFinding]:
    ordered = rows.sort("sensor", "at").with_columns(run=pl.col("value").rle_id().over("sensor"))
    runs = ordered.group_by("sensor", "run", maintain_order=True).agg(
        value=pl.col("value").first(), since=pl.col("at").first(), repeats=pl.len()
    )
    runs = runs.with_columns(
        is_last=pl.col("run") == pl.col("run").max().over("sensor"),
        before=pl.when(pl.col("run") != pl.col("run").max().over("sensor")).then("repeats").max().over("sensor"),
    )
    if described.watched.zero_is_normal:
        runs = runs.filter(pl.col("value") != 0)
    stuck = runs.filter(
        pl.col("is_last") & (pl.col("repeats") >= pl.max_horizontal(pl.lit(_FLAT_REPEATS), 2 * pl.col("before") + 2))
    )
    return [
        spoken(
            described,
            row["sensor"],
            Fault.ALL_ZERO if row["value"] == 0 else Fault.FLAT,
            SinceThen(row["since"]),
            f"{row['repeats']} values in a row are {row['value']:g}; before at most {row['before']} were the same",
            (("value", row["value"]), ("repeats", float(row["repeats"])), ("longest_before", float(row["before"]))),
        )
        for row in stuck.iter_rows(named=True)
    ]


def _another_unit(rows: pl.DataFrame, described: Described) -> list[FeedFinding]:
    """The medians of the last readings against those before; only where both halves are steady."""
    factors = described.watched.factors
    found: list[FeedFinding] = []
    if not factors:
        return found
    recent = rows["at"].max() - timedelta(days=5)  # type: ignore[operator]  # a Datetime column without nulls
    levels = (
        rows.filter(pl.col("value") > 0)
        .sort("at")
        .group_by("sensor", maintain_order=True)
        .agg(
            old=pl.col("value").filter(pl.col("at") < recent).median(),
            highest=pl.col("value").filter(pl.col("at") < recent).max(),
            new=pl.col("value").filter(pl.col("at") >= recent).median(),
            number=pl.col("value").filter(pl.col("at") >= recent).len(),
            before=pl.col("value").filter(pl.col("at") < recent).len(),
        )
        .filter((pl.col("number") >= _FEWEST) & (pl.col("before") >= _FEWEST))
    )
    for row in levels.iter_rows(named=True):
        ratio = row["new"] / row["old"]
        factor = min(factors, key=lambda one: abs(ratio / one - 1))
        # Bins fill by turns: only a level far outside of what ever was is another unit.
        if abs(ratio / factor - 1) <= 4 * _FACTOR_TOLERANCE and max(factor, 1 / factor) >= 10:
            since = _crossed(rows, row["sensor"], row["old"], factor)
            figures = (("ratio", ratio), ("factor", factor))
            words = f"its level is {ratio:,.3g} times what it was, near the factor {factor:g}"
            found.append(spoken(described, row["sensor"], Fault.UNIT_CHANGED, SinceThen(since), words, figures))
    return found


def _crossed(rows: pl.DataFrame, sensor: str, old: float, factor: float) -> datetime:
    own = rows.filter((pl.col("sensor") == sensor) & (pl.col("value") > 0)).sort("at")
    border = old * factor**0.5
    usual = own.filter(pl.col("value") < border if factor > 1 else pl.col("value") > border)
    later = own.filter(pl.col("at") > usual["at"].max()) if usual.height else own
    first: datetime = (later if later.height else own)["at"].min()  # type: ignore[assignment]
    return first


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:,.0f} h" if hours < 72 else f"{hours / 24:,.0f} days"
