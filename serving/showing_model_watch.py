"""The health of models for a person: what was compared, then what is wrong, why, and what to do."""

from models.drift import LARGE_PSI
from serving.desk import Desk
from serving.model_findings import InputCheck
from serving.terminal import Column, Terminal
from serving.watching_models import DAY_S, HOUR_S, ModelWatch

AGES = (
    Column("model"),
    Column("champion"),
    Column("learned", "days ago", number=True),
    Column("forecast", "h old", number=True),
    Column("from simpler rungs", "%", number=True),
)
INPUTS = (
    Column("model"),
    Column("input"),
    Column("values", "last week", number=True),
    Column("PSI", number=True),
    Column("usual PSI", number=True),
    Column("KS", number=True),
    Column("mean now / then", number=True),
)
ERRORS = (
    Column("model"),
    Column("forecast"),
    Column("values", number=True),
    Column("days", number=True),
    Column("loss", number=True),
    Column("loss on gate", number=True),
    Column("below p10", "%", number=True),
    Column("above p90", "%", number=True),
)


def show_model_watch(speak: Terminal, watch: ModelWatch, desk: Desk) -> None:
    for sentence in watch.assumed:
        speak.note(sentence)
    title = f"Models at {watch.now.astimezone(desk.zone()):%Y-%m-%d %H:%M}"
    speak.table(
        title,
        AGES,
        [
            (
                one.what,
                one.champion,
                _in(one.champion_age_s, DAY_S),
                _in(one.forecast_age_s, HOUR_S),
                _percent(one.fallback_share),
            )
            for one in watch.ages
        ],
    )
    if watch.inputs:
        rows = [
            (one.what, _input(one), one.values, one.psi, one.usual_psi, one.ks, one.ratio)
            for one in watch.inputs
            if one.district_id is None or one.psi > LARGE_PSI
        ]
        speak.table("Inputs of the last week against the weeks before the champion", INPUTS, rows)
    if watch.errors:
        speak.table(
            "Forecasts of the last days against what happened",
            ERRORS,
            [
                (one.what, one.quantity, one.rows, one.days, one.loss, one.gate_loss, 100 * one.below, 100 * one.above)
                for one in watch.errors
            ],
        )
    for sentence in watch.not_judged:
        speak.note(sentence)
    for finding in watch.findings:
        speak.say(finding.sentence, style="red")
        speak.say(f"  {finding.todo}")
    if not watch.findings:
        speak.say("Nothing is wrong with what could be judged.", style="green")


def _input(check: InputCheck) -> str:
    place = "" if check.district_id is None else f" in {check.district_id}"
    return f"{check.quantity} ({check.noun}s{place})"


def _in(seconds: int | None, unit_s: int) -> float | None:
    return None if seconds is None else seconds / unit_s


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
