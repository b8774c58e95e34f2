"""`city watch feeds`, `city watch models` and `city watch signals`."""

from typing import Annotated

import typer

from city.ids import PlanId
from serving.commands.opening import AsJson, date_of, desk_of, moment_of, terminal
from serving.terminal import answering

FINDINGS = 3

app = typer.Typer(no_args_is_help=True, help="Watch what comes in.")


@app.callback()
def watch() -> None:
    """Watch what comes in."""


@app.command(
    "feeds", epilog="Exit codes: 0 every feed is healthy, 3 something is wrong with a feed, 1 refused, 2 wrong usage."
)
def feeds(
    context: typer.Context,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Judge as of this time, such as 2026-03-31T06:00 (the city's clock); default: now."),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=2, max=26, help="How far back to look; the first 60 % say what is usual.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Find feeds and sensors that are stale, flat, all-zero, jumping, clock-shifted, in another unit or full of gaps.

    Each is named with the time since when, the evidence and what to do. Made for a cron job: the exit code is 3 as soon
    as something is wrong.

    Example: city watch feeds --at 2026-03-31T06:00
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_feeds import show_watch
        from serving.watching import watch_feeds

        found = watch_feeds(desk, asked=moment_of(desk, at, "--at"), weeks=weeks, progress=speak.progress)
        show_watch(speak, found, desk)
        speak.answer(found)
        if found.findings:
            raise typer.Exit(FINDINGS)


@app.command("models", epilog="Exit codes: 0 nothing is wrong, 3 something is wrong, 1 refused, 2 wrong usage.")
def models(
    context: typer.Context,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Judge as of this time, such as 2026-03-31T06:00 (the city's clock); default: now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find models whose inputs drifted, whose errors grew, whose quantiles are off, or that are too old.

    Each finding names its cause and what to do. Made for a cron job: the exit code is 3 as soon as something is wrong.

    Example: city watch models --at 2026-03-31T06:00
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_model_watch import show_model_watch
        from serving.watching_models import watch_models

        found = watch_models(desk, asked=moment_of(desk, at, "--at"), progress=speak.progress)
        show_model_watch(speak, found, desk)
        speak.answer(found)
        if found.findings:
            raise typer.Exit(FINDINGS)


@app.command("signals", epilog="Exit codes: 0 what ran was to run, 3 something else ran, 1 refused, 2 wrong usage.")
def signals(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option("--date", help="Local day, such as 2026-03-31; default: the last that was logged.")
    ] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option(
            "--plan", help="Plan that was put on the street that day (repeatable); default: what was published."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Judge as of this time, such as 2026-03-31T06:00 (the city's clock); default: now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find junctions whose controllers ran another plan than was to run, by the logs that were imported.

    What was to run is a plan that was named or published for the day; else the running plan of the junction's record.
    Manual control and faults are named, and no warning. Made for a cron job: the exit code is 3 when something drifts.

    Example: city watch signals --date 2026-03-31 --plan signals-2026-03-31-ab12cd
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    watched = date_of(day)
    with answering(speak):
        from serving.showing_signal_watch import show_signal_watch
        from serving.watching_signals import watch_signals

        found = watch_signals(
            desk,
            day=watched,
            asked=moment_of(desk, at, "--at"),
            plan_ids=tuple(map(PlanId, plan or ())),
        )
        show_signal_watch(speak, found)
        speak.answer(found)
        if found.findings:
            raise typer.Exit(FINDINGS)
