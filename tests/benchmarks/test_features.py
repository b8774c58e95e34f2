"""The sides of the features benchmark against each other; mlforecast's takes part in the benchmark's own run."""

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from benchmarks.features import SERIES, largest_difference, naive_over, ours, ours_copied, table


def test_our_columns_are_those_of_plain_windows_and_stay_so_when_written_out() -> None:
    rows = table(SERIES * 700, seed=2).head(700 * 8)

    assert_frame_equal(ours(rows), naive_over(rows), rel_tol=1e-4)
    assert_frame_equal(ours(rows), ours_copied(rows).fill_nan(None))


def test_a_value_where_the_other_side_has_none_is_an_infinite_difference(tmp_path: Path) -> None:
    pl.DataFrame({"lag_1": [None, 1.0, 2.0]}).write_parquet(tmp_path / "ours.parquet")
    pl.DataFrame({"lag_1": [None, 1.5, 2.0]}).write_parquet(tmp_path / "near.parquet")
    pl.DataFrame({"lag_1": [0.0, 1.0, 2.0]}).write_parquet(tmp_path / "other.parquet")

    assert largest_difference(tmp_path, "near") == 0.5
    assert largest_difference(tmp_path, "other") == float("inf")
