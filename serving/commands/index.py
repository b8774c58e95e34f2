"""`city index`."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, shown_path, terminal
from serving.terminal import answering


def index(
    context: typer.Context,
    at: Annotated[
        str | None, typer.Option("--at", help="The newest index that existed at this time; default: the newest.")
    ] = None,
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=48, help="How far to look ahead.")] = 24.0,
    worst: Annotated[int, typer.Option("--worst", min=0, help="How many segments to name.")] = 5,
    picture: Annotated[
        Path | None, typer.Option("--picture", "-p", help="PNG to draw: a strip per city, district and corridor.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the congestion index of the city, its districts and corridors, and the worst segments.

    The index is how many times longer the way takes than in free flow; `city forecast congestion` makes it.

    Example: city index --picture index.png
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_index import show_index, stored_index

        shown = stored_index(desk, asked=moment_of(desk, at, "--at"), hours=hours, worst=worst)
        show_index(speak, desk, shown, hours=hours)
        document = shown.document()
        if picture is not None:
            from serving.index_picture import draw_index

            info = desk.city_or_none()
            file = draw_index(shown, picture, city="The city" if info is None else info.name, zone=desk.zone())
            speak.say(f"Drew {shown_path(file)}.")
            document["picture"] = str(file)
        speak.answer(document)
