"""The recipe for dense traffic grids: fitted on the rows known at a cutoff, applied to rows up to any later origin."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from city.errors import InvalidValueError, MissingInputError
from features.arrays import Flags, Ints, Narrow
from features.dense.analogs import LOOK_BACK_STEPS, Analogs
from features.dense.components import Components
from features.dense.grid import DenseGrid, carried
from features.dense.neighbours import NeighbourRidge, Neighbours, graph_means
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

    def __post_init__(self) -> None:
        if not self.horizons or min(self.horizons) < 1 or sorted(set(self.horizons)) != list(self.horizons):
            raise InvalidValueError(
                subject="The recipe", field="horizons", found=self.horizons, expected="ascending steps of at least 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything the recipe computed, each steps x sensors (or steps x something), ready to be gathered into rows.

    `by_cell` is read at (step, sensor), `by_step` at the step, `by_sensor` at the sensor; `ahead` holds one dict per
    horizon of arrays read at (origin, sensor).
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

    def apply(self, grid: DenseGrid) -> Shown:
        """Every step's features. Those of an origin see nothing after it, nor anything fitted after the cutoff."""
        recipe = self.recipe
        farthest = max(recipe.horizons) + _around(grid)
        ahead_days = -(-farthest // grid.slots_per_day)
        grid = grid.extended(farthest)
        unusual = self.residuals.apply(grid, ahead_days=ahead_days, live=recipe.all_history)
        filled = np.nan_to_num(unusual.filled)
        scores = self.components.apply(filled)
        analogs = self.analogs.apply(grid, self.residuals, unusual, scores, recipe.horizons)
        last = carried(grid.values)
        return Shown(
            grid=grid,
            unusual=unusual,
            sd=self.residuals.sd,
            last=last,
            by_cell=self._cells(grid, unusual, filled),
            by_step=_steps(grid, filled, scores),
            by_sensor={"sd": self.residuals.sd, "top": self.residuals.top},
            waves=_waves(grid),
            ahead={
                horizon: self._ahead(grid, unusual, filled, horizon) | {"analog": analogs[horizon]}
                for horizon in recipe.horizons
            },
            neighbours={horizon: one.index for horizon, one in self.neighbours.items()},
        )

    def _cells(self, grid: DenseGrid, unusual: Unusual, filled: Narrow) -> dict[str, Narrow]:
        cells = {"age": np.minimum(unusual.age, np.float32(WINDOW_STEPS)), "spread": unusual.spread[0]}
        for steps in self._windows(grid):
            cells[f"mean_{steps}"] = _trailing(filled, steps)
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

    def _ahead(self, grid: DenseGrid, unusual: Unusual, filled: Narrow, horizon: int) -> dict[str, Narrow]:
        target = _at_target(grid, unusual.usual, horizon)
        around = _around(grid)
        columns = {
            "profile_target": target,
            "profile_after": _at_target(grid, unusual.usual, horizon + around) - target,
            "profile_before": _at_target(grid, unusual.usual, max(horizon - around, 0)) - target,
            "profile_change": target - unusual.usual[0],
            "spread_target": _at_target(grid, unusual.spread, horizon),
            "ridge": self.ridges[horizon].apply(grid, filled),
        }
        if self.recipe.all_history:
            columns |= self._earlier_days(grid, unusual, horizon)
        return columns

    def _earlier_days(self, grid: DenseGrid, unusual: Unusual, horizon: int) -> dict[str, Narrow]:
        """Residuals at the target's slot on earlier days that are over at every origin."""
        back = (1, 5) if grid.first_weekday is None else (1, 2, 7)
        held = [days for days in back if horizon <= days * grid.slots_per_day and days < grid.days]
        columns = {}
        for days in held:
            columns[f"days_before_{days}"] = _moved(days_before(grid, self.residuals, unusual, days), horizon)
        return columns


def _moved(values: Narrow, horizon: int) -> Narrow:
    """The value that belongs to the step `horizon` later. Only for values that are known at the origin."""
    moved = np.full_like(values, np.nan)
    if horizon < len(values):
        moved[: len(values) - horizon] = values[horizon:]
    return moved


def _around(grid: DenseGrid) -> int:
    """Half an hour, in steps."""
    return max(1, grid.slots_per_day // 48)


def _at_target(grid: DenseGrid, known_before: tuple[Narrow, ...], horizon: int) -> Narrow:
    """A profile at the target, taken from the version that the origin's day may use; NaN beyond the grid's end."""
    step = np.arange(grid.steps - horizon)
    back = grid.day(step + horizon) - grid.day(step)
    found = np.full_like(known_before[0], np.nan)
    for days, version in enumerate(known_before):
        mine = step[back == days]
        found[mine] = version[mine + horizon]
    return found


def _trailing(filled: Narrow, steps: int) -> Narrow:
    total = np.concatenate([np.zeros((1, filled.shape[1])), np.cumsum(filled, axis=0, dtype=np.float64)])
    end = np.arange(1, len(filled) + 1)
    start = np.maximum(end - steps, 0)
    mean: Narrow = ((total[end] - total[start]) / (end - start)[:, None]).astype(np.float32)
    return mean


def _steps(grid: DenseGrid, filled: Narrow, scores: Narrow) -> dict[str, Narrow]:
    city = filled.mean(axis=1)
    step = np.arange(grid.steps)
    columns = {f"component_{one}": scores[:, one] for one in range(min(6, scores.shape[1]))}
    columns["city"] = city
    columns["city_change"] = city - np.concatenate([np.zeros(LOOK_BACK_STEPS), city])[: len(city)]
    columns["slot"] = grid.slot(step).astype(np.float32)
    weekday = grid.weekday(grid.day(step))
    if weekday is not None:
        columns["weekday"] = weekday.astype(np.float32)
    return {name: column.astype(np.float32) for name, column in columns.items()}


def _waves(grid: DenseGrid) -> dict[str, Narrow]:
    """The clock as smooth numbers, for learners that cannot cut it into pieces."""
    step = np.arange(grid.steps)
    angle = 2 * np.pi * grid.slot(step) / grid.slots_per_day
    waves = {f"{f.__name__}_{k}": f(k * angle).astype(np.float32) for k in range(1, 5) for f in (np.sin, np.cos)}
    weekday = grid.weekday(grid.day(step))
    if weekday is not None:
        waves |= {f"weekday_{one}": (weekday == one).astype(np.float32) for one in range(7)}
    return waves


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
