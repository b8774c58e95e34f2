"""Promises against what came: figures by hand, as far as was known, and in versions."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from city.errors import InvalidValueError
from optimization.signals.censoring import running_capacity_pcu_h
from serving.loop.comparing import comparable_days, compare_day
from serving.loop.figures import coverage_of, summed
from serving.loop.forecast_lines import _lines as lines_of
from tests.serving.loop.small_city import DAY, EVENING, MIDNIGHT, SmallCity, at, junction


def lines(town: SmallCity) -> list[dict[str, Any]]:
    document = compare_day(town.desk, DAY).part("forecasts")
    return [] if document is None else list(document["lines"])


def test_errors_are_those_of_the_forecast_that_was_issued(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.evening()

    (north, *_) = [one for one in lines(town) if one["district_id"] == "north" and one["horizon"] == "3-6 h"]

    assert (north["quantity"], north["mae"], north["bias"]) == ("flow_veh_h", 10.0, -10.0)
    assert north["pinball"] == pytest.approx((0.1 * 20 + 0.5 * 10 + 0.1 * 10) / 3)
    assert (north["below"], north["above"], north["coverage_80"]) == (0, 0, 1.0)
    assert north["rows"] == 4 * 11  # four arms, quarters of an hour that begin 0 to 2.5 h after midnight


def test_every_issue_counts_at_its_own_horizon_and_none_after_the_fact(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.forecast(90.0, 99.0, 110.0, issued_at=at(12))
    town.count(100.0)
    town.evening()

    found = {one["horizon"]: one for one in summed(lines(town), ("horizon",))}

    assert found["0-1 h"]["mae"] == 1.0
    assert found["24-48 h"]["mae"] == 10.0
    assert sum(one["rows"] for one in found.values()) == 8 * (96 + 47)


def test_the_simple_rule_is_the_same_hour_a_week_before(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.count(60.0, day=-7, junctions=("J-north",))
    town.evening()

    north, south = (one for one in summed(lines(town), ("district_id",)))

    assert (north["simple_mae"], north["mae_beside_simple"]) == (40.0, 10.0)
    assert (south["simple_mae"], south["simple_rows"]) == (None, 0)


def test_of_truths_that_fall_as_promised_eight_in_ten_are_inside() -> None:
    rng = np.random.default_rng(5)
    count = 20_000
    normal = rng.normal(100.0, 10.0, count)
    rows = pl.DataFrame(
        {
            "district_id": ["north"] * count, "quantity": ["flow"] * count, "horizon": ["0-1 h"] * count,
            "issued_at": [MIDNIGHT] * count, "rung": ["champion"] * count, "p10": [100 - 12.8155] * count,
            "p50": [100.0] * count, "p90": [100 + 12.8155] * count, "truth": normal,
            "simple": pl.Series([None] * count, dtype=pl.Float64),
        }
    )  # fmt: skip

    (line,) = lines_of(rows)

    assert coverage_of(line) == pytest.approx(0.8, abs=0.01)
    assert line["below"] / count == pytest.approx(0.1, abs=0.01)


def test_what_is_not_known_yet_is_awaited_and_comes_as_a_new_version(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0, known_at=at(10), steps=range(24))
    town.count(100.0, known_at=at(24.5), steps=range(24, 96))
    town.clock.now = at(12)

    noon = compare_day(town.desk, DAY)
    town.evening()
    evening = compare_day(town.desk, DAY)

    assert noon.part("forecasts") is not None
    assert sum(one["rows"] for one in noon.part("forecasts")["lines"]) == 8 * 24  # type: ignore[index]
    assert any("576 forecast values of congestion" in sentence for sentence in noon.said)
    assert {one.kind: one.version for one in evening.parts}["forecasts"] == 2
    assert sum(one["rows"] for one in evening.part("forecasts")["lines"]) == 8 * 96  # type: ignore[index]


def test_comparing_again_stores_nothing_and_a_correction_loses_nothing(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.evening()
    first = compare_day(town.desk, DAY)

    again = compare_day(town.desk, DAY)
    town.count(120.0, known_at=EVENING, steps=[40])
    town.clock.forward(hours=1)
    corrected = compare_day(town.desk, DAY)

    assert set(first.new) == {"forecasts", "signals"}
    assert again.new == ()
    assert set(corrected.new) == {"forecasts", "signals"}
    kept = town.desk.ledger.outcomes.versions(DAY, "forecasts")
    assert [one.version for one in kept] == [1, 2]
    assert kept[0].document == first.part("forecasts")
    assert max(one["mae"] for one in kept[1].document["lines"]) > 10.0


def test_an_issue_that_nobody_booked_is_booked_by_its_comparison_once(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.evening()

    assert compare_day(town.desk, DAY).booked == 1
    assert compare_day(town.desk, DAY).booked == 0
    (booked,) = town.desk.ledger.promises.find(kind="forecast")
    table = booked.promise.promised["tables"]["CongestionForecasts"]
    assert booked.promise.subject == "congestion 2026-03-30T12:30:00Z"
    assert (table["rows"], table["rungs"], table["means"]["flow_p50_veh_h"]) == (8 * 96, {"champion": 768}, 90.0)


def test_where_nothing_was_promised_or_nothing_came_it_says_so(town: SmallCity) -> None:
    assert comparable_days(town.desk) == ()
    town.evening()

    found = compare_day(town.desk, DAY)

    assert found.parts == ()
    assert found.said[-1] == f"Nothing to compare on {DAY} yet."
    assert town.desk.ledger.outcomes.days() == ()


def test_a_day_that_has_not_begun_is_refused(town: SmallCity) -> None:
    with pytest.raises(InvalidValueError, match="has begun"):
        compare_day(town.desk, DAY)


def test_days_are_found_from_the_first_promise_to_the_last_news(town: SmallCity) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)
    town.evening()

    assert comparable_days(town.desk) == (date(2026, 3, 30), DAY, DAY + timedelta(days=1))
    assert comparable_days(town.desk, since=DAY, until=DAY) == (DAY,)


def signals(town: SmallCity) -> dict[str, dict[str, Any]]:
    document = compare_day(town.desk, DAY).part("signals")
    assert document is not None
    return {one["junction_id"]: one for one in document["junctions"]}


def test_saturation_is_counted_flow_over_the_capacity_of_what_ran(town: SmallCity) -> None:
    town.count(600.0)
    town.evening()
    there = junction("J-north", "north")
    expected = max(
        600.0 * one.turning_share / running_capacity_pcu_h(there, one) for one in there.movements if one.detector_ids
    )

    north = signals(town)["J-north"]

    assert north["largest_x"] == pytest.approx(expected, abs=1e-4)
    assert (north["slots"], north["slots_left_out"], north["plan_id"]) == (96, 0, None)
    assert north["pace_s_km"] == pytest.approx(3600 / 40)


def test_full_approaches_are_censored_and_empty_ones_are_not(town: SmallCity) -> None:
    town.count(3000.0, junctions=("J-north",))
    town.count(30.0, junctions=("J-south",))
    town.evening()

    found = signals(town)

    assert found["J-north"]["censored_share"] == 1.0
    assert found["J-south"]["censored_share"] == 0.0


def test_hours_in_manual_or_fault_are_left_out(town: SmallCity) -> None:
    town.count(300.0, speed_kmh=40.0)
    town.count(3000.0, speed_kmh=5.0, known_at=EVENING, junctions=("J-north",), steps=range(28, 40))
    town.log("J-north", (0, 7, "fixed", 1), (7, 8, "fault", None), (8, 10, "manual", None), (10, 24, "fixed", 1))
    town.clock.now = EVENING + timedelta(hours=1)

    found = signals(town)

    assert found["J-north"]["slots_left_out"] == 12
    assert found["J-north"]["largest_x"] == found["J-south"]["largest_x"]
    assert found["J-north"]["pace_s_km"] == found["J-south"]["pace_s_km"]


def test_a_published_plan_is_held_against_its_promise_on_the_traffic_that_came(town: SmallCity) -> None:
    town.publish(town.signals("signals-1", delay_s=12.5, running_delay_s=21.0))
    town.count(500.0)
    town.evening()

    north = signals(town)["J-north"]

    assert north["plan_id"] == "signals-1"
    assert (north["promised_delay_s"], north["promised_fixed_delay_s"]) == (12.5, 21.0)
    assert north["counted_delay_s"] > 0
    assert north["fixed_delay_s"] != north["counted_delay_s"]


def test_measures_of_arrivals_on_green_are_left_out_and_that_is_said(town: SmallCity) -> None:
    town.count(500.0)
    town.evening()

    said = compare_day(town.desk, DAY).said

    assert "ATSPM measures are left out: there is no event data of 1 s or finer." in said
