"""`city export`."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, shown_path, terminal
from serving.terminal import answering

DEFAULT_K = 5


def export(
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            help="complaints, traffic, detectors, bins, weighings, work-zones, weather, weather-forecasts, calendar, "
            "or plan for a stored plan."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File to write: .csv, .xlsx or .parquet; a signal plan: .json, .xlsx, or a folder; run sheets: .html "
            "or .pdf; gpx: a folder.",
        ),
    ],
    by: Annotated[
        str, typer.Option("--by", help="Complaints: what to count by, of district, category, day, week, month.")
    ] = "district,category,day",
    since: Annotated[str | None, typer.Option("--since", help="From this time on, such as 2026-03-01T00:00.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to this time, not included.")] = None,
    k: Annotated[int, typer.Option("--k", min=2, max=100, help="Counts from 1 to k-1 are withheld.")] = DEFAULT_K,
    with_text: Annotated[
        bool,
        typer.Option(
            "--with-text",
            help="Single complaints with their masked texts, places and hashed reporters instead of counts: personal "
            "data, for the office's own use.",
        ),
    ] = False,
    plan_id: Annotated[str | None, typer.Option("--plan", help="Plan to write; without it the newest.")] = None,
    form: Annotated[
        str,
        typer.Option(
            "--as",
            help="Signal plan: ntcip (1202), gbt20999 (GB/T 20999), gmns, sumo (tlLogic and WAUT) or sumo-actuated "
            "(its planned-actuated parameters). Collection plan: run-sheets, gpx, geojson or workbook.",
        ),
    ] = "ntcip",
    as_json: AsJson = False,
) -> None:
    """Write a table, or a plan, to a file that may be handed on.

    Complaints are counted; small counts are withheld together with as many others as it takes that no total gives them
    away.

    Example: city export complaints --by district,category,week --out complaints.xlsx

    Example: city export plan --as gbt20999 --out plan.xlsx

    Example: city export plan --as run-sheets --out sheets.pdf
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.exporting import Period, export_complaints, export_table
        from serving.exporting_plans import PLAN, export_plan
        from serving.exporting_routes import WRITERS, export_routes

        period = Period(since=moment_of(desk, since, "--since"), until=moment_of(desk, until, "--until"))
        if table == PLAN and form in WRITERS:
            done = export_routes(desk, plan_id, form, out)
        elif table == PLAN:
            done = export_plan(desk, plan_id, form, out)
        elif table == "complaints" and not with_text:
            dimensions = tuple(part.strip() for part in by.split(",") if part.strip())
            done = export_complaints(desk, out, by=dimensions, k=k, period=period)
        else:
            done = export_table(desk, table, out, period=period)
        for sentence in done.notes:
            speak.note(sentence)
        speak.say(f"Wrote {done.rows:,} rows to {shown_path(out)}.")
        speak.answer(done)
