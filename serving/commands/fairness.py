"""`city fairness`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.terminal import answering


def fairness(
    context: typer.Context,
    at: Annotated[str | None, typer.Option("--at", help="With what was known at this time; default: now.")] = None,
    days: Annotated[int, typer.Option("--days", min=7, max=366, help="How many days to look back.")] = 28,
    as_json: AsJson = False,
) -> None:
    """Show what each district gets: visits made, overflows found, response times, forecast errors; and the worst gap.

    Beside them stands how readily each district complains, so that one that says little is not served less for it.
    `city plan routes --fairness-gap 0.05` bounds the gap of expected overflows in the plan and shows what that costs.

    Example: city fairness --days 28
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.fairness import fairness as run
        from serving.showing_fairness import show_fairness

        found = run(desk, asked=moment_of(desk, at, "--at"), days=days)
        show_fairness(speak, found, desk.zone())
        speak.answer(found)
