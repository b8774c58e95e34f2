"""The network: all horizons and quantiles at once, as deviations from the profile, in sd of the sensor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Flags, Floats, Ints, Narrow
from features.dense.gathering import Gathered, for_network
from features.dense.recipe import Shown
from models.dense_rows import Folds, Rows, usable_rows
from models.dense_settings import QUANTILES, DenseSettings
from models.network_mlp import Chunk, Network, NetworkShape

CHUNK_ROWS = 50_000
FINAL = 500
"""Numbers of networks that see all days start here; below are folds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNetwork:
    horizons: tuple[int, ...]
    network: Network

    @classmethod
    def tried(cls, shown: Shown, folds: Folds, settings: DenseSettings, *, fold: int) -> Self:
        """Without the days of the fold."""
        taught = {
            horizon: usable_rows(shown, horizon) & ~folds.held_out(shown.grid, fold, horizon)
            for horizon in settings.horizons
        }
        return cls._train(shown, settings, taught, visits=settings.trial.network_visits, number=fold)

    @classmethod
    def grown(cls, shown: Shown, settings: DenseSettings, *, number: int) -> Self:
        """On all days."""
        taught = {horizon: usable_rows(shown, horizon) for horizon in settings.horizons}
        return cls._train(shown, settings, taught, visits=settings.final.network_visits, number=FINAL + number)

    @classmethod
    def _train(
        cls, shown: Shown, settings: DenseSettings, taught: dict[int, Flags], *, visits: int, number: int
    ) -> Self:
        pool = Rows.where(np.any(list(taught.values()), axis=0))
        visits = min(visits, settings.network_passes * len(pool))
        chunk = min(CHUNK_ROWS, len(pool))
        epochs = max(1, round(visits / chunk))
        shape = NetworkShape(
            outputs=QUANTILES * len(settings.horizons),
            hidden=settings.network_hidden,
            seed=settings.seed * 1_000 + number,
        )
        rng = np.random.default_rng((settings.seed, number))
        scale = shown.sd / shown.sd.mean()

        def chunks(_epoch: int) -> Iterator[Chunk]:
            rows = pool.drawn(chunk, rng).mixed(rng)
            features, _ = for_network(shown, rows.step, rows.sensor)
            truth = np.stack([_deviation(shown, rows, horizon, taught[horizon]) for horizon in taught], axis=1)
            yield features, rows.sensor, np.repeat(truth, len(QUANTILES), axis=1), scale[rows.sensor]

        steps = epochs * -(-chunk // shape.batch_rows)
        network = Network.train(shape, shown.grid.sensors, chunks, epochs=epochs, steps=steps)
        return cls(horizons=settings.horizons, network=network)

    def predict(self, shown: Shown, rows: Rows, features: Narrow) -> Floats:
        """Rows x horizons x quantiles, in the grid's unit, in order."""
        usual = np.stack([shown.ahead[h]["profile_target"][rows.step, rows.sensor] for h in self.horizons], axis=1)
        return self._said(features, rows.sensor, usual, shown.sd[rows.sensor])

    def predict_gathered(self, rows: Gathered, features: Narrow) -> Floats:
        usual = np.stack([rows.ahead[h]["profile_target"] for h in self.horizons], axis=1)
        return self._said(features, rows.sensor, usual, rows.sd)

    def _said(self, features: Narrow, sensor: Ints, usual: Narrow, sd: Narrow) -> Floats:
        said = self.network.predict(features, sensor).reshape(len(sensor), len(self.horizons), len(QUANTILES))
        deviation = np.sort(said.astype(np.float64), axis=2)
        return usual[:, :, None] + deviation * sd[:, None, None]


def _deviation(shown: Shown, rows: Rows, horizon: int, taught: Flags) -> Narrow:
    grid = shown.grid
    target = np.minimum(rows.step + horizon, grid.steps - 1)
    off = grid.values[target, rows.sensor] - shown.ahead[horizon]["profile_target"][rows.step, rows.sensor]
    known = taught[rows.step, rows.sensor]
    return np.where(known, off / shown.sd[rows.sensor], np.float32(np.nan)).astype(np.float32)
