"""What a complaint says, as tokens that can be weighed: pieces of its text, and where and when it was opened."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import polars as pl

SHORTEST, LONGEST = 1, 3
"""Letters of a piece of Chinese; a piece of a Latin word has up to `LONGEST_LATIN`, and is never a single letter."""
LONGEST_LATIN = 5
SHORTEST_LATIN = 3
MASK = re.compile(r"\[(?:phone|id|card|plate|e-mail|name|account)\]")
LATIN = re.compile(r"[a-zà-ÿ']+")
CHINESE = re.compile(r"[㐀-鿿]+")
_HOURS = ((0, 6, "night"), (6, 10, "morning"), (10, 16, "midday"), (16, 20, "evening"), (20, 24, "late"))
PLACE = "@"
"""Begins every token that is no piece of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A complaint as it was opened: `text` masked, `at` in city time."""

    complaint_id: str
    text: str
    district_id: str
    at: datetime
    near: str | None = None


def pieces(text: str) -> Counter[str]:
    """How often each piece of the text occurs. Digits, masks and signs say nothing of what is wrong."""
    plain = MASK.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    found: Counter[str] = Counter()
    for run in CHINESE.findall(plain):
        for length in range(SHORTEST, LONGEST + 1):
            found.update(run[start : start + length] for start in range(len(run) - length + 1))
    for word in LATIN.findall(plain):
        bounded = f" {word} "
        for length in range(SHORTEST_LATIN, LONGEST_LATIN + 1):
            found.update(bounded[start : start + length] for start in range(len(bounded) - length + 1))
    return found


def surroundings(told: Told) -> tuple[str, ...]:
    """Tokens of place and time: the district, the hours, what lies near."""
    part = next(name for first, last, name in _HOURS if first <= told.at.hour < last)
    near = () if told.near is None else (f"{PLACE}near:{told.near}",)
    return (f"{PLACE}district:{told.district_id}", f"{PLACE}hours:{part}", *near)


def told_of(opened: pl.DataFrame, time_zone: str, near: dict[str, str] | None = None) -> tuple[Told, ...]:
    """From rows of ComplaintEvents; without a text it is empty. `near` names what lies near a complaint, by its id."""
    local = opened.with_columns(pl.col("at").dt.convert_time_zone(time_zone))
    rows = local.select("complaint_id", "text", "district_id", "at").iter_rows()
    beside = near or {}
    return tuple(
        Told(complaint_id=name, text=text or "", district_id=district, at=at, near=beside.get(name))
        for name, text, district, at in rows
    )
