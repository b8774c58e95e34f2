"""Errors are sentences, and survive the way out of a worker process."""

import pickle

import pytest

from city.errors import (
    BrokenRuleError,
    CityError,
    InvalidValueError,
    SeveralErrors,
    UnknownIdError,
    raise_all,
)

ZERO_CAPACITY = InvalidValueError(subject="Truck T7", field="payload_kg", found=0, expected="a payload above 0 kg")
NO_STAGE = UnknownIdError(subject="Junction J1", kind="stage", found="NS2", known=("NS", "EW"))


def test_a_sentence_names_id_field_finding_and_expectation() -> None:
    assert str(ZERO_CAPACITY) == "Truck T7: payload_kg is 0, expected a payload above 0 kg."


def test_an_unknown_id_comes_with_the_known_ones() -> None:
    assert str(NO_STAGE) == "Junction J1: there is no stage 'NS2'. Known are NS, EW."


@pytest.mark.parametrize("error", [ZERO_CAPACITY, NO_STAGE, SeveralErrors(subject="x", errors=(NO_STAGE,))])
def test_errors_cross_process_borders(error: CityError) -> None:
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  -- our own bytes
    assert type(back) is type(error)
    assert str(back) == str(error)


def test_one_error_is_raised_as_it_is() -> None:
    with pytest.raises(InvalidValueError, match="Truck T7"):
        raise_all("fleet.xlsx", [ZERO_CAPACITY])


def test_several_errors_are_raised_once_and_all_told() -> None:
    with pytest.raises(SeveralErrors) as caught:
        raise_all("fleet.xlsx", [ZERO_CAPACITY, NO_STAGE])
    assert "2 problem(s)" in str(caught.value)
    assert str(ZERO_CAPACITY) in str(caught.value)
    assert str(NO_STAGE) in str(caught.value)


def test_no_error_raises_nothing() -> None:
    raised: list[CityError] = []
    raise_all("fleet.xlsx", raised)
    assert raised == []


@pytest.mark.parametrize("problem", ["2 rows are bad: net_kg is 0 kg.", "no file matches; did you mean 'a.csv'?"])
def test_a_sentence_ends_once(problem: str) -> None:
    assert str(BrokenRuleError(subject="Feed 'x'", problem=problem)) == f"Feed 'x': {problem}"


def test_a_rule_says_what_to_do() -> None:
    error = BrokenRuleError(subject="Shift", problem="the break does not fit", todo="Widen its window.")
    assert str(error) == "Shift: the break does not fit. Widen its window."
