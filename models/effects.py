"""Whether a measure changed anything: pilot against controls, before and after (difference in differences).

With enough units each unit's own change is one value, and the two groups of changes are compared (Welch's t). With few
units the daily difference between pilot and controls is compared, in blocks of several days, before and after: the t
over block means with as many degrees of freedom as the smaller group has, less one, holds its level where the blocks
are neither independent of the day nor alike. Source: Ibragimov and Mueller, t-statistic based correlation and
heterogeneity robust inference (2010); Inference with few heterogeneous clusters (2016). A block bootstrap and a
randomised exchange of blocks were measured beside it and called twice as many nulls as they may (docs/outcomes.md).

A trial that is still under way is judged at 99.9 %, so that looking every day costs the final look nothing: Haybittle
(1971), Peto et al. (1976).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import t as student

from city.errors import BrokenRuleError
from features.arrays import Flags, Floats

Word = Literal["better", "no evidence", "worse"]
Method = Literal["units", "day_blocks", "none"]
FINAL, INTERIM = 0.95, 0.999
LEAST_UNITS = 5
LEAST_BLOCKS = 4
LONGEST_BLOCK = 7
LEAST_DAYS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Of the effect, in the measure's unit; `groups` are the values compared, before or controls first."""

    estimate: float
    low: float
    high: float
    method: Method
    groups: tuple[int, int]

    @property
    def holds_zero(self) -> bool:
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`why` is a code for what kept a verdict from being given; "" where the interval decided.

    `level_before` is the pilot's mean before: what the estimate is a share of. `moved_apart` is the same figure with
    the days before cut in two halves, where nothing was changed yet; None where they are too few.
    """

    word: Word
    why: Literal["", "too_few_days", "no_units", "moved_apart_before"]
    confidence: float
    found: Interval | None
    moved_apart: Interval | None
    level_before: float | None
    units: tuple[int, int]
    days: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`values` is units x days, NaN where nobody measured; the flags say which units and days are which."""

    values: Floats
    pilot: Flags
    after: Flags

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.pilot), len(self.after)):
            raise BrokenRuleError(
                subject="Panel",
                problem=f"{self.values.shape} values for {len(self.pilot)} units and {len(self.after)} days",
            )


def effect_of(panel: Panel, *, higher_is_better: bool, is_over: bool) -> Effect:
    """Units that were not measured on `LEAST_DAYS` days of both periods are left out."""
    kept = _measured(panel)
    days = _days(kept)
    units = int((~kept.pilot).sum()), int(kept.pilot.sum())
    confidence = FINAL if is_over else INTERIM
    if min(units) == 0 or min(days) < LEAST_DAYS:
        why: Literal["no_units", "too_few_days"] = "no_units" if min(_days(panel)) >= LEAST_DAYS else "too_few_days"
        return Effect(
            word="no evidence", why=why, confidence=confidence, found=None, moved_apart=None, level_before=None,
            units=units, days=days,
        )  # fmt: skip
    found = _interval(kept, confidence)
    apart = _before_only(kept)
    stood_apart = apart is not None and not apart.holds_zero
    return Effect(
        word="no evidence" if stood_apart else _word(found, higher_is_better=higher_is_better),
        why="moved_apart_before" if stood_apart else "",
        confidence=confidence,
        found=found,
        moved_apart=apart,
        level_before=float(np.nanmean(kept.values[kept.pilot][:, ~kept.after])),
        units=units,
        days=days,
    )


def _word(found: Interval, *, higher_is_better: bool) -> Word:
    if found.holds_zero:
        return "no evidence"
    return "better" if (found.estimate > 0) == higher_is_better else "worse"


def _measured(panel: Panel) -> Panel:
    seen = np.isfinite(panel.values)
    enough = (seen[:, ~panel.after].sum(axis=1) >= LEAST_DAYS) & (seen[:, panel.after].sum(axis=1) >= LEAST_DAYS)
    return Panel(values=panel.values[enough], pilot=panel.pilot[enough], after=panel.after)


def _days(panel: Panel) -> tuple[int, int]:
    """Days before and after on which both groups were measured."""
    seen = np.isfinite(panel.values)
    both = seen[panel.pilot].any(axis=0) & seen[~panel.pilot].any(axis=0)
    return int((both & ~panel.after).sum()), int((both & panel.after).sum())


def _before_only(panel: Panel) -> Interval | None:
    """As if the measure had begun half way through the days before it did."""
    before = panel.values[:, ~panel.after]
    half = before.shape[1] // 2
    later = np.arange(before.shape[1]) >= half
    placebo = _measured(Panel(values=before, pilot=panel.pilot, after=later))
    if not placebo.pilot.any() or placebo.pilot.all() or min(_days(placebo)) < LEAST_DAYS:
        return None
    return _interval(placebo, FINAL)


def _interval(panel: Panel, confidence: float) -> Interval:
    if min(panel.pilot.sum(), (~panel.pilot).sum()) >= LEAST_UNITS:
        return _by_units(panel, confidence)
    return _by_day_blocks(panel, confidence)


def _by_units(panel: Panel, confidence: float) -> Interval:
    change = np.nanmean(panel.values[:, panel.after], axis=1) - np.nanmean(panel.values[:, ~panel.after], axis=1)
    controls, pilot = change[~panel.pilot], change[panel.pilot]
    parts = [float(one.var(ddof=1)) / len(one) for one in (controls, pilot)]
    below = sum(part**2 / (len(one) - 1) for part, one in zip(parts, (controls, pilot), strict=True))
    freedom = sum(parts) ** 2 / below if below > 0 else float(len(change) - 2)
    return _around(controls, pilot, parts, freedom, confidence, "units")


def _by_day_blocks(panel: Panel, confidence: float) -> Interval:
    """Each unit counts from its own mean before, so that a day on which one is missing does not move the level."""
    own = panel.values - np.nanmean(panel.values[:, ~panel.after], axis=1, keepdims=True)
    seen = np.isfinite(own)
    both = seen[panel.pilot].any(axis=0) & seen[~panel.pilot].any(axis=0)
    apart = np.nanmean(own[panel.pilot][:, both], axis=0) - np.nanmean(own[~panel.pilot][:, both], axis=0)
    before, after = apart[~panel.after[both]], apart[panel.after[both]]
    length = int(np.clip(min(len(before), len(after)) // LEAST_BLOCKS, 1, LONGEST_BLOCK))
    groups = _blocks(before, length), _blocks(after, length)
    parts = [float(one.var(ddof=1)) / len(one) for one in groups]
    freedom = float(min(len(one) for one in groups) - 1)
    return _around(*groups, parts, freedom, confidence, "day_blocks")


def _blocks(values: Floats, length: int) -> Floats:
    """Means of whole blocks; days that fill none, the first ones, join the first block."""
    count = len(values) // length
    edges = np.arange(count) * length + (len(values) - count * length)
    edges[0] = 0
    sizes = np.diff(np.append(edges, len(values)))
    means: Floats = np.add.reduceat(values, edges) / sizes
    return means


def _around(
    first: Floats, second: Floats, parts: list[float], freedom: float, confidence: float, method: Method
) -> Interval:
    estimate = float(second.mean() - first.mean())
    reach = float(student.ppf(0.5 + confidence / 2, max(freedom, 1.0))) * float(np.sqrt(sum(parts)))
    return Interval(
        estimate=estimate,
        low=estimate - reach,
        high=estimate + reach,
        method=method,
        groups=(len(first), len(second)),
    )
