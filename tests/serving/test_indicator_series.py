"""Indicators over time: small cases added up by hand, what is told to whom, and the page of the catalogue."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from city.frames import BinReadings, Weighings
from city.ids import DistrictId
from city.plan_deeds import Deed
from serving.exporting import write_safely
from serving.indicator_answers import HERE, Question, answer_series
from serving.indicator_catalogue import DEFINITIONS
from serving.indicator_page import PAGE, main, page
from serving.indicator_series.engine import FAMILIES, NOT_OVER
from serving.indicator_table import table_of
from serving.indicators_over_time import OVER_TIME
from tests.city.lives import LI, NORTH, SOUTH, WANG, routes, schedule
from tests.serving.told_figures import MIDNIGHT, MONDAY, SUNDAY, bring, told, values
from tests.serving.watched_town import DAY, HOUR, NOW, Town, town_in


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return town_in(tmp_path)


def test_an_empty_town_tells_of_every_indicator_why_it_cannot_be_computed(town: Town) -> None:
    found = told(town)

    assert found.cells.is_empty()
    assert {one.indicator_id for one in found.not_told} == {one.indicator_id for one in OVER_TIME}
    assert all(one.why.endswith(".") for one in found.not_told)


def test_overflow_is_the_share_of_emptyings_found_above_one(town: Town) -> None:
    fills = [("P1", 0.5, True), ("P1", 1.1, True), ("P2", 1.0, True), ("P2", 1.4, True), ("P3", 1.9, False)]
    bring(
        town,
        BinReadings,
        [
            {
                "district_id": "south" if point == "P2" else "north", "point_id": point, "stream": "residual",
                "read_at": MIDNIGHT + n * HOUR, "known_at": MIDNIGHT + n * HOUR, "method": "visit", "fill_level": fill,
                "emptied": emptied,
            }
            for n, (point, fill, emptied) in enumerate(fills)
        ],
    )  # fmt: skip

    found = told(town, "waste.overflow_rate")

    assert values(found) == {("north", MONDAY): 0.5, ("south", MONDAY): 0.5, (None, MONDAY): 0.5}
    assert dict(found.cells.select("district_id", "support").iter_rows())[None] == 4


def test_kg_per_truck_counts_service_dates_not_the_day_of_the_ticket(town: Town) -> None:
    tickets = [("T1", 0, 20, 900.0), ("T1", 0, 26, 1_100.0), ("T2", 0, 22, 4_000.0), ("T1", 1, 40, 500.0)]
    bring(
        town,
        Weighings,
        [
            {
                "ticket_id": f"W{n}", "truck_id": truck, "site_id": "S", "stream": "residual", "net_kg": kg,
                "weighed_at": MIDNIGHT + hour * HOUR, "known_at": MIDNIGHT + hour * HOUR,
                "service_date": MONDAY + day * DAY,
            }
            for n, (truck, day, hour, kg) in enumerate(tickets)
        ],
    )  # fmt: skip

    by_day = values(told(town, "waste.kg_per_truck", period="day"))
    by_week = values(told(town, "waste.kg_per_truck"))

    assert by_day[None, MONDAY] == pytest.approx(6_000 / 2)
    assert by_day[None, MONDAY + DAY] == pytest.approx(500)
    assert by_week[None, MONDAY] == pytest.approx(6_500 / 3)


def routes_compared(town: Town, day: date, stops: Sequence[tuple[str, int, int]], km: Sequence[float]) -> None:
    document = {
        "plans": ["R1"],
        "districts": [{"district_id": name, "stops": planned, "done": done} for name, planned, done in stops],
        "trucks": [
            {"truck_id": f"T{n}", "plan_id": "R1", "districts": ["north"] if n == 0 else ["north", "south"],
             "planned_km": each}
            for n, each in enumerate(km)
        ],
    }  # fmt: skip
    town.desk.ledger.outcomes.add(day, "routes", document, town.clock.now)


def test_completion_and_km_come_from_the_days_that_were_compared(town: Town) -> None:
    routes_compared(town, MONDAY, [("north", 10, 9), ("south", 20, 10)], [30.0, 50.0])
    routes_compared(town, MONDAY + DAY, [("north", 30, 30)], [20.0])

    completion = values(told(town, "waste.completion_rate"))
    km = values(told(town, "waste.km_per_truck"))

    assert completion == {("north", MONDAY): 39 / 40, ("south", MONDAY): 0.5, (None, MONDAY): pytest.approx(49 / 60)}
    assert km == {("north", MONDAY): 25.0, (None, MONDAY): pytest.approx(100 / 3)}


def test_a_comparison_made_later_does_not_change_what_was_known_before(town: Town) -> None:
    routes_compared(town, MONDAY, [("north", 10, 5)], [30.0])
    first = town.clock.now
    town.clock.forward(hours=1)
    routes_compared(town, MONDAY, [("north", 10, 9)], [30.0])

    assert values(told(town, "waste.completion_rate", as_of=first))["north", MONDAY] == 0.5
    assert values(told(town, "waste.completion_rate"))["north", MONDAY] == 0.9
    assert told(town, "waste.completion_rate", as_of=first - HOUR).not_told[0].why.startswith("No day")


def test_the_idle_rate_is_that_of_the_plans_that_ran(town: Town) -> None:
    routes_compared(town, MONDAY, [("north", 10, 9)], [30.0, 50.0])
    assert "have no indicators.json" in told(town, "waste.idle_rate").not_told[0].why

    folder = town.desk.settings.plans / "R1"
    folder.mkdir(parents=True)
    spent = [{"truck_id": "T0", "waiting_h": 1.0, "hours": 4.0}, {"truck_id": "T1", "waiting_h": 0.0, "hours": 6.0}]
    (folder / "indicators.json").write_text(json.dumps({"trucks": spent}), encoding="utf-8")

    assert values(told(town, "waste.idle_rate")) == {("north", MONDAY): 0.25, (None, MONDAY): 0.1}


def test_skill_weighs_by_the_values_that_the_simple_rule_spoke_of_too(town: Town) -> None:
    def line(district: str, rows: int, simple: float | None, own: float | None) -> dict[str, object]:
        return {
            "district_id": district, "quantity": "flow_veh_h", "simple_rows": rows, "simple_mae": simple,
            "mae_beside_simple": own,
        }  # fmt: skip

    lines = [line("north", 10, 8.0, 4.0), line("north", 30, 4.0, 4.0), line("south", 10, 2.0, 3.0)]
    silent = line("south", 0, None, None)
    town.desk.ledger.outcomes.add(MONDAY, "forecasts", {"lines": [*lines, silent]}, town.clock.now)

    found = told(town, "forecasts.skill")

    assert values(found) == {
        ("north", MONDAY): pytest.approx(1 - 160 / 200),
        ("south", MONDAY): pytest.approx(-0.5),
        (None, MONDAY): pytest.approx(1 - 190 / 220),
    }
    assert set(found.cells["part"]) == {"flow_veh_h"}


def test_the_share_of_plans_accepted_counts_decisions_by_people(town: Town) -> None:
    first, second, third = schedule("S1"), schedule("S2"), schedule("S3", districts=(NORTH, SOUTH))
    town.plans.draft(first, second, third, schedule("S4"), routes("R1"))
    town.plans.approve(first, LI, WANG)
    town.plans.approve(second, LI)  # one more is missing: nobody has decided
    town.desk.ledger.life.refuse(Deed(plan_id=third.plan_id, caller=LI, reason="no"))
    town.plans.approve(routes("R1"), LI)
    today = town.desk.local_date(NOW)

    found = told(town, "plans.accepted_share", since=today, until=today)

    shares = {(row["part"], row["district_id"]): row["value"] for row in found.cells.iter_rows(named=True)}
    assert shares == {
        ("routes", "north"): 1.0, ("routes", None): 1.0, ("signals", "north"): 1.0, ("signals", None): 0.5,
    }  # fmt: skip
    assert set(found.cells["note"]) == {NOT_OVER}
    assert told(town, "plans.accepted_share", as_of=NOW - HOUR, since=today, until=today).cells.is_empty()


def test_somebody_of_a_district_sees_theirs_and_nothing_of_the_city(town: Town) -> None:
    routes_compared(town, MONDAY, [("north", 10, 9), ("south", 20, 10)], [30.0])
    question = Question(indicator_ids=("waste.completion_rate",), since=MONDAY, until=SUNDAY)

    theirs = answer_series(town.desk, question, replace(HERE, districts=frozenset({DistrictId("north")})))
    reader = answer_series(town.desk, question, replace(HERE, scopes=frozenset({"signals:read"})))

    assert values(theirs) == {("north", MONDAY): 0.9}
    assert reader.cells.is_empty()
    assert reader.asked.indicator_ids == ()


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_a_table_for_other_tools_is_flat_and_runs_no_formula(town: Town, ending: str, tmp_path: Path) -> None:
    routes_compared(town, MONDAY, [("=HYPERLINK(1)", 10, 9)], [30.0])

    rows = table_of(told(town, "waste.completion_rate", "waste.km_per_truck"))
    path = tmp_path / f"out{ending}"
    write_safely(rows, path)
    reader: Any = {".csv": pl.read_csv, ".xlsx": pl.read_excel, ".parquet": pl.read_parquet}[ending]
    read = reader(path)

    assert read.height == rows.height == 4
    assert set(read["unit"]) == {"share", "km"}
    districts = set(read["district_id"].to_list())
    assert districts == {"city", "north", "=HYPERLINK(1)" if ending == ".parquet" else "'=HYPERLINK(1)"}


def test_every_indicator_over_time_is_computed_by_one_family_and_defined_once() -> None:
    computed = [name for ids, _ in FAMILIES for name in ids]

    assert sorted(computed) == sorted(one.indicator_id for one in OVER_TIME)
    assert len({one.indicator_id for one in DEFINITIONS}) == len(DEFINITIONS)
    for one in DEFINITIONS:
        assert all((one.name, one.definition, one.formula, one.source, one.owner, one.since)), one.indicator_id


def test_the_page_of_indicators_is_current_and_a_stale_one_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"]) == 0, "python -m serving.indicator_page"
    assert PAGE.read_text(encoding="utf-8") == page()

    other = tmp_path / "indicators.md"
    other.write_text(page().replace("km", "miles"), encoding="utf-8")
    monkeypatch.setattr("serving.indicator_page.PAGE", other)
    assert main(["--check"]) == 1
    assert "python -m serving.indicator_page" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
