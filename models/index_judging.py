"""Index forecasts of past issue times against what was then measured, and against climatology."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np
import polars as pl

from city.congestion_index import LOCAL, AreaKind, IndexScale, Level
from city.errors import MissingInputError
from city.frames import CalendarDays, TrafficCounts
from city.store import History
from features.areas import Areas
from features.arrays import DAY_S, HOUR_S, Floats, Ints, seconds, seconds_of
from features.calendar_days import DAY_CLASSES, Announced
from features.free_flow import FreeFlow
from features.gather import city_of
from features.traffic import TrafficGrid, traffic_grid
from models.congestion_index import JUDGED, SpeedField, index_field, segments_alone
from models.index_answer import PAST_DAYS, areas_known, joint_paths
from models.index_past import PastIndex, measured_index
from models.index_scores import IndexScores, interval_score, level_score

PRIOR_STEPS = 4.0
"""Climatology of one hour and kind of day leans on the area's overall rate with the weight of this many steps."""


def judge(
    history: History,
    issues: Iterable[pl.DataFrame],
    *,
    free_flow: FreeFlow | None = None,
    scale: IndexScale = LOCAL,
    seed: int,
) -> tuple[IndexScores, ...]:
    """Scores per kind of area. `issues` are frames of CongestionForecasts, each of one past issue time.

    Paths and climatology of an issue come from what its time already knew. `free_flow`: the model's; by default fitted
    on what the first issue knew.
    """
    frames = sorted((frame for frame in issues if frame.height), key=lambda frame: frame["issued_at"][0])
    if not frames:
        raise MissingInputError(step="Judging the index", missing=("forecasts of past issue times",))
    ground = _Ground.of(history, frames, free_flow)
    judged = [one for frame in frames if (one := _judged(ground, frame, scale)) is not None]
    if not judged:
        raise MissingInputError(
            step="Judging the index", missing=("speeds measured after the issue times",), todo="Judge earlier ones."
        )
    kinds = [AreaKind(kind) for kind in dict.fromkeys(area.kind.value for area in ground.areas.areas)]
    rows = [scores for kind in kinds if (scores := _scores(ground.areas, judged, kind, seed)) is not None]
    return tuple(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What all issues share: the whole measured grid, the areas, the truth on every step (steps x areas)."""

    grid: TrafficGrid
    announced: Announced
    areas: Areas
    free_flow: FreeFlow
    truth: Floats

    @classmethod
    def of(cls, history: History, frames: list[pl.DataFrame], free_flow: FreeFlow | None) -> Self:
        first, last = (frame["issued_at"][0] for frame in (frames[0], frames[-1]))
        areas = areas_known(history, pl.concat([frame.select("detector_id", "district_id") for frame in frames]))
        counts = history.read(TrafficCounts, since=first - timedelta(days=PAST_DAYS))
        zone = city_of(history).time_zone
        known = free_flow or FreeFlow.fit(counts, time_zone=zone, cutoff=first)
        furthest_s = max(int(seconds_of(frame, "valid_at").max()) for frame in frames)
        grid = traffic_grid(counts, time_zone=zone, ahead_s=max(0, furthest_s - seconds(last)) + 2 * DAY_S)
        return cls(
            grid=grid,
            announced=Announced.of(history.read(CalendarDays, as_of=first)),
            areas=areas,
            free_flow=known,
            truth=measured_index(grid, areas, known),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One issue, areas x steps: what was said and what came."""

    truth: Floats
    quantiles: Floats
    plain: Floats
    at_floor: Floats
    said: dict[Level, Floats]
    usual: dict[Level, Floats]
    begins_at: dict[Level, float]


def _judged(ground: _Ground, frame: pl.DataFrame, scale: IndexScale) -> _Judged | None:
    issued_at: datetime = frame["issued_at"][0]
    grid = ground.grid
    field = SpeedField.of(frame, ground.areas, ground.free_flow)
    targets: Ints = (field.at_s - grid.start_s) // grid.step_s
    if field.step_s != grid.step_s or targets[0] >= grid.steps:
        return None
    known = min(int((seconds(issued_at) - grid.start_s) // grid.step_s) - grid.delay_steps, int(targets[0])) - 1
    paths = joint_paths(grid, ground.announced, field, ground.areas, known=known)
    several = ~segments_alone(ground.areas)
    past = PastIndex(measured=ground.truth[:, several], grid=grid, announced=ground.announced, known=known)
    found = index_field(
        field, ground.areas, paths, scale, past=past.drawn(targets, paths.paths) if paths.is_known else None
    )
    inside = targets < grid.steps
    truth = np.full(found.at_floor.shape, np.nan)
    truth[:, inside] = ground.truth[targets[inside]].T
    begins_at = {level: scale.begins_at(level) for level in JUDGED}
    return _Judged(
        truth=truth,
        quantiles=found.quantiles,
        plain=found.plain,
        at_floor=found.at_floor,
        said=found.at_least,
        usual={
            level: climatology(ground.truth, grid, ground.announced, targets, known, begins_at[level])
            for level in JUDGED
        },
        begins_at=begins_at,
    )


def climatology(
    truth: Floats, grid: TrafficGrid, announced: Announced, targets: Ints, known: int, begins_at: float
) -> Floats:
    """Areas x targets: how often the index was at least `begins_at` in that hour on such days, up to step `known`."""
    clock = grid.clock
    step = np.arange(len(clock.day))
    kind = announced.class_of(clock.first_day + clock.day, grid.at_s(step))
    cell = kind * 24 + clock.slot * grid.step_s // HOUR_S
    past = truth[: known + 1]
    seen = np.isfinite(past)
    high = seen & (np.where(seen, past, 0.0) >= begins_at)
    counted, came = np.zeros((DAY_CLASSES * 24, past.shape[1])), np.zeros((DAY_CLASSES * 24, past.shape[1]))
    np.add.at(counted, cell[: known + 1], seen)
    np.add.at(came, cell[: known + 1], high)
    overall = (came.sum(axis=0) + 0.5) / (counted.sum(axis=0) + 1.0)
    rate = (came + PRIOR_STEPS * overall) / (counted + PRIOR_STEPS)
    usual: Floats = rate[cell[targets]].T
    return usual


def _scores(areas: Areas, judged: list[_Judged], kind: AreaKind, seed: int) -> IndexScores | None:
    mine = np.array([area.kind is kind for area in areas.areas])
    held = [np.isfinite(one.truth[mine]) & np.isfinite(one.quantiles[mine, :, 1]) for one in judged]
    truth = np.concatenate([one.truth[mine][rows] for one, rows in zip(judged, held, strict=True)])
    if not len(truth):
        return None
    quantiles = np.concatenate([one.quantiles[mine][rows] for one, rows in zip(judged, held, strict=True)])
    plain = np.concatenate([one.plain[mine][rows] for one, rows in zip(judged, held, strict=True)])
    at_floor = np.concatenate([one.at_floor[mine][rows] for one, rows in zip(judged, held, strict=True)])
    levels = []
    for level, begins_at in judged[0].begins_at.items():
        said = np.concatenate([one.said[level][mine][rows] for one, rows in zip(judged, held, strict=True)])
        usual = np.concatenate([one.usual[level][mine][rows] for one, rows in zip(judged, held, strict=True)])
        levels.append(level_score(level.value, truth >= begins_at, said, usual))
    return IndexScores(
        area_kind=kind.value,
        areas=int(mine.sum()),
        issues=len(judged),
        n=len(truth),
        index=interval_score(truth, quantiles, at_floor, seed=seed),
        plain=interval_score(truth, plain, at_floor, seed=seed),
        levels=tuple(levels),
    )
