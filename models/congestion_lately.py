"""Today's intervals corrected by how those of the last days held (decision 8).

No stored forecast is needed: the model says again what it would have said at a few origins of the last days, which see
nothing later than themselves, and of which no learner was taught.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import DAY_S, HOUR_S, Floats, Ints, Narrow
from models.calibration import buckets
from models.congestion_doubt import Doubt, target_hours
from models.dense_settings import QUANTILES
from models.leads import between
from models.rolling_correction import EXPECTED, RollingCorrection

LOOK_BACK_DAYS = 2
ORIGINS_PER_DAY = ((100, 6), (40, 12), (0, 24))
"""From so many detectors on, so many issue times: the fewer witnesses of one moment, the more moments are asked."""
MOST_SENSORS = 100
"""All are corrected alike: so many of them, evenly chosen, tell as well by how much."""
BUCKET_EDGES_H = (2.0, 8.0, 24.0)
"""Leads that are corrected alike."""
LEAST_DAYS = 0.5
"""Leads of which less came true are corrected like the next nearer ones."""
CHANCE = 2.0
"""Standard deviations of a correction, if the values were witnesses one by one, that are laid to chance."""
LARGE = 1.25
MEDIAN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """`factors` is anchors x (below, above); `outside` the shares of truths under p10 and over p90, as first said."""

    at: tuple[int, ...]
    factors: Floats
    outside: tuple[float, float]

    @classmethod
    def nothing(cls, at: tuple[int, ...]) -> Self:
        return cls(at=at, factors=np.ones((len(at), 2)), outside=(float("nan"), float("nan")))

    def corrected(self, said: Floats, leads: Ints, quantiles: tuple[float, ...] = QUANTILES) -> Floats:
        """`said` is sensors x leads x quantiles, the median among them; it stays, and nothing falls below 0."""
        factor = np.exp(between(self.at, np.log(self.factors), leads))
        middle, moved = said[..., quantiles.index(MEDIAN)], []
        for place, quantile in enumerate(quantiles):
            if quantile < MEDIAN:
                moved.append(np.maximum(middle - factor[:, 0] * (middle - said[..., place]), 0.0))
            elif quantile > MEDIAN:
                moved.append(middle + factor[:, 1] * (said[..., place] - middle))
            else:
                moved.append(middle)
        return np.stack(moved, axis=-1)

    def sentence(self, measure: str, step_s: int) -> str | None:
        """What a person should know of it: nothing while the correction is small."""
        size = np.abs(np.log(self.factors))
        place, side = np.unravel_index(int(size.argmax()), size.shape)
        if size[place, side] < np.log(LARGE):
            return None
        below, above = (100 * share for share in self.outside)
        factor, lead_h = float(self.factors[place, side]), self.at[place] * step_s / HOUR_S
        return (
            f"{measure}: in the last {LOOK_BACK_DAYS} days {below:.0f} % of the values lay under p10 and {above:.0f} % "
            f"over p90 (expected 10 % each), so the intervals are made up to {factor:.2f} times as wide "
            f"({'below' if side == 0 else 'above'} the median, {lead_h:g} h ahead)"
        )


def past_origins(newest: int, slots_per_day: int, sensors: int, *, taught_until: int) -> Ints:
    """A few steps of each of the last days, oldest first, none of which was learned from."""
    count = origins_per_day(sensors, slots_per_day)
    apart = slots_per_day // count
    found = newest - apart * np.arange(LOOK_BACK_DAYS * count, 0, -1, dtype=np.int64)
    return found[found >= taught_until]


def origins_per_day(sensors: int, slots_per_day: int) -> int:
    return min(next(count for least, count in ORIGINS_PER_DAY if sensors >= least), slots_per_day)


def witnesses(sensors: int) -> Ints:
    return np.unique(np.linspace(0, sensors - 1, min(sensors, MOST_SENSORS)).astype(np.int64))


def looked_back(
    said: dict[int, Floats], past: Ints, values: Narrow, doubt: Doubt, *, per_day: int, slots_per_day: int
) -> Lately:
    """How what would have been said held by the last of `values`.

    Args:
        said: Per lead `past` origins x sensors x (p10, p50, p90), before `doubt` widens it.
        past: Steps since a midnight, `per_day` of them a day, the last one that far from the end.
        values: Steps x sensors, what was measured.
        doubt: How wide the model says that the forecasts have to be.
        per_day: How many of `past` there are in a day.
        slots_per_day: How many steps there are.
    """
    at, step_s = tuple(said), DAY_S // slots_per_day
    newest = len(values) - 1
    if len(past) < LEAST_DAYS * per_day:
        return Lately.nothing(at)
    rolling = RollingCorrection(slots_per_day=per_day, block_steps=1)
    origins = np.append(past, newest)
    seen = [
        _Seen.of(
            _wide(doubt, said[lead], lead * step_s / HOUR_S, target_hours(past, np.array([lead]), slots_per_day)),
            origins,
            lead,
            values,
            rolling,
        )
        for lead in at
        if (past + lead <= newest).sum() >= LEAST_DAYS * per_day
    ]
    if not sum(one.rows for one in seen):
        return Lately.nothing(at)
    bucket = buckets(np.array(at) * step_s / HOUR_S, BUCKET_EDGES_H)
    pooled: list[Floats] = []
    for number in range(len(BUCKET_EDGES_H) + 1):
        mine = [one.beyond_chance for place, one in enumerate(seen) if bucket[place] == number]
        pooled.append(np.mean(mine, axis=0) if mine else pooled[-1] if pooled else np.zeros(2))
    below, above = (float(sum(one.outside[side] for one in seen) / sum(one.rows for one in seen)) for side in (0, 1))
    return Lately(at=at, factors=np.exp(np.stack(pooled)[bucket]), outside=(below, above))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One lead: logarithms of the factors for (below, above), and how many truths lay outside on each side."""

    correction: Floats
    chance: float
    outside: Floats
    rows: int

    @classmethod
    def of(cls, wide: Floats, origins: Ints, lead: int, values: Narrow, rolling: RollingCorrection) -> Self:
        """`origins` ends with now, of which `wide` says nothing."""
        known = int((origins[:-1] + lead <= origins[-1]).sum())
        factors = rolling.factors(np.concatenate([wide, wide[-1:]]), origins, lead, values)[0]
        truth = values[origins[:known] + lead]
        rows = int(np.isfinite(truth).sum())
        outside = [(truth < wide[:known, :, 0]).sum(), (truth > wide[:known, :, 2]).sum()]
        spread = np.sqrt((1 - EXPECTED) / EXPECTED / max(rows, 1))
        return cls(
            correction=np.log(factors),
            chance=float(CHANCE * rolling.gain * known / rolling.slots_per_day * spread),
            outside=np.array(outside, np.float64),
            rows=rows,
        )

    @property
    def beyond_chance(self) -> Floats:
        """Honest intervals of a few detectors miss now and then: only what is more than that is mended."""
        kept: Floats = np.sign(self.correction) * np.maximum(np.abs(self.correction) - self.chance, 0.0)
        return kept


def _wide(doubt: Doubt, said: Floats, lead_h: float, hour: Ints) -> Floats:
    """`hour` is that of each origin's target, origins x 1."""
    rows = said.reshape(-1, len(QUANTILES))
    hours = np.broadcast_to(hour, said.shape[:2]).reshape(-1)
    wide = doubt.apply(rows, np.full(len(rows), lead_h), QUANTILES, hour=hours)
    held: Floats = np.maximum(wide, 0.0).reshape(said.shape)
    return held
