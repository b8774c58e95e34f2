"""How much a caller may ask for: theory of the token bucket, and who is held back by whom."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.settings import Settings
from serving.api.rates import MOST_KNOWN, Bucket, Rates, Refused, address_of


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def rates(clock: Clock, **limits: int) -> Rates:
    names = {"rate": "CITY_KEY_RATE", "burst": "CITY_KEY_BURST", "at_once": "CITY_KEY_CONCURRENCY",
             "in_flight": "CITY_MOST_IN_FLIGHT", "guesses": "CITY_GUESSES"}  # fmt: skip
    usual = {"rate": 10, "burst": 20, "at_once": 5, "in_flight": 8, "guesses": 3} | limits
    environment = {names[name]: str(value) for name, value in usual.items()}
    return Rates(Settings.from_environment(environment), clock)


def asked(held: Rates, name: str) -> Refused | None:
    """A request that is answered at once."""
    entered = held.enter(name)
    if isinstance(entered, Bucket):
        held.leave(entered)
        return None
    return entered


@given(gaps=st.lists(st.floats(0, 0.5), min_size=50, max_size=400))
def test_no_caller_gets_more_than_burst_and_rate_allow(gaps: list[float]) -> None:
    clock = Clock()
    held = rates(clock)
    let_in = 0
    for gap in gaps:
        clock.now += gap
        let_in += asked(held, "key") is None
    assert let_in <= 20 + 10 * clock.now + 1e-6
    assert let_in >= min(len(gaps), 20)


def test_who_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    held = rates(clock)
    while (refused := asked(held, "key")) is None:
        pass

    assert refused.limit == "rate"
    assert asked(held, "another key") is None
    clock.now += refused.retry_after_s
    assert asked(held, "key") is None


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    clock = Clock(1_000.0)
    held = rates(clock)
    while asked(held, "key") is None:
        pass
    clock.now = 0.0

    assert asked(held, "key") is not None


def test_one_caller_cannot_have_all_places() -> None:
    held = rates(Clock())
    entered = [held.enter("key") for _ in range(6)]

    assert [isinstance(one, Bucket) for one in entered] == [True] * 5 + [False]
    assert isinstance(entered[-1], Refused)
    assert entered[-1].limit == "concurrency"
    assert isinstance(held.enter("another key"), Bucket)


def test_beyond_the_places_of_all_everybody_waits_until_one_leaves() -> None:
    held = rates(Clock())
    inside = [held.enter(f"key {n}") for n in range(8)]
    refused = held.enter("late")

    assert isinstance(refused, Refused)
    assert refused.limit == "in_flight"
    assert isinstance(inside[0], Bucket)
    held.leave(inside[0])
    assert isinstance(held.enter("late"), Bucket)


def test_guessing_becomes_slow_for_the_address_that_guesses() -> None:
    clock = Clock()
    held = rates(clock)
    for _ in range(3):
        assert held.may_guess("198.51.100.7") is None
        held.guessed_wrong("198.51.100.7")

    refused = held.may_guess("198.51.100.7")
    assert refused is not None
    assert refused.retry_after_s == pytest.approx(20, abs=1)
    assert held.may_guess("198.51.100.8") is None
    clock.now += 20
    assert held.may_guess("198.51.100.7") is None


def test_many_names_do_not_fill_the_memory_and_busy_ones_are_kept() -> None:
    clock = Clock()
    held = rates(clock, in_flight=1_000)
    while asked(held, "greedy") is None:
        pass
    for n in range(3 * MOST_KNOWN):
        clock.now += 0.0001
        asked(held, f"address {n}")

    assert len(held._names) <= MOST_KNOWN
    assert held.in_flight == 0


@pytest.mark.parametrize(
    ("shown", "counts_as"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.7"),
        ("testclient", "none"),
    ],
)
def test_an_address_counts_for_whoever_has_it(shown: str, counts_as: str) -> None:
    assert address_of((shown, 1)) == address_of((counts_as, 2))
    assert address_of(None) == "none"
