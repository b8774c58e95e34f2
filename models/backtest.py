"""Which days teach, which stop, which calibrate, which judge: four windows in a row, and rolling origins over them."""

from dataclasses import dataclass
from typing import Self

from city.errors import MissingInputError
from features.arrays import DAY_S

LEAST_DAYS = 8
"""Less cannot hold a week to learn from, the day a week after it, and a day that neither has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Edges in seconds of UTC; each window begins where the former ends, and does not hold its own end."""

    start_s: int
    tune_s: int
    calibrate_s: int
    gate_s: int
    end_s: int

    @classmethod
    def split(cls, start_s: int, end_s: int, *, what: str, gate_days: int = 14, side_days: int = 7) -> Self:
        """The gate takes up to a sixth of the history, tune and calibrate up to a tenth each, one day at the least."""
        days = (end_s - start_s) // DAY_S
        if days < LEAST_DAYS:
            raise MissingInputError(
                step=f"Training {what}",
                missing=(f"at least {LEAST_DAYS} days of history (it holds {days})",),
                todo="Until then a simple forecast answers.",
            )
        gate = max(1, min(gate_days, days // 6))
        side = max(1, min(side_days, days // 10))
        gate_s = end_s - gate * DAY_S
        return cls(
            start_s=start_s,
            tune_s=gate_s - 2 * side * DAY_S,
            calibrate_s=gate_s - side * DAY_S,
            gate_s=gate_s,
            end_s=end_s,
        )
