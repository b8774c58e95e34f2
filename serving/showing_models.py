"""Training and forecasts as tables for a person."""

from models.trained import Trained
from serving.desk import Desk
from serving.forecasting import Issued
from serving.terminal import Column, Terminal

FIGURES = {
    "flow_mae": ("mean error of flow", "veh/h"),
    "flow_mae_1h": ("mean error of flow, 1 h ahead", "veh/h"),
    "flow_mae_4h": ("mean error of flow, 4 h ahead", "veh/h"),
    "flow_mae_24h": ("mean error of flow, 24 h ahead", "veh/h"),
    "flow_pinball": ("pinball loss of flow", "veh/h"),
    "speed_mae": ("mean error of speed", "km/h"),
    "speed_mae_1h": ("mean error of speed, 1 h ahead", "km/h"),
    "speed_mae_24h": ("mean error of speed, 24 h ahead", "km/h"),
    "speed_pinball": ("pinball loss of speed", "km/h"),
    "fill_mae": ("mean error of fill", "share"),
    "fill_pinball": ("pinball loss of fill", "share"),
    "overflow_brier": ("Brier score of overflow", "0 to 1"),
    "trips_mae": ("mean error of a trip's weight", "kg"),
    "trip_mae": ("mean error of a trip's weight", "kg"),
}
COLUMNS = (
    Column("on days that it has not seen"),
    Column("unit"),
    Column("model", number=True),
    Column("seasonal-naive", number=True),
    Column("less error", "%", number=True),
)


def show_training(speak: Terminal, trained: Trained) -> None:
    speak.table(
        f"Trained {trained.name} on {trained.rows:,} rows in {trained.seconds:.1f} s", COLUMNS, compared(trained)
    )
    verdict = f"Promoted as version {trained.version}" if trained.promoted else "Not promoted"
    speak.say(f"{verdict}: {trained.reason}")


def compared(trained: Trained) -> list[tuple[object, ...]]:
    """Each error beside the baseline's; the share of outcomes between p10 and p90 has no better or worse by itself."""
    rows: list[tuple[object, ...]] = []
    for name, value in trained.metrics.items():
        naive = trained.baseline.get(name)
        words, unit = FIGURES.get(name, (name.replace("_", " "), ""))
        better = f"{100 * (1 - value / naive):.1f}" if naive and "coverage" not in name else "-"
        rows.append((words, unit, value, naive, better))
    return rows


def headline(trained: Trained) -> list[tuple[object, ...]]:
    """The errors that have a name of their own, without the rest."""
    named = {words for words, _ in FIGURES.values()}
    return [row for row in compared(trained) if row[0] in named]


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
