"""Which version of Chengyun this is."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

UNKNOWN = "0"


@cache
def own_version() -> str:
    """Of the installed package; of the project's file where the folders were only copied, as into a bento."""
    try:
        return version("chengyun")
    except PackageNotFoundError:
        return _written(Path(__file__).resolve().parents[1] / "pyproject.toml")


def _written(project: Path) -> str:
    try:
        found = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return UNKNOWN
    return str(found)
