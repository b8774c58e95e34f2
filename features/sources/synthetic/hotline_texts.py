"""What the hotline writes down of each complaint: its text, and to whom it was sent first and last.

The texts come from a grammar with noise; a stream of its own draws them, so that nothing else of the city depends on
them. Some are sent to the wrong department first, a few stay there.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from features.sources.synthetic.hotline_grammar import (
    ASKS,
    BINS,
    CONTACTS,
    DEPARTMENT_OF_CATEGORY,
    EFFECTS,
    HOMOPHONES,
    MATTERS,
    OPENERS,
    PLACES,
    ROADS,
    SURNAMES,
    VAGUE,
    Matter,
    Phrases,
)
from features.sources.synthetic.seeding import Topic, day_stream

ENGLISH, CHINESE = 1, 0
_ENGLISH_SHARE = 0.2
_VAGUE_SHARE = 0.06  # says nothing by which anybody could tell what it is about
_WITH_CONTACT = 0.08  # phones and names, which an import masks
_TYPO_SHARE = 0.25
_UNREAD_SHARE = 0.55  # of complaints that the usual department of their category is not responsible for
_SLIPS_SHARE = 0.04  # sent anywhere
_STAYS_WRONG_SHARE = 0.03  # closed by a department that was not responsible
_OTHER_PRIORITY_SHARE = 0.1
_PRIORITIES = ("urgent", "normal", "low")
DEPARTMENTS = tuple(sorted({matter.department for matter in MATTERS}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    text: str
    matter: str
    department: str
    first_department: str
    last_department: str
    priority: str
    first_priority: str


SCHEMA = dict.fromkeys(_Told.__dataclass_fields__, pl.String)


def told_of(seed: int, day: date, categories: list[str], streams: list[str | None]) -> pl.DataFrame:
    """One row per complaint of that day, in order; `streams` of the point that it is about, where it is about one."""
    rng = day_stream(seed, Topic.COMPLAINT_TEXTS, day)
    rows = [_told(category, stream, rng) for category, stream in zip(categories, streams, strict=True)]
    return pl.DataFrame(
        [[getattr(row, name) for name in SCHEMA] for row in rows], schema=list(SCHEMA.items()), orient="row"
    )


def _told(category: str, stream: str | None, rng: np.random.Generator) -> _Told:
    matters = [matter for matter in MATTERS if matter.category == category]
    weights = np.array([matter.weight for matter in matters])
    matter = matters[int(rng.choice(len(matters), p=weights / weights.sum()))]
    first = _sent_to(matter, rng)
    stays = rng.random() < _STAYS_WRONG_SHARE
    other = str(rng.choice(_PRIORITIES))
    return _Told(
        text=_text(matter, stream, rng),
        matter=matter.name,
        department=matter.department,
        first_department=first,
        last_department=first if stays else matter.department,
        priority=matter.priority,
        first_priority=other if rng.random() < _OTHER_PRIORITY_SHARE else matter.priority,
    )


def _sent_to(matter: Matter, rng: np.random.Generator) -> str:
    unread, slip, anywhere = rng.random(), rng.random(), str(rng.choice(DEPARTMENTS))
    if slip < _SLIPS_SHARE:
        return anywhere
    return DEPARTMENT_OF_CATEGORY[matter.category] if unread < _UNREAD_SHARE else matter.department


def _text(matter: Matter, stream: str | None, rng: np.random.Generator) -> str:
    language = ENGLISH if rng.random() < _ENGLISH_SHARE else CHINESE
    if rng.random() < _VAGUE_SHARE:
        core = _one(VAGUE[language], rng)
    else:
        core = _one(matter.english if language else matter.chinese, rng)
    bins = BINS.get(stream or "residual", BINS["residual"])[language]
    said = _one(OPENERS[language], rng) + _one(PLACES[language], rng) + core + _one(EFFECTS[language], rng)
    said += _one(ASKS[language], rng)
    if rng.random() < _WITH_CONTACT:
        said += " " + _one(CONTACTS[language], rng)
    filled = said.format(
        bin=_one(bins, rng),
        road=_one(ROADS[language], rng),
        number=int(rng.integers(1, 200)),
        surname=_one(SURNAMES[language], rng),
        phone=f"138{int(rng.integers(10**7, 10**8))}",
        plate=f"{int(rng.integers(10**4, 10**5))}",
        account=f"yunhe_{int(rng.integers(1000, 9999))}",
    )
    return _with_typos(filled, rng) if rng.random() < _TYPO_SHARE else filled


def _with_typos(text: str, rng: np.random.Generator) -> str:
    """A homophone, a letter too few, or one too many; numbers stay as they are."""
    kind, at = int(rng.integers(3)), int(rng.integers(len(text)))
    if kind == 0:
        for right, wrong in HOMOPHONES:
            if right in text:
                return text.replace(right, wrong, 1)
    if text[at].isdigit():
        return text
    return text[:at] + text[at + 1 :] if kind == 1 else text[:at] + text[at] + text[at:]


def _one(phrases: Phrases, rng: np.random.Generator) -> str:
    return phrases[int(rng.integers(len(phrases)))]
