"""`city train`, `city retrain` and `city forecast`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, Subject, desk_of, moment_of, terminal
from serving.effort import Effort
from serving.terminal import answering

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Learn from what was known at this time; default: the newest data.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Fewer rounds on fewer rows, for trying things out.")]
Trials = Annotated[
    int,
    typer.Option(
        "--tune", min=0, max=10_000, metavar="TRIALS", help="Search for settings first; a stopped search goes on."
    ),
]


def train(
    context: typer.Context,
    what: Annotated[Subject, typer.Argument(help="What to learn.")],
    as_of: AsOf = None,
    quick: Quick = False,
    tune: Trials = 0,
    as_json: AsJson = False,
) -> None:
    """Train a model, judge it against the champion and the simple baseline, let it serve if it is better.

    Four windows in a row: fit, tune, calibrate, and a gate that neither model has learned from. Runs, figures and
    models are kept by MLflow under mlruns/. `city retrain` does the same with the settings found for the champion.

    Example: city train congestion --tune 40
    """
    _train(context, what, as_of, Effort(quick=quick, trials=tune), as_json=as_json)


def retrain(
    context: typer.Context,
    what: Annotated[Subject, typer.Argument(help="What to learn anew.")],
    as_of: AsOf = None,
    quick: Quick = False,
    tune: Trials = 0,
    as_json: AsJson = False,
) -> None:
    """Train a challenger on the newest data, with the champion's settings, and let it serve if it is better.

    It is better if its loss on the gate is below the champion's beyond chance (90 % interval over days) and below the
    best simple baseline's, its quantiles hold, and no district is more than 3 % worse. Otherwise nothing changes, and
    the answer says why. The gate takes 14 days for congestion and 8 weeks for waste where the history allows.

    Example: city retrain waste
    """
    _train(context, what, as_of, Effort(quick=quick, trials=tune, as_before=True), as_json=as_json)


def _train(context: typer.Context, what: Subject, as_of: str | None, effort: Effort, *, as_json: bool) -> None:
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_models import show_training
        from serving.training import train as run

        asked = moment_of(desk, as_of, "--as-of")
        trained = run(desk, what.value, asked=asked, effort=effort, progress=speak.progress)
        show_training(speak, trained)
        speak.answer(trained)


def forecast(
    context: typer.Context,
    what: Annotated[Subject, typer.Argument(help="What to forecast.")],
    at: Annotated[
        str | None, typer.Option("--at", help="Issue it with what was known at this time; default: now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a forecast with the champion model and store it.

    Where there is no champion a lower rung answers (the champion before it, HA + AR(1), the profile) and the output
    says which, why, and what was missing.

    Example: city forecast waste --at 2026-03-31T04:00
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.forecasting import issue
        from serving.showing_models import show_issue

        issued = issue(desk, what.value, asked=moment_of(desk, at, "--at"), progress=speak.progress)
        show_issue(speak, desk, issued)
        speak.answer(issued)
