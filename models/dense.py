"""Forecasts for a dense grid: trees and networks, blended and calibrated on days that their trials had not seen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # published without types

from city.progress import Advance
from features.arrays import Floats, Ints
from features.dense.gathering import Gathered
from features.dense.grid import DenseGrid
from features.dense.outside import NOTHING_OUTSIDE, Outside
from features.dense.profile import Profile
from features.dense.recipe import DenseState, Shown
from models.dense_networks import DayNetwork
from models.dense_rows import Folds, usable_rows
from models.dense_settings import QUANTILES, DenseSettings
from models.dense_trees import Trees, first_guess
from models.dense_workshop import Blend, Workshop, together
from models.returned_memory import give_back

PART_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseModel:
    settings: DenseSettings
    state: DenseState
    trees: dict[int, tuple[Trees, ...]]
    networks: tuple[DayNetwork, ...]
    blends: dict[int, Blend]
    rows: int

    @classmethod
    def train(
        cls,
        known: DenseGrid,
        settings: DenseSettings,
        *,
        outside: Outside = NOTHING_OUTSIDE,
        advance: Advance = lambda _count: None,
    ) -> Self:
        """Learns from `known` alone: trials on folds of days choose, then learners that see all days are grown."""
        state, shown = _prepared(known, settings, outside)
        workshop = Workshop(shown=shown, folds=Folds.over(known, settings.folds), settings=settings, advance=advance)
        trial_networks, trial_trees = workshop.trials()
        blends = {h: workshop.blended(h, trial_trees[h], trial_networks) for h in settings.horizons}
        give_back()
        networks, trees = workshop.finals(workshop.rounds(trial_trees))
        rows = int(usable_rows(shown, settings.horizons[0]).sum())
        del shown, workshop
        give_back()
        return cls(settings=settings, state=state, trees=trees, networks=networks, blends=blends, rows=rows)

    def trained_again(
        self,
        known: DenseGrid,
        *,
        outside: Outside = NOTHING_OUTSIDE,
        advance: Advance = lambda _count: None,
    ) -> Self:
        """The same choices (rounds, blends, widths) on newer rows: half the work of choosing anew."""
        settings = self.settings
        state, shown = _prepared(known, settings, outside)
        workshop = Workshop(shown=shown, folds=Folds.over(known, settings.folds), settings=settings, advance=advance)
        rounds = {(h, one.guess): one.booster.num_trees() for h, mine in self.trees.items() for one in mine}
        networks, trees = workshop.finals(rounds)
        rows = int(usable_rows(shown, settings.horizons[0]).sum())
        del shown, workshop
        give_back()
        return replace(self, state=state, trees=trees, networks=networks, rows=rows)

    def show(
        self, grid: DenseGrid, *, outside: Outside = NOTHING_OUTSIDE, reach: int = 0, origins: Ints | None = None
    ) -> Shown:
        """Everything that forecasts may look at; with `origins` only what those at these steps do, which is less."""
        with threadpool_limits(1):
            return self.state.apply(grid, outside=outside, reach=reach, origins=origins)

    def predict(self, shown: Shown, origins: Ints, sensors: Ints | None = None) -> dict[int, Floats]:
        """Per horizon origins x sensors x (p10, p50, p90), in the grid's unit; of all sensors or of those named."""
        asked = np.arange(shown.grid.sensors) if sensors is None else sensors
        step, sensor = np.repeat(origins - shown.skipped, len(asked)), np.tile(asked, len(origins))
        parts = np.array_split(np.arange(len(step)), max(1, -(-len(step) // PART_ROWS)))
        with threadpool_limits(1), ThreadPoolExecutor(self.settings.threads) as pool:
            done = list(pool.map(lambda part: self.say(Gathered.of(shown, step[part], sensor[part])), parts))
        return {
            h: np.concatenate([one[h] for one in done]).reshape(len(origins), len(asked), len(QUANTILES))
            for h in self.settings.horizons
        }

    def say(self, rows: Gathered, horizons: tuple[int, ...] | None = None) -> dict[int, Floats]:
        """Per horizon (all, or those named) rows x (p10, p50, p90), in the grid's unit, by one thread."""
        features, _ = rows.for_network()
        by_network = np.mean([one.predict_gathered(rows, features) for one in self.networks], axis=0)
        found = {}
        for place, (horizon, trees) in enumerate(self.trees.items()):
            if horizons is not None and horizon not in horizons:
                continue
            matrix, _ = rows.for_trees(horizon)
            usual, ridge = rows.ahead[horizon]["profile_target"], rows.ahead[horizon]["ridge"]
            guesses = [first_guess(one.guess, usual, ridge, rows.sd) for one in trees]
            by_trees = np.mean([one.corrected(g, matrix) for one, g in zip(trees, guesses, strict=True)], axis=0)
            blend = self.blends[horizon]
            said = together(by_trees, by_network[:, place], blend.tree_share)
            found[horizon] = blend.widths.apply(said, said[:, 1] / self.state.residuals.top[rows.sensor])
        return found

    @property
    def profile(self) -> Profile:
        return self.state.residuals.profile


def _prepared(known: DenseGrid, settings: DenseSettings, outside: Outside) -> tuple[DenseState, Shown]:
    # Two BLAS threads on small matrices mostly wait for each other, and their sums differ from machine to machine.
    with threadpool_limits(1):
        state = DenseState.fit(known, settings.recipe)
        return state, state.apply(known, outside=outside)
