"""How dense forecasts are trained. The same settings serve every set: what differs is chosen inside the training."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from features.dense.grid import DenseGrid
from features.dense.recipe import Recipe

QUANTILES = (0.1, 0.5, 0.9)
LEAST_KEPT_DAYS = 15
"""However many sensors there are, two weeks are learned from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Work on one learner; `network_visits` is how many rows a network learns from, repeats included."""

    tree_rows: int
    rate: float
    network_visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseSettings:
    """`trial` is spent per fold of days, to find rounds, blend and widths; `final` on learners that see all days."""

    horizons: tuple[int, ...]
    all_history: bool = True
    neighbours: int = 8
    components: int = 10
    analogs: bool = True
    training_days: int = 1_100
    """Older rows than three years are not learned from: streets and detectors change."""
    most_cells: int = 12_000_000
    """Steps x sensors that the recipe is computed for at once: about 500 bytes each."""
    trial: Effort = Effort(tree_rows=150_000, rate=0.08, network_visits=2_000_000)
    final: Effort = Effort(tree_rows=400_000, rate=0.05, network_visits=4_000_000)
    folds: int = 3
    final_networks: int = 3
    judge_rows: int = 60_000
    rounds: int = 800
    early_stop_rounds: int = 40
    leaves: int = 63
    least_rows_in_leaf: int = 100
    feature_share: float = 0.5
    network_passes: int = 8
    network_hidden: int = 128
    seed: int = 1
    threads: int = 2
    """Learners trained at the same time, one thread each: the model does not depend on it."""

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            horizons=self.horizons,
            all_history=self.all_history,
            neighbours=self.neighbours,
            components=self.components,
            analogs=self.analogs,
        )

    def recent(self, grid: DenseGrid, cutoff: int) -> tuple[DenseGrid, int]:
        """The grid without the days that are too old or too many to be learned from, and the steps that leaves out."""
        room = self.most_cells // (grid.slots_per_day * grid.sensors)
        days = min(self.training_days, max(room, LEAST_KEPT_DAYS))
        kept = grid.since(max(0, int(grid.day(np.array(cutoff))) - days))
        return kept, grid.steps - kept.steps

    def quick(self) -> Self:
        """A quarter of the work or less."""
        return replace(
            self,
            trial=Effort(tree_rows=60_000, rate=0.12, network_visits=500_000),
            final=Effort(tree_rows=150_000, rate=0.1, network_visits=1_500_000),
            folds=2,
            final_networks=1,
            judge_rows=40_000,
            rounds=250,
        )

    def often(self) -> Self:
        """For a model that is trained again and again: what a row more brings is less than what newer rows bring."""
        return replace(
            self,
            trial=Effort(tree_rows=100_000, rate=0.1, network_visits=1_000_000),
            final=Effort(tree_rows=150_000, rate=0.1, network_visits=1_500_000),
            folds=2,
            final_networks=2,
            judge_rows=40_000,
            rounds=400,
        )
