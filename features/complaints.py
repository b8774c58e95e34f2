"""Complaints nearby, as known: always against the district's own habit, since a quiet district is not a clean one."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from features.arrays import DAY_S, Floats, Ints, seconds_of

PRIOR_DAYS = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """Per district: when complaints became known (ascending) and how many there were up to then."""

    known_s: dict[str, Ints]
    so_far: dict[str, Floats]

    @classmethod
    def of(cls, events: pl.DataFrame, counts: pl.DataFrame) -> Self:
        """From single complaints where the city hands them over, else from daily counts."""
        rows = _opened(events) if events.height else _counted(counts)
        known_s: dict[str, Ints] = {}
        so_far: dict[str, Floats] = {}
        for (district,), group in rows.sort("known").group_by("district", maintain_order=True):
            known_s[str(district)] = group.get_column("known").to_numpy()
            so_far[str(district)] = np.concatenate(([0.0], np.cumsum(group.get_column("reports").to_numpy())))
        return cls(known_s=known_s, so_far=so_far)

    def excess(self, district: str, known_s: Ints, window_days: int) -> Floats:
        """Complaints of the last days over what this district usually has in so many; NaN where it never had any.

        The habit is the mean over everything known so far, counted as if one more fortnight of it had been seen.
        """
        if district not in self.known_s:
            return np.full(len(known_s), np.nan)
        moments, so_far = self.known_s[district], self.so_far[district]
        until = so_far[np.searchsorted(moments, known_s, side="right")]
        before = so_far[np.searchsorted(moments, known_s - window_days * DAY_S, side="right")]
        seen_days = np.maximum((known_s - moments[0]) / DAY_S, 1.0)
        habit = until / seen_days * window_days
        shrink = seen_days / (seen_days + PRIOR_DAYS)
        ratio = (until - before) / np.maximum(habit, 1e-9)
        return np.where(until > 0, 1.0 + shrink * (ratio - 1.0), np.nan)


def _opened(events: pl.DataFrame) -> pl.DataFrame:
    rows = events.filter(pl.col("event") == "opened")
    return pl.DataFrame(
        {
            "district": rows.get_column("district_id"),
            "known": seconds_of(rows, "known_at"),
            "reports": np.ones(rows.height),
        }
    )


def _counted(counts: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "district": counts.get_column("district_id"),
            "known": seconds_of(counts, "known_at"),
            "reports": counts.get_column("reports").cast(pl.Float64),
        }
    )
