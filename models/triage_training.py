"""A triage taught on complaints that were closed, calibrated on later ones, judged on the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # published without types

from city.errors import MissingInputError
from features.arrays import Floats, Ints
from features.complaint_labels import known_before
from features.complaint_text import Told, pieces, surroundings, told_of
from models.triage import QUESTIONS, Question, TriageModel, weighed
from models.triage_simple import majority, nearest_keyword, same_place

LEAST_FIT, LEAST_SIDE = 200, 40
LONGEST_GATE_DAYS, LONGEST_SIDE_DAYS = 28, 28
GATE_SHARE, SIDE_SHARE = 5, 5
LEAST_OF_TOKEN = 3  # complaints; what fewer people wrote may be a name, and tells little
LEAST_OF_ANSWER = 5
STRENGTHS = (1.0, 3.0, 10.0, 30.0)
READINGS_PER_ERROR = 5.0
"""A complaint sent to the wrong department costs as much as so many that a person reads."""
COLDEST, HOTTEST = 0.2, 5.0
LEAST_PROBABILITY = 1e-4
ROUNDS = 150
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Complaints of one window with their labels by question; a label that was never given is None."""

    records: pl.DataFrame
    told: tuple[Told, ...]

    def labels(self, question: str) -> list[str | None]:
        return self.records[f"closed_{question}"].to_list()

    @property
    def places(self) -> Floats:
        return self.records.select("lon", "lat").to_numpy().astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Windows in a row by time of opening, with their borders; what is learned from had ended before the gate."""

    fit: Block
    side: Block
    gate: Block
    edges: tuple[datetime, datetime, datetime, datetime]


def blocks_of(records: pl.DataFrame, time_zone: str, near: dict[str, str] | None = None) -> Blocks:
    """Raises MissingInputError where there are too few closed complaints to learn from and to judge by."""
    if records.height < LEAST_FIT + 2 * LEAST_SIDE:
        raise _too_few(records.height)
    first, end = records["at"][0], records["at"][-1] + timedelta(microseconds=1)
    days = max((end - first).days, 1)
    gate = end - timedelta(days=max(1, min(LONGEST_GATE_DAYS, days // GATE_SHARE)))
    side = gate - timedelta(days=max(1, min(LONGEST_SIDE_DAYS, days // SIDE_SHARE)))
    windows = (
        known_before(records.filter(pl.col("at") < side), gate),
        known_before(records.filter((pl.col("at") >= side) & (pl.col("at") < gate)), gate),
        records.filter(pl.col("at") >= gate),
    )
    if windows[0].height < LEAST_FIT or min(one.height for one in windows[1:]) < LEAST_SIDE:
        raise _too_few(records.height)
    fit, calibrate, judged = (_block(window, time_zone, near) for window in windows)
    return Blocks(fit=fit, side=calibrate, gate=judged, edges=(first, side, gate, end))


def _block(records: pl.DataFrame, time_zone: str, near: dict[str, str] | None) -> Block:
    return Block(records=records, told=told_of(records, time_zone, near))


def _too_few(found: int) -> MissingInputError:
    return MissingInputError(
        step="Training the triage of complaints",
        missing=(f"{LEAST_FIT + 2 * LEAST_SIDE} closed complaints over several weeks (there are {found})",),
        todo="Import complaints with their text, and the events that close them; until then a person reads them.",
    )


def teach_triage(blocks: Blocks, *, seed: int, cutoff: datetime) -> TriageModel:
    """Questions to which the records hold at least two answers; the others are left to a person."""
    vocabulary, idf = _vocabulary(blocks.fit.told)
    place_of = {token: place for place, token in enumerate(vocabulary)}
    rows, side = (weighed(block.told, place_of, idf) for block in (blocks.fit, blocks.side))
    found = {name: _question(name, blocks, rows, side, seed) for name in QUESTIONS}
    questions = {name: one for name, one in found.items() if one is not None}
    if "category" not in questions:
        raise MissingInputError(
            step="Training the triage of complaints",
            missing=(f"two categories with {LEAST_OF_ANSWER} closed complaints each",),
            todo="Map the city's own categories in the feed of complaints.",
        )
    return TriageModel(
        cutoff=cutoff.isoformat(),
        seed=seed,
        vocabulary=vocabulary,
        idf=idf,
        questions=questions,
        about={"readings_per_error": str(READINGS_PER_ERROR)},
    )


def _vocabulary(told: Sequence[Told]) -> tuple[tuple[str, ...], Floats]:
    """Tokens of enough complaints with their rarity, ln((1 + n) / (1 + n with it)) + 1."""
    seen: dict[str, int] = {}
    for one in told:
        for token in {*pieces(one.text), *surroundings(one)}:
            seen[token] = seen.get(token, 0) + 1
    kept = tuple(sorted(token for token, count in seen.items() if count >= LEAST_OF_TOKEN))
    return kept, np.log((1 + len(told)) / (1 + np.array([seen[token] for token in kept], np.float64))) + 1


def _question(name: str, blocks: Blocks, rows: csr_matrix, side: csr_matrix, seed: int) -> Question | None:
    labels = blocks.fit.labels(name)
    counts = pl.Series(labels, dtype=pl.String).drop_nulls().value_counts(sort=True)
    answers = tuple(sorted(str(answer) for answer, count in counts.iter_rows() if count >= LEAST_OF_ANSWER))
    if len(answers) < 2:
        return None
    own, truth = held(labels, answers)
    own_side, truth_side = held(blocks.side.labels(name), answers)
    tried = [_fitted(rows[own], truth, answers, strength=strength, seed=seed) for strength in STRENGTHS]
    best = min(tried, key=lambda one: log_loss(one.probabilities(side[own_side]), truth_side))
    cooled = _with_temperature(best, side[own_side], truth_side)
    return Question(
        answers=answers,
        weights=cooled.weights,
        bias=cooled.bias,
        temperature=cooled.temperature,
        threshold=threshold_of(cooled.probabilities(side[own_side]), truth_side),
    )


def held(labels: Sequence[str | None], answers: Sequence[str]) -> tuple[Ints, Ints]:
    """Rows whose label is one of the answers, and its number."""
    number = {answer: place for place, answer in enumerate(answers)}
    rows = [row for row, label in enumerate(labels) if label in number]
    return np.array(rows, np.int64), np.array([number[str(labels[row])] for row in rows], np.int64)


def _fitted(rows: csr_matrix, truth: Ints, answers: tuple[str, ...], *, strength: float, seed: int) -> Question:
    learner = LogisticRegression(C=strength, max_iter=ROUNDS, tol=TOLERANCE, random_state=seed)
    with threadpool_limits(1):  # its vectors are short: threads only wait for each other, for twenty times as long
        learner.fit(rows, truth)
    weights, bias = np.asarray(learner.coef_, np.float64), np.asarray(learner.intercept_, np.float64)
    if len(answers) == 2:  # one line of weights speaks for the second answer
        weights, bias = np.vstack([np.zeros_like(weights), weights]), np.concatenate([np.zeros(1), bias])
    return Question(answers=answers, weights=weights, bias=bias, temperature=1.0, threshold=0.0)


def _with_temperature(one: Question, rows: csr_matrix, truth: Ints) -> Question:
    """Source: Guo et al., On Calibration of Modern Neural Networks (2017), section 4.2."""

    def at(temperature: float) -> Question:
        return Question(answers=one.answers, weights=one.weights, bias=one.bias, temperature=temperature, threshold=0.0)

    found = minimize_scalar(
        lambda temperature: log_loss(at(float(temperature)).probabilities(rows), truth),
        bounds=(COLDEST, HOTTEST),
        method="bounded",
    )
    return at(float(found.x))


def threshold_of(said: Floats, truth: Ints) -> float:
    """From which probability on nobody need read it: where errors and readings together cost least.

    Of thresholds that cost the same the highest, halfway to the next answer that is surer.
    """
    probability, right = said.max(axis=1), said.argmax(axis=1) == truth
    order = np.argsort(-probability, kind="stable")
    errors = np.concatenate([[0], np.cumsum(~right[order])])
    costs = READINGS_PER_ERROR * errors + np.arange(len(order), -1, -1)
    taken = int(np.argmin(costs))
    if taken == len(order):
        return float(probability[order[-1]]) if len(order) else 1.0
    last = 1.0 if taken == 0 else float(probability[order[taken - 1]])
    return (last + float(probability[order[taken]])) / 2


def log_loss(said: Floats, truth: Ints) -> float:
    return float(losses(said, truth).mean())


def losses(said: Floats, truth: Ints) -> Floats:
    """Minus the log of what was said of the truth, bounded; a truth that was no possible answer is -1."""
    spoken = np.where(truth >= 0, said[np.arange(len(truth)), np.maximum(truth, 0)], 0.0)
    found: Floats = -np.log(np.maximum(spoken, LEAST_PROBABILITY))
    return found


def simple_answers(name: str, answers: Sequence[str], blocks: Blocks) -> dict[str, Floats]:
    """What the baselines say of the gate; they learn from the same complaints as the model."""
    own, truth = held(blocks.fit.labels(name), answers)
    asked = blocks.gate
    told = [blocks.fit.told[row] for row in own]
    return {
        "majority": majority(len(answers), truth, len(asked.told)),
        "nearest_keyword": nearest_keyword(len(answers), truth, told, asked.told),
        "same_place": same_place(len(answers), truth, blocks.fit.places[own], asked.places),
    }
