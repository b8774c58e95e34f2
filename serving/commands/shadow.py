"""`city shadow`: drafts compared with what ran, and the junctions whose plans are computed and not published."""

from typing import TYPE_CHECKING, Annotated

import typer

from city.ids import JunctionId
from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.commands.signing import Key, signing
from serving.terminal import answering

if TYPE_CHECKING:
    from city.shadow_marks import ShadowMark
    from serving.desk import Desk
    from serving.terminal import Terminal

app = typer.Typer(
    invoke_without_command=True,
    help="Say what signal plans that nobody released would have done, on the traffic that came.\n\n"
    "Plan a junction every day without putting the plans on the street. Once the counts of a day are in, this compares "
    "the day's newest draft with the running plan: delay per vehicle and the fullest lanes. Nothing is released by "
    "it.\n\n"
    "The commands below put junctions into shadow mode and let them leave it.\n\n"
    "Example: city shadow --junction J001",
)
Junction = Annotated[str, typer.Argument(metavar="JUNCTION", help="A junction's id.")]
Why = Annotated[str, typer.Option("--reason", help="Why; everyone who looks the junction up reads it.")]


@app.callback()
def shadow(
    context: typer.Context,
    junction: Annotated[list[str] | None, typer.Option("--junction", help="This junction (repeatable).")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="With what was counted by this time (the city's clock); default: now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    if context.invoked_subcommand is not None:
        if junction or at or as_json:
            raise _misplaced(context.invoked_subcommand)
        return
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.shadowing import shadow as compare
        from serving.showing_signal_watch import show_shadow

        asked = tuple(map(JunctionId, junction or ()))
        found = compare(desk, junction_ids=asked, asked=moment_of(desk, at, "--at"))
        show_shadow(speak, found)
        speak.answer(found)


@app.command("list")
def list_junctions(context: typer.Context, as_json: AsJson = False) -> None:
    """List the junctions in shadow mode: their plans are computed and compared, and not published.

    Example: city shadow list
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_envelopes import show_marks

        found = tuple(desk.ledger.shadow.current().values())
        if not show_marks(speak, found, desk.zone(), "Junctions in shadow mode"):
            speak.say("There is none: plans of every junction may be published.")
        speak.answer({"junctions": found})


@app.command("story")
def story(context: typer.Context, junction: Junction, as_json: AsJson = False) -> None:
    """Tell when a junction entered and left shadow mode, and who signed it.

    Example: city shadow story J001
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.errors import UnknownIdError
        from city.signals import Junction as Record
        from serving.showing_envelopes import show_marks

        known = tuple(one.junction_id for one in desk.history.entities(Record))
        if junction not in known:
            raise UnknownIdError(subject="Shadow mode", kind="junction", found=junction, known=known)
        found = desk.ledger.shadow.of(JunctionId(junction))
        if not show_marks(speak, found, desk.zone(), f"Junction {junction}"):
            speak.say(f"Junction {junction} was never in shadow mode.")
        speak.answer({"junctions": found})


@app.command("enter")
def enter(
    context: typer.Context,
    junction: Junction,
    until: Annotated[str, typer.Option("--until", help="It does not leave before this time (the city's clock).")],
    reason: Why,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Put a junction into shadow mode until a stated time at least. Entering again states another time.

    Example: city shadow enter J001 --until 2026-04-30T00:00 --reason "new controller since Monday"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    moment = moment_of(desk, until, "--until")
    with answering(speak):
        from serving.shadow_mode import enter_shadow

        caller = signing(desk, key, speak)
        mark = enter_shadow(desk, JunctionId(junction), caller, until=moment or desk.clock(), reason=reason)
        _told(desk, speak, mark)


@app.command("leave")
def leave(context: typer.Context, junction: Junction, reason: Why, key: Key = None, as_json: AsJson = False) -> None:
    """Let a junction leave shadow mode: from here on plans may be published over it. Not before the stated time.

    Example: city shadow leave J001 --reason "four weeks as computed"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.shadow_mode import leave_shadow

        mark = leave_shadow(desk, JunctionId(junction), signing(desk, key, speak), reason=reason)
        _told(desk, speak, mark)


def _told(desk: "Desk", speak: "Terminal", mark: "ShadowMark") -> None:
    if mark.until is None:
        speak.say(f"Junction {mark.junction_id} has left shadow mode: plans may be published over it.")
    else:
        until = mark.until.astimezone(desk.zone())
        speak.say(f"Junction {mark.junction_id} is in shadow mode, until {until:%Y-%m-%d %H:%M} at least.")
    speak.answer(mark)


def _misplaced(command: str) -> typer.BadParameter:
    return typer.BadParameter(f"write it behind {command}", param_hint="an option of shadow itself")
