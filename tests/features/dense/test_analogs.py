"""The nearest moments are those of a full sort."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.arrays import Narrow
from features.dense.analogs import _smallest


@given(distance=arrays(np.float32, (4, 9), elements=st.floats(0, 100, width=16), unique=True), count=st.integers(1, 9))
def test_the_nearest_are_found_as_a_full_sort_finds_them(distance: Narrow, count: int) -> None:
    expected = np.argsort(distance, axis=1, kind="stable")[:, :count]

    np.testing.assert_array_equal(_smallest(distance, count), expected)


def test_of_two_equals_the_earlier_goes_first() -> None:
    np.testing.assert_array_equal(_smallest(np.array([[3, 1, 1, 2]], np.float32), 3), [[1, 2, 3]])
