"""How slow roads will be for trucks, by district and time of day, from the forecast of the congestion index.

A truck's pace is its own: it drives slower than cars in free flow (`SPEED_SHARE`), and in congestion it loses the
seconds that cars lose. With an index of i (times the cars' free-flow time) a truck takes 1 + SPEED_SHARE x (i - 1)
times its own free-flow time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl

from city.clock import midnight, zone
from city.congestion_index import WHOLE_CITY, AreaKind
from city.forecasts import CongestionIndexForecasts
from city.speed_profiles import DAY_S, MOST_CLASSES, SLOWEST, SpeedProfiles
from city.waste import CollectionPoint, Depot, DisposalSite
from optimization.collection.travel import SPEED_SHARE, Travel

PERIOD_S = 900
DAYS = 2  # the service date, and the day into which its night shifts reach

Floats = npt.NDArray[np.float64]


def speed_profiles_from_forecast(
    index: dy.DataFrame[CongestionIndexForecasts] | pl.DataFrame,
    *,
    service_date: date,
    time_zone: str,
    districts: Iterable[str] = (),
) -> SpeedProfiles | None:
    """A class for the whole city, which comes first, and one per district that is forecast, of `districts` if given.

    Quarter hours of two days from local midnight of the service date, from the newest issue. Those that the forecast
    leaves out are as slow as the same time of the other day, or else free. None if it leaves out the whole date.
    """
    wanted = set(districts)
    if index.is_empty():
        return None
    rows = _periods(index, midnight(service_date, zone(time_zone)))
    kinds = [str(AreaKind.DISTRICT), str(AreaKind.CITY)]
    rows = rows.filter(pl.col("area_kind").is_in(kinds), pl.col("period").is_between(0, DAYS * DAY_S // PERIOD_S - 1))
    if not rows.filter(pl.col("period") < DAY_S // PERIOD_S).height:
        return None
    found = [str(area) for area in rows.get_column("area_id").unique().sort()]
    areas = [area for area in found if not wanted or area in wanted or area == WHOLE_CITY]
    names = [WHOLE_CITY, *(area for area in areas if area != WHOLE_CITY)][:MOST_CLASSES]
    factors = [_factors(rows.filter(pl.col("area_id") == name)) for name in names]
    if WHOLE_CITY not in areas:
        if len(names) == 1:
            return None
        factors[0] = np.mean(factors[1:], axis=0)
    return SpeedProfiles(
        classes=tuple(names),
        borders_s=tuple(range(0, DAYS * DAY_S + 1, PERIOD_S)),
        factors=tuple(tuple(row.tolist()) for row in factors),
    )


def at_forecast_pace(
    travel: Travel,
    index: dy.DataFrame[CongestionIndexForecasts] | None,
    *,
    points: tuple[CollectionPoint, ...],
    depots: tuple[Depot, ...],
    sites: tuple[DisposalSite, ...],
    service_date: date,
    time_zone: str,
) -> Travel:
    """The ways at the pace of the hour; without a forecast of that date at the same pace all day, which is told."""
    district_of = _districts(travel.places, points, depots, sites)
    known = Counter(district_of.values())
    profiles = (
        speed_profiles_from_forecast(
            index,
            service_date=service_date,
            time_zone=time_zone,
            districts=[name for name, _ in known.most_common(MOST_CLASSES - 1)],
        )
        if index is not None
        else None
    )
    if profiles is None or index is None:
        static = f"Driving takes as long at all hours: no forecast of the congestion index speaks of {service_date}."
        return replace(travel, assumed=(*travel.assumed, static))
    number_of = {name: number for number, name in enumerate(profiles.classes)}
    classes = [number_of.get(district_of.get(place, WHOLE_CITY), 0) for place in travel.times.places]
    issued_at: datetime = index.select(pl.col("issued_at").max()).item()
    told = (
        f"Driving follows the median congestion index of each district, issued at {issued_at:%Y-%m-%d %H:%M} UTC: "
        "trucks lose in congestion the seconds that cars lose."
    )
    return replace(travel, times=travel.times.with_profiles(profiles, classes), assumed=(*travel.assumed, told))


def _periods(index: pl.DataFrame, start: datetime) -> pl.DataFrame:
    """Rows of the newest issue, once per period that they speak of: `period` counts from `start`."""
    newest = index.filter(pl.col("issued_at") == pl.col("issued_at").max())
    second = (pl.col("valid_at") - start).dt.total_seconds()
    # A step of an hour speaks of four periods; one of five minutes of a third of one, which its mean stands for.
    spread = newest.select(
        "area_kind",
        "area_id",
        "index_p50",
        period=pl.int_ranges(second // PERIOD_S, (second + pl.col("step_s") - 1) // PERIOD_S + 1),
    )
    return spread.explode("period").group_by("area_kind", "area_id", "period").agg(pl.col("index_p50").mean())


def _factors(rows: pl.DataFrame) -> Floats:
    factors = np.full(DAYS * DAY_S // PERIOD_S, np.nan)
    factors[rows.get_column("period").to_numpy()] = 1 + SPEED_SHARE * (rows.get_column("index_p50").to_numpy() - 1)
    other_day = np.roll(factors, DAY_S // PERIOD_S)
    found = np.where(np.isnan(factors), other_day, factors)
    kept: Floats = np.clip(np.nan_to_num(found, nan=1.0), 1.0, SLOWEST)
    return kept


def _districts(
    places: Mapping[str, str],
    points: tuple[CollectionPoint, ...],
    depots: tuple[Depot, ...],
    sites: tuple[DisposalSite, ...],
) -> dict[str, str]:
    """The district of each place: of the first thing there."""
    things = [
        *((f"point {point.point_id}", point.district_id) for point in points),
        *((f"depot {depot.depot_id}", depot.district_id) for depot in depots),
        *((f"site {site.site_id}", site.district_id) for site in sites),
    ]
    found: dict[str, str] = {}
    for thing, district in things:
        found.setdefault(places[thing], str(district))
    return found
