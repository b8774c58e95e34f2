"""What the commands share whose steps a person signs: the reason, the key, and who that is."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.terminal import Terminal

if TYPE_CHECKING:
    from city.access import Caller
    from serving.desk import Desk

Key = Annotated[
    str | None,
    typer.Option("--key", help="Your key, which says who you are; better in CITY_KEY, which other users cannot see."),
]


def signing(desk: "Desk", key: str | None, speak: Terminal) -> "Caller":
    """To be called inside `answering`, where a refusal becomes a sentence."""
    from serving.who import acting

    caller, notes = acting(desk, key)
    for note in notes:
        speak.note(note)
    return caller
