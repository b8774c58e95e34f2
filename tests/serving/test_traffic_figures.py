"""Congestion index and reliability against plain SQL over the same rows."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from city.frames import Links, TrafficCounts
from features.free_flow import FreeFlow
from tests.serving.told_figures import MIDNIGHT, MONDAY, bring, told, values
from tests.serving.watched_town import DAY, HOUR, NOW, Town, town_in


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return town_in(tmp_path)


def traffic(town: Town) -> pl.DataFrame:
    """Two weeks by the hour of three detectors, some speeds below the floor and above the free flow."""
    random = np.random.default_rng(7)
    rows = [
        {
            "district_id": district, "detector_id": name, "start_at": MIDNIGHT + hour * HOUR, "step_s": 3600,
            "known_at": MIDNIGHT + (hour + 1) * HOUR, "flow_veh_h": float(random.integers(1, 900)),
            "speed_kmh": float(max(3.0, random.normal(45 if hour % 24 in (7, 8, 17) else 60, 15))),
        }
        for name, district in (("A", "north"), ("B", "north"), ("C", "south"))
        for hour in range(14 * 24)
    ]  # fmt: skip
    bring(town, TrafficCounts, rows)
    links = [
        {
            "link_id": f"L{name}", "from_node_id": "1", "to_node_id": "2", "length_m": length, "free_speed_kmh": 50.0,
            "lanes": 1, "detector_id": name, "known_at": NOW - 60 * DAY,
        }
        for name, length in (("A", 500.0), ("B", 2_000.0), ("C", 800.0))
    ]  # fmt: skip
    bring(town, Links, links)
    return town.desk.history.read(TrafficCounts)


def by_sql(counts: pl.DataFrame, query: str) -> list[tuple[Any, ...]]:
    """The query sees `local` (counts with the city's clock as `at`), `free` and `lengths`."""
    zone = "Asia/Shanghai"
    with duckdb.connect() as sql:
        sql.register("free", FreeFlow.fit(counts, time_zone=zone, cutoff=NOW).speeds)
        sql.register("lengths", pl.DataFrame({"detector_id": ["A", "B", "C"], "km": [0.5, 2.0, 0.8]}))
        clock = pl.col("start_at").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        sql.register("local", counts.with_columns(at=clock))
        return sql.execute(query).fetchall()


def test_the_congestion_index_is_what_sql_makes_of_the_same_rows(town: Town) -> None:
    expected = by_sql(
        traffic(town),
        """
        select district_id, date_trunc('week', "at")::date as start,
            sum(flow_veh_h * km / least(greatest(speed_kmh, 5), free_flow_kmh)) / sum(flow_veh_h * km / free_flow_kmh)
        from local join free using (detector_id) join lengths using (detector_id)
        group by grouping sets ((district_id, start), (start))
        """,
    )

    found = values(told(town, "traffic.congestion_index"))

    assert len(found) == len(expected) == 6
    for district, start, value in expected:
        assert found[district, start] == pytest.approx(value, rel=1e-9)
        assert value > 1


def test_reliability_is_what_sql_makes_of_the_same_rows(town: Town) -> None:
    expected = by_sql(
        traffic(town),
        """
        with steps as (
            select district_id, detector_id, date_trunc('week', "at")::date as start, flow_veh_h * km as veh_km,
                free_flow_kmh / least(greatest(speed_kmh, 5), free_flow_kmh) as ratio
            from local join free using (detector_id) join lengths using (detector_id)
            where hour("at") between 6 and 21
        ), each as (
            select district_id, detector_id, start, sum(veh_km) as w, quantile_cont(ratio, 0.95) as late,
                avg(ratio) as mean
            from steps group by all
        )
        select district_id, start, sum(w * late) / sum(w), sum(w * (late - mean) / mean) / sum(w)
        from each group by grouping sets ((district_id, start), (start))
        """,
    )

    planning = values(told(town, "traffic.planning_time_index"))
    buffer = values(told(town, "traffic.buffer_index"))

    assert len(expected) == len(planning) == 6
    for district, start, late, extra in expected:
        assert planning[district, start] == pytest.approx(late, rel=1e-9)
        assert buffer[district, start] == pytest.approx(extra, rel=1e-9)


def test_a_street_at_free_flow_has_an_index_of_one(town: Town) -> None:
    rows = [
        {"detector_id": "A", "start_at": MIDNIGHT + hour * HOUR, "step_s": 3600, "flow_veh_h": 100.0, "speed_kmh": 50.0,
         "known_at": MIDNIGHT + (hour + 1) * HOUR}
        for hour in range(24 * 7)
    ]  # fmt: skip
    bring(town, TrafficCounts, rows)

    cells = told(town, "traffic.congestion_index", "traffic.planning_time_index", "traffic.buffer_index").cells

    assert sorted(cells["value"].unique()) == [0.0, 1.0]


def test_what_became_known_later_is_not_in_a_figure_of_before(town: Town) -> None:
    rows = [
        {"detector_id": "A", "start_at": MIDNIGHT + hour * HOUR, "step_s": 3600, "flow_veh_h": 100.0,
         "speed_kmh": 50.0 if hour < 24 * 7 else 25.0, "known_at": MIDNIGHT + (hour + 1) * HOUR}
        for hour in range(24 * 9)
    ]  # fmt: skip
    bring(town, TrafficCounts, rows)
    before = MIDNIGHT + 7 * DAY

    then = told(town, "traffic.congestion_index", period="day", as_of=before)
    now = told(town, "traffic.congestion_index", period="day")

    assert max(start for _, start in values(then)) == MONDAY + 6 * DAY
    assert max(start for _, start in values(now)) == MONDAY + 8 * DAY
    assert values(now)["north", MONDAY + 8 * DAY] == pytest.approx(2.0)


@pytest.mark.parametrize(("speed", "why"), [(None, "measure no speed"), (9.0, "enough speeds to know its free flow")])
def test_traffic_that_cannot_be_told_says_why(town: Town, speed: float | None, why: str) -> None:
    rows: list[dict[str, object]] = [
        {"detector_id": "A", "start_at": MIDNIGHT + hour * HOUR, "step_s": 3600, "flow_veh_h": 100.0,
         "speed_kmh": speed, "known_at": MIDNIGHT + (hour + 1) * HOUR}
        for hour in range(48)
    ]  # fmt: skip
    bring(town, TrafficCounts, rows)

    found = told(town, "traffic.congestion_index")

    assert found.cells.is_empty()
    assert why in found.not_told[0].why
