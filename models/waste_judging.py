"""What the waste learners said on the gate window, and what the gate is told of it."""

from dataclasses import dataclass

import dataframely as dy
import numpy as np
import polars as pl

from city.errors import MissingInputError
from features.arrays import DAY_S, Floats, Ints
from models.backtest import LEAST_DAYS, Windows
from models.gate import GateEvidence, gate_evidence
from models.metrics import mean_pinball
from models.quantile_gbm import QUANTILES

GATE_DAYS = 56
GATE_SHARE = 6
"""A gate of eight weeks takes at the most a sixth of the history; a shorter gate is said."""
SIDE_DAYS, SIDE_SHARE = 14, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Truth, forecasts of the learner and of the baseline on the gate window, in one unit."""

    truth: Floats
    model: Floats
    naive: Floats
    rank: Floats | None = None
    """Where each truth lies in the law that was said, 0 to 1; without it the quantiles alone say who lies outside."""

    def losses(self) -> tuple[float, float]:
        return mean_pinball(self.truth, self.model, QUANTILES), mean_pinball(self.truth, self.naive, QUANTILES)

    def evidence(
        self, quantity: str, day: Ints, districts: list[str], *, champion: Floats | None, seed: int
    ) -> dy.DataFrame[GateEvidence]:
        """`day` is the local day of each row, days since 1970."""
        date, district_id = pl.Series(day.astype("int32")).cast(pl.Date), pl.Series(districts, dtype=pl.String)
        losses = gate_evidence(
            quantity,
            self.truth,
            self.model,
            self.naive,
            day=date,
            district_id=district_id,
            champion=champion,
            seed=seed,
        )
        if self.rank is None:
            return losses
        return counted_by_rank(losses, self.rank, day=date, district_id=district_id, seed=seed)


def counted_by_rank(
    losses: dy.DataFrame[GateEvidence], rank: Floats, *, day: pl.Series, district_id: pl.Series, seed: int
) -> dy.DataFrame[GateEvidence]:
    """The evidence of one quantity with those outside counted by the rank: where values repeat, ties would decide."""
    even = np.tile(np.array(QUANTILES), (len(rank), 1))
    quantity = losses.get_column("quantity").item(0)
    around = gate_evidence(quantity, rank, even, even, day=day, district_id=district_id, seed=seed)
    key = GateEvidence.primary_key()
    both = losses.drop("below", "above").join(around.select(*key, "below", "above"), on=key)
    return GateEvidence.validate(both.select(GateEvidence.column_names()).sort(key))


def waste_windows(start_s: int, end_s: int) -> Windows:
    """Fit, tune, calibrate, gate: eight weeks of gate where the history is eleven months long."""
    days = (end_s - start_s) // DAY_S
    if days < LEAST_DAYS:
        raise MissingInputError(
            step="Training waste",
            missing=(f"at least {LEAST_DAYS} days of history (it holds {days})",),
            todo="Until then forecasts are seasonal-naive.",
        )
    gate = max(1, min(GATE_DAYS, days // GATE_SHARE))
    side = max(1, min(SIDE_DAYS, days // SIDE_SHARE))
    gate_s = end_s - gate * DAY_S
    return Windows(
        start_s=start_s,
        tune_s=gate_s - 2 * side * DAY_S,
        calibrate_s=gate_s - side * DAY_S,
        gate_s=gate_s,
        end_s=end_s,
    )
