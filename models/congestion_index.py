"""The congestion index of every segment, corridor, district and of the city, from the detectors' forecast.

A segment's quantile q comes from the speed's quantile 1 - q. An area's quantiles come from joint paths: on each of them
every segment has one speed, and the area one ratio of times.
"""

from dataclasses import dataclass
from typing import Self

import dataframely as dy
import numpy as np
import polars as pl

from city.congestion_index import FLOOR_KMH, LOCAL, MOST, AreaKind, IndexScale, Level
from city.forecast_row import RUNGS
from city.forecasts import CongestionIndexForecasts
from features.areas import Areas
from features.arrays import Flags, Floats, Ints, seconds_of, utc_column
from features.free_flow import FreeFlow
from models.joint_paths import JointPaths, probability_of

STEPS_AT_ONCE = 24
LEAST_FLOW_VEH_H = 1.0
"""A way that nobody drives still belongs to its area: an empty night has an index too."""
JUDGED = (Level.LIGHT, Level.MODERATE)
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedField:
    """The detectors' forecast, steps x segments; NaN where no speed is forecast or no free flow is known.

    `speeds` holds p10, p50 and p90 along its last axis, km/h; `veh_km_h` weighs the segments.
    """

    at_s: Ints
    step_s: int
    speeds: Floats
    free_kmh: Floats
    veh_km_h: Floats
    assumed: tuple[str, ...]

    @classmethod
    def of(cls, forecasts: pl.DataFrame, areas: Areas, free_flow: FreeFlow) -> Self:
        """From rows of one issue of CongestionForecasts."""
        at_s = np.unique(seconds_of(forecasts, "valid_at"))
        place = np.searchsorted(at_s, seconds_of(forecasts, "valid_at")), _places(forecasts, areas.segments)
        free_kmh = free_flow.of(areas.segments)

        def laid(column: str) -> Floats:
            field = np.full((len(at_s), len(areas.segments)), np.nan)
            field[place] = forecasts.get_column(column).cast(pl.Float64).to_numpy()
            return field

        speeds = np.stack([laid(f"speed_p{round(100 * q)}_kmh") for q in QUANTILES], axis=2)
        speeds[:, ~np.isfinite(free_kmh)] = np.nan
        flow, assumed = whole_flow(laid("flow_p50_veh_h"), np.isfinite(speeds[:, :, 1]))
        return cls(
            at_s=at_s,
            step_s=int(forecasts["step_s"][0]),
            speeds=speeds,
            free_kmh=free_kmh,
            veh_km_h=flow * areas.length_km,
            assumed=(*areas.assumed, *assumed),
        )

    @property
    def measured(self) -> Flags:
        return np.isfinite(self.speeds[:, :, 1])


def _places(forecasts: pl.DataFrame, segments: tuple[str, ...]) -> Ints:
    kind = pl.Enum(list(segments))
    return forecasts.get_column("detector_id").cast(kind).to_physical().to_numpy().astype(np.int64)


def whole_flow(flow: Floats, measured: Flags) -> tuple[Floats, tuple[str, ...]]:
    """Flow without gaps where speed is measured (the median of those that have one, or all alike), and a sentence."""
    missing = measured & ~np.isfinite(flow)
    usual = float(np.median(flow[np.isfinite(flow)])) if np.isfinite(flow).any() else LEAST_FLOW_VEH_H
    filled = np.maximum(np.where(np.isfinite(flow), flow, usual), LEAST_FLOW_VEH_H)
    if not missing.any():
        return filled, ()
    count = int(missing.any(axis=0).sum())
    said = f"the median of the others, {usual:.0f} veh/h" if np.isfinite(flow).any() else "the same everywhere"
    return filled, (f"{count} segments have speed but no flow at some time: their flow is taken as {said}.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexField:
    """Areas x steps. `quantiles` holds p10, p50, p90 along its last axis; NaN where no segment has a speed.

    `plain` are the same from the segments' quantiles added up, as if all were slow together. `at_least` is the
    probability of at least each level of `JUDGED`; `at_floor` that of an index of exactly 1.
    """

    quantiles: Floats
    plain: Floats
    at_least: dict[Level, Floats]
    at_floor: Floats
    segments: Ints
    unmeasured: Ints


def index_of(times: Floats, free_times: Floats) -> Floats:
    """The ratio of times: NaN where nothing is measured, else 1 or more."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(np.where(free_times > 0, times / free_times, np.nan), 1.0, MOST)


def index_field(
    field: SpeedField, areas: Areas, paths: JointPaths, scale: IndexScale = LOCAL, *, past: Floats | None = None
) -> IndexField:
    """Every area's index; `paths` holds the steps of `field` and the segments of `areas` in their order.

    `past`: as many draws as there are paths x steps x areas of several segments, which count as much as the paths do.
    """
    alone = segments_alone(areas)
    shape = (len(areas.areas), len(field.at_s))
    found = IndexField(
        quantiles=np.empty((*shape, 3)),
        plain=np.empty((*shape, 3)),
        at_least={level: np.empty(shape) for level in JUDGED},
        at_floor=np.empty(shape),
        segments=areas.inside.astype(np.int64) @ field.measured.T.astype(np.int64),
        unmeasured=areas.inside.astype(np.int64) @ (~field.measured).T.astype(np.int64),
    )
    for first in range(0, shape[1], STEPS_AT_ONCE):
        steps = slice(first, min(first + STEPS_AT_ONCE, shape[1]))
        _by_itself(field, areas, found, alone, steps, scale)
        _together(field, areas, paths, found, ~alone, steps, scale, past)
    return found


def segments_alone(areas: Areas) -> Flags:
    return np.array([area.kind is AreaKind.SEGMENT for area in areas.areas])


def _by_itself(
    field: SpeedField, areas: Areas, found: IndexField, alone: Flags, steps: slice, scale: IndexScale
) -> None:
    """A segment's quantile q is its free-flow speed over the speed's quantile 1 - q, exactly."""
    segment = np.argmax(areas.inside[alone], axis=1)
    low, middle, high = (field.speeds[steps, :, k][:, segment] for k in range(3))
    free = field.free_kmh[segment]
    by_quantile = [index_of(free / np.clip(speed, FLOOR_KMH, free), np.ones(1)) for speed in (high, middle, low)]
    found.quantiles[alone, steps] = found.plain[alone, steps] = np.stack(by_quantile, axis=2).swapaxes(0, 1)
    for level, probability in found.at_least.items():
        probability[alone, steps] = probability_of(free / scale.begins_at(level), low, middle, high).T
    found.at_floor[alone, steps] = 1.0 - probability_of(free * np.ones_like(low), low, middle, high).T


def _together(
    field: SpeedField,
    areas: Areas,
    paths: JointPaths,
    found: IndexField,
    several: Flags,
    steps: slice,
    scale: IndexScale,
    past: Floats | None,
) -> None:
    inside = areas.inside[several].T.astype(np.float64)
    weight = np.where(field.measured[steps], field.veh_km_h[steps], 0.0)
    free_times = (weight / np.where(np.isfinite(field.free_kmh), field.free_kmh, 1.0)) @ inside

    def of_speeds(speed: Floats) -> Floats:
        held = np.where(field.measured[steps], np.clip(speed, FLOOR_KMH, field.free_kmh), 1.0)
        return index_of((weight / held) @ inside, free_times)

    low, middle, high = (field.speeds[steps, :, k] for k in range(3))
    drawn = of_speeds(paths.speeds(steps.start, steps.stop, low, middle, high))
    if past is not None:
        told = past[:, steps]
        drawn = np.concatenate([drawn, np.where(np.isfinite(told), told, drawn)])
    quantiles = np.quantile(drawn, QUANTILES, axis=0, method="hazen")
    found.quantiles[several, steps] = quantiles.transpose(2, 1, 0)
    found.plain[several, steps] = np.stack([of_speeds(speed).T for speed in (high, middle, low)], axis=2)
    for level, probability in found.at_least.items():
        probability[several, steps] = (drawn >= scale.begins_at(level)).mean(axis=0).T
    found.at_floor[several, steps] = (drawn <= 1.0).mean(axis=0).T


def index_frame(
    forecasts: pl.DataFrame, field: SpeedField, areas: Areas, found: IndexField, scale: IndexScale = LOCAL
) -> dy.DataFrame[CongestionIndexForecasts]:
    """Rows of the contract: an area without a single forecast of speed has none."""
    area, step = np.nonzero(found.segments > 0)
    made_by = _made_by(forecasts, areas)
    low, middle, high = (found.quantiles[area, step, k] for k in range(3))
    frame = pl.DataFrame(
        {
            "district_id": np.array([one.district_id for one in areas.areas])[area],
            "model": np.array([made_by[number][1] for number in range(len(areas.areas))])[area],
            "rung": np.array([made_by[number][0] for number in range(len(areas.areas))])[area],
            "area_kind": np.array([one.kind.value for one in areas.areas])[area],
            "area_id": np.array([one.area_id for one in areas.areas])[area],
            "valid_at": utc_column(field.at_s[step]),
            "index_p10": low,
            "index_p50": middle,
            "index_p90": high,
            "scale": np.interp(middle, *np.array(scale.table).T),
            "level": np.array([level.value for level in Level])[np.searchsorted(scale.ratios[:4], middle, "right")],
            "congested_probability": found.at_least[Level.MODERATE][area, step],
            "segments": found.segments[area, step],
            "unmeasured": found.unmeasured[area, step],
        }
    ).with_columns(
        pl.lit(forecasts["issued_at"][0]).dt.convert_time_zone("UTC").alias("issued_at"),
        pl.lit(field.step_s, pl.Int64).alias("step_s"),
    )
    return CongestionIndexForecasts.validate(frame.select(CongestionIndexForecasts.column_names()), cast=False)


def _made_by(forecasts: pl.DataFrame, areas: Areas) -> list[tuple[str, str]]:
    """Of each area the lowest rung that one of its segments comes from, and the model on it."""
    spoken = forecasts.filter(pl.col("speed_p50_kmh").is_not_null())
    by_segment: dict[str, set[tuple[str, str]]] = {}
    for segment, rung, model in spoken.select("detector_id", "rung", "model").unique().iter_rows():
        by_segment.setdefault(segment, set()).add((rung, model))
    found = []
    for members in areas.inside:
        own = {pair for k in np.flatnonzero(members) for pair in by_segment.get(areas.segments[k], ())}
        found.append(max(sorted(own), key=lambda pair: RUNGS.index(pair[0]), default=(RUNGS[-1], "none")))
    return found
