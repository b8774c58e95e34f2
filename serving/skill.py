"""Forecast skill and calibration over time: what was forecast, beside what came and what a simple forecast had said."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from city.errors import CityError
from models.champion_notes import ChampionNotes, champion_notes
from serving.desk import Desk
from serving.model_findings import ModelFinding
from serving.refreshed import Refreshed
from serving.skill_rows import losses, summed
from serving.skill_simple import with_simple
from serving.subjects import feed_of
from serving.watching_errors import GREW, judged
from serving.watching_models import WHATS, ModelWatch

DAYS = 28
GOOD_FOR_S = 900.0
State = Literal["good", "look", "not-judged", "none"]
NOTHING_WRONG = "Nothing is wrong with what could be judged."
__all__ = ["DAYS", "GREW", "Skill", "SkillOf", "Standing", "skill_look", "skill_of", "standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillOf:
    """One quantity of one model. Losses on the gate are None where the champion noted none.

    The frames hold FIGURES of serving.skill_rows by `day`, by `band`, by `district_id` and by both day and district.
    """

    what: str
    quantity: str
    gate_loss: float | None
    gate_simple_loss: float | None
    by_day: pl.DataFrame
    by_band: pl.DataFrame
    by_district: pl.DataFrame
    by_district_day: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """`as_of`: nothing known later was used."""

    as_of: datetime
    since: datetime
    quantities: tuple[SkillOf, ...]
    not_told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a model is still good, in the words of the watch."""

    name: str
    state: State
    sentences: tuple[str, ...]
    findings: tuple[ModelFinding, ...] = ()


def skill_of(desk: Desk, *, days: int = DAYS) -> Skill:
    """Of every model whose champion's forecasts of the last days met their truth."""
    look_back = timedelta(days=days)
    notes = champion_notes(desk.settings)
    moments = {what: desk.moment(feed_of(desk.history, what)).at for what in _watched(desk)}
    quantities: list[SkillOf] = []
    not_told: list[str] = []
    for what, now in moments.items():
        try:
            quantities += _of_model(desk, what, now, look_back, notes.get(what))
        except CityError as refused:
            not_told.append(f"Skill of {what}: {refused}")
    as_of = max(moments.values(), default=desk.clock())
    return Skill(as_of=as_of, since=as_of - look_back, quantities=tuple(quantities), not_told=tuple(not_told))


def _watched(desk: Desk) -> Iterator[str]:
    return (what for what in WHATS if desk.history.last_news(feed_of(desk.history, what)) is not None)


def _of_model(
    desk: Desk, what: str, now: datetime, look_back: timedelta, notes: ChampionNotes | None
) -> Iterator[SkillOf]:
    metrics: Mapping[str, float] = {} if notes is None else notes.metrics
    for one in judged(desk, what, now, look_back):
        rows = losses(with_simple(desk, one.quantity, one.rows, now))
        if rows.is_empty():
            continue
        yield SkillOf(
            what=what,
            quantity=one.quantity,
            gate_loss=metrics.get(f"{one.metric}_pinball"),
            gate_simple_loss=metrics.get(f"naive_{one.metric}_pinball"),
            by_day=summed(rows, "day"),
            by_band=summed(rows, "band"),
            by_district=summed(rows, "district_id"),
            by_district_day=summed(rows, "district_id", "day"),
        )


def skill_look(desk: Desk) -> Refreshed[Skill | str]:
    """The skill as of some minutes ago, or the sentence that says why it cannot be told."""

    def look() -> Skill | str:
        try:
            return skill_of(desk)
        except CityError as refused:
            return str(refused)

    return Refreshed("the look at skill", look, good_for_s=GOOD_FOR_S)


def standing(watch: ModelWatch, name: str, is_theirs: Callable[[ModelFinding], bool]) -> Standing:
    """As whoever may see some findings only is told. `none`: no such feed came, so nothing is asked of such a model."""
    if not any(one.what == name for one in watch.ages):
        return Standing(name=name, state="none", sentences=(f"No feed of {name} was imported.",))
    findings = tuple(one for one in watch.findings if one.what == name and is_theirs(one))
    unjudged = tuple(one for one in watch.not_judged if one.split(" are ", 1)[0].endswith(f" {name}"))
    if findings:
        return Standing(name=name, state="look", sentences=unjudged, findings=findings)
    is_judged = any(one.what == name for one in watch.errors)
    state: State = "good" if is_judged else "not-judged"
    return Standing(name=name, state=state, sentences=(NOTHING_WRONG, *unjudged) if is_judged else unjudged)
