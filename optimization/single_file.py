"""A check and the words it needs in one file that runs on the standard library alone.

The file holds the source texts of the modules as they are, so that whoever audits it reads the check itself, and
imports them from there.
"""

from typing import Final

from city.errors import UnreadableInputError
from city.fingerprints import sources_of

_QUOTES: Final = "'''"
_HEAD: Final = '''# ruff: noqa: E501, INP001
# fmt: off
"""{title}

One file, the standard library of Python 3.11 or later, nothing else. Built from the sources of Chengyun by
`python -m {built_by}`; do not edit. Below are the sources of the check, word for word.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

SOURCES = {{
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
'''
_START: Final = """    from {entry} import main

    sys.exit(main(sys.argv[1:]))
"""


def single_file(entry: str, *, title: str, built_by: str) -> str:
    """The whole file, from the sources that are installed; it runs `main(words)` of the module `entry`."""
    parts = [f'    "{name}": r{_QUOTES}{_quotable(name, text)}{_QUOTES},\n' for name, text in sources_of(entry).items()]
    return _HEAD.format(title=title, built_by=built_by) + "".join(parts) + _TAIL + _START.format(entry=entry)


def _quotable(name: str, text: str) -> str:
    if _QUOTES in text or text.rstrip().endswith("\\"):
        raise UnreadableInputError(source=name, problem=f"it holds {_QUOTES}, which the single file cannot quote")
    return text
