"""`city audit junction`."""

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
    names ids and numbers, and what it costs to leave it so.

    Example: city audit junction J01 J02
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.auditing import audit_junctions
        from serving.showing_audits import show_audit

        asked = tuple(map(JunctionId, junction_ids))
        audited, assumed = audit_junctions(desk, asked, moment_of(desk, at, "--at"))
        for one in audited:
            show_audit(speak, one)
        for sentence in assumed:
            speak.note(sentence)
        speak.answer(
            {
                "ok": all(one.ok for one in audited),
                "junctions": [{"junction_id": one.junction_id, "ok": one.ok, "doubts": one.doubts} for one in audited],
                "assumed": assumed,
            }
        )
        if not all(one.ok for one in audited):
            raise typer.Exit(REFUSED)
