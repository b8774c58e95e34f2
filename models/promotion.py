"""Whether a challenger becomes champion, decided on days that neither has seen, with the reason in words."""

from dataclasses import dataclass, field
from math import sqrt
from statistics import NormalDist

import numpy as np
import polars as pl
from scipy.stats import t as student

from features.arrays import Floats
from models.gate import GateEvidence, best_baseline, gate_evidence

__all__ = ["GateEvidence", "Verdict", "best_baseline", "decide", "gate_evidence"]

OUTER = 0.1
"""Share of truths that belong below p10, and above p90."""
COVERAGE_TOLERANCE = 0.02
DISTRICT_TOLERANCE = 0.03
TAIL = 0.05
"""Each side of the 90 % interval."""
SHORT_DAYS = 28
"""Below this the share of a perfectly calibrated model strays by more than the tolerance from day to day alone."""
DRAWS = 2_000
LEAST_LOSS = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`figures` are what the reason says, for machines; `districts` the loss relative to the champion's, per district.

    Relative losses are ratios minus 1: below 0 the challenger is better.
    """

    promote: bool
    reason: str
    figures: dict[str, float] = field(default_factory=dict)
    districts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Interval:
    middle: float
    low: float
    high: float

    def words(self) -> str:
        if not np.isfinite(self.low):
            return "(a gate of one day has no interval)"
        return f"(90 % interval {100 * self.low:+.1f} to {100 * self.high:+.1f} %)"


def decide(evidence: pl.DataFrame, *, seed: int = 1, quantiles: bool = True) -> Verdict:
    """Promote what beats the champion beyond chance and the best simple baseline, with quantiles that hold, everywhere.

    - The 90 % day-block bootstrap interval of the relative loss difference to the champion lies below 0; quantities
      count alike, by their ratios. Without a champion this does not apply.
    - The loss is below the best simple baseline's, and no quantity is worse than it beyond chance.
    - The shares of truths below p10 and above p90 are within 2 points of 10 %; with less than 28 days they may be
      further off as long as their interval reaches into that band.
    - No district's loss is more than 3 % above the champion's.

    Without `quantiles` (a model that says classes) the shares outside are not asked for.
    """
    gate = _Gate(GateEvidence.validate(evidence), seed, quantiles=quantiles)
    faults = [*gate.not_better_than_champion(), *gate.not_better_than_baseline(), *gate.coverage_off()]
    faults += gate.worse_districts()
    reason = "no change: " + "; ".join(faults) if faults else gate.praise()
    return Verdict(
        promote=not faults, reason=f"{reason} ({gate.span()}).", figures=gate.figures(), districts=gate.districts()
    )


class _Gate:
    """The evidence as sums per day, and the days drawn again and again."""

    def __init__(self, evidence: pl.DataFrame, seed: int, *, quantiles: bool = True) -> None:
        self._lines = evidence
        self._judged = evidence.filter(pl.col("champion_loss").is_not_null())
        days = evidence.get_column("day").unique().sort()
        self._days = len(days)
        self._place = {day: place for place, day in enumerate(days)}
        random = np.random.default_rng(seed)
        self._drawn = random.multinomial(self._days, np.full(self._days, 1.0 / max(self._days, 1)), DRAWS)
        self._champion = self._relative(self._judged, "champion_loss") if self._judged.height else None
        self._baseline = self._relative(evidence, "baseline_loss") if self._days else None
        self._outer = {side: self._share(side) for side in ("below", "above")} if self._days and quantiles else {}

    def not_better_than_champion(self) -> list[str]:
        if self._champion is None or self._champion.high < 0.0:
            return []
        told = f"its loss is {_against(self._champion.middle)} the champion's {self._champion.words()}"
        return [f"{told}; the whole interval must lie below 0"]

    def not_better_than_baseline(self) -> list[str]:
        if self._baseline is None:
            return ["the gate window holds no row to judge"]
        if not self._baseline.middle < 0.0:
            return [f"its loss is {_against(self._baseline.middle)} the best simple baseline's; it must be below"]
        return [
            f"its loss on {quantity} is {_against(found.middle)} the best simple baseline's {found.words()}"
            for quantity, found in self._by("quantity", self._lines, "baseline_loss").items()
            if found.low > 0.0
        ]

    def coverage_off(self) -> list[str]:
        words = {"below": "below p10", "above": "above p90"}
        return [
            f"{100 * found.middle:.1f} % of the truths lie {words[side]}, {100 * OUTER:.0f} % should "
            f"(90 % interval {100 * found.low:.1f} to {100 * found.high:.1f} %)"
            for side, found in self._outer.items()
            if not self._holds(found)
        ]

    def worse_districts(self) -> list[str]:
        worse = {name: off for name, off in self.districts().items() if off > DISTRICT_TOLERANCE}
        return [
            f"in district {name} its loss is {_against(off)} the champion's; "
            f"at most {100 * DISTRICT_TOLERANCE:.0f} % above is allowed"
            for name, off in sorted(worse.items(), key=lambda item: -item[1])
        ]

    def districts(self) -> dict[str, float]:
        return {name: found.middle for name, found in self._by("district_id", self._judged, "champion_loss").items()}

    def praise(self) -> str:
        baseline = "" if self._baseline is None else f"{_against(self._baseline.middle)} the best simple baseline's"
        if self._champion is None:
            return f"first model: its loss is {baseline}"
        champion = f"{_against(self._champion.middle)} the champion's {self._champion.words()}"
        return f"better: its loss is {champion} and {baseline}"

    def span(self) -> str:
        count = int(self._lines.get_column("rows").sum())
        return f"gate of {self._days} {'day' if self._days == 1 else 'days'}, {count:,} rows"

    def figures(self) -> dict[str, float]:
        told = {"gate_days": float(self._days), "gate_rows": float(self._lines.get_column("rows").sum())}
        named = {"to_champion": self._champion, "to_baseline": self._baseline} | {
            f"share_{side}": found for side, found in self._outer.items()
        }
        for name, found in named.items():
            if found is not None:
                told |= {name: found.middle, f"{name}_low": found.low, f"{name}_high": found.high}
        return {name: value for name, value in told.items() if np.isfinite(value)}

    def _holds(self, found: _Interval) -> bool:
        if abs(found.middle - OUTER) <= COVERAGE_TOLERANCE:
            return True
        near = found.low <= OUTER + COVERAGE_TOLERANCE and found.high >= OUTER - COVERAGE_TOLERANCE
        return self._days < SHORT_DAYS and near

    def _by(self, column: str, lines: pl.DataFrame, other: str) -> dict[str, _Interval]:
        groups = lines.partition_by(column, as_dict=True, maintain_order=True)
        return {str(key[0]): self._relative(group, other) for key, group in groups.items()}

    def _relative(self, lines: pl.DataFrame, other: str) -> _Interval:
        """Mean over the quantities of loss / other loss, minus 1."""
        groups = lines.partition_by("quantity", maintain_order=True)
        ratios, told = np.zeros((2, DRAWS + 1))
        for group in groups:
            mine, theirs, rows = (
                self._drawn_and_whole(self._per_day(group, what))
                for what in (pl.col("loss") * pl.col("rows"), pl.col(other) * pl.col("rows"), pl.col("rows"))
            )
            # A draw may hold none of the days of a quantity: it says nothing of it.
            ratios += np.where(rows > 0, mine / np.maximum(theirs, LEAST_LOSS), 0.0)
            told += rows > 0
        return self._interval(np.divide(ratios, told, out=np.full(DRAWS + 1, np.nan), where=told > 0) - 1.0)

    def _share(self, side: str) -> _Interval:
        outside, rows = (self._per_day(self._lines, pl.col(name)) for name in (side, "rows"))
        return self._interval(self._drawn_and_whole(outside) / np.maximum(self._drawn_and_whole(rows), 1.0))

    def _per_day(self, lines: pl.DataFrame, what: pl.Expr) -> Floats:
        summed = lines.group_by("day").agg(what.sum().cast(pl.Float64).alias("sum"))
        values = np.zeros(self._days)
        for day, value in summed.iter_rows():
            values[self._place[day]] = value
        return values

    def _drawn_and_whole(self, per_day: Floats) -> Floats:
        return np.append(self._drawn @ per_day, per_day.sum())

    def _interval(self, draws_and_whole: Floats) -> _Interval:
        """Percentiles of the draws, moved outward for few days; of one day nothing can be said.

        Source: Hesterberg, What Teachers Should Know About the Bootstrap (2015), the expanded percentile interval: the
        plain one is too narrow by the factor that divides by n instead of n - 1 and by normal instead of t quantiles.
        """
        draws, whole = draws_and_whole[:-1], float(draws_and_whole[-1])
        if self._days < 2:
            return _Interval(whole, -np.inf, np.inf)
        wider = sqrt(self._days / (self._days - 1)) * float(student.ppf(TAIL, self._days - 1))
        tail = NormalDist().cdf(wider)
        low, high = np.nanquantile(draws, [tail, 1.0 - tail])
        return _Interval(whole, float(low), float(high))


def _against(ratio: float) -> str:
    """0.031 is `3.1 % above`."""
    if round(1000 * ratio) == 0:
        return "equal to" if ratio == 0 else f"{100 * abs(ratio):.2g} % {'above' if ratio > 0 else 'below'}"
    return f"{100 * abs(ratio):.1f} % {'above' if ratio > 0 else 'below'}"
