"""Kilograms per point: tickets add up, and what a point taught outweighs what was written about it."""

import polars as pl
import pytest

from city.ids import DistrictId, PointId
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Stream
from features.allocation import KgPerFill, allocated_kg
from tests.features.small_city import reading, readings, tickets


def point(name: str, capacity_m3: float, density_kg_m3: float = 100.0) -> CollectionPoint:
    return CollectionPoint(
        point_id=PointId(name),
        stream=Stream.RESIDUAL,
        district_id=DistrictId("north"),
        lon=112.0,
        lat=30.0,
        capacity_m3=capacity_m3,
        density_kg_m3=density_kg_m3,
        service_s=60,
        rule=ServiceRule(kind=ServiceKind.BY_FILL),
    )


POINTS = (point("a", 2.0), point("b", 6.0))


def test_a_ticket_is_split_by_fill_times_capacity_times_density_and_adds_up() -> None:
    rows = readings([reading("a", 5, 1.0, emptied=True, ticket="t0"), reading("b", 6, 0.5, emptied=True, ticket="t0")])
    weighed = tickets(1).filter(pl.col("ticket_id") == "t0")

    split = allocated_kg(rows, weighed, POINTS).sort("point_id")

    assert split["kg"].sum() == pytest.approx(weighed["net_kg"].sum())
    assert split["kg"][1] / split["kg"][0] == pytest.approx(1.5)


def test_readings_without_a_ticket_or_with_one_that_is_not_there_give_nothing() -> None:
    rows = readings([reading("a", 5, 1.0, emptied=True), reading("b", 6, 0.5, emptied=True, ticket="lost")])

    assert allocated_kg(rows, tickets(1), POINTS).is_empty()


def test_a_ticket_of_empty_stops_cannot_be_split() -> None:
    rows = readings([reading("a", 5, 0.0, emptied=True, ticket="t0")])

    assert allocated_kg(rows, tickets(1), POINTS).is_empty()


def test_a_point_holds_what_its_tickets_said_shrunk_to_its_stream() -> None:
    rows = readings([reading("a", 24.0 * day, 1.0, emptied=True, ticket=f"t{day}") for day in range(30)])
    weighed = tickets(30).with_columns(pl.lit(260.0).alias("net_kg"))

    kg = KgPerFill.fit(rows, weighed, POINTS)

    assert kg.of("a", "residual") == pytest.approx(260.0)
    assert kg.of("b", "residual") == pytest.approx(600.0 * 1.3)
    assert kg.of("nobody", "residual") is None


def test_without_tickets_the_description_is_taken_at_its_word() -> None:
    rows = readings([reading("a", 5, 1.0, emptied=True)])

    assert KgPerFill.fit(rows, tickets(1), POINTS).of("b", "residual") == pytest.approx(600.0)
