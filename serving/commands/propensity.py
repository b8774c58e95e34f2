"""`city propensity`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.terminal import answering


def propensity(
    context: typer.Context,
    at: Annotated[
        str | None,
        typer.Option("--at", help="With what was known at this time, such as 2026-03-31T06:00; default: now."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=7, max=1_000, help="How many days to look back.")] = 180,
    category: Annotated[
        list[str] | None, typer.Option("--category", help="Only these categories of complaints; default: waste.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how readily each district complains, so that a quiet district is not taken for a clean one.

    From scheduled and audit visits only: what a complaint had caused is left out. It never alone lowers a service.

    Example: city propensity --days 90
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.propensity import complaint_propensity
        from serving.showing_propensity import show_propensity

        found = complaint_propensity(
            desk, asked=moment_of(desk, at, "--at"), days=days, categories=tuple(category or ())
        )
        show_propensity(speak, found)
        speak.answer(found)
