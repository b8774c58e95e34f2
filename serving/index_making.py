"""The congestion index beside the detectors' forecast: over the free flow that belongs to the model that made it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from city.clock import require_aware
from city.errors import CityError
from city.forecasts import CongestionIndexForecasts
from city.progress import Progress, silent
from city.settings import Settings
from models.index_answer import IndexAnswer, NoIndex, answer_index, free_flow_at, free_flow_of_model
from models.registry_reading import trained_models
from serving.desk import Desk

MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeIndex:
    """`frame` is empty where nothing could be said; `reasons` are sentences for a person."""

    frame: pl.DataFrame
    reasons: tuple[str, ...]


def make_index(desk: Desk, forecasts: pl.DataFrame, *, progress: Progress = silent) -> MadeIndex:
    """The index of one issue. What is missing for it becomes a reason: the detectors' forecast stands by itself."""
    empty = CongestionIndexForecasts.create_empty()
    if forecasts.is_empty():
        return MadeIndex(frame=empty, reasons=())
    with progress("Congestion index", 2) as advance:
        try:
            free_flow = free_flow_of_model(desk.settings, forecasts) or free_flow_at(
                desk.history, free_flow_cutoff(desk.settings, forecasts)
            )
            advance(1)
            answer = answer_index(desk.history, forecasts, free_flow=free_flow)
            advance(1)
        except CityError as refused:
            return MadeIndex(frame=empty, reasons=(f"There is no congestion index: {refused}",))
    return MadeIndex(frame=answer.forecasts, reasons=said_of(answer))


def free_flow_cutoff(settings: Settings, forecasts: pl.DataFrame) -> datetime:
    """What the model that made most of it was fitted on; the issue time where no trained model made it, or a later one.

    An issue for an earlier time than its model's must not see speeds that were measured later.
    """
    issued_at: datetime = forecasts["issued_at"][0]
    label = forecasts["model"].value_counts(sort=True)["model"][0]
    known = [one.as_of for one in trained_models(settings) if one.label == label and one.as_of is not None]
    return min([issued_at, *(require_aware(datetime.fromisoformat(as_of)) for as_of in known)])


def said_of(answer: IndexAnswer) -> tuple[str, ...]:
    return (*without_index(answer.without), *(f"Congestion index: {sentence}" for sentence in answer.assumed))


def without_index(missing: Iterable[NoIndex]) -> tuple[str, ...]:
    """One sentence per kind of area and reason."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in missing:
        alike.setdefault((one.area_kind.value, one.reason), []).append(one.area_id)
    return tuple(
        f"No congestion index for {kind} {_named(ids)}: {reason}."
        if kind != "city"
        else f"No congestion index for the city: {reason}."
        for (kind, reason), ids in alike.items()
    )


def _named(ids: list[str]) -> str:
    more = len(ids) - MOST_NAMED
    return ", ".join(ids[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
