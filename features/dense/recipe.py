"""The recipe for dense traffic grids: fitted on the rows known at a cutoff, applied to rows up to any later origin."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from city.errors import InvalidValueError, MissingInputError
from features.arrays import Flags, Ints, Narrow
from features.dense.analogs import Analogs
from features.dense.anniversaries import anniversaries, has_years
from features.dense.columns import at_target, by_step, moved, trailing, waves
from features.dense.components import Components
from features.dense.grid import DenseGrid, carried
from features.dense.neighbours import NeighbourRidge, Neighbours, graph_means
from features.dense.outside import NOTHING_OUTSIDE, Outside
from features.dense.profile import Profile
from features.dense.residuals import Residuals, Unusual, days_before

WINDOW_STEPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`all_history`: inputs may reach back as far as they like, and the profile goes on learning after the cutoff.

    Without it inputs are the last twelve steps and what was fitted: the rule of the published tables.
    """

    horizons: tuple[int, ...]
    all_history: bool = True
    neighbours: int = 8
    ridge_neighbours: int = 5
    ridge_penalty: float = 1_000.0
    components: int = 10
    analogs: bool = True

    def __post_init__(self) -> None:
        if not self.horizons or min(self.horizons) < 1 or sorted(set(self.horizons)) != list(self.horizons):
            raise InvalidValueError(
                subject="The recipe", field="horizons", found=self.horizons, expected="ascending steps of at least 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything the recipe computed, each steps x sensors (or steps x something), ready to be gathered into rows.

    `by_cell` is read at (step, sensor), `by_step` at the step, `by_sensor` at the sensor; `ahead` holds one dict per
    horizon of arrays read at (origin, sensor). The first `skipped` steps of the grid that was asked about are left out.
    """

    grid: DenseGrid
    unusual: Unusual
    sd: Narrow
    last: Narrow
    by_cell: dict[str, Narrow]
    by_step: dict[str, Narrow]
    by_sensor: dict[str, Narrow]
    waves: dict[str, Narrow]
    ahead: dict[int, dict[str, Narrow]]
    neighbours: dict[int, Ints]
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseState:
    recipe: Recipe
    cutoff: int
    residuals: Residuals
    neighbours: dict[int, Neighbours]
    ridges: dict[int, NeighbourRidge]
    components: Components
    analogs: Analogs

    @classmethod
    def fit(cls, known: DenseGrid, recipe: Recipe) -> Self:
        """Learns from `known` alone, which ends at the cutoff."""
        if known.steps <= max(recipe.horizons) + 2 * WINDOW_STEPS:
            raise MissingInputError(
                step="The recipe",
                missing=(f"more than {max(recipe.horizons) + 2 * WINDOW_STEPS} steps, found {known.steps}",),
                todo="Import more history, or ask for shorter horizons.",
            )
        residuals = Residuals.fit(known, Profile.fit(known))
        unusual = residuals.apply(known, ahead_days=0, live=True)
        filled = np.nan_to_num(unusual.filled)
        neighbours = {horizon: Neighbours.fit(filled, horizon, recipe.neighbours) for horizon in recipe.horizons}
        ridges = {
            horizon: NeighbourRidge.fit(
                known,
                filled,
                unusual.residual,
                Neighbours(horizon=horizon, index=near.index[:, : recipe.ridge_neighbours]),
                penalty=recipe.ridge_penalty,
            )
            for horizon, near in neighbours.items()
        }
        return cls(
            recipe=recipe,
            cutoff=known.steps,
            residuals=residuals,
            neighbours=neighbours,
            ridges=ridges,
            components=Components.fit(filled, recipe.components),
            analogs=Analogs.fit(known),
        )

    def apply(
        self, grid: DenseGrid, *, outside: Outside = NOTHING_OUTSIDE, reach: int = 0, origins: Ints | None = None
    ) -> Shown:
        """Every step's features. Those of an origin see nothing after it, nor anything fitted after the cutoff.

        With `reach` the profile goes on for so many steps after the grid, if that is further than the horizons.
        With `origins` no other steps are to be forecast: what only those would need is not computed, and days that
        none of them looks back to are left out.
        """
        recipe = self.recipe
        farthest = max(max(recipe.horizons) + _around(grid), reach)
        ahead_days = -(-farthest // grid.slots_per_day)
        grid = grid.extended(farthest)
        since = 0 if origins is None else self._first_day(grid, int(origins.min()))
        unusual = self.residuals.apply(grid, ahead_days=ahead_days, live=recipe.all_history, since=since)
        filled = np.nan_to_num(unusual.filled)
        whole = _Whole(
            filled=filled,
            scores=self.components.apply(filled),
            last=carried(grid.values),
            kin=self._kin(grid, unusual),
            ridge={horizon: one.apply(grid, filled, origins) for horizon, one in self.ridges.items()},
        )
        followed = self._followed(grid, unusual, whole.scores, origins)
        first = since * grid.slots_per_day - grid.first_slot if since > 0 else 0
        return self._shown(
            grid.since(since), unusual.since(since, first), whole.since(first, followed), outside.since(since), first
        )

    def _shown(self, grid: DenseGrid, unusual: Unusual, whole: "_Whole", outside: Outside, skipped: int) -> Shown:
        before = self._earlier_days(grid, unusual)
        return Shown(
            grid=grid,
            unusual=unusual,
            sd=self.residuals.sd,
            last=whole.last,
            by_cell=self._cells(grid, unusual, whole.filled) | outside.now(grid),
            by_step=by_step(grid, whole.filled, whole.scores),
            by_sensor={"sd": self.residuals.sd, "top": self.residuals.top},
            waves=waves(grid),
            ahead={
                horizon: self._ahead(grid, unusual, whole.ridge[horizon], before, horizon)
                | whole.followed.get(horizon, {})
                | {name: moved(column, horizon) for name, column in whole.kin.items()}
                | outside.ahead(grid, horizon)
                for horizon in self.recipe.horizons
            },
            neighbours={horizon: one.index for horizon, one in self.neighbours.items()},
            skipped=skipped,
        )

    def _first_day(self, grid: DenseGrid, origin: int) -> int:
        """The first day that the columns of an origin look back to, but for what looks back over the whole grid."""
        farthest = max(*self._windows(grid), max(_days_back(grid)) * grid.slots_per_day) + 2 * WINDOW_STEPS
        return max(0, int(grid.day(np.array(origin - farthest))))

    def _followed(
        self, grid: DenseGrid, unusual: Unusual, scores: Narrow, origins: Ints | None
    ) -> dict[int, dict[str, Narrow]]:
        recipe = self.recipe
        if not recipe.analogs:
            return {}
        found = self.analogs.apply(grid, self.residuals, unusual, scores, recipe.horizons, origins=origins)
        return {horizon: {"analog": one} for horizon, one in found.items()}

    def _kin(self, grid: DenseGrid, unusual: Unusual) -> dict[str, Narrow]:
        if not self.recipe.all_history or not has_years(grid, self.cutoff):
            return {}
        return anniversaries(grid, unusual, unusual.usual[_days(grid, self.recipe)], self.residuals.sd)

    def _cells(self, grid: DenseGrid, unusual: Unusual, filled: Narrow) -> dict[str, Narrow]:
        cells = {"age": np.minimum(unusual.age, np.float32(WINDOW_STEPS)), "spread": unusual.spread[0]}
        for steps in self._windows(grid):
            cells[f"mean_{steps}"] = trailing(filled, steps)
        cells["profile"] = unusual.usual[0]
        if grid.graph is not None and grid.graph.max() > 0:
            cells["graph_out"], cells["graph_in"] = graph_means(filled, grid.graph)
        return cells

    def _windows(self, grid: DenseGrid) -> tuple[int, ...]:
        near = (6, WINDOW_STEPS)
        if not self.recipe.all_history:
            return near
        day = grid.slots_per_day
        long = {day // 8, day // 4, day // 2, day} - set(near)
        week = {7 * day} if self.residuals.profile.past_only else set()
        return near + tuple(sorted(steps for steps in long | week if steps > WINDOW_STEPS))

    def _ahead(
        self, grid: DenseGrid, unusual: Unusual, ridge: Narrow, before: dict[int, Narrow], horizon: int
    ) -> dict[str, Narrow]:
        target = at_target(grid, unusual.usual, horizon)
        around = _around(grid)
        return {
            "profile_target": target,
            "profile_after": at_target(grid, unusual.usual, horizon + around) - target,
            "profile_before": at_target(grid, unusual.usual, max(horizon - around, 0)) - target,
            "profile_change": target - unusual.usual[0],
            "spread_target": at_target(grid, unusual.spread, horizon),
            "ridge": ridge,
            **{
                f"days_before_{days}": moved(column, horizon)
                for days, column in before.items()
                if horizon <= days * grid.slots_per_day
            },
        }

    def _earlier_days(self, grid: DenseGrid, unusual: Unusual) -> dict[int, Narrow]:
        """Residuals at a step's slot on earlier days, which are over at every origin so many days before or less."""
        if not self.recipe.all_history:
            return {}
        nearest = min(self.recipe.horizons)
        held = [days for days in _days_back(grid) if nearest <= days * grid.slots_per_day and days < grid.days]
        return {days: days_before(grid, self.residuals, unusual, days) for days in held}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """What looks back over the whole grid, steps x something."""

    filled: Narrow
    scores: Narrow
    last: Narrow
    kin: dict[str, Narrow]
    ridge: dict[int, Narrow]
    followed: dict[int, dict[str, Narrow]] = field(default_factory=dict)

    def since(self, first: int, followed: dict[int, dict[str, Narrow]]) -> Self:
        return replace(
            self,
            filled=self.filled[first:],
            scores=self.scores[first:],
            last=self.last[first:],
            kin={name: column[first:] for name, column in self.kin.items()},
            ridge={horizon: column[first:] for horizon, column in self.ridge.items()},
            followed={h: {name: column[first:] for name, column in one.items()} for h, one in followed.items()},
        )


def _days_back(grid: DenseGrid) -> tuple[int, ...]:
    return (1, 5) if grid.first_weekday is None else (1, 2, 7)


def _days(grid: DenseGrid, recipe: Recipe) -> int:
    """How many days before its own a target may have its earliest origin."""
    return -(-(max(recipe.horizons) + _around(grid)) // grid.slots_per_day)


def _around(grid: DenseGrid) -> int:
    """Half an hour, in steps."""
    return max(1, grid.slots_per_day // 48)


def rows_of(shown: Shown, horizon: int) -> Flags:
    """Which (origin, sensor) can be learned from: those with a truth, a profile and twelve steps of past."""
    grid = shown.grid
    usable = np.zeros((grid.steps, grid.sensors), np.bool_)
    last = grid.steps - horizon
    if last > WINDOW_STEPS:
        truth = grid.values[horizon : last + horizon]
        usable[:last] = np.isfinite(truth) & np.isfinite(shown.ahead[horizon]["profile_target"][:last])
        usable[:WINDOW_STEPS] = False
    return usable
