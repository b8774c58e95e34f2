"""Bodies: what is JSON, what is not, and where the fault lies."""

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.api.problems import ProblemError
from serving.api.reading import DEEPEST, strict_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_json_is_read_as_it_is(value: object) -> None:
    assert strict_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_refused_with_its_place(literal: str) -> None:
    with pytest.raises(ProblemError, match="no JSON numbers") as refused:
        strict_json(f'{{"plans": [{{"a/b": 1}}, {{"a/b": {literal}}}]}}'.encode())

    assert [fault.pointer for fault in refused.value.faults] == ["#/plans/1/a~1b"]
    assert not math.isfinite(float(refused.value.faults[0].found))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b'{"name": "\xff\xfe"}', "not UTF-8"),
        (b'{"seed": 1, "seed": 2}', "'seed' more than once"),
        (b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2), "deeper than"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper than"),
        (b'{"seed": ' + b"9" * 5_000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(body: bytes, complaint: str) -> None:
    with pytest.raises(ProblemError, match=complaint) as refused:
        strict_json(body)

    assert refused.value.status_code == 400


def test_nesting_up_to_the_limit_is_read() -> None:
    assert strict_json(b"[" * DEEPEST + b"]" * DEEPEST)


@pytest.mark.parametrize("value", [b"1", b"[]", b'{"a":1}', b'"x"'])
def test_more_values_than_anybody_needs_are_refused_before_they_are_made(value: bytes) -> None:
    started = time.process_time()
    with pytest.raises(ProblemError, match="1,000,000 values") as refused:
        strict_json(b"[" + b",".join([value] * 1_000_001) + b"]")

    assert refused.value.status_code == 413
    assert time.process_time() - started < 0.5


def test_an_object_that_says_everything_twice_is_refused_in_no_time() -> None:
    started = time.process_time()
    with pytest.raises(ProblemError, match="more than once"):
        strict_json(b"{" + b",".join(b'"%d":1' % (n // 2) for n in range(100_000)) + b"}")

    assert time.process_time() - started < 2
