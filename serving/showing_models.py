"""Training and forecasts as tables for a person."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from city.ledger import Promotion
from models.registry_reading import TrainedModel
from models.trained import Trained
from serving.desk import Desk
from serving.forecasting import Issued
from serving.model_moves import Moved
from serving.terminal import Column, Terminal, shown

FIGURES = {
    "flow_mae": ("mean error of flow", "veh/h"),
    "flow_mae_15min": ("mean error of flow, 15 min ahead", "veh/h"),
    "flow_mae_1h": ("mean error of flow, 1 h ahead", "veh/h"),
    "flow_mae_4h": ("mean error of flow, 4 h ahead", "veh/h"),
    "flow_mae_6h": ("mean error of flow, 6 h ahead", "veh/h"),
    "flow_mae_24h": ("mean error of flow, 24 h ahead", "veh/h"),
    "flow_pinball": ("pinball loss of flow", "veh/h"),
    "speed_mae": ("mean error of speed", "km/h"),
    "speed_mae_15min": ("mean error of speed, 15 min ahead", "km/h"),
    "speed_mae_1h": ("mean error of speed, 1 h ahead", "km/h"),
    "speed_mae_4h": ("mean error of speed, 4 h ahead", "km/h"),
    "speed_mae_6h": ("mean error of speed, 6 h ahead", "km/h"),
    "speed_mae_24h": ("mean error of speed, 24 h ahead", "km/h"),
    "speed_pinball": ("pinball loss of speed", "km/h"),
    "fill_mae": ("mean error of fill", "share"),
    "fill_pinball": ("pinball loss of fill", "share"),
    "overflow_brier": ("Brier score of overflow", "0 to 1"),
    "emptying_mae": ("mean error at emptyings", "bin-units"),
    "emptying_pinball": ("pinball loss at emptyings", "bin-units"),
    "found_full_brier": ("Brier score of full bins found", "0 to 1"),
    "found_over_brier": ("Brier score of overflowing bins found", "0 to 1"),
    "trip_mae": ("mean error of a trip's weight", "kg"),
    "trip_pinball": ("pinball loss of a trip's weight", "kg"),
    "trips_mae": ("mean error of a trip's weight", "kg"),
    "complaints_mae": ("mean error of complaints", "a day"),
    "complaints_pinball": ("pinball loss of complaints", "a day"),
}
"""Words and unit of a figure; how far off the mean is, and what a wrong quantile costs."""
OTHER_WORDS = {
    "rmse": ("root mean square error", ""),
    "mape": ("mean relative error", "%"),
    "coverage_80": ("truths inside p10 to p90", "share"),
}
COLUMNS = (
    Column("on days that it has not seen"),
    Column("unit"),
    Column("model", number=True),
    Column("simple baseline", number=True),
    Column("less error", "%", number=True),
)

MODEL_COLUMNS = (
    Column("model"),
    Column("version", number=True),
    Column("serves"),
    Column("trained"),
    Column("gate"),
    Column("to champion", "%", number=True),
    Column("to baseline", "%", number=True),
)
LOG_COLUMNS = (
    Column("when"),
    Column("model"),
    Column("what"),
    Column("version", number=True),
    Column("champion before", number=True),
    Column("who"),
    Column("why"),
)


def show_training(speak: Terminal, trained: Trained) -> None:
    speak.table(
        f"Trained {trained.name} on {trained.rows:,} rows in {trained.seconds:.1f} s", COLUMNS, compared(trained)
    )
    if trained.tuned:
        told = ", ".join(f"{name} {shown(value)}" for name, value in trained.tuned.items())
        speak.say(f"Settings from the search: {told}.")
    verdict = (
        f"Promoted as version {trained.version}" if trained.promoted else f"Not promoted (version {trained.version})"
    )
    speak.say(f"{verdict}: {trained.reason}")
    for sentence in trained.notes:
        speak.note(sentence)


def compared(trained: Trained) -> list[tuple[object, ...]]:
    """Each error beside the baseline's; the share of outcomes between p10 and p90 has no better or worse by itself."""
    rows: list[tuple[object, ...]] = []
    for name, value in trained.metrics.items():
        naive = trained.baseline.get(name)
        words, unit = FIGURES.get(name) or _in_words(name)
        better = f"{100 * (1 - value / naive):.1f}" if naive and "coverage" not in name else "-"
        rows.append((words, unit, value, naive, better))
    return rows


def _in_words(name: str) -> tuple[str, str]:
    """`flow_rmse` is the root mean square error of flow, in the unit of its mean error."""
    subject, _, measure = name.partition("_")
    told = OTHER_WORDS.get(measure)
    if told is None:
        return name.replace("_", " "), ""
    words, unit = told
    return f"{words} of {subject}", unit or FIGURES.get(f"{subject}_mae", ("", ""))[1]


def headline(trained: Trained) -> list[tuple[object, ...]]:
    """The errors that have a name of their own, without the rest."""
    named = {words for words, _ in FIGURES.values()}
    return [row for row in compared(trained) if row[0] in named]


def show_models(speak: Terminal, models: Sequence[TrainedModel], zone: ZoneInfo) -> None:
    if not models:
        speak.say("No model has been trained yet. Train one with `city train congestion`.")
        return
    speak.table(
        f"Models (times in {zone.key}; losses on the gate, below 0 % is better)",
        MODEL_COLUMNS,
        [
            (
                one.name,
                one.version,
                "champion" if one.is_champion else "previous" if one.is_previous else "",
                f"{one.began_at.astimezone(zone):%Y-%m-%d %H:%M}",
                one.gate,
                _percent(one.figures.get("to_champion")),
                _percent(one.figures.get("to_baseline")),
            )
            for one in models
        ],
    )
    # Sentences of this length would make a table of one word per line.
    for one in models:
        if one.reason:
            speak.say(f"{one.label}: {one.reason}")


def show_log(speak: Terminal, log: Sequence[Promotion], zone: ZoneInfo) -> None:
    speak.table(
        f"What happened to them (times in {zone.key})",
        LOG_COLUMNS,
        [
            (
                f"{line.at.astimezone(zone):%Y-%m-%d %H:%M}",
                line.model,
                line.action.replace("_", " "),
                line.version,
                line.previous,
                line.who,
                line.reason,
            )
            for line in log
        ],
    )


def show_moved(speak: Terminal, moved: Moved) -> None:
    before = "nothing served before" if moved.previous is None else f"version {moved.previous} served before"
    speak.say(f"Version {moved.version} of the {moved.model} model serves now; {before}.")
    if moved.gate:
        speak.say(f"The gate had said of it: {moved.gate}")


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{100 * ratio:+.1f}"


def show_issue(speak: Terminal, desk: Desk, issued: Issued) -> None:
    local = issued.issued_at.astimezone(desk.zone())
    columns = (Column("forecast"), Column("values", "rows", number=True))
    speak.table(
        f"Issued {issued.what} at {local:%Y-%m-%d %H:%M} ({desk.zone().key})", columns, list(issued.rows.items())
    )
    speak.say("Made by " + ", ".join(issued.models) + ".")
    for sentence in issued.assumed:
        speak.note(f"Assumed: {sentence}")
    for sentence in issued.degraded:
        speak.note(f"Degraded: {sentence}")
    for sentence in issued.notes:
        speak.say(f"Note: {sentence}")
