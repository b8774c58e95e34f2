"""Measures declared in advance: judged on what was counted, and taken back by a person where they made things worse."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from city.errors import CityError, InvalidValueError
from city.ids import DistrictId
from city.measures import Measure, MeasureName, PlanOf, UnitKind
from city.plan_life import ConflictError
from serving.loop.effects import all_judged, decide, declare, judge_all, proposals
from tests.city.lives import LI, WANG, person
from tests.serving.loop.small_city import DAY, SmallCity, at

BEFORE, AFTER = 10, 10


def measure(**changes: Any) -> Measure:  # noqa: ANN401  -- any field of it
    told: dict[str, Any] = {
        "measure_id": "green-wave", "name": MeasureName.PACE, "unit": UnitKind.JUNCTION, "pilot": ("J-north",),
        "controls": ("J-south",), "before_from": DAY - timedelta(days=BEFORE), "after_from": DAY,
        "after_until": DAY + timedelta(days=AFTER - 1), "plan_kind": PlanOf.SIGNALS,
    }  # fmt: skip
    return Measure(**told | changes)


def counted(town: SmallCity, shift_s_km: float, days: int = AFTER) -> None:
    """As `city compare` stores it: both junctions have good and bad days together, the pilot's pace shifts."""
    rng = np.random.default_rng(3)
    for number in range(-BEFORE, days):
        together, apart = rng.normal(90, 5), rng.normal(0, 1, 2)
        values = {"J-north": together + apart[0] + (shift_s_km if number >= 0 else 0.0), "J-south": together + apart[1]}
        junctions = [
            {"junction_id": name, "district_id": name[2:], "vehicles": 1000, "pace_s_km": value, "largest_x": 0.8}
            for name, value in values.items()
        ]
        town.desk.ledger.outcomes.add(DAY + timedelta(days=number), "signals", {"junctions": junctions}, at(24))


def judged(town: SmallCity, shift_s_km: float, *, days: int = AFTER) -> Any:  # noqa: ANN401  -- a document
    declare(town.desk, measure(), LI, "the corridor is coordinated")
    counted(town, shift_s_km, days)
    town.clock.forward(days=days + 1)
    (one,) = judge_all(town.desk)
    assert one.effect is not None
    return one.effect.document


def test_a_pilot_that_got_faster_against_its_control_is_better_with_the_figure(town: SmallCity) -> None:
    found = judged(town, -8.0)

    assert (found["word"], found["is_over"], found["confidence"]) == ("better", True, 0.95)
    assert found["effect"]["low"] < -8.0 < found["effect"]["high"] < 0
    assert "pace_s_km of J-north against J-south: better, -" in found["sentence"]
    assert proposals(town.desk) == ()


def test_where_nothing_changed_nothing_is_claimed(town: SmallCity) -> None:
    assert judged(town, 0.0)["word"] == "no evidence"


def test_what_is_to_be_measured_is_said_before_anybody_can_know(town: SmallCity) -> None:
    declare(town.desk, measure(), LI, "in time")
    town.clock.forward(days=3)

    with pytest.raises(ConflictError, match="it began on 2026-03-31"):
        declare(town.desk, measure(measure_id="too-late"), LI, "looks good")
    with pytest.raises(ConflictError, match="never changed"):
        town.desk.ledger.measures.declare(measure(controls=("J-other",)), LI, "other controls")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"controls": ("J-north",)}, "pilot and control"),
        ({"controls": ()}, "at least one"),
        ({"after_until": DAY + timedelta(days=3)}, "8 to 366 days"),
        ({"name": MeasureName.COMPLAINTS}, "not known by junction"),
    ],
)
def test_a_measure_that_cannot_be_judged_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CityError, match=sentence):
        measure(**changes)


def test_units_that_the_city_does_not_have_are_refused(town: SmallCity) -> None:
    with pytest.raises(InvalidValueError, match="J-nowhere"):
        declare(town.desk, measure(controls=("J-nowhere",)), LI, "why not")


def test_worse_is_proposed_to_be_taken_back_and_a_person_accepts(town: SmallCity) -> None:
    assert judged(town, 8.0)["word"] == "worse"
    (proposed,) = proposals(town.desk)

    assert "made things worse" in proposed.sentence
    decide(town.desk, "green-wave", WANG, "8 s/km slower", accept=True)

    assert proposals(town.desk) == ()
    (step,) = town.desk.ledger.measures.steps("green-wave")
    assert (step.decision, step.person) == ("accepted", "Wang Fang")
    with pytest.raises(ConflictError, match="nothing is proposed"):
        decide(town.desk, "green-wave", LI, "again", accept=True)


def test_accepting_rolls_the_published_plan_back(town: SmallCity) -> None:
    early = measure(
        before_from=DAY - timedelta(days=40), after_from=DAY - timedelta(days=16), after_until=DAY - timedelta(days=1)
    )
    town.clock.forward(days=-20)
    declare(town.desk, early, LI, "the corridor is coordinated")
    town.clock.forward(days=20)
    plan = town.publish(town.signals("signals-1"))
    rng = np.random.default_rng(1)
    for number in range(40):
        day = early.before_from + timedelta(days=number)
        noise, shift = rng.normal(0, 1, 2), 8.0 if day >= early.after_from else 0.0
        junctions = [
            {"junction_id": "J-north", "district_id": "north", "vehicles": 10, "pace_s_km": 90 + noise[0] + shift},
            {"junction_id": "J-south", "district_id": "south", "vehicles": 10, "pace_s_km": 90 + noise[1]},
        ]
        town.desk.ledger.outcomes.add(day, "signals", {"junctions": junctions}, at(0))
    town.clock.now = at(8)
    judge_all(town.desk)

    (proposed,) = proposals(town.desk)
    said = decide(town.desk, "green-wave", WANG, "8 s/km slower", accept=True)

    assert proposed.plans == (plan,)
    assert said[0] == "Plan signals-1 is rolled back."
    assert town.desk.ledger.plan(plan).status == "rolled_back"


def test_who_declines_is_left_in_peace_until_something_changes(town: SmallCity) -> None:
    judged(town, 8.0)
    decide(town.desk, "green-wave", WANG, "road works beside it", accept=False)

    judge_all(town.desk)

    assert proposals(town.desk) == ()
    assert all_judged(town.desk)[0].word == "worse"


def test_while_the_trial_goes_on_worse_must_stand_twice(town: SmallCity) -> None:
    assert judged(town, 30.0, days=8)["confidence"] == 0.999
    assert proposals(town.desk) == ()

    counted(town, 30.0, 9)
    town.clock.forward(days=1)
    judge_all(town.desk)

    assert len(proposals(town.desk)) == 1


def test_another_districts_measure_is_not_declared(town: SmallCity) -> None:
    northern = person("Chen Jie", districts=frozenset([DistrictId("north")]))

    with pytest.raises(CityError, match="outside of your districts"):
        declare(town.desk, measure(), northern, "mine")


def test_days_that_are_not_over_do_not_count(town: SmallCity) -> None:
    declare(town.desk, measure(), LI, "in time")
    counted(town, -8.0)
    town.clock.now = at(24 * 9 + 1)
    (one,) = judge_all(town.desk)

    assert one.effect is not None
    assert one.effect.document["days"] == [BEFORE, 9]
