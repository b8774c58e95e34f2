"""How far off the growth of heaps was said lately: p10 and p90 are set anew from the two weeks known at each issue.

A correction learned on a few days of one season holds for days like them. After a week of rain, or a feast, what was
off is known to the crews already; a model that waits for its next training goes on as if it were not.
"""

from dataclasses import dataclass

import numpy as np

from city.errors import MissingInputError
from features.arrays import DAY_S, HOUR_S, Floats, Ints
from features.waste import Asked, WasteFeatures
from models.bundle import Part
from models.calibration import Conformal
from models.fill_baseline import LEAD_EDGES_H, lead_h
from models.quantile_gbm import QUANTILES
from models.waste_sampling import sampled_fills

RECENT_DAYS = 14
ROWS_PER_DAY = 600
LEAST_READINGS = 200
STEP_S = HOUR_S
"""Origins of an hour are corrected alike, by what was known when it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """Rows of the last weeks: what grew, what was said of it before any correction, and when the truth was known.

    `target` is the reading that told the truth; some tell it of several rows.
    """

    target: Ints
    off: Floats
    said: Floats
    lead_h: Floats
    at_s: Ints
    known_s: Ints

    def correction(self, moment_s: int) -> Conformal | None:
        """By what was known at the moment; None where that is too little."""
        lately = (self.known_s <= moment_s) & (self.at_s >= moment_s - RECENT_DAYS * DAY_S)
        if len(np.unique(self.target[lately])) < LEAST_READINGS:
            return None
        return Conformal.fit(
            self.off[lately], self.said[lately], self.lead_h[lately], quantiles=QUANTILES, edges=LEAD_EDGES_H
        )


def corrected_lately(features: WasteFeatures, part: Part, asked: Asked, *, seed: int, threads: int) -> Floats:
    """Rows x quantiles of growth off from the habit; where little is known of late the part's own correction holds."""
    raw, leads = part.forest.predict(features.apply(asked), threads=threads), lead_h(asked)
    moved = part.conformal.apply(raw, leads)
    moment_s = asked.rows.origin_s // STEP_S * STEP_S
    shown = _shown(features, part, moment_s, seed=seed, threads=threads) if len(moment_s) else None
    if shown is None:
        return moved
    for moment in np.unique(moment_s):
        correction = shown.correction(int(moment))
        if correction is not None:
            mine = moment_s == moment
            moved[mine] = correction.apply(raw[mine], leads[mine])
    return moved


def _shown(features: WasteFeatures, part: Part, moment_s: Ints, *, seed: int, threads: int) -> _Shown | None:
    since_s, until_s = int(moment_s.min()) - RECENT_DAYS * DAY_S, int(moment_s.max())
    count = ROWS_PER_DAY * ((until_s - since_s) // DAY_S)
    try:
        asked, truth = sampled_fills(features, (since_s, until_s), count, seed, natural_share=1.0)
    except MissingInputError:
        return None
    fills = features.fills
    target = fills.reading_at(asked.rows.series, asked.rows.valid_s)
    return _Shown(
        target=target,
        off=truth - asked.expected,
        said=part.forest.predict(features.apply(asked), threads=threads),
        lead_h=lead_h(asked),
        at_s=fills.at_s[target],
        known_s=fills.known_s[target],
    )
