"""`city plan rolling`: the next hour inside an approved envelope."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.opening import moment_of
from serving.commands.signing import signing
from serving.terminal import Terminal

if TYPE_CHECKING:
    from serving.desk import Desk

EnvelopeName = Annotated[
    str | None, typer.Option("--envelope", help="Rolling: the envelope to stay inside; `city envelopes list`.")
]
PublishReason = Annotated[
    str | None,
    typer.Option(
        "--publish", metavar="WHY", help="Rolling: publish what lies inside the approved envelope, for this reason."
    ),
]


def plan_rolling(
    desk: "Desk", speak: Terminal, envelope_id: str | None, at: str | None, publish: str | None, key: str | None
) -> None:
    """To be called inside `answering`."""
    from serving.rolling_plans import roll_inside
    from serving.selection import RollingRequest
    from serving.showing_rolling import show_rolling

    if envelope_id is None:
        raise _no_envelope()
    if publish is not None and at is not None:
        raise _not_now()
    request = RollingRequest(envelope_id=envelope_id, at=moment_of(desk, at, "--at"))
    caller = None if publish is None else signing(desk, key, speak)
    answer = roll_inside(desk, request, publish_by=caller, reason=publish or "", progress=speak.progress)
    show_rolling(speak, answer)
    speak.answer(answer)


def _no_envelope() -> typer.BadParameter:
    return typer.BadParameter("name the envelope to stay inside", param_hint="--envelope")


def _not_now() -> typer.BadParameter:
    return typer.BadParameter("only what is planned for now can be published", param_hint="--publish")
