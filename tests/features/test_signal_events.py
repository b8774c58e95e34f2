"""Measures from event logs, against cycles whose figures are known beforehand."""

from collections.abc import Iterable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.signal_events import Channels, Log, cycles_of, measured, waits_of

PHASE, ADVANCE, PRESENCE = 2, 11, 12
SEEN = {PHASE: Channels(advance=((ADVANCE, 0.0),), presence=(PRESENCE,))}
Event = tuple[float, int, int]


def log(*events: Iterable[Event]) -> Log:
    """As a controller's log: in the order of time, and of codes where two come at once."""
    told = sorted(event for part in events for event in part)
    return Log(*(np.array(column) for column in zip(*told, strict=True)))


def signal(cycles: int, cycle_s: float = 90.0, green_s: float = 30.0) -> list[Event]:
    """Fixed time: green, 3 s of yellow, red; and the start of green that ends the last cycle."""
    found: list[Event] = []
    for begin in np.arange(cycles) * cycle_s:
        found += [(begin, 1, PHASE), (begin + green_s, 8, PHASE), (begin + green_s + 3, 10, PHASE)]
    return [*found, (cycles * cycle_s, 1, PHASE)]


def passing(*seconds: float) -> list[Event]:
    return [(second, 82, ADVANCE) for second in seconds]


def standing(*spans: tuple[float, float]) -> list[Event]:
    return [event for begin, end in spans for event in ((begin, 82, PRESENCE), (end, 81, PRESENCE))]


def sums(found: pl.DataFrame) -> dict[str, float]:
    return found.select(pl.exclude("phase", "slot").sum()).row(0, named=True)


def test_uniform_arrivals_meet_green_as_often_as_it_is_there() -> None:
    """Platoon ratio 1: nothing coordinated, nothing against it."""
    found = sums(measured(log(signal(10), passing(*np.arange(0.5, 900, 1.0))), SEEN, 4))

    assert found["arrivals"] == 900
    assert found["arrivals_on_green"] / found["arrivals"] == pytest.approx(30 / 90)
    assert found["green_s"] / found["cycle_s"] == pytest.approx(30 / 90)


def test_a_platoon_that_comes_in_green_arrives_on_green_and_one_in_red_does_not() -> None:
    good = [90 * k + second for k in range(10) for second in range(5, 25)]
    bad = [90 * k + second for k in range(10) for second in range(40, 60)]

    assert sums(measured(log(signal(10), passing(*good)), SEEN, 4))["arrivals_on_green"] == 200
    assert sums(measured(log(signal(10), passing(*bad)), SEEN, 4))["arrivals_on_green"] == 0


def test_the_way_from_the_detector_to_the_line_is_driven_first() -> None:
    """Seen 5 s before green, 10 s away from the line."""
    early = [90 * k - 5 for k in range(1, 10)]
    far = {PHASE: Channels(advance=((ADVANCE, 10.0),))}

    assert sums(measured(log(signal(10), passing(*early)), SEEN, 4))["arrivals_on_green"] == 0
    assert sums(measured(log(signal(10), passing(*early)), far, 4))["arrivals_on_green"] == 9


@pytest.mark.parametrize(
    ("spans", "failed"),
    [
        ([(-5, 89.9)], True),  # a queue all cycle long
        ([(-5, 10), (33, 40)], False),  # served in green, the next ones wait for red
        ([(-5, 31)], False),  # used to the last second, and nobody left behind
        ([(-5, 24), (33, 37)], True),  # exactly 80 % of both
        ([(-5, 23.9), (33, 37)], False),
    ],
)
def test_a_split_fails_where_green_and_the_first_of_red_are_full(
    spans: list[tuple[float, float]], *, failed: bool
) -> None:
    moved = [(90 + begin, 90 + end) for begin, end in spans]

    found = sums(measured(log(signal(3), standing((0.0, 1.0), *moved)), SEEN, 1))

    assert found["watched_cycles"] == 3
    assert (found["split_failures"] == 1) is failed


def test_any_lane_of_the_phase_counts_as_covered() -> None:
    two = {PHASE: Channels(presence=(PRESENCE, 13))}
    halves = [*standing((0.0, 15.0)), (15.0, 82, 13), (30.0, 81, 13)]

    found = sums(measured(log(signal(1), halves), two, 1))

    assert found["occupied_green_s"] == pytest.approx(30.0)


def test_a_lost_end_is_put_halfway_and_a_quick_second_start_is_the_same_vehicle() -> None:
    lost = log(signal(1), [(0.0, 82, PRESENCE), (20.0, 82, PRESENCE), (30.0, 81, PRESENCE)])
    quick = log(signal(1), [(0.0, 82, PRESENCE), (1.0, 82, PRESENCE), (30.0, 81, PRESENCE)])

    assert sums(measured(lost, SEEN, 1))["occupied_green_s"] == pytest.approx(20.0)
    assert sums(measured(quick, SEEN, 1))["occupied_green_s"] == pytest.approx(30.0)


def test_in_a_log_of_full_seconds_leaving_and_coming_in_one_second_is_no_gap() -> None:
    found = log(signal(1), standing((0.0, 10.0), (10.0, 30.0)))
    pulse = log(signal(1), standing((0.0, 10.0), (12.0, 12.0), (20.0, 30.0)))

    assert sums(measured(found, SEEN, 1))["occupied_green_s"] == pytest.approx(30.0)
    assert sums(measured(pulse, SEEN, 1))["occupied_green_s"] == pytest.approx(20.0)


def test_cycles_that_the_log_does_not_tell_whole_are_left_out() -> None:
    told = signal(3)
    without_yellow = [event for event in told if event[:2] != (120.0, 8)]

    assert len(cycles_of(log(told), PHASE).green) == 3
    assert cycles_of(log(without_yellow), PHASE).green.tolist() == [0.0, 180.0]
    assert len(cycles_of(log(told[:3]), PHASE).green) == 0


def test_quarters_by_hand_are_left_out() -> None:
    events = log(signal(30), passing(*np.arange(0.5, 2700, 1.0)), [(950.0, 45, PHASE), (1000.0, 21, PHASE)])

    found = measured(events, SEEN, 3, frozenset({1}))

    assert found["slot"].to_list() == [0, 2]
    assert sums(found)["arrivals"] == 1800
    assert sums(found)["walks"] == 0


def test_who_pushes_first_waits_longest_and_later_pushes_change_nothing() -> None:
    calls = [(10.0, 45, PHASE), (40.0, 45, PHASE), (200.0, 45, PHASE)]
    walks = [(90.0, 21, PHASE), (180.0, 21, PHASE), (270.0, 21, PHASE)]

    when, waited = waits_of(log(calls, walks), PHASE)

    assert when.tolist() == [90.0, 270.0]  # nobody called for the second
    assert waited.tolist() == [80.0, 70.0]


@given(
    green_s=st.floats(10, 60),
    arrivals=st.lists(st.floats(0, 899.9), min_size=1, max_size=50),
    shift_s=st.floats(0, 50),
)
def test_shares_stay_between_none_and_all_and_every_arrival_is_counted_once(
    green_s: float, arrivals: list[float], shift_s: float
) -> None:
    spans = [(k * 90 + shift_s, k * 90 + shift_s + 20) for k in range(9)]

    found = sums(measured(log(signal(10, green_s=green_s), passing(*arrivals), standing(*spans)), SEEN, 1))

    assert found["arrivals"] == len(arrivals)
    assert 0 <= found["arrivals_on_green"] <= found["arrivals"]
    assert 0 <= found["occupied_green_s"] <= found["watched_green_s"] + 1e-6
