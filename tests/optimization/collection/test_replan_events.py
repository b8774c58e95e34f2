"""Events as people write them, and the sentences that say what they do."""

import pytest

from city.disturbances import Breakdown, Closure, Event, Late, SiteShut, Urgent, clock_of, event_of
from city.errors import CityError, InvalidValueError, UnknownIdError
from city.waste import Stream
from tests.optimization.collection.driven import clock, driven, replanned, two_streets
from tests.optimization.collection.towns import Town

WRITTEN: dict[str, Event] = {
    "breakdown:T3": Breakdown(truck_id="T3"),  # type: ignore[arg-type]
    "closure:P17": Closure(point_id="P17"),  # type: ignore[arg-type]
    "closure:P17:11:00-13:00": Closure(point_id="P17", from_s=clock(11), to_s=clock(13)),  # type: ignore[arg-type]
    "closure:P17/kitchen": Closure(point_id="P17", stream=Stream.KITCHEN),  # type: ignore[arg-type]
    "urgent:P30:by=14:00": Urgent(point_id="P30", by_s=clock(14)),  # type: ignore[arg-type]
    "urgent:block:7:by=02:30+1": Urgent(point_id="block:7", by_s=clock(26, 30)),  # type: ignore[arg-type]
    "late:T2:45min": Late(truck_id="T2", delay_s=2700),  # type: ignore[arg-type]
    "late:T2:1h": Late(truck_id="T2", delay_s=3600),  # type: ignore[arg-type]
    "site-shut:S1:12:00-15:00": SiteShut(site_id="S1", from_s=clock(12), to_s=clock(15)),  # type: ignore[arg-type]
    "site-shut:S1": SiteShut(site_id="S1"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("text", WRITTEN)
def test_an_event_is_read_as_it_is_written(text: str) -> None:
    assert event_of(text) == WRITTEN[text]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("fire:T3", UnknownIdError),
        ("breakdown:", InvalidValueError),
        ("late:T2", InvalidValueError),
        ("late:T2:soon", InvalidValueError),
        ("late:T2:0min", InvalidValueError),
        ("urgent:P30", InvalidValueError),
        ("urgent:P30:by=25:00", InvalidValueError),
        ("closure:P1:13:00-11:00", InvalidValueError),
    ],
)
def test_what_is_no_event_is_refused_with_what_was_expected(text: str, error: type[CityError]) -> None:
    with pytest.raises(error):
        event_of(text)


def test_clocks_of_the_night_belong_to_the_service_date() -> None:
    assert (clock_of("10:40"), clock_of("02:00+1")) == (38_400, 93_600)


def test_the_difference_counts_what_stays() -> None:
    problem = two_streets().build()
    plan = driven(problem, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"])

    differs = replanned(problem, plan, clock(6, 4, 30), "breakdown:T1").difference

    assert (differs.pending, differs.untouched, differs.untouched_kept) == (4, 2, 2)
    assert differs.kept + differs.disturbed == differs.pending
    assert "2 of 2 that nothing hit keep truck and order" in differs.sentences


def test_a_dropped_stop_is_told_with_event_and_reason() -> None:
    problem = Town().depot("D").site("S").truck("T1").point("A1", 1000, 0).point("A2", 2000, 0).build()
    plan = driven(problem, T1=["A1 A2"])

    sentences = replanned(problem, plan, clock(6, 2), "breakdown:T1").difference.sentences

    assert sentences[0].startswith(
        "truck T1: stop A2 not served any more (because truck T1 broke down at 06:02: None of 0 trucks"
    )
