"""`city shadow`: drafts compared with what ran."""

from typing import Annotated

import typer

from city.ids import JunctionId
from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.terminal import answering


def shadow(
    context: typer.Context,
    junction: Annotated[list[str] | None, typer.Option("--junction", help="This junction (repeatable).")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="With what was counted by this time (the city's clock); default: now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what signal plans that nobody released would have done, on the traffic that came.

    Plan a junction every day without putting the plans on the street. Once the counts of a day are in, this compares
    the day's newest draft with the running plan: delay per vehicle and the fullest lanes. Nothing is released by it.

    Example: city shadow --junction J001
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.shadowing import shadow as compare
        from serving.showing_signal_watch import show_shadow

        asked = tuple(map(JunctionId, junction or ()))
        found = compare(desk, junction_ids=asked, asked=moment_of(desk, at, "--at"))
        show_shadow(speak, found)
        speak.answer(found)
