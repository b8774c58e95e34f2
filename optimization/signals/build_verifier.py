"""verify_plan.py: the check and the words it needs in one file that runs on the standard library alone.

`python -m optimization.signals.build_verifier` writes docs/verify_plan.py. The file holds the source texts of the
modules as they are, so that whoever audits it reads the check itself, and imports them from there.
"""

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Final

from city.errors import UnreadableInputError

ENTRY: Final = "optimization.signals.check_offline"
COMMITTED: Final = Path(__file__).resolve().parents[2] / "docs" / "verify_plan.py"
OURS: Final = ("city", "optimization")
_QUOTES: Final = "'''"
_HEAD: Final = '''# ruff: noqa: E501, INP001
# fmt: off
"""Recheck a signal plan offline: `python verify_plan.py PLAN.json JUNCTIONS.json`.

One file, the standard library of Python 3.11 or later, nothing else. Built from the sources of Chengyun by
`python -m optimization.signals.build_verifier`; do not edit. Below are the sources of the check, word for word.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

SOURCES = {
'''
_TAIL: Final = '''}


class Shelf(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules above, whatever else is installed."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        whole = any(module.startswith(name + ".") for module in SOURCES)
        return importlib.util.spec_from_loader(name, self, is_package=whole) if whole or name in SOURCES else None

    def is_package(self, name: str) -> bool:
        return name not in SOURCES

    def get_source(self, name: str) -> str:
        return SOURCES.get(name, "")


if __name__ == "__main__":
    sys.meta_path.insert(0, Shelf())
    from optimization.signals.check_offline import main

    sys.exit(main(sys.argv[1:]))
'''


def verifier_text() -> str:
    """The whole file, from the sources that are installed."""
    parts = [f'    "{name}": r{_QUOTES}{text}{_QUOTES},\n' for name, text in sorted(_sources(ENTRY).items())]
    return _HEAD + "".join(parts) + _TAIL


def _sources(entry: str) -> dict[str, str]:
    """The module and all of ours that it imports, however far."""
    found: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _source(name)
        waiting += _imported(found[name])
    return found


def _source(name: str) -> str:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise UnreadableInputError(source=name, problem="its source text is not installed")
    text = Path(spec.origin).read_text(encoding="utf-8")
    if _QUOTES in text or text.rstrip().endswith("\\"):
        raise UnreadableInputError(source=name, problem=f"it holds {_QUOTES}, which the single file cannot quote")
    return text


def _imported(text: str) -> list[str]:
    names = [
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    return [name for name in dict.fromkeys(names) if name.split(".")[0] in OURS]


def main() -> None:
    COMMITTED.write_text(verifier_text(), encoding="utf-8")
    sys.stdout.write(f"Wrote {COMMITTED.name}, {COMMITTED.stat().st_size:,} bytes.\n")


if __name__ == "__main__":
    main()
