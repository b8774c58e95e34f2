"""Patience ends by the clock, and can be ended again at the same place without one."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from optimization.patience import Patience


def looked_at(patience: Patience, things: int) -> int:
    """How many of these a search gets to look at."""
    return next((number for number in range(things) if patience.over()), things)


@given(ticks=st.integers(0, 50), things=st.integers(0, 60))
def test_a_search_that_the_clock_ended_ends_at_the_same_place_without_a_clock(ticks: int, things: int) -> None:
    clock = count()
    first = Patience(ticks, clock=lambda: float(next(clock)))
    reached = looked_at(first, things)

    again = Patience.as_before(first.asked)

    assert looked_at(again, things) == reached
    assert again.asked == first.asked


def test_a_search_that_came_to_its_own_end_notes_nothing_and_is_not_ended_again() -> None:
    patience = Patience(3600.0)
    assert looked_at(patience, 5) == 5

    assert patience.noted("walk_asked") == ()
    assert looked_at(Patience.as_before(patience.asked), 1000) == 1000


def test_it_stays_over_and_counts_no_further() -> None:
    patience = Patience(-1.0)

    assert patience.over()
    assert patience.over()
    assert patience.noted("walk_asked") == (("walk_asked", 0.0),)
