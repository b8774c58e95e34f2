"""`city models`, `city promote` and `city rollback`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, Subject, desk_of, terminal
from serving.terminal import answering

Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the log.")]


def models(
    context: typer.Context,
    name: Annotated[Subject | None, typer.Argument(help="Only this model; default: all.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Also who changed what serves, when and why.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that were trained: which serves, which did before, what the gate said of each.

    Example: city models congestion --log
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.model_moves import listed
        from serving.showing_models import show_log, show_models

        found = listed(desk, None if name is None else name.value)
        show_models(speak, found.models, desk.zone())
        if log:
            show_log(speak, found.log, desk.zone())
        speak.answer(found)


def promote(
    context: typer.Context,
    name: Annotated[Subject, typer.Argument(help="Which model.")],
    version: Annotated[str, typer.Argument(help="Its version, as `city models` lists it.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let a version serve because you say so, also against the gate. What served before stays one rollback away.

    A version whose files were changed after it was saved is refused.

    Example: city promote congestion 3 --reason "the road works are over"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.model_moves import promote as move
        from serving.showing_models import show_moved

        moved = move(desk, name.value, version, reason)
        show_moved(speak, moved)
        speak.answer(moved)


def rollback(
    context: typer.Context,
    name: Annotated[Subject, typer.Argument(help="Which model.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let the version serve again that the champion replaced: one step back, at once.

    Refused where there is nothing to go back to, or where its files were changed; then nothing changes.

    Example: city rollback waste --reason "it missed the holiday"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.model_moves import rollback as move
        from serving.showing_models import show_moved

        moved = move(desk, name.value, reason)
        show_moved(speak, moved)
        speak.answer(moved)
