"""Forecasts by the day: grouped by what they speak of, filtered by day, and silent about other districts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from city.access import Caller
from city.errors import NotFoundError, UnknownIdError
from city.forecasts import ComplaintForecasts, EmptyingForecasts, WorkloadForecasts
from city.ids import DistrictId
from serving.api.access import own_rows
from serving.day_documents import complaints_document, emptyings_document, work_document
from serving.schemas.day_forecasts import (
    ComplaintForecast,
    ComplaintQuery,
    EmptyingForecast,
    PointDayQuery,
    WorkForecast,
)
from tests.serving.lived_in import frame

ISSUED = datetime(2026, 3, 29, 21, tzinfo=UTC)
MONDAY = date(2026, 3, 30)
SHANGHAI = ZoneInfo("Asia/Shanghai")
SAID = {"issued_at": ISSUED, "model": "waste v1", "rung": "champion"}


@pytest.fixture
def complaints() -> pl.DataFrame:
    return frame(
        ComplaintForecasts,
        [
            SAID | {
                "district_id": district, "district_key": district, "category": category,
                "day": MONDAY + timedelta(days=day), "days_ahead": 1 + day, "reports_p10": 1.0,
                "reports_p50": 2.0 + day, "reports_p90": 5.0, "reports_mean": 2.5,
            }
            for day in (2, 0, 1)
            for district in ("D01", "D02")
            for category in ("waste", "noise")
        ],
    )  # fmt: skip


@pytest.fixture
def emptyings() -> pl.DataFrame:
    """At 23:30 and 00:30 by the city's clock: two local days, one day of UTC."""
    moments = (datetime(2026, 3, 30, 15, 30, tzinfo=UTC), datetime(2026, 3, 30, 16, 30, tzinfo=UTC))
    return frame(
        EmptyingForecasts,
        [
            SAID | {
                "district_id": "D01", "point_id": "P1", "stream": "residual", "emptied_at": moment, "days_ahead": 1,
                "next_visit": False, "timetable": "rhythm", "units_p10": 0.5, "units_p50": 1.0, "units_p90": 1.5,
                "full_probability": 0.4, "over_probability": 0.1,
            }
            for moment in moments
        ],
    )  # fmt: skip


@pytest.fixture
def workload() -> pl.DataFrame:
    return frame(
        WorkloadForecasts,
        [
            SAID | {"district_id": district, "point_id": point, "stream": "residual", "day": MONDAY, "units": units}
            for point, district, units in (("P1", "D01", 1.25), ("P2", "D02", 2.0), ("city", "city", 3.25))
        ],
    )  # fmt: skip


def test_complaints_come_per_district_and_category_in_the_order_of_days(complaints: pl.DataFrame) -> None:
    told = ComplaintForecast.model_validate(complaints_document(complaints, ComplaintQuery()), strict=False)

    assert [(one.district_key, one.category) for one in told.series] == [
        ("D01", "noise"), ("D01", "waste"), ("D02", "noise"), ("D02", "waste"),
    ]  # fmt: skip
    assert [value.reports_p50 for value in told.series[0].values] == [2, 3, 4]
    assert told.rungs == {"champion": 12}


def test_days_from_and_to_are_both_inside(complaints: pl.DataFrame) -> None:
    query = ComplaintQuery.model_validate({"from": "2026-03-31", "to": "2026-04-01", "category": ["waste"]})

    told = complaints_document(complaints, query)

    assert {value["day"] for one in told["series"] for value in one["values"]} == {"2026-03-31", "2026-04-01"}
    assert {one["category"] for one in told["series"]} == {"waste"}


def test_a_day_is_the_citys_own(emptyings: pl.DataFrame) -> None:
    query = PointDayQuery.model_validate({"from": "2026-03-31", "to": "2026-03-31"})

    (point,) = EmptyingForecast.model_validate(emptyings_document(emptyings, query, SHANGHAI)).points

    assert [value.emptied_at for value in point.values] == [datetime(2026, 3, 30, 16, 30, tzinfo=UTC)]


def test_the_work_of_the_city_is_the_sum_of_its_points(workload: pl.DataFrame) -> None:
    units = {
        one.point_id: one.values[0].units
        for one in WorkForecast.model_validate(work_document(workload, PointDayQuery())).points
    }

    assert units.pop("city") == sum(units.values())


def test_of_other_districts_nothing_is_told_and_no_id_is_known(workload: pl.DataFrame) -> None:
    caller = Caller(
        person="Li Wei", key_id="a", scopes=frozenset({"routes:read"}), districts=frozenset({DistrictId("D01")})
    )
    own = own_rows(workload, caller)

    assert [one["point_id"] for one in work_document(own, PointDayQuery())["points"]] == ["P1"]
    with pytest.raises(UnknownIdError) as unknown:
        work_document(own, PointDayQuery(point_id=["P2"]))
    assert str(unknown.value).endswith("Known are P1.")


def test_what_was_never_forecast_is_not_there(complaints: pl.DataFrame) -> None:
    with pytest.raises(NotFoundError, match="city forecast"):
        complaints_document(complaints.clear(), ComplaintQuery())


def test_from_must_not_lie_after_to() -> None:
    with pytest.raises(ValueError, match="must not lie after"):
        PointDayQuery.model_validate({"from": "2026-04-01", "to": "2026-03-31"})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_utc_does_not_have_is_no_moment(moment: str) -> None:
    with pytest.raises(ValueError, match="expected a time with its offset"):
        PointDayQuery.model_validate({"issued_at": moment})
