"""The house itself: its floors, the size of its files, the words it avoids."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("city", "features", "models", "optimization", "serving")
LONGEST_FILE = 320
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "core", "helpers", "misc"}
REGISTRY_HOST = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.org|deb\.debian\.org", re.IGNORECASE)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """All files that a commit of everything would hold."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def test_every_package_is_declared_and_typed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)
    for package in PACKAGES:
        assert (ROOT / package / "__init__.py").is_file()
        assert (ROOT / package / "py.typed").is_file()


def test_no_file_is_too_long_to_read(tracked: list[Path]) -> None:
    lengths = {
        file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines())
        for file in tracked
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in PACKAGES
    }

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_folders_say_what_they_do(tracked: list[Path]) -> None:
    folders = {folder for file in tracked for folder in file.relative_to(ROOT).parts[:-1]}

    assert folders & NAMES_THAT_SAY_NOTHING == set()


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    naming = [
        file.relative_to(ROOT).as_posix()
        for file in tracked
        if REGISTRY_HOST.search(file.read_bytes().decode("utf-8", errors="ignore"))
    ]

    assert naming == []


def test_a_check_knows_only_the_standard_library_and_the_city() -> None:
    allowed = sys.stdlib_module_names | {"city"}
    foreign = {
        f"{check.relative_to(ROOT).as_posix()} imports {name}"
        for check in (ROOT / "optimization").glob("*/check*.py")
        for name in _imported(check)
        if name.split(".")[0] not in allowed and not re.fullmatch(r"optimization\.\w+\.check\w*", name)
    }

    assert foreign == set()


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names
