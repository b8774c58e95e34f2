"""`city quarantine list`, `show`, `release` and `drop`."""

from enum import StrEnum
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.opening import AsJson, desk_of, terminal
from serving.terminal import answering

if TYPE_CHECKING:
    from city.quarantine import Chosen

app = typer.Typer(
    no_args_is_help=True,
    help="Rows that were not let in: look at them, let them in after all, or say that they never will be.\n\n"
    "A repaired file that is imported again releases what it repaired by itself.\n\n"
    "Example: city quarantine list",
)


class State(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    DROPPED = "dropped"
    REPLACED = "replaced"
    ALL = "all"


class Undecided(StrEnum):
    OPEN = "open"
    DROPPED = "dropped"


Ids = Annotated[list[str] | None, typer.Argument(help="Ids of rows, or their first letters.", metavar="ID")]
Feed = Annotated[str | None, typer.Option("--feed", help="Only of this feed of a mapping; * and ? allowed.")]
Contract = Annotated[str | None, typer.Option("--contract", help="Only for this table, such as TrafficCounts.")]
Source = Annotated[str | None, typer.Option("--source", help="Only from this file, sheet or table; * and ? allowed.")]
Rule = Annotated[str | None, typer.Option("--rule", help="Only by this rule, such as 'flow_veh_h|max' or 'flow*'.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this machine.")]


@app.command("list")
def list_groups(
    context: typer.Context,
    feed: Feed = None,
    contract: Contract = None,
    source: Source = None,
    rule: Rule = None,
    state: Annotated[State, typer.Option("--state", help="In this state.")] = State.OPEN,
    as_json: AsJson = False,
) -> None:
    """Count quarantined rows by feed and rule, each with an example.

    Example: city quarantine list --feed "detector counts"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.quarantine import overview
        from serving.showing_quarantine import show_groups

        chosen = _chosen(None, feed, contract, source, rule, state)
        found = overview(desk, chosen)
        show_groups(speak, found, filtered=any((feed, contract, source, rule)))
        speak.answer(found)


@app.command("show")
def show(
    context: typer.Context,
    ids: Ids = None,
    feed: Feed = None,
    contract: Contract = None,
    source: Source = None,
    rule: Rule = None,
    state: Annotated[State, typer.Option("--state", help="In this state.")] = State.ALL,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show, those refused last first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show quarantined rows as they came, with the reason, file and line, and what was decided.

    Example: city quarantine show --rule "two_values*" --limit 5
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.quarantine import as_documents, matching
        from serving.showing_quarantine import show_rows

        found = matching(desk, _chosen(ids, feed, contract, source, rule, state))
        shown = found.head(limit)
        show_rows(speak, shown, matched=found.height, zone=desk.zone())
        speak.answer({"matched": found.height, "rows": as_documents(shown)})


@app.command("release")
def release(
    context: typer.Context,
    mapping: Annotated[Path, typer.Option("--mapping", "-m", help="TOML file that reads these rows, corrected.")],
    ids: Ids = None,
    feed: Feed = None,
    contract: Contract = None,
    source: Source = None,
    rule: Rule = None,
    state: Annotated[Undecided, typer.Option("--state", help="dropped: take a decision back.")] = Undecided.OPEN,
    by: By = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read quarantined rows again through the mapping as it is now, and store what passes.

    A measurement counts as known from its release on. Rows that still fail stay open and are said with their new
    reason. Of two values for one key, name the right one by its id.

    Example: city quarantine release --mapping my-city.toml --rule "occupancy|max"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.quarantine import release_rows
        from serving.showing_quarantine import show_release

        chosen = _chosen(ids, feed, contract, source, rule, state)
        report = release_rows(desk, mapping, chosen, by=_who(by), dry_run=dry_run, progress=speak.progress)
        show_release(speak, report)
        speak.answer(report)


@app.command("drop")
def drop(
    context: typer.Context,
    why: Annotated[str, typer.Option("--why", help="The reason, for whoever asks later.")],
    ids: Ids = None,
    feed: Feed = None,
    contract: Contract = None,
    source: Source = None,
    rule: Rule = None,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say that open rows will never come in. They stay readable, with who said so, when and why.

    Example: city quarantine drop --feed visits --rule "point_id|nullability" --why "test drives" --yes
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.quarantine import ID
        from serving.quarantine import drop_rows, to_drop
        from serving.showing_quarantine import show_drop

        found = to_drop(desk, _chosen(ids, feed, contract, source, rule, State.ALL))
        if not yes:
            _confirm(found.height, as_json=as_json)
        report = drop_rows(desk, found[ID].to_list(), by=_who(by), why=why)
        show_drop(speak, report)
        speak.answer(report)


def _confirm(rows: int, *, as_json: bool) -> None:
    if as_json:
        todo = f"{rows:,} rows would be dropped; with --json say --yes as well"
        raise typer.BadParameter(todo, param_hint="--yes")
    try:
        agreed = typer.confirm(f"Drop {rows:,} quarantined row(s)?", err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        typer.echo("Nothing was dropped. Where nobody can answer, say --yes.", err=True)
        raise typer.Exit(1)


def _who(by: str | None) -> str:
    if by:
        return by
    try:
        return getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "somebody"


def _chosen(
    ids: list[str] | None,
    feed: str | None,
    contract: str | None,
    source: str | None,
    rule: str | None,
    state: StrEnum,
) -> "Chosen":
    from city.quarantine import Chosen

    said = None if state.value == State.ALL else state.value
    return Chosen(feed=feed, contract=contract, source=source, rule=rule, state=said, ids=tuple(ids or ()))
