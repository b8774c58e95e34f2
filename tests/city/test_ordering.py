"""Packed keys sort and compare as the keys themselves do."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from city.ordering import codes, in_order, last_of_each

START = datetime(2026, 3, 2, tzinfo=UTC)
KEY = ["name", "at", "day", "number"]
keys = st.tuples(
    st.text("abÄ路 -1", max_size=3),
    st.integers(-(10**9), 10**9).map(lambda us: START + timedelta(microseconds=us)),
    st.integers(0, 400).map(lambda days: date(2025, 12, 31) + timedelta(days=days)),
    st.integers(-50, 50),
)


def frame(rows: list[tuple[str, datetime, date, int]]) -> pl.DataFrame:
    schema = {"name": pl.String(), "at": pl.Datetime("us", "UTC"), "day": pl.Date(), "number": pl.Int64()}
    return pl.DataFrame(rows, schema=schema, orient="row").with_row_index("place")


@given(st.lists(keys, max_size=30))
def test_rows_come_in_the_order_that_polars_sorts_them_in(rows: list[tuple[str, datetime, date, int]]) -> None:
    given_rows = frame(rows + rows[:3])

    ordered, repeats = in_order(given_rows, KEY)

    assert ordered.select(KEY).equals(given_rows.sort(KEY).select(KEY))
    assert repeats.sum() == given_rows.height - given_rows.unique(KEY).height


@given(st.lists(keys, max_size=20), st.lists(keys, max_size=20))
def test_keys_of_two_frames_have_one_code_exactly_if_they_are_alike(
    rows: list[tuple[str, datetime, date, int]], others: list[tuple[str, datetime, date, int]]
) -> None:
    left, right = frame(rows + others[:2]), frame(others)

    packed = codes([left, right], KEY)

    assert packed is not None
    same = {(one, other) for one in range(left.height) for other in range(right.height)
            if packed[0][one] == packed[1][other]}  # fmt: skip
    expected = left.join(right, on=KEY, how="inner", suffix="_other").select("place", "place_other").rows()
    assert same == set(expected)


def test_a_key_too_wide_to_pack_is_sorted_all_the_same() -> None:
    rows = pl.DataFrame({"first": [2**40, 0, 2**40, 1], "second": [5, 2**41, 5, 7], "known": [1, 2, 3, 4]})

    assert codes([rows], ["first", "second"]) is None
    ordered, repeats = in_order(rows, ["first", "second"])

    assert ordered["first"].to_list() == [0, 1, 2**40, 2**40]
    assert repeats.to_list() == [False, False, True, False]
    assert last_of_each(rows, ["first", "second"], ["known"])["known"].to_list() == [2, 4, 3]


def test_numbers_cannot_stand_for_missing_values_or_fractions() -> None:
    assert codes([pl.DataFrame({"a": ["x", None]})], ["a"]) is None
    assert codes([pl.DataFrame({"a": [0.5]})], ["a"]) is None
