"""Why a complaint was taken for what it was: the words of its text that weighed most, and its place and hours."""

import re
import unicodedata
from collections.abc import Mapping

from features.complaint_text import CHINESE, LATIN, MASK, PLACE, Told, pieces, surroundings

SHOWN_TERMS = 4
LONGEST_SPAN, SHORTEST_SPAN = 4, 2
"""Letters of Chinese that are shown together."""
LEAST_SHARE = 0.1
"""Of the heaviest term: what weighs less is no reason."""


def terms_of(told: Told, weights: Mapping[str, float]) -> tuple[str, ...]:
    """The heaviest terms, heaviest first. `weights` is what one occurrence of a token adds to the answer's score."""
    plain = MASK.sub(" ", unicodedata.normalize("NFKC", told.text).casefold())
    heavy = {token: weights.get(token, 0.0) for token in surroundings(told)}
    for word in set(LATIN.findall(plain)):
        heavy[word] = _weight(word, weights)
    for run in CHINESE.findall(plain):
        heavy |= _spans(run, weights)
    chosen: list[str] = []
    most = max(heavy.values(), default=0.0)
    for term in sorted(heavy, key=lambda one: (-heavy[one], one)):
        if heavy[term] <= LEAST_SHARE * most or len(chosen) == SHOWN_TERMS:
            break
        if not any(_overlap(term, other) for other in chosen):
            chosen.append(term)
    return tuple(chosen)


def _spans(run: str, weights: Mapping[str, float]) -> dict[str, float]:
    return {
        run[start : start + length]: _weight(run[start : start + length], weights)
        for length in range(SHORTEST_SPAN, LONGEST_SPAN + 1)
        for start in range(len(run) - length + 1)
    }


def _weight(text: str, weights: Mapping[str, float]) -> float:
    return sum(weights.get(piece, 0.0) * count for piece, count in pieces(text).items())


def _overlap(term: str, other: str) -> bool:
    if term.startswith(PLACE) or other.startswith(PLACE) or not re.search("[㐀-鿿]", term):
        return term == other
    return any(term[start : start + 2] in other for start in range(len(term) - 1))


def in_words(terms: tuple[str, ...]) -> tuple[str, ...]:
    """For a person: words of the text in quotes, place and time by their names."""
    return tuple(
        term.removeprefix(PLACE).replace(":", " ") if term.startswith(PLACE) else f"“{term}”" for term in terms
    )
