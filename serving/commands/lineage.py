"""`city lineage` and `city affected-by`."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, shown_path, terminal
from serving.terminal import answering


def lineage(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="PLAN_ID|MODEL[@VERSION]", help="A plan's id, or a model; default version: the champion."
        ),
    ],
    openlineage: Annotated[
        Path | None, typer.Option("--openlineage", help="Also write OpenLineage run events (JSON) to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say where a plan or a model came from: files, table versions, model, forecast, plan.

    Every file with its feed, rows and sha256, when it was imported and through which mapping. What was never recorded
    is named as not known.

    Example: city lineage congestion@2 --openlineage lineage.json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.lineage_records import gather
        from serving.lineage_subjects import lineage as find
        from serving.openlineage import write_events
        from serving.showing_lineage import show_lineage

        with speak.progress("Looking through imports, models, forecasts and plans", 1):
            records = gather(desk)
        found = find(records, name)
        show_lineage(speak, found, desk.zone())
        if openlineage is not None:
            count = write_events(found, desk.history.url, openlineage)
            speak.say(f"Wrote {count} OpenLineage events to {shown_path(openlineage)}.")
        speak.answer(found)


def affected_by(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="FILE|MODEL[@VERSION]|IMPORT_ID",
            help="A file by path, name or the beginning of its sha256; a model; an import's id or its beginning.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Say what a file, an import or a model reached: table versions, models, forecasts and plans.

    A file that lies on this disk is looked for by its content, so a renamed copy is found too.

    Example: city affected-by counts_2026-03.csv
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.lineage_records import gather
        from serving.lineage_subjects import affected as find
        from serving.showing_lineage import show_affected

        with speak.progress("Looking through imports, models, forecasts and plans", 1):
            records = gather(desk)
        found = find(records, name, desk.zone())
        show_affected(speak, found, desk.zone())
        speak.answer(found)
