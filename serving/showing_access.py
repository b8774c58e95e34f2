"""Keys, roles and the state of the audit log for a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from city.access import Scope
from city.audit_check import AuditState
from city.keys import MadeKey
from serving.terminal import Column, Terminal

KEY_COLUMNS = (
    Column("key", "id"),
    Column("person"),
    Column("districts"),
    Column("scopes"),
    Column("expires", "city's clock"),
    Column("state"),
)


def show_made(speak: Terminal, made: MadeKey, zone: tzinfo) -> None:
    key = made.key
    where = "the whole city" if key.districts is None else ", ".join(key.districts)
    until = "until it is revoked" if key.expires_at is None else f"until {_local(key.expires_at, zone)}"
    speak.say(f"Key {key.key_id} of {key.person}: {', '.join(key.scopes)} in {where}, {until}.")
    if not speak.as_json:
        speak.say(f"\n  {made.text}\n", style="bold")
    speak.note("It is shown this once; the ledger keeps only its hash. Send it as `Authorization: Bearer KEY`.")


def show_keys(speak: Terminal, keys: Sequence[Mapping[str, Any]], *, hidden: int, zone: tzinfo) -> None:
    rows = [
        (
            key["key_id"],
            key["person"],
            "all" if key["districts"] is None else ", ".join(key["districts"]),
            ", ".join(key["scopes"]),
            "never" if key["expires_at"] is None else _local(datetime.fromisoformat(key["expires_at"]), zone),
            key["state"],
        )
        for key in keys
    ]
    if rows:
        speak.table("Keys", KEY_COLUMNS, rows)
    else:
        speak.say("There is no valid key. `city keys make --help` says how to make one.")
    if hidden:
        speak.say(f"{hidden} expired or revoked: `city keys list --all` shows them.")


def show_roles(speak: Terminal, roles: Mapping[str, Sequence[Scope]]) -> None:
    rows = [(name, ", ".join(scopes)) for name, scopes in roles.items()]
    speak.table("Roles", (Column("role"), Column("scopes")), rows)
    speak.say("`admin` allows everything and making keys. --role and --scope can be given together.")


def show_audit_state(speak: Terminal, state: AuditState) -> None:
    if state.ok:
        speak.say(f"The audit log is in order: {state.lines:,} lines, each bearing the next.")
        speak.say(f"Its end is {state.head}")
        speak.note("Note this end outside of the ledger; `city audit verify --noted END` compares it later.")
    else:
        speak.say(f"The audit log is broken: {state.problem}", style="red")
        speak.say(f"{state.lines:,} lines before that are in order.")


def _local(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
