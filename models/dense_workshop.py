"""Where learners for a dense grid are made: first trials on folds of days, then the ones that see all days."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # published without types

from city.progress import Advance
from features.arrays import Floats
from features.dense.gathering import for_network, for_trees
from features.dense.recipe import Shown
from models.dense_calibration import Widths, best_share
from models.dense_networks import DayNetwork
from models.dense_rows import Folds, Rows, truths, usable_rows
from models.dense_settings import DenseSettings
from models.dense_trees import GUESSES, Trees, rounds_asked_for

Learner = TypeVar("Learner", DayNetwork, Trees)
ByHorizon = dict[int, tuple[Trees, ...]]
RoundsOf = dict[tuple[int, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """Of one horizon: the share of the trees in the median, and the widths around it."""

    tree_share: float
    widths: Widths


def together(by_trees: Floats, by_network: Floats, tree_share: float) -> Floats:
    """Rows x (p10, p50, p90): the blended median with the network's half-widths."""
    middle = tree_share * by_trees + (1 - tree_share) * by_network[:, 1]
    return by_network + (middle - by_network[:, 1])[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    shown: Shown
    folds: Folds
    settings: DenseSettings
    advance: Advance

    def trials(self) -> tuple[tuple[DayNetwork, ...], ByHorizon]:
        """One of each kind per fold."""
        shown, folds, settings = self.shown, self.folds, self.settings
        networks = [partial(DayNetwork.tried, shown, folds, settings, fold=fold) for fold in range(folds.count)]
        trees = [
            partial(Trees.tried, shown, folds, settings, fold=fold, horizon=horizon)
            for horizon in settings.horizons
            for fold in range(folds.count)
        ]
        return self._made(networks, trees)

    def rounds(self, trials: ByHorizon) -> RoundsOf:
        """Per horizon and first guess, as the trials asked for."""
        return {
            (horizon, guess): rounds_asked_for(mine, self.settings, guess)
            for horizon, mine in trials.items()
            for guess in GUESSES
        }

    def finals(self, rounds: RoundsOf) -> tuple[tuple[DayNetwork, ...], ByHorizon]:
        """Several networks, and one booster per horizon and first guess."""
        shown, settings = self.shown, self.settings
        networks = [partial(DayNetwork.grown, shown, settings, number=one) for one in range(settings.final_networks)]
        trees = [
            partial(Trees.grown, shown, settings, guess=guess, horizon=horizon, rounds=rounds[horizon, guess])
            for horizon in settings.horizons
            for guess in GUESSES
        ]
        return self._made(networks, trees)

    def _made(
        self, networks: Iterable[Callable[[], DayNetwork]], trees: Iterable[Callable[[], Trees]]
    ) -> tuple[tuple[DayNetwork, ...], ByHorizon]:
        """Every learner has one thread and its own seed: their order and number at a time change nothing."""
        with threadpool_limits(1), ThreadPoolExecutor(self.settings.threads) as pool:
            first = [pool.submit(self._one, job) for job in networks]
            then = [pool.submit(self._one, job) for job in trees]
            grown = [one.result() for one in then]
            by_horizon = {h: tuple(one for one in grown if one.horizon == h) for h in self.settings.horizons}
            return tuple(one.result() for one in first), by_horizon

    def _one(self, job: Callable[[], Learner]) -> Learner:
        learner = job()
        self.advance(1)
        return learner

    def blended(self, horizon: int, trees: tuple[Trees, ...], networks: tuple[DayNetwork, ...]) -> Blend:
        """Share and widths from what the trials say of the days of their own fold."""
        shown, settings = self.shown, self.settings
        rng = np.random.default_rng((settings.seed, horizon))
        usable = usable_rows(shown, horizon)
        truth, by_trees, by_networks, level = [], [], [], []
        for fold, (tree, network) in enumerate(zip(trees, networks, strict=True)):
            held = Rows.where(usable & self.folds.held_out(shown.grid, fold, horizon)).drawn(settings.judge_rows, rng)
            matrix, _ = for_trees(shown, held.step, held.sensor, horizon)
            features, _ = for_network(shown, held.step, held.sensor)
            truth.append(truths(shown, held, horizon).astype(np.float64))
            by_trees.append(tree.predict(shown, held, matrix))
            by_networks.append(network.predict(shown, held, features)[:, settings.horizons.index(horizon)])
            level.append(shown.by_sensor["top"][held.sensor])
        said_by_trees, said_by_networks = np.concatenate(by_trees), np.concatenate(by_networks)
        share = best_share(np.concatenate(truth), said_by_trees, said_by_networks[:, 1])
        said = together(said_by_trees, said_by_networks, share)
        widths = Widths.fit(np.concatenate(truth), said, said[:, 1] / np.concatenate(level))
        return Blend(tree_share=share, widths=widths)
