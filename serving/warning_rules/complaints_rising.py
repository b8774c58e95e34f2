"""Complaints expected to rise: the newest forecast of a week against what weeks were like, with its interval."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from city.errors import MissingInputError
from city.forecasts import ComplaintForecasts
from city.load_risk import P90_SD
from city.warning_bounds import WarningBounds
from city.warning_signs import Warned, id_of
from features.arrays import Floats
from features.complaint_history import gather_complaints
from serving.desk import Desk
from serving.stored_issue import newest_issue
from serving.subjects import feed_of

USUAL_WEEKS = 8
LEAST_WEEKS = 4
STEP_SHARE = 0.5
"""A warning is worse when half of the usual level comes on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Complaints in as many days as the forecast speaks of: mean of the last blocks, and where 80 % of them lie."""

    mean: float
    low: float
    high: float
    weeks: int


def complaints_rising(desk: Desk) -> Iterator[Warned]:
    """One warning per district and category whose expected level lies above the interval of the usual one."""
    now = desk.moment(feed_of(desk.history, "complaints")).at
    today = desk.local_date(now)
    ahead = newest_issue(desk, ComplaintForecasts, now).filter(pl.col("day") > today)
    if ahead.is_empty():
        return
    weeks = _past(desk, ahead)
    for (key, category), part in ahead.sort("day").group_by("district_key", "category", maintain_order=True):
        usual = usual_level(weeks.get((str(key), str(category)), np.empty(0)), part.height)
        if usual is not None:
            yield from _warned(part, usual, desk.settings.warnings)


def _past(desk: Desk, ahead: pl.DataFrame) -> dict[tuple[str, str], Floats]:
    """Complaints per whole day as known when the forecast was issued, oldest first, by district and category."""
    issued_at = ahead["issued_at"][0]
    try:
        days = gather_complaints(desk.history, as_of=issued_at, days=USUAL_WEEKS * 7 + 8)
    except MissingInputError:
        return {}
    return {key: days.reports[:, number] for number, key in enumerate(days.keys)}


def usual_level(reports: Floats, length: int) -> Usual | None:
    """From blocks of `length` days back from the last known one; None with fewer than four of them.

    The interval is where the next block lies with 80 %: mean +- 1.28 sd sqrt(1 + 1/n), the variance at least the mean
    as that of counts is.
    """
    known = reports[np.isfinite(reports)]
    blocks = min(USUAL_WEEKS, len(known) // length)
    if blocks < LEAST_WEEKS:
        return None
    totals = known[len(known) - blocks * length :].reshape(blocks, length).sum(axis=1)
    mean = float(totals.mean())
    spread = P90_SD * math.sqrt(max(float(totals.var(ddof=1)), mean) * (1 + 1 / blocks))
    return Usual(mean=mean, low=max(0.0, mean - spread), high=mean + spread, weeks=blocks)


def _warned(part: pl.DataFrame, usual: Usual, bounds: WarningBounds) -> Iterator[Warned]:
    expected = float(part["reports_mean"].sum())
    near = usual.mean + (1 - bounds.slack_share) * (usual.high - usual.mean)
    more = (1 - bounds.slack_share) * bounds.complaints_more
    if expected <= near or expected < _least(usual, bounds.complaints_ratio - bounds.slack_share, more):
        return
    row = part.row(0, named=True)
    key, category = row["district_key"], row["category"]
    days = part["day"].to_list()
    yield Warned(
        warning_id=id_of("forecasts", "complaints-rising", key, category),
        source="forecasts",
        cause="complaints-rising",
        subject=f"complaints of {category} in district {key}",
        sentence=f"About {expected:.0f} complaints of {category} are expected in district {key} from {days[0]} to "
        f"{days[-1]}; {usual.mean:.0f} are usual in {part.height} days (80 % of the last {usual.weeks} times: "
        f"{usual.low:.0f} to {usual.high:.0f}). Cause: forecast {row['model']} of {row['issued_at']:%Y-%m-%d}.",
        todo="Look at what drives it: overflow ahead, a feast, works; staff the line, and plan the district's points. "
        "More complaints are not more dirt: see docs/complaints.md.",
        district_id=row["district_id"],
        figures=(
            ("expected", round(expected, 2)),
            ("usual", round(usual.mean, 2)),
            ("usual_p10", round(usual.low, 2)),
            ("usual_p90", round(usual.high, 2)),
            ("days", float(part.height)),
        ),
        severity=expected,
        worse_by=max(1.0, STEP_SHARE * usual.mean),
        opens=expected > usual.high and expected >= _least(usual, bounds.complaints_ratio, bounds.complaints_more),
    )


def _least(usual: Usual, ratio: float, more: float) -> float:
    return max(ratio * usual.mean, usual.mean + more)
