"""Whether a forecast is what it should be: by the champion model, issued lately, from a feed that still speaks."""

from datetime import date, timedelta

import polars as pl

from serving.desk import STALE_AFTER, Moment
from serving.subjects import degraded, rungs_of

# A history that ended longer ago is one of the past, planned as it was then; a feed that ended lately has stopped.
STOPPED_LATELY = timedelta(days=14)


def says_nothing_of(forecast: pl.DataFrame, day: date, time_zone: str) -> bool:
    """Whether it ended before the day began, by the city's clock."""
    return forecast.filter(pl.col("valid_at").dt.convert_time_zone(time_zone).dt.date() == day).is_empty()


def fallen_back(what: str, forecast: pl.DataFrame, moment: Moment) -> tuple[str, ...]:
    """A sentence for each reason why a plan from this forecast is one on a fallback forecast; none where it is not."""
    said = list(degraded(what, rungs_of(forecast)))
    issued_at = forecast["issued_at"][0]
    age = moment.at - issued_at
    if age > STALE_AFTER:
        hours = age.total_seconds() / 3600
        said.append(f"The {what} forecast is {hours:.0f} h old: it was issued at {issued_at.isoformat()}.")
    silent = moment.made_at - moment.at
    if timedelta(0) < silent <= STOPPED_LATELY:
        hours = silent.total_seconds() / 3600
        said.append(f"The feed behind the {what} forecast has been silent for {hours:.0f} h.")
    return tuple(said)
