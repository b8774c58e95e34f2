"""Who acts at the command line.

A person is named by a key, never by a word that anybody can type: else one person could approve a signal plan twice
under two names. Only where no key was ever made may the machine's own user act. Their name comes from the operating
system's user number and not from the environment, and they are one person: a signal plan then takes a second user.
"""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from city.access import SCOPES, Caller
from city.audit_log import AT_CONSOLE
from city.errors import CityError
from serving.desk import Desk

if sys.platform != "win32":
    import pwd

KEY_VARIABLE = "CITY_KEY"
NOTE = (
    "No key was ever made here, so that you act as {name}, the user of this machine. A signal plan takes two different "
    "persons: make a key for each with `city keys make`."
)


@dataclass(kw_only=True, eq=False)
class NobodyKnownError(CityError):
    """Whoever acts did not say who they are, or cannot prove it."""

    code: ClassVar[str] = "unauthenticated"
    problem: str
    todo: str

    def sentence(self) -> str:
        return f"{self.problem} {self.todo}"


def acting(desk: Desk, key: str | None) -> tuple[Caller, tuple[str, ...]]:
    """Who acts by this key, or by the one in CITY_KEY; and what is to be said about it."""
    text = key or os.environ.get(KEY_VARIABLE, "")
    if text:
        return _by_key(desk, text), ()
    if desk.ledger.keys.all():
        raise NobodyKnownError(
            problem="Steps with plans are signed by a person, and a person is known by a key.",
            todo=f"Put your key into {KEY_VARIABLE}, or name it with --key.",
        )
    name = user_of_this_machine()
    return Caller(person=name, key_id=AT_CONSOLE, scopes=frozenset(SCOPES)), (NOTE.format(name=name),)


def _by_key(desk: Desk, text: str) -> Caller:
    found = desk.ledger.keys.find(text)
    if found is None:
        raise NobodyKnownError(problem="The key is not known here.", todo="`city keys list` shows the keys that are.")
    state = found.state(datetime.now(UTC))
    if state != "valid":
        raise NobodyKnownError(
            problem=f"Key {found.key_id} is {state}.", todo="An administrator makes a new one with `city keys make`."
        )
    return found.caller()


def user_of_this_machine() -> str:
    """By the process's user number: LOGNAME and USER can be set to any name."""
    if sys.platform == "win32":
        return os.getlogin()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user has no name
        return f"user {os.getuid()}"
