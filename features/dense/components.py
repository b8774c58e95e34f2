"""Principal components of all sensors' residuals: what the whole city does at once."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Narrow

CLIP = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """`directions` is components x sensors; `scale` gives each component unit variance on the fitted rows."""

    directions: Narrow
    scale: Narrow

    @classmethod
    def fit(cls, filled: Narrow, count: int) -> Self:
        clipped = np.clip(filled, -CLIP, CLIP).astype(np.float64)
        power, direction = np.linalg.eigh(clipped.T @ clipped / max(len(clipped), 1))
        first = np.argsort(-power, kind="stable")[: min(count, filled.shape[1])]
        chosen = direction[:, first].T
        # The sign of an eigenvector is arbitrary and differs between libraries: the largest entry is made positive.
        largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, None], axis=1)
        scale = np.sqrt(np.maximum(power[first], 1e-9))
        return cls(directions=(chosen * np.sign(largest)).astype(np.float32), scale=scale.astype(np.float32))

    def apply(self, filled: Narrow) -> Narrow:
        """Steps x components."""
        scores: Narrow = (np.clip(filled, -CLIP, CLIP) @ self.directions.T / self.scale).astype(np.float32)
        return scores
