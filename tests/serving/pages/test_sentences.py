"""The pages' Chinese for the service's sentences goes by their English patterns: each must still be said somewhere."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = sorted((ROOT / "serving" / "web" / "src" / "sentences").glob("*_zh.ts"))
PACKAGES = ("city", "features", "models", "optimization", "serving")
PAIR = re.compile(r'^  \["((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\],$', re.MULTILINE)
PLACE = re.compile(r"\{\w+(?::\w+)?\}")
LEAST = 6  # characters of a piece that is looked for


def patterns() -> list[str]:
    return [english for path in CATALOGUE for english, _ in PAIR.findall(path.read_text(encoding="utf-8"))]


@cache
def said() -> str:
    """Every text in the sources, with one mark in place of each value that is put into it."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return "\n".join(text for path in paths for text in _texts(path)).lower()


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\x00" for part in node.values)


def pieces(pattern: str) -> list[str]:
    """What stands between the values; words that are chosen (earlier, later) and single signs are left out."""
    return [piece for piece in PLACE.split(pattern) if len(piece.strip()) >= LEAST]


def test_there_are_as_many_pairs_as_lines_that_look_like_one() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in CATALOGUE)
    lines = [line for line in written.splitlines() if line.startswith('  ["')]

    assert len(patterns()) == len(lines) > 150


@pytest.mark.parametrize("pattern", patterns())
def test_what_the_pages_read_is_what_the_service_says(pattern: str) -> None:
    lost = [piece for piece in pieces(pattern) if not _is_said(piece)]

    assert lost == [], "the sentence has changed: change its pattern in serving/web/src/sentences too"


def _is_said(piece: str) -> bool:
    """In one go, or in few: a word that is chosen (`is kept`, `could not be kept`) stands in a text of its own."""
    words, runs, at = piece.lower().split(" "), 0, 0
    while at < len(words):
        longest = next((end for end in range(len(words), at, -1) if _bare(words[at:end]) in said()), None)
        if longest is None:
            return False
        runs, at = runs + 1, longest
    return runs <= 2 + len(words) // 4


def _bare(words: list[str]) -> str:
    return " ".join(words).strip(" .,;:()`")
