"""`city audit junction` and `city audit verify`."""

from typing import Annotated

import typer

from city.ids import JunctionId
from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.terminal import REFUSED, answering

app = typer.Typer(no_args_is_help=True, help="Look for what is wrong or doubtful in what was recorded.")


@app.callback()
def audit() -> None:
    """Look for what is wrong or doubtful in what was recorded."""


@app.command("junction", epilog="Exit codes: 0 no rule is broken (doubts may remain), 1 a rule is broken or refused.")
def junction(
    context: typer.Context,
    junction_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Junctions by their ids.")],
    at: Annotated[
        str | None, typer.Option("--at", help="Audit what was known at this time (the city's clock); default: now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong, doubtful or missing in junctions' records and in the plans that run there.

    The running plan is checked second by second; conflicts, intergreens, lamps and walking times are compared with the
    national profile; full approaches, the cycle and turns through gaps with what was counted lately. Each sentence
    names ids and numbers, and what it costs to leave it so. Where the controllers' event logs are imported, arrivals on
    green, split failures, use of green and waits on foot of the last day are shown by phase.

    Example: city audit junction J01 J02
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.auditing import audit_junctions, audit_phases
        from serving.showing_audits import show_audit
        from serving.showing_phases import show_phases

        asked = tuple(map(JunctionId, junction_ids))
        moment = moment_of(desk, at, "--at")
        audited, assumed = audit_junctions(desk, asked, moment)
        events = audit_phases(desk, asked, moment)
        for one in audited:
            show_audit(speak, one)
        show_phases(speak, f"Event logs of {events.day}", events.phases)
        for sentence in (*assumed, *events.said):
            speak.note(sentence)
        speak.answer(
            {
                "ok": all(one.ok for one in audited),
                "junctions": [{"junction_id": one.junction_id, "ok": one.ok, "doubts": one.doubts} for one in audited],
                "assumed": assumed,
                "events": events,
            }
        )
        if not all(one.ok for one in audited):
            raise typer.Exit(REFUSED)


@app.command("verify", epilog="Exit codes: 0 the log is as it was written, 1 it is not.")
def verify(
    context: typer.Context,
    noted: Annotated[
        str | None, typer.Option("--noted", help="The end, NUMBER:HASH, that a former run said: is it still there?")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the audit log, whose lines sign each other, and say the first that was changed, removed or moved.

    Someone who may write to the database could sign everything anew; that shows only against an end that was noted
    elsewhere. So note the one that this prints, and give it back later with --noted.

    Example: city audit verify
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.audit_check import NotedHead, verify
        from serving.showing_access import show_audit_state

        state = verify(desk.ledger.audit, noted=None if noted is None else NotedHead.of(noted))
        show_audit_state(speak, state)
        speak.answer(
            {
                "ok": state.ok,
                "lines": state.lines,
                "head": state.head,
                "first_broken": state.first_broken,
                "problem": state.problem,
            }
        )
        if not state.ok:
            raise typer.Exit(REFUSED)
