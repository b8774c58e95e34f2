"""`city import` and `city template`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, shown_path, terminal
from serving.terminal import answering


class TemplateKind(StrEnum):
    JUNCTIONS = "junctions"
    FLEET = "fleet"
    SITES = "sites"


def import_files(
    context: typer.Context,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", "-m", help="TOML file that says what is in which file (docs/mapping.md)."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", help="Folder of the files; default: the mapping's own.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, store nothing.")] = False,
    suggest: Annotated[
        Path | None, typer.Option("--suggest", help="Draft a mapping for this file instead of importing.")
    ] = None,
    osm: Annotated[
        Path | None,
        typer.Option("--osm", help="OpenStreetMap extract (.osm.pbf, .osm): its roads become nodes and links."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="With --suggest: file to write (default: the screen); with --osm: folder of the roads."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import departments' files through a mapping file, or draft such a file.

    Good rows go to the history, bad rows to quarantine with their reasons. Importing the same files again changes
    nothing. A draft asks what a file does not show: its lines to decide hold "?" and are refused until they are.

    Example: city import --suggest ../data/counts.csv --out counts.toml
    Example: city import --mapping mappings/scats_vicroads.toml --data ../data/scats --dry-run
    Example: city import --osm extracts/yunhe.osm.pbf
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    if osm is not None:
        with answering(speak):
            from serving.importing import roads_of_osm

            mapping = roads_of_osm(desk, osm, out, speak.say)
    if suggest is not None:
        with answering(speak):
            from serving.suggesting import suggest_mapping

            suggest_mapping(speak, suggest, data_dir=data, out=out)
        return
    if mapping is None:
        told = "give one, or draft one with: city import --suggest FILE"
        raise typer.BadParameter(told, param_hint="'--mapping'")
    with answering(speak):
        from serving.importing import import_files as run
        from serving.showing_data import show_import

        report = run(desk, mapping, data_dir=data, dry_run=dry_run, progress=speak.progress)
        show_import(speak, report, dry_run=dry_run)
        speak.answer(report)


def template(
    context: typer.Context,
    kind: Annotated[TemplateKind, typer.Argument(help="What to fill in.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .json for junctions, else .xlsx.")],
    as_json: AsJson = False,
) -> None:
    """Write a form for what no detector or bin knows: junctions, fleet, sites.

    What the history knows is filled in. Beside the form lies a mapping file that imports it once it is filled.

    Example: city template junctions --out forms/junctions.json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from features.sources.templates import write_template

        form, mapping = write_template(kind.value, out, desk.history)
        speak.say(f"Wrote {shown_path(form)}. Fill it in, then: city import --mapping {shown_path(mapping)}")
        speak.answer({"kind": kind.value, "form": str(form), "mapping": str(mapping)})
