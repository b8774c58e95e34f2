"""Honest baselines of a triage: what anybody could say of a complaint without reading all of it.

Each answers with probabilities (complaints x answers), counted on the complaints it may learn from, one added to each
answer's count.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from features.arrays import Floats, Ints
from features.complaint_text import Told, pieces

NEIGHBOURS = 5
LEAST_TOLD = 5
"""Complaints that a keyword must have been seen in."""
DEGREE_M = 111_320.0
Places = Floats
"""Complaints x (lon, lat)."""


def majority(answers: int, labels: Ints, count: int) -> Floats:
    """The same for all: how often each answer was right."""
    return np.tile(_shares(np.bincount(labels, minlength=answers)), (count, 1))


def same_place(answers: int, labels: Ints, places: Places, asked: Places) -> Floats:
    """What the nearest complaints were; those without a place get the majority's answer."""
    said = majority(answers, labels, len(asked))
    known = np.isfinite(places).all(axis=1)
    if not known.any():
        return said
    scale = np.array([np.cos(np.radians(np.nanmean(places[:, 1]))), 1.0]) * DEGREE_M
    where, own = places[known] * scale, labels[known]
    for row in np.flatnonzero(np.isfinite(asked).all(axis=1)):
        away = ((where - asked[row] * scale) ** 2).sum(axis=1)
        near = np.argsort(away, kind="stable")[:NEIGHBOURS]
        said[row] = _shares(np.bincount(own[near], minlength=answers))
    return said


def nearest_keyword(answers: int, labels: Ints, told: Sequence[Told], asked: Sequence[Told]) -> Floats:
    """By the one piece of the text that settles it best; without any the majority's answer."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for one, label in zip(told, labels, strict=True):
        for piece in pieces(one.text):
            counts[piece][int(label)] += 1
    shares = {
        piece: _shares(np.array([found[answer] for answer in range(answers)]))
        for piece, found in counts.items()
        if found.total() >= LEAST_TOLD and len(piece) > 1
    }
    best: Callable[[str], float] = lambda piece: float(shares[piece].max())  # noqa: E731  -- a key of `max`
    said = majority(answers, labels, len(asked))
    for row, one in enumerate(asked):
        known = sorted(piece for piece in pieces(one.text) if piece in shares)
        if known:
            said[row] = shares[max(known, key=best)]
    return said


def _shares(counts: Ints) -> Floats:
    grown: Floats = np.asarray((counts + 1.0) / float(counts.sum() + len(counts)), dtype=np.float64)
    return grown
