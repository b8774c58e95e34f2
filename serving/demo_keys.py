"""Keys for the demo city's people: made once, kept in a file that only its owner can read, used again."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from city.keys import ApiKey
from city.roles import scopes_of
from serving.desk import Desk

FILE: Final = "demo-keys.json"
GOOD_FOR: Final = timedelta(days=90)
# Signals need two persons: one who plans, another who approves.
PEOPLE: Final[Mapping[str, tuple[str, ...]]] = {
    "Li Wei": ("engineer",),
    "Wang Fang": ("approver",),
    "Chen Jie": ("dispatcher",),
    "Zhang Min": ("administrator",),
}
ENGINEER: Final = "Li Wei"
DISPATCHER: Final = "Chen Jie"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoKeys:
    """The people's keys as texts; `made` are those that this run made."""

    file: Path
    texts: Mapping[str, str]
    made: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """For machines, and without the secrets: their output ends up in logs."""
        return {"file": str(self.file), "people": {name: list(PEOPLE[name]) for name in self.texts}}


def demo_keys(desk: Desk) -> DemoKeys:
    file = desk.settings.home / FILE
    texts = _kept(file)
    made = []
    for person, roles in PEOPLE.items():
        if _is_valid(desk, texts.get(person)):
            continue
        made.append(person)
        texts[person] = desk.ledger.keys.make(
            person=person,
            scopes=scopes_of(roles),
            districts=None,
            made_by="city demo",
            expires_at=datetime.now(UTC) + GOOD_FOR,
        ).text
    if made:
        _keep(file, texts)
    return DemoKeys(file=file, texts=texts, made=tuple(made))


def _is_valid(desk: Desk, text: str | None) -> bool:
    found: ApiKey | None = None if text is None else desk.ledger.keys.find(text)
    return found is not None and found.state(datetime.now(UTC)) == "valid"


def _kept(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    named = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in named if name in PEOPLE and isinstance(text, str)}


def _keep(file: Path, texts: Mapping[str, str]) -> None:
    """Never readable by others, not even for a moment."""
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(dict(texts), out, ensure_ascii=False, indent=2)
    beside.replace(file)
