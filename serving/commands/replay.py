"""`city replay`."""

from typing import TYPE_CHECKING, Annotated

import typer

from city.ids import PlanId
from serving.commands.opening import AsJson, desk_of, terminal
from serving.terminal import REFUSED, Terminal, answering

if TYPE_CHECKING:
    from serving.replaying import Replayed

NOT_AGAIN = 3


def replay(
    context: typer.Context,
    plan_id: Annotated[str, typer.Argument(metavar="PLAN_ID", help="A stored plan; `city lineage` knows the ids too.")],
    as_json: AsJson = False,
) -> None:
    """Make a stored plan again and say whether it comes out the same, byte for byte.

    It is made from what its provenance names: the request, the history at the recorded table versions, the stored
    forecast, what the ledger said then, the seeds and the solver's recorded work. No clock has a say, so it takes as
    long as it takes. Where something differs, the first place is shown with both values, and what it may come from.
    Nothing is stored. What cannot be made again is checked again, and said so.

    Exit codes: 0 the same, or the same but for the record of the software that made it, 1 it differs or is refused,
    3 not made again, but checked again.

    Example: city replay routes-2026-04-01-ab12cd
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.replaying import DIFFERENT, RECHECKED
        from serving.replaying import replay as make_again

        found = make_again(desk, PlanId(plan_id), progress=speak.progress)
        _show(speak, found)
        speak.answer(found)
        if found.status == DIFFERENT or not found.ok:
            raise typer.Exit(REFUSED)
        if found.status == RECHECKED:
            raise typer.Exit(NOT_AGAIN)


def _show(speak: Terminal, found: "Replayed") -> None:
    size = f"{found.canonical_bytes:,} bytes of canonical JSON, sha256 {found.sha256[:12]}"
    if found.status == "same":
        speak.say(f"Plan {found.plan_id}: the same, byte for byte ({size}).")
    elif found.status == "rechecked":
        verdict = "its check finds nothing" if found.ok else f"{len(found.findings)} fault(s) were found"
        speak.say(f"Plan {found.plan_id}: not made again, but checked again: {verdict} ({size}).")
    elif found.status == "same_plan":
        values = f"{found.differences} value(s) that record the software and seal it differ"
        speak.say(f"Plan {found.plan_id}: the same plan; only {values} ({size}).")
    elif found.difference is None:
        speak.say(f"Plan {found.plan_id}: it could not be made again ({size}).")
    else:
        speak.say(f"Plan {found.plan_id}: not the same; {found.differences} value(s) differ ({size}).")
        speak.say(f"  first at  {found.difference.path}")
        speak.say(f"  stored    {found.difference.stored}")
        speak.say(f"  again     {found.difference.again}")
    for sentence in (*found.findings, *found.why, *found.notes):
        speak.note(sentence)
