"""`city watch models`: do inputs, errors and ages still fit the models that serve?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from city.errors import CityError
from city.progress import Progress, silent
from models.champion_notes import ChampionNotes, champion_notes
from models.registry import Registry
from serving.desk import Desk
from serving.model_findings import AgeCheck, ErrorCheck, InputCheck, ModelFinding, Trouble
from serving.subjects import FRAMES_OF, feed_of
from serving.watching_errors import error_checks
from serving.watching_inputs import input_checks

WHATS = ("congestion", "waste", "complaints")
HOUR_S, DAY_S = 3_600, 86_400
OLDEST_FORECAST_S = {"congestion": 26 * HOUR_S, "waste": 26 * HOUR_S, "complaints": 50 * HOUR_S}
OLDEST_CHAMPION_S = {"congestion": 45 * DAY_S, "waste": 60 * DAY_S, "complaints": 90 * DAY_S}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWatch:
    """What `city watch models` answers: judged at `now`, over what was known then."""

    now: datetime
    inputs: tuple[InputCheck, ...]
    errors: tuple[ErrorCheck, ...]
    ages: tuple[AgeCheck, ...]
    findings: tuple[ModelFinding, ...]
    not_judged: tuple[str, ...]
    assumed: tuple[str, ...] = ()


def watch_models(desk: Desk, *, asked: datetime | None = None, progress: Progress = silent) -> ModelWatch:
    """Every model whose feed holds anything. A history that ended in the past is judged at its last news."""
    watched = [what for what in WHATS if desk.history.last_news(feed_of(desk.history, what)) is not None]
    moments = {what: desk.moment(feed_of(desk.history, what), asked) for what in watched}
    notes = champion_notes(desk.settings)
    findings: list[ModelFinding] = []
    inputs: list[InputCheck] = []
    errors: list[ErrorCheck] = []
    ages: list[AgeCheck] = []
    not_judged: list[str] = []
    with progress("Watching models", max(len(watched), 1)) as advance:
        for what in watched:
            now, champion = moments[what].at, notes.get(what)
            age = _age(desk, what, now, champion)
            ages.append(age)
            findings += [*_refused(desk, what, champion), *_old(age)]
            for check, drifted in input_checks(desk, what, now, None if champion is None else champion.learned_at):
                inputs.append(check)
                findings += [] if drifted is None else [drifted]
            judged = list(error_checks(desk, what, now, {} if champion is None else champion.metrics))
            errors += [check for check, _ in judged]
            findings += [finding for _, found in judged for finding in found]
            not_judged += _unjudged(what, judged=bool(judged), checked=any(one.what == what for one in inputs))
            advance(1)
    assumed = tuple(dict.fromkeys(sentence for moment in moments.values() for sentence in moment.assumed))
    return ModelWatch(
        now=max((moment.at for moment in moments.values()), default=desk.clock()),
        inputs=tuple(inputs),
        errors=tuple(errors),
        ages=tuple(ages),
        findings=tuple(findings),
        not_judged=tuple(not_judged),
        assumed=assumed,
    )


def _unjudged(what: str, *, judged: bool, checked: bool) -> Iterator[str]:
    if not checked:
        yield f"Inputs of {what} are not judged: fewer than two weeks of values, or too few of them."
    if not judged:
        yield f"Errors of {what} are not judged: no champion's forecast of the last 14 days has enough truth by now."


def _age(desk: Desk, what: str, now: datetime, champion: ChampionNotes | None) -> AgeCheck:
    stored = desk.history.forecast_rows(FRAMES_OF[what][0]).filter(pl.col("issued_at") <= now)
    newest: datetime | None = stored.select(pl.col("issued_at").max()).collect().item()
    rungs = desk.history.read_forecast(FRAMES_OF[what][0], issued_at=newest).select("rung") if newest else None
    return AgeCheck(
        what=what,
        forecast_age_s=None if newest is None else int((now - newest).total_seconds()),
        champion=None if champion is None else f"{what} v{champion.version}",
        champion_age_s=None if champion is None else max(0, int((now - champion.learned_at).total_seconds())),
        fallback_share=None if rungs is None else rungs.filter(pl.col("rung") != "champion").height / rungs.height,
    )


def _old(age: AgeCheck) -> Iterator[ModelFinding]:
    what = age.what
    if age.forecast_age_s is not None and age.forecast_age_s > OLDEST_FORECAST_S[what]:
        yield ModelFinding(
            trouble=Trouble.FORECAST_OLD,
            what=what,
            subject=what,
            sentence=f"The newest forecast of {what} is {age.forecast_age_s / HOUR_S:.0f} h old, "
            f"{OLDEST_FORECAST_S[what] / HOUR_S:.0f} h at the most is usual. Cause: nobody issued a newer one.",
            todo=f"`city forecast {what}`; see why the job that does it stopped.",
            figures=(("age_h", age.forecast_age_s / HOUR_S),),
        )
    if age.champion_age_s is not None and age.champion_age_s > OLDEST_CHAMPION_S[what]:
        yield ModelFinding(
            trouble=Trouble.CHAMPION_OLD,
            what=what,
            subject=str(age.champion),
            sentence=f"{age.champion} learned from nothing newer than {age.champion_age_s / DAY_S:.0f} days ago, "
            f"{OLDEST_CHAMPION_S[what] / DAY_S:.0f} at the most is usual. Cause: no retraining, or none that the gate "
            "let through.",
            todo=f"`city retrain {what}`; `city models {what}` says what the gate said.",
            figures=(("age_days", age.champion_age_s / DAY_S),),
        )
    if age.fallback_share and age.champion is not None:
        yield ModelFinding(
            trouble=Trouble.FALLBACK,
            what=what,
            subject=what,
            sentence=f"{age.fallback_share:.0%} of the newest forecast of {what} come from a simpler rung than the "
            f"champion {age.champion}. Cause: the champion could not answer, or was promoted after it.",
            todo=f"`city forecast {what}` says why under Degraded.",
            figures=(("share", age.fallback_share),),
        )


def _refused(desk: Desk, what: str, champion: ChampionNotes | None) -> Iterator[ModelFinding]:
    if champion is None:
        return
    try:
        Registry(desk.settings).champion(what)
    except CityError as refused:
        yield ModelFinding(
            trouble=Trouble.CHAMPION_REFUSED,
            what=what,
            subject=f"{what} v{champion.version}",
            sentence=f"{refused} Cause: its files were changed, moved or lost after it was saved.",
            todo=f"Restore them, or go back a step with `city rollback {what}`.",
        )
