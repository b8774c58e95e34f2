"""The triage: what it learns, when it is sure, why, and that what is loaded is what was saved."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from features.arrays import Floats
from features.complaint_text import Told
from models.bundle import RefusedModelError, load_model
from models.promotion import decide
from models.triage import TriageModel
from models.triage_publishing import calibration_error, judged, macro_f1, misrouted_shares
from models.triage_simple import majority, nearest_keyword, same_place
from models.triage_training import READINGS_PER_ERROR, Blocks, blocks_of, teach_triage, threshold_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SAID = {
    ("waste", "sanitation", "normal"): ("垃圾桶满了没有人收", "the bin is overflowing", "厨余桶很臭"),
    ("noise", "environment", "normal"): ("夜间施工噪声大", "the building site works all night"),
    ("noise", "police", "low"): ("楼上半夜唱卡拉OK", "the neighbours sing karaoke"),
    ("greening", "greening", "urgent"): ("大树倒了压在车上", "a tree has fallen onto a car"),
}
FIRST = {"waste": "sanitation", "noise": "environment", "greening": "greening"}


def records(count: int = 600, *, seed: int = 1) -> pl.DataFrame:
    """Closed complaints over sixty days; the hotline sends by category, and one in twenty says nothing at all."""
    rng = np.random.default_rng(seed)
    kinds = list(SAID)
    rows = []
    for number in range(count):
        category, department, priority = kinds[int(rng.integers(len(kinds)))]
        texts = SAID[category, department, priority]
        vague = rng.random() < 0.05
        at = NOON + timedelta(days=60 * number / count)
        rows.append(
            {
                "complaint_id": f"C{number:04d}", "district_id": f"D{number % 3}", "at": at,
                "known_at": at + timedelta(hours=5),
                "text": "请尽快处理" if vague else texts[int(rng.integers(len(texts)))],
                "lon": 0.001 * float(rng.random()), "lat": 0.0, "opened_category": category,
                "opened_department": FIRST[category], "closed_category": category, "closed_department": department,
                "closed_priority": priority,
            }
        )  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def blocks() -> Blocks:
    return blocks_of(records(), "UTC")


@pytest.fixture(scope="module")
def model(blocks: Blocks) -> TriageModel:
    return teach_triage(blocks, seed=1, cutoff=NOON + timedelta(days=60))


def told(text: str) -> Told:
    return Told(complaint_id="C", text=text, district_id="D1", at=NOON)


@pytest.mark.parametrize(
    ("text", "category", "department"),
    [
        ("垃圾桶又满了, 没有人收", "waste", "sanitation"),
        ("OUR BIN IS OVERFLOWING!!", "waste", "sanitation"),
        ("邻居半夜唱卡拉OK, 电话[phone]", "noise", "police"),
        ("工地夜间施工", "noise", "environment"),
    ],
)
def test_it_reads_both_languages(model: TriageModel, text: str, category: str, department: str) -> None:
    answers = {one.question: one for one in model.answers([told(text)])[0]}
    assert (answers["category"].answer, answers["department"].answer) == (category, department)
    assert answers["category"].sure


@pytest.mark.parametrize("text", ["请尽快处理", "", "подайте мне пожалуйста", "我想问一下图书馆几点开门"])
def test_what_nobody_can_tell_goes_to_a_person(model: TriageModel, text: str) -> None:
    assert not all(one.sure for one in model.answers([told(text)])[0] if one.question != "priority")


def test_the_reasons_are_the_words_that_weighed(model: TriageModel) -> None:
    answers = {one.question: one for one in model.answers([told("hello, the neighbours sing karaoke 垃圾")])[0]}
    terms = answers["department"].terms
    assert answers["department"].answer == "police"
    assert {"karaoke", "neighbours"} & set(terms[:2])
    assert "垃圾" not in terms


def test_what_is_loaded_answers_as_what_was_saved_and_a_changed_weight_is_refused(
    model: TriageModel, tmp_path: Path
) -> None:
    model_hash = model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model", expected_hash=model_hash)
    assert isinstance(loaded, TriageModel)
    texts = [told(text) for texts in SAID.values() for text in texts]
    assert loaded.answers(texts) == model.answers(texts)
    assert not list((tmp_path / "model").rglob("*.pkl"))

    words = json.loads((tmp_path / "model" / "vocabulary.json").read_text(encoding="utf-8"))
    (tmp_path / "model" / "vocabulary.json").write_text(json.dumps(words[::-1]), encoding="utf-8")
    with pytest.raises(RefusedModelError, match="vocabulary"):
        load_model(tmp_path / "model")


def test_the_gate_beats_simple_answers_and_misrouting_falls(model: TriageModel, blocks: Blocks) -> None:
    evidence, figures, simple = judged(model, blocks, None)

    verdict = decide(evidence, quantiles=False)

    assert verdict.promote, verdict.reason
    assert figures["department_log_loss"] < simple["department_log_loss"]
    assert figures["misrouted_share_after"] < 0.5 * figures["misrouted_share_before"]


def test_the_same_model_again_is_no_better_than_itself(model: TriageModel, blocks: Blocks) -> None:
    evidence, _, _ = judged(model, blocks, model)
    verdict = decide(evidence, quantiles=False)
    assert not verdict.promote
    assert "champion" in verdict.reason


def test_nothing_of_the_gate_is_learned_from(blocks: Blocks) -> None:
    fit, side, gate = (block.records["at"] for block in (blocks.fit, blocks.side, blocks.gate))
    assert fit.max() < side.min() < side.max() < gate.min()  # type: ignore[operator]
    assert blocks.fit.records["known_at"].max() < gate.min()  # type: ignore[operator]
    assert blocks.side.records["known_at"].max() < blocks.edges[2]  # type: ignore[operator]


def test_another_gate_changes_nothing_of_what_was_learned() -> None:
    """Its labels turned round: were the threshold or the temperature chosen on the gate, they would move."""
    whole = records()
    edge = blocks_of(whole, "UTC").edges[2]
    turned = whole.with_columns(
        closed_department=pl.when(pl.col("at") >= edge).then(pl.lit("police")).otherwise("closed_department")
    )
    one, other = (teach_triage(blocks_of(frame, "UTC"), seed=1, cutoff=NOON) for frame in (whole, turned))
    for name, question in one.questions.items():
        assert question.threshold == other.questions[name].threshold
        assert question.temperature == other.questions[name].temperature
        assert np.array_equal(question.weights, other.questions[name].weights)


def test_too_few_complaints_teach_nothing() -> None:
    with pytest.raises(MissingInputError, match="closed complaints"):
        blocks_of(records(200), "UTC")


def test_departments_that_nobody_named_are_not_asked_for() -> None:
    nameless = records().with_columns(closed_department=pl.lit(None, pl.String), closed_priority=pl.lit("normal"))
    found = teach_triage(blocks_of(nameless, "UTC"), seed=1, cutoff=NOON)
    assert set(found.questions) == {"category"}
    assert misrouted_shares(found, blocks_of(nameless, "UTC")) == {}


def said(*probabilities: float) -> Floats:
    """Of the first of two answers."""
    return np.array([(one, 1 - one) for one in probabilities])


@pytest.mark.parametrize(
    ("probabilities", "right", "sure"),
    [
        ((0.99, 0.9, 0.8, 0.7), (1, 1, 1, 1), 4),  # nothing was wrong: nobody need read
        ((0.99, 0.9, 0.8, 0.7), (1, 1, 1, 0), 3),
        ((0.99, 0.9, 0.8, 0.7), (0, 0, 0, 0), 0),  # nothing was right: somebody reads all
        ((0.99, 0.9, 0.8, 0.7), (0, 1, 1, 1), 0),  # one error costs more than the three readings it would save
    ],
)
def test_a_person_is_asked_where_an_error_costs_more_than_reading(
    probabilities: tuple[float, ...], right: tuple[int, ...], sure: int
) -> None:
    truth = np.array([0 if one else 1 for one in right])
    threshold = threshold_of(said(*probabilities), truth)
    assert sum(one >= threshold for one in probabilities) == sure
    costs = [
        READINGS_PER_ERROR * sum(not one for one in right[:taken]) + len(right) - taken
        for taken in range(len(right) + 1)
    ]
    assert costs[sure] == min(costs)


def test_macro_f1_and_calibration_error_are_what_the_books_say() -> None:
    truth, best = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    # F1: 2*1/(2+2) = 0.5 for 0, 2*2/(3+2) = 0.8 for 1, 0 for 2.
    assert macro_f1(best, truth) == pytest.approx((0.5 + 0.8 + 0.0) / 3)
    assert calibration_error(np.array([0.95, 0.95]), np.array([True, False])) == pytest.approx(0.45)
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0.0


def test_simple_answers_say_what_they_are_named_for() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    assert majority(2, labels, 1)[0] == pytest.approx([4 / 7, 3 / 7])
    places = np.array([(0.0, 0.0)] * 3 + [(1.0, 0.0)] * 2)
    asked = np.array([(1.0, 0.0), (np.nan, np.nan)])
    near = same_place(2, np.repeat(labels, 3), np.repeat(places, 3, axis=0), asked)
    assert near[0].argmax() == 1
    assert near[1].argmax() == 0
    texts = [told("垃圾")] * 6 + [told("噪声")] * 6
    words = nearest_keyword(2, np.array([0] * 6 + [1] * 6), texts, [told("有噪声吗"), told("你好")])
    assert words[0].argmax() == 1
    assert words[1] == pytest.approx([0.5, 0.5])
