"""Which category, department and priority a complaint is taken for: weights of pieces of text, place and time.

One softmax regression per question over the same tokens, TF-IDF weighted and of length 1, its scores divided by a
temperature so that what it says with 80 % is right 8 times of 10. Where it is less sure than its threshold, a person
answers. Kept as JSON with the hash of everything.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from features.arrays import Floats
from features.complaint_text import Told, pieces, surroundings
from models.signed_folder import read_arrays, seal, unseal, write_arrays
from models.triage_reasons import terms_of

KIND = "triage"
NAME = "triage"
QUESTIONS = ("category", "department", "priority")
VOCABULARY, WEIGHTS = "vocabulary.json", "weights.npz"
LEAST_KNOWN = 0.35
"""Of a text's pieces, weighed; one that holds less of what was learned is another language or another matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`weights` are answers x tokens, `bias` per answer. `threshold` is the least probability of a sure answer."""

    answers: tuple[str, ...]
    weights: Floats
    bias: Floats
    temperature: float
    threshold: float

    def probabilities(self, rows: csr_matrix) -> Floats:
        """Rows x answers."""
        scores = (rows @ self.weights.T + self.bias) / self.temperature
        grown = np.exp(scores - scores.max(axis=1, keepdims=True))
        said: Floats = grown / grown.sum(axis=1, keepdims=True)
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question about one complaint. `terms` weighed most for the answer, against the others on average."""

    question: str
    answer: str
    probability: float
    sure: bool
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionNote:
    name: str
    answers: tuple[str, ...]
    temperature: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageNote:
    name: str
    cutoff: str
    seed: int
    questions: tuple[QuestionNote, ...]
    about: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageModel:
    """`idf` weighs the tokens, which are in order of `vocabulary`."""

    cutoff: str
    seed: int
    vocabulary: tuple[str, ...]
    idf: Floats
    questions: dict[str, Question]
    about: dict[str, str]
    name: str = NAME
    format: str = KIND

    def rows_of(self, told: Sequence[Told]) -> csr_matrix:
        return weighed(told, {token: place for place, token in enumerate(self.vocabulary)}, self.idf)

    def answers(self, told: Sequence[Told]) -> list[tuple[Answer, ...]]:
        """Per complaint one answer to each question."""
        rows = self.rows_of(told)
        known = [known_share(one, frozenset(self.vocabulary)) for one in told]
        of_question = {name: self._answered(name, told, rows, known) for name in self.questions}
        return [tuple(of_question[name][place] for name in of_question) for place in range(len(told))]

    def _answered(self, name: str, told: Sequence[Told], rows: csr_matrix, known: Sequence[float]) -> list[Answer]:
        question = self.questions[name]
        said = question.probabilities(rows)
        best = said.argmax(axis=1)
        middle = question.weights.mean(axis=0)
        found = []
        for place, answer in enumerate(best):
            probability = float(said[place, answer])
            found.append(
                Answer(
                    question=name,
                    answer=question.answers[answer],
                    probability=probability,
                    sure=probability >= question.threshold and known[place] >= LEAST_KNOWN,
                    terms=self._terms(told[place], rows[place], question.weights[answer] - middle),
                )
            )
        return found

    def _terms(self, told: Told, row: csr_matrix, weights: Floats) -> tuple[str, ...]:
        counts = pieces(told.text)
        shares = row.data * weights[row.indices]
        per_occurrence = {
            (token := self.vocabulary[column]): float(share) / max(counts.get(token, 1), 1)
            for column, share in zip(row.indices, shares, strict=True)
        }
        return terms_of(told, per_occurrence)

    def save(self, folder: Path) -> str:
        """Write into an empty folder; returns the hash that names the model."""
        folder.mkdir(parents=True, exist_ok=False)
        (folder / VOCABULARY).write_text(json.dumps(self.vocabulary, ensure_ascii=False), encoding="utf-8")
        arrays: dict[str, NDArray[np.float64]] = {"idf": self.idf}
        for name, one in self.questions.items():
            arrays |= {f"{name}_weights": one.weights, f"{name}_bias": one.bias}
        write_arrays(folder / WEIGHTS, arrays)
        note = TriageNote(
            name=self.name,
            cutoff=self.cutoff,
            seed=self.seed,
            questions=tuple(
                QuestionNote(name=name, answers=one.answers, temperature=one.temperature, threshold=one.threshold)
                for name, one in self.questions.items()
            ),
            about=self.about,
        )
        return seal(folder, KIND, note)

    @classmethod
    def load(cls, folder: Path, *, expected_hash: str | None = None) -> Self:
        """Read back. Raises RefusedModelError when anything is not what was saved."""
        note = unseal(folder, KIND, TriageNote, expected_hash=expected_hash)
        arrays = read_arrays(folder / WEIGHTS)
        return cls(
            cutoff=note.cutoff,
            seed=note.seed,
            vocabulary=tuple(json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))),
            idf=arrays["idf"],
            questions={
                one.name: Question(
                    answers=one.answers,
                    weights=arrays[f"{one.name}_weights"],
                    bias=arrays[f"{one.name}_bias"],
                    temperature=one.temperature,
                    threshold=one.threshold,
                )
                for one in note.questions
            },
            about=note.about,
        )


def known_share(told: Told, vocabulary: frozenset[str]) -> float:
    """Of the pieces of two letters and more; 0 for a text without any."""
    found = {token: count for token, count in pieces(told.text).items() if len(token) > 1}
    return sum(count for token, count in found.items() if token in vocabulary) / max(sum(found.values()), 1)


def weighed(told: Sequence[Told], place_of: dict[str, int], idf: Floats) -> csr_matrix:
    """Complaints x tokens: (1 + log of how often) x rarity, each row of length 1 (TF-IDF with sublinear counts)."""
    data: list[float] = []
    columns: list[int] = []
    ends = [0]
    for one in told:
        counts = dict(pieces(one.text)) | dict.fromkeys(surroundings(one), 1)
        row = {
            place_of[token]: (1 + math.log(n)) * idf[place_of[token]]
            for token, n in counts.items()
            if token in place_of
        }
        norm = math.sqrt(sum(value * value for value in row.values())) or 1.0
        for column in sorted(row):
            columns.append(column)
            data.append(row[column] / norm)
        ends.append(len(columns))
    return csr_matrix((np.array(data, np.float64), columns, ends), shape=(len(told), len(place_of)))
