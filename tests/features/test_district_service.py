"""What each district got: shares with their intervals, and hours until somebody came."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from city.ids import DistrictId, PointId
from city.waste import CollectionPoint, ServiceKind, ServiceRule
from features.district_service import Share, completion, overflowing, response_hours
from tests.optimization.collection.towns import A_POINT

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAILY = replace(A_POINT, rule=ServiceRule(kind=ServiceKind.DAILY))


def visits(*rows: tuple[str, float, float, float]) -> pl.DataFrame:
    """(point, hours after Monday, fill, weight); the point's first letter is its district."""
    return pl.DataFrame(
        {
            "point_id": [row[0] for row in rows],
            "stream": ["residual"] * len(rows),
            "district_id": [row[0][0] for row in rows],
            "read_at": [MONDAY + timedelta(hours=row[1]) for row in rows],
            "fill_level": [row[2] for row in rows],
            "weight": [row[3] for row in rows],
            "emptied": [True] * len(rows),
        }
    )


def daily(name: str, times: int = 1) -> CollectionPoint:
    rule = ServiceRule(kind=ServiceKind.DAILY, times_per_day=times)
    return replace(DAILY, point_id=PointId(name), district_id=DistrictId(name[0]), rule=rule)


def test_visits_made_are_those_asked_for_and_two_for_one_count_once() -> None:
    points = (daily("a1"), daily("a2"), daily("b1", times=2))
    made = visits(("a1", 8, 0.5, 1), ("a1", 9, 0.1, 1), ("a1", 32, 0.5, 1), ("b1", 8, 0.5, 1), ("b1", 16, 0.5, 1))

    found = completion(made, points, "UTC", 2)

    assert {name: (share.value, share.rows) for name, share in found.items()} == {"a": (0.5, 4), "b": (0.5, 4)}


def test_an_audit_speaks_for_the_points_that_were_skipped() -> None:
    seen = overflowing(visits(("a1", 8, 1.2, 1), ("a2", 8, 0.4, 3), ("b1", 8, 1.0, 1)))

    assert seen["a"].value == pytest.approx(1 / 4)
    assert seen["b"].value == 1.0


def test_hours_until_a_complaint_is_closed_are_told_by_their_median() -> None:
    rows = pl.DataFrame(
        {
            "district_id": ["a", "a", "a"],
            "at": [MONDAY] * 3,
            "closed_at": [MONDAY + timedelta(hours=hours) for hours in (2, 10, 50)],
        }
    )
    middle, late, count = response_hours(rows)["a"]
    assert (middle, count) == (10.0, 3)
    assert late > middle


@given(hits=st.integers(0, 40), rows=st.integers(1, 40))
def test_the_interval_is_wilsons(hits: int, rows: int) -> None:
    hits = min(hits, rows)
    told = binomtest(hits, rows).proportion_ci(0.90, method="wilson")
    share = Share(value=hits / rows, rows=rows)
    assert (share.low, share.high) == pytest.approx((told.low, told.high), abs=2e-4)


def test_nothing_seen_says_nothing() -> None:
    empty = Share(value=0.0, rows=0)
    assert (empty.low, empty.high) == (0.0, 1.0)
    assert completion(visits(), (), "UTC", 3) == {}
