"""`city train` and `city forecast`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, Subject, desk_of, moment_of, terminal
from serving.terminal import answering


def train(
    context: typer.Context,
    what: Annotated[Subject, typer.Argument(help="What to learn.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Learn from what was known at this time; default: the newest data.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds on fewer rows, for trying things out.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model, compare it with the champion and the simple baseline, promote it if it is better.

    Runs, figures and models are kept by MLflow under mlruns/.

    Example: city train congestion --quick
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_models import show_training
        from serving.training import train as run

        trained = run(desk, what.value, asked=moment_of(desk, as_of, "--as-of"), quick=quick, progress=speak.progress)
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

    Where there is no champion, the seasonal-naive baseline answers and the output says so.

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
