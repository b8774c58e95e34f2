"""What other parts propose or find becomes warnings: rollbacks, and both sides of one trouble of a model."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from city.access import SCOPES, Caller
from city.errors import CityError
from city.ids import DistrictId, PlanId
from city.measures import Measure, MeasureName, PlanOf, UnitKind
from city.settings import Settings
from serving.loop.effects import Proposal
from serving.model_findings import ModelFinding, Trouble
from serving.refreshed import Refreshed
from serving.warning_rules import rollbacks
from serving.warnings_found import Watches, may_see
from serving.watching_models import ModelWatch
from tests.serving.watched_town import NOW, town_in


def proposal(*districts: str) -> Proposal:
    start = date(2026, 3, 2)
    measure = Measure(
        measure_id="trial-1", name=MeasureName.PACE, unit=UnitKind.JUNCTION, pilot=("J1",), controls=("J2",),
        before_from=start, after_from=start + timedelta(days=14), after_until=start + timedelta(days=28),
        plan_kind=PlanOf.SIGNALS, districts=districts,
    )  # fmt: skip
    return Proposal(
        measure=measure, effect_version=2, since=NOW, sentence="Measure trial-1 made things worse.",
        todo="`city effects accept trial-1`", plans=(PlanId("S1"),), figures=(("estimate", 4.0),),
    )  # fmt: skip


@pytest.mark.parametrize(("districts", "named"), [(("north",), "north"), (("north", "south"), None)])
def test_an_effect_that_stands_as_worse_is_a_warning_to_those_of_its_district(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, districts: tuple[str, ...], named: str | None
) -> None:
    town = town_in(tmp_path)
    assert list(rollbacks.rollbacks_proposed(town.desk)) == []
    monkeypatch.setattr(rollbacks, "proposals", lambda _: (proposal(*districts),))

    told = Watches(town.desk).look("effects").warnings

    assert [(one.cause, one.district_id, one.parts) for one in told] == [("signals-rollback-proposed", named, ("S1",))]
    north = Caller(person="Li Wei", key_id="k", scopes=frozenset(SCOPES), districts=frozenset({DistrictId("north")}))
    driver = Caller(person="Li Wei", key_id="k", scopes=frozenset({"routes:read"}))
    assert may_see(north, told[0]) is (named == "north")
    assert not may_see(driver, told[0])


def test_quantiles_that_are_off_on_both_sides_are_one_warning_that_says_both(tmp_path: Path) -> None:
    def off(side: str, share: float) -> ModelFinding:
        return ModelFinding(
            trouble=Trouble.QUANTILES_OFF, what="congestion", subject="flow_veh_h", sentence=f"{share:.0%} {side}.",
            todo="`city retrain congestion`", figures=(("share", share),),
        )  # fmt: skip

    watches = Watches(town_in(tmp_path).desk)
    found = ModelWatch(
        now=NOW, inputs=(), errors=(), ages=(), findings=(off("below p10", 0.2), off("above p90", 0.3)), not_judged=()
    )
    watches.models = Refreshed("models", lambda: found)

    (told,) = watches.look("models").warnings

    assert told.sentence == "20% below p10. 30% above p90."


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("CITY_WARN_OVERFLOW_PROBABILITY", "often", "a number"),
        ("CITY_WARN_OVERFLOW_PROBABILITY", "nan", "a number"),
        ("CITY_WARN_CONGESTED_PROBABILITY", "1.5", "0.05 to 1"),
        ("CITY_WARN_PLAN_HOURS", "-1", "0 to 168"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused_and_a_good_one_taken(name: str, text: str, said: str) -> None:
    with pytest.raises(CityError, match=said):
        Settings.from_environment({name: text})

    field = name.removeprefix("CITY_WARN_").lower()
    assert getattr(Settings.from_environment({name: "0.75"}).warnings, field) == 0.75
