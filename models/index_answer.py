"""From one issue of the detectors' forecast and the history to the index of every area, and what it could not say."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress

import dataframely as dy
import numpy as np
import polars as pl

from city.congestion_index import LOCAL, WHOLE_CITY, AreaKind, IndexScale
from city.errors import CityError, MissingInputError
from city.forecasts import CongestionIndexForecasts
from city.frames import CalendarDays, Detectors, Links, TrafficCounts
from city.settings import Settings
from city.signals import Corridor
from city.store import History
from features.areas import Areas
from features.arrays import DAY_S, Floats, Ints, seconds
from features.calendar_days import Announced
from features.free_flow import FreeFlow
from features.gather import city_of
from features.traffic import TrafficGrid, traffic_grid
from models.congestion_index import IndexField, SpeedField, index_field, index_frame, segments_alone
from models.congestion_model import CongestionModel
from models.index_past import PastIndex, measured_index
from models.joint_paths import JointPaths
from models.registry import Registry

PAST_DAYS = 70
FREE_FLOW_DAYS = 90
SLOW_TOGETHER = (
    "No past day is known from which to tell how segments are slow together: areas are taken as if all were, which "
    "makes their quantiles the widest that they can be."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoIndex:
    """An area that has no index, and why."""

    area_kind: AreaKind
    area_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAnswer:
    """`paths` from `past_days` days; `free_flow_cutoff` says which free flow the index is over."""

    forecasts: dy.DataFrame[CongestionIndexForecasts]
    without: tuple[NoIndex, ...]
    assumed: tuple[str, ...]
    paths: int
    past_days: int
    free_flow_cutoff: datetime


def free_flow_at(history: History, cutoff: datetime) -> FreeFlow:
    """Fitted on what was known at `cutoff`: the model's own cutoff gives the model's own free flow, again and again."""
    rows = history.read(TrafficCounts, as_of=cutoff, since=cutoff - timedelta(days=FREE_FLOW_DAYS))
    return FreeFlow.fit(rows, time_zone=city_of(history).time_zone, cutoff=cutoff)


def free_flow_of_model(settings: Settings, forecasts: pl.DataFrame) -> FreeFlow | None:
    """Saved with the model that made most of an issue; None where none did, or where it has none.

    Nor of a model that was fitted later than the issue: that would look ahead.
    """
    issued_at, registry = _issue_time(forecasts), Registry(settings)
    label = str(forecasts.get_column("model").value_counts(sort=True)["model"][0])
    name, marked, version = label.rpartition(" v")
    if not marked or not version.isdigit():
        return None
    try:
        model = registry.version(name, version).model
    except CityError:
        return None
    found = model.free_flow if isinstance(model, CongestionModel) else None
    return found if found is not None and found.cutoff <= issued_at else None


def answer_index(
    history: History, forecasts: pl.DataFrame, *, free_flow: FreeFlow, scale: IndexScale = LOCAL
) -> IndexAnswer:
    """The index from one issue of CongestionForecasts; nothing is read that was not known when it was issued."""
    issued_at = _issue_time(forecasts)
    areas = areas_known(history, forecasts)
    field = SpeedField.of(forecasts, areas, free_flow)
    paths, past = paths_known(history, field, areas, free_flow, issued_at)
    found = index_field(field, areas, paths, scale, past=past)
    return IndexAnswer(
        forecasts=index_frame(forecasts, field, areas, found, scale),
        without=_without(forecasts, areas, found),
        assumed=(*field.assumed, *_of_paths(paths)),
        paths=paths.paths,
        past_days=paths.days if paths.is_known else 0,
        free_flow_cutoff=free_flow.cutoff,
    )


def _issue_time(forecasts: pl.DataFrame) -> datetime:
    if forecasts.is_empty():
        raise MissingInputError(
            step="The congestion index", missing=("a forecast of congestion",), todo="Run `city forecast congestion`."
        )
    issued_at: datetime = forecasts["issued_at"][0]
    return issued_at


def areas_known(history: History, forecasts: pl.DataFrame) -> Areas:
    """Areas of the forecast's detectors. Where roads lie is no news: a description handed over later counts too."""
    districts = forecasts.group_by("detector_id").agg(pl.col("district_id").last())
    return Areas.of(
        {str(detector): str(district) for detector, district in districts.iter_rows()},
        links=history.read(Links),
        detectors=history.read(Detectors),
        corridors=history.entities(Corridor),
    )


def paths_known(
    history: History, field: SpeedField, areas: Areas, free_flow: FreeFlow, issued_at: datetime
) -> tuple[JointPaths, Floats | None]:
    """Paths of the segments, and as many draws of what the areas of several segments did on like days."""
    counts = history.read(TrafficCounts, as_of=issued_at, since=issued_at - timedelta(days=PAST_DAYS))
    if counts.is_empty() or counts.get_column("speed_kmh").null_count() == counts.height:
        return JointPaths.slow_together(len(field.at_s), len(areas.segments)), None
    ahead_s = int(field.at_s[-1]) - seconds(issued_at) + 2 * DAY_S
    grid = traffic_grid(counts, time_zone=city_of(history).time_zone, ahead_s=ahead_s)
    announced = Announced.of(history.read(CalendarDays, as_of=issued_at))
    paths = joint_paths(grid, announced, field, areas)
    if not paths.is_known:
        return paths, None
    several = ~segments_alone(areas)
    together = replace(areas, areas=tuple(compress(areas.areas, several)), inside=areas.inside[several])
    measured = measured_index(grid, together, free_flow)
    past = PastIndex(measured=measured, grid=grid, announced=announced, known=grid.last_known)
    return paths, past.drawn((field.at_s - grid.start_s) // grid.step_s, paths.paths)


def joint_paths(
    grid: TrafficGrid, announced: Announced, field: SpeedField, areas: Areas, *, known: int | None = None
) -> JointPaths:
    """`known`: the last step that the issue time knew; by default the grid's last."""
    targets: Ints = (field.at_s - grid.start_s) // grid.step_s
    origin = grid.last_known if known is None else known
    # A feed that is days late has no clock for the steps that the forecast speaks of.
    if field.step_s != grid.step_s or targets[-1] >= len(grid.clock.day) or origin < 0:
        return JointPaths.slow_together(len(field.at_s), len(areas.segments))
    return JointPaths.fit(grid, announced, detectors=areas.segments, origin=origin, targets=targets)


def _of_paths(paths: JointPaths) -> tuple[str, ...]:
    return () if paths.is_known else (SLOW_TOGETHER,)


def _without(forecasts: pl.DataFrame, areas: Areas, found: IndexField) -> tuple[NoIndex, ...]:
    spoken = forecasts.filter(pl.col("speed_p50_kmh").is_not_null())
    measured = set(spoken.get_column("detector_id"))
    said = []
    for number in np.flatnonzero(found.segments.sum(axis=1) == 0):
        area = areas.areas[number]
        members = {areas.segments[k] for k in np.flatnonzero(areas.inside[number])}
        said.append(NoIndex(area_kind=area.kind, area_id=area.area_id, reason=_reason(area.kind, members & measured)))
    return tuple(said)


def _reason(kind: AreaKind, with_speed: set[str]) -> str:
    subject = "its detector" if kind is AreaKind.SEGMENT else "every detector in it"
    if with_speed:
        return f"{subject} has measured too few speeds to know its free flow"
    return f"{subject} counts vehicles but measures no speed"


def reasons_without(forecasts: pl.DataFrame, index: pl.DataFrame) -> tuple[NoIndex, ...]:
    """The same from stored frames: which detectors of an issue have no index, and why."""
    there = set(index.filter(pl.col("area_kind") == AreaKind.SEGMENT.value).get_column("area_id"))
    spoken = set(forecasts.filter(pl.col("speed_p50_kmh").is_not_null()).get_column("detector_id"))
    missing = sorted(set(forecasts.get_column("detector_id")) - there)
    found = [
        NoIndex(area_kind=AreaKind.SEGMENT, area_id=one, reason=_reason(AreaKind.SEGMENT, {one} & spoken))
        for one in missing
    ]
    if not there and missing:
        found.append(
            NoIndex(area_kind=AreaKind.CITY, area_id=WHOLE_CITY, reason=_reason(AreaKind.CITY, set(missing) & spoken))
        )
    return tuple(found)
