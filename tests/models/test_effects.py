"""Effects: a planted one is found, and where nothing changed nothing is claimed more often than agreed."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from city.errors import BrokenRuleError
from features.arrays import Floats
from models.effects import Effect, Panel, effect_of

WEEKDAYS = np.array([0.0, 1.0, 1.0, 1.0, 2.0, -3.0, -4.0])
TRIALS = 400
NOMINAL = 0.05


def city(
    seed: int,
    *,
    pilots: int,
    controls: int,
    before: int,
    after: int,
    shift: float = 0.0,
    rho: float = 0.3,
    spread: float = 0.0,
) -> Panel:
    """Units of different levels that share weekdays, weather and a slow trend; each has noise that lasts for days."""
    rng = np.random.default_rng(seed)
    days, units = before + after, pilots + controls
    together = np.resize(WEEKDAYS, days) + rng.normal(0, 2, days) + np.linspace(0, 5, days)
    noise = np.zeros((units, days + 20))
    for day in range(1, days + 20):
        noise[:, day] = rho * noise[:, day - 1] + rng.normal(0, 1, units)
    drift = rng.normal(0, spread, (units, 1)) * (np.arange(days) >= before)
    values = rng.normal(50, 10, (units, 1)) + together + noise[:, 20:] + drift
    pilot = np.arange(units) < pilots
    values[pilot, before:] += shift
    return Panel(values=values, pilot=pilot, after=np.arange(days) >= before)


FEW = {"pilots": 1, "controls": 3, "before": 28, "after": 28}
MANY = {"pilots": 8, "controls": 12, "before": 28, "after": 21, "spread": 1.0}
SHORT = {"pilots": 2, "controls": 2, "before": 16, "after": 8}


def judged(panel: Panel, *, higher_is_better: bool = False, is_over: bool = True) -> Effect:
    return effect_of(panel, higher_is_better=higher_is_better, is_over=is_over)


def claims(make: Callable[[int], Panel]) -> int:
    return sum(judged(make(seed)).word != "no evidence" for seed in range(TRIALS))


@pytest.mark.parametrize("kind", [FEW, MANY, SHORT], ids=["one pilot district", "many junctions", "eight days"])
def test_where_nothing_changed_it_claims_no_more_than_agreed(kind: dict[str, float]) -> None:
    """Not more false claims than a method of exactly 5 % would make in 99.9 of 100 such tests."""
    found = claims(lambda seed: city(seed, **kind))  # type: ignore[arg-type]

    assert found <= binom.ppf(0.999, TRIALS, NOMINAL)


@pytest.mark.parametrize("kind", [FEW, MANY], ids=["one pilot district", "many junctions"])
def test_an_effect_that_matters_is_found_with_its_sign_and_size(kind: dict[str, float]) -> None:
    found = [judged(city(seed, **kind, shift=-3.0)) for seed in range(60)]  # type: ignore[arg-type]

    assert sum(one.word == "better" for one in found) >= 50
    assert not any(one.word == "worse" for one in found)
    inside = [one.found is not None and one.found.low <= -3.0 <= one.found.high for one in found]
    assert sum(inside) >= 54


def test_the_same_figures_are_worse_where_more_is_better() -> None:
    panel = city(1, **FEW, shift=-6.0)

    assert judged(panel).word == "better"
    assert judged(panel, higher_is_better=True).word == "worse"


def test_while_a_trial_goes_on_the_interval_is_wider() -> None:
    panel = city(2, **FEW, shift=-3.0)
    final, early = judged(panel).found, judged(panel, is_over=False).found

    assert final is not None
    assert early is not None
    assert early.high - early.low > 1.5 * (final.high - final.low)
    assert judged(panel, is_over=False).confidence == 0.999


def test_by_units_it_is_welchs_interval_of_the_changes() -> None:
    panel = city(3, **MANY)  # type: ignore[arg-type]
    change = panel.values[:, panel.after].mean(axis=1) - panel.values[:, ~panel.after].mean(axis=1)
    oracle = ttest_ind(change[panel.pilot], change[~panel.pilot], equal_var=False).confidence_interval(0.95)

    found = judged(panel).found

    assert found is not None
    assert (found.method, found.groups) == ("units", (12, 8))
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))


def test_with_few_units_weeks_are_what_is_compared() -> None:
    found = judged(city(4, **FEW)).found

    assert found is not None
    assert (found.method, found.groups) == ("day_blocks", (4, 4))


def test_a_pilot_that_moved_apart_before_proves_nothing() -> None:
    panel = city(5, **FEW, shift=-6.0)
    panel.values[panel.pilot, 14:28] += 9.0

    found = judged(panel)

    assert (found.word, found.why) == ("no evidence", "moved_apart_before")
    assert found.moved_apart is not None
    assert found.moved_apart.low > 0


def test_a_unit_that_falls_silent_does_not_move_the_level() -> None:
    """The unit of the highest level says nothing for the whole second half but for eight days."""
    panel = city(6, **FEW | {"pilots": 2})
    panel.values[0] += 500.0
    whole = judged(panel).found
    panel.values[0, 36:] = np.nan

    holed = judged(panel).found

    assert whole is not None
    assert holed is not None
    assert holed.estimate == pytest.approx(whole.estimate, abs=2.0)


def test_too_few_days_or_no_control_give_no_verdict() -> None:
    short = city(7, pilots=1, controls=1, before=28, after=7)
    alone = city(7, **FEW)
    values: Floats = alone.values.copy()
    values[1:, 30:] = np.nan

    assert judged(short).why == "too_few_days"
    assert judged(short).found is None
    assert judged(Panel(values=values, pilot=alone.pilot, after=alone.after)).word == "no evidence"


def test_flags_must_fit_the_values() -> None:
    with pytest.raises(BrokenRuleError, match="2 units and 3 days"):
        Panel(values=np.zeros((3, 2)), pilot=np.zeros(2, np.bool_), after=np.zeros(3, np.bool_))
