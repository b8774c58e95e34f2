"""Which points to serve today: rankings judged on the demo city's hidden truth, which no department knows.

A point passed by today waits for tomorrow's round. It needs service if it would overflow before the day ends were it
not emptied that day. A day's K points are a third of all. `caught`: share of the points in need
among the chosen; `regret`: overflow (fill above full) left standing, over what the best K would have taken away.
"""

import os
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from city.settings import Settings
from city.store import History
from features.arrays import DAY_S, Floats, moment_of
from features.clockwork import midnights_s
from features.gather import city_of
from models.fill_baseline import FULLEST
from models.overflow import probability_above
from models.waste import SERVING_DAYS, forecast_waste, gathered, train_waste

JUDGED_DAYS = 14
SHARE_SERVED = 1.0 / 3.0
LEVEL_STEP = 0.05
TRUTH = Path("demo") / "departments" / "truth"
EPOCH = date(1970, 1, 1)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Per point, fill above full at the day's end were it not emptied that day; 0 where it would not overflow."""

    midnight_s: int
    keys: tuple[Key, ...]
    excess: Floats


def choice(history: History, home: Path, *, seed: int, quick: bool) -> dict[str, dict[str, float]] | None:
    """Per ranking what it caught and its regret; None where no hidden truth lies beside the city."""
    folder = home / TRUTH
    if not folder.is_dir():
        return None
    days = judged_days(
        pl.read_parquet(folder / "fills.parquet"),
        pl.read_parquet(folder / "emptied.parquet"),
        city_of(history).time_zone,
    )
    with tempfile.TemporaryDirectory() as temporary:
        # Experiments of its own: what is promoted here must not become the city's champion.
        own = {"CITY_HOME": str(home), "CITY_MLRUNS": temporary, "CITY_SEED": str(seed)}
        settings = Settings.from_environment({**os.environ, **own})
        train_waste(history, settings, as_of=moment_of(days[0].midnight_s), quick=quick)
        ranked = [_rankings(history, settings, day) for day in days]
    names = ranked[0].keys()
    return {name: judged(days, [one[name] for one in ranked]) for name in names}


def judged_days(fills: pl.DataFrame, emptied: pl.DataFrame, time_zone: str) -> list[Day]:
    """The last days. Without an emptying a day ends at the fill at its end + what was taken."""
    taken = emptied.group_by("point_id", "stream", pl.col("emptied_at").dt.date().alias("day")).agg(
        pl.col("fill").sum()
    )
    both = fills.join(taken, on=["point_id", "stream", "day"], how="left").with_columns(
        (pl.col("fill_end") + pl.col("fill").fill_null(0.0) - 1.0).clip(lower_bound=0.0).alias("excess")
    )
    found = []
    for day in sorted(both.get_column("day").unique().to_list())[-JUDGED_DAYS:]:
        own = both.filter(pl.col("day") == day)
        found.append(
            Day(
                midnight_s=int(midnights_s(np.array([(day - EPOCH).days]), time_zone)[0]),
                keys=tuple(own.select("point_id", "stream").iter_rows()),
                excess=own.get_column("excess").to_numpy(),
            )
        )
    return found


def judged(days: list[Day], rankings: list[dict[Key, float]]) -> dict[str, float]:
    """A point without a rank comes last."""
    caught = in_need = taken = best = 0.0
    for day, ranking in zip(days, rankings, strict=True):
        served = max(1, round(SHARE_SERVED * len(day.keys)))
        rank = np.array([ranking.get(key, -np.inf) for key in day.keys])
        chosen = np.argsort(-rank, kind="stable")[:served]
        caught += float((day.excess[chosen] > 0).sum())
        in_need += float((day.excess > 0).sum())
        taken += float(day.excess[chosen].sum())
        best += float(np.sort(day.excess)[::-1][:served].sum())
    return {"caught": caught / max(in_need, 1.0), "regret": (best - taken) / max(best, 1e-9)}


def _rankings(history: History, settings: Settings, day: Day) -> dict[str, dict[Key, float]]:
    """Higher is served sooner; all from what was known at midnight."""
    issued_at = moment_of(day.midnight_s)
    fills = gathered(history, issued_at, SERVING_DAYS).fills.fills
    series = np.arange(len(fills.keys))
    origin = np.full(len(series), day.midnight_s)
    reference = fills.reference(series, origin)
    emptied_s = fills.last_emptied_s[reference]
    unserved = np.where((reference >= 0) & (emptied_s >= 0), (day.midnight_s - emptied_s) / DAY_S, np.inf)
    usual = fills.growth(np.maximum(reference, 0), origin).gap_days
    said = forecast_waste(history, settings, issued_at=issued_at, days=1)
    tonight = pl.from_epoch(pl.lit(day.midnight_s + DAY_S)).dt.replace_time_zone("UTC")
    last = said.fill.filter(pl.col("valid_at") <= tonight).filter(pl.col("valid_at") == pl.col("valid_at").max())
    excess = expected_excess(last.select("fill_p10", "fill_p50", "fill_p90").to_numpy())
    # A point passed by today is seen again at tomorrow's round: P(overflow before it) is the chance of having to wait.
    tomorrow = said.emptyings.filter(pl.col("days_ahead") == 1)
    return {
        "before_next_visit": _of_frame(tomorrow, pl.col("overflow_before_probability") + 1e-3 * pl.col("units_p50")),
        "tonight": _of_frame(last, pl.col("overflow_probability") + 1e-3 * pl.col("fill_p50")),
        "expected_excess": _of_frame(last.with_columns(pl.Series("excess", excess)), pl.col("excess")),
        "fixed_frequency": _by_key(fills.keys, unserved / np.maximum(np.nan_to_num(usual, nan=1.0), 0.1)),
        "longest_unserved": _by_key(fills.keys, unserved),
        "last_fill": _by_key(fills.keys, np.where(reference >= 0, fills.level[reference], 0.0)),
    }


def expected_excess(fill: Floats) -> Floats:
    """Mean fill above full of the law behind rows x quantiles: the integral of P(fill > level) over levels above 1."""
    levels = np.arange(1.0, FULLEST, LEVEL_STEP)
    found: Floats = LEVEL_STEP * np.sum([probability_above(fill, float(level)) for level in levels], axis=0)
    return found


def _of_frame(frame: pl.DataFrame, rank: pl.Expr) -> dict[Key, float]:
    rows = frame.select("point_id", "stream", rank.alias("rank"))
    return {(point, stream): float(value) for point, stream, value in rows.iter_rows()}


def _by_key(keys: tuple[Key, ...], values: Floats) -> dict[Key, float]:
    return dict(zip(keys, values.tolist(), strict=True))
