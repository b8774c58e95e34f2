"""`city history list`, `show` and `imports`."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, shown_path, terminal
from serving.terminal import answering

app = typer.Typer(
    no_args_is_help=True,
    help="Look into the history: what it holds, how a table stood, what was imported.\n\n"
    "Example: city history show TrafficCounts --version 3",
)


@app.command("list")
def list_tables(context: typer.Context, as_json: AsJson = False) -> None:
    """List the tables: rows, time range, versions that count, size.

    Example: city history list
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.inventory import inventory
        from serving.showing_history import show_tables

        facts = inventory(desk.history)
        show_tables(speak, facts, desk.zone())
        speak.answer({"history": desk.settings.history_url, "tables": facts})


@app.command("show")
def show(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="Table, such as TrafficCounts; `city history list` names them.")],
    version: Annotated[
        int | None, typer.Option("--version", min=0, help="As the table stood at this version; default: now.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Only what was known at this time; default: now.")
    ] = None,
    seen_by: Annotated[
        str | None,
        typer.Option("--seen-by", metavar="PLAN_ID|MODEL@VERSION", help="What this plan or model read of the table."),
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="Not before this time, by the table's own time.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Before this time, by the table's own time.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Rows to show (20) or write (all).")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the rows: .csv, .parquet or .xlsx.")] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Also texts and reporters of complaints (stored masked).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a table back as it stood at a version, as it was known at a time, or as a plan or a model saw it.

    Example: city history show BinReadings --version 4 --since 2026-03-01 --out readings.csv
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.history_reading import Asked, read_back, write_rows
        from serving.showing_history import show_rows

        asked = Asked(
            table=table,
            version=version,
            as_of=moment_of(desk, as_of, "--as-of"),
            since=moment_of(desk, since, "--since"),
            until=moment_of(desk, until, "--until"),
            seen_by=seen_by,
            personal=personal,
        )
        found = read_back(desk, asked)
        wanted = found.rows if limit is None else found.rows.head(limit)
        if out is not None:
            write_rows(wanted, out)
            speak.say(f"Wrote {wanted.height:,} rows of {found.table} to {shown_path(out)}.")
        else:
            show_rows(speak, found, limit or 20, desk.zone())
        document = {
            "table": found.table,
            "version": found.version,
            "as_of": found.as_of,
            "rows": found.rows.height,
            "hidden": found.hidden,
        }
        speak.answer(document | ({"out": str(out)} if out is not None else {"records": wanted.to_dicts()}))


@app.command("imports")
def imports(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many imports.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was imported: when, through which mapping, from which files, how many rows.

    Example: city history imports --limit 10 --json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.lineage_records import imported
        from serving.showing_history import show_imports

        found = imported(desk.ledger.imports())
        show_imports(speak, found[-limit:], desk.zone())
        speak.answer({"imports": found[-limit:], "of": len(found)})
