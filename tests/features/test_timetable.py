"""The next visit: by rule where one says so, by the rhythm of the visits known where none does."""

import numpy as np
import pytest

from city.frames import CalendarDays
from city.ids import DistrictId, PointId
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Stream
from features.arrays import DAY_S, HOUR_S, seconds
from features.emptyings import Emptyings
from features.timetable import RHYTHM, RULE, UNKNOWN, Visits, visits_ahead
from tests.features.small_city import MONDAY, TIME_ZONE, reading, readings

DAYS = 28
ORIGIN = seconds(MONDAY) + DAYS * DAY_S


def visited(days: list[int], *, hour: float = 8.0) -> Emptyings:
    rows = [reading("p", 24.0 * day + hour, 0.5, emptied=True) for day in days]
    return Emptyings.of(readings(rows), time_zone=TIME_ZONE, calendar=CalendarDays.create_empty())


def ruled(rule: ServiceRule) -> dict[tuple[str, str], CollectionPoint]:
    point = CollectionPoint(
        point_id=PointId("p"),
        stream=Stream.RESIDUAL,
        district_id=DistrictId("north"),
        lon=116.0,
        lat=40.0,
        capacity_m3=1.0,
        density_kg_m3=100.0,
        service_s=60,
        rule=rule,
    )
    return {("p", "residual"): point}


def next_day(visits: Visits) -> list[int]:
    return [int(day) for day in visits.days_ahead[visits.expected]]


def test_every_moment_lies_ahead_at_the_usual_hour_and_one_is_next() -> None:
    visits = visits_ahead(visited(list(range(DAYS))), {}, origin_s=ORIGIN, days=7)

    assert visits.days_ahead.tolist() == list(range(8))
    assert (visits.rows.at_s - ORIGIN).tolist() == [day * DAY_S + 8 * HOUR_S for day in range(8)]
    assert next_day(visits) == [0]


def test_todays_hour_that_has_passed_is_left_out() -> None:
    visits = visits_ahead(visited(list(range(DAYS))), {}, origin_s=ORIGIN + 9 * HOUR_S, days=2)

    assert visits.days_ahead.tolist() == [1, 2]
    assert next_day(visits) == [1]


def test_mondays_and_thursdays_are_learned_as_a_rhythm() -> None:
    """The origin is a Monday at midnight: after the Monday's round has passed the next is on Thursday."""
    emptyings = visited([day for day in range(DAYS) if day % 7 in (0, 3)])

    assert next_day(visits_ahead(emptyings, {}, origin_s=ORIGIN, days=7)) == [0]
    later = visits_ahead(emptyings, {}, origin_s=ORIGIN + 12 * HOUR_S, days=7)
    assert next_day(later) == [3]
    assert set(later.source) == {RHYTHM}


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        (ServiceRule(kind=ServiceKind.DAILY), 0),
        (ServiceRule(kind=ServiceKind.FIXED_DAYS, weekdays=(2,)), 2),
        (ServiceRule(kind=ServiceKind.MAX_INTERVAL, max_interval_h=24.0 * 6), 3),
    ],
)
def test_a_rule_goes_before_the_rhythm(rule: ServiceRule, day: int) -> None:
    """The last visit was on the Thursday before; by rhythm it comes again on Thursday, by its cap on Wednesday."""
    emptyings = visited([3, 10, 17, 24])
    visits = visits_ahead(emptyings, ruled(rule), origin_s=ORIGIN, days=7)

    assert set(visits.source) == {RULE}
    assert next_day(visits) == [min(day, 2) if rule.kind is ServiceKind.MAX_INTERVAL else day]


def test_a_point_that_is_emptied_when_full_follows_its_rhythm() -> None:
    rule = ServiceRule(kind=ServiceKind.BY_FILL)
    visits = visits_ahead(visited([3, 10, 17, 24]), ruled(rule), origin_s=ORIGIN, days=7)

    assert (set(visits.source), next_day(visits)) == ({RHYTHM}, [3])


def test_one_visit_tells_no_rhythm() -> None:
    visits = visits_ahead(visited([20]), {}, origin_s=ORIGIN, days=7)

    assert (set(visits.source), next_day(visits)) == ({UNKNOWN}, [])


def test_visits_not_yet_known_are_not_counted() -> None:
    emptyings = visited([3, 10, 17, 24])
    early = visits_ahead(emptyings, {}, origin_s=seconds(MONDAY) + 2 * DAY_S, days=7)

    assert len(early.rows) == 0
    assert np.size(early.expected) == 0
