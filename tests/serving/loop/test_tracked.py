"""What trucks' tracks add to what drivers said and bins showed: missed stops, order, times, idling."""

from typing import Any

import numpy as np

from city.audit_log import AuditQuery
from city.ids import PlanId
from serving.loop.comparing import compare_day
from serving.loop.forgetting import forget_tracks
from tests.serving.loop.small_city import DAY, PLACES, SmallCity, at

Knot = tuple[float, tuple[float, float]]
ASIDE = (116.03, 40.0)
NORTH = (116.015, 40.03)
EVERY_H = 30 / 3600


def drive(town: SmallCity, *knots: Knot, truck: str = "T1", silent: tuple[float, float] = (0, 0)) -> None:
    """(hour, place): straight between them, a fix every 30 s but in the silent hours."""
    hours = np.arange(knots[0][0], knots[-1][0], EVERY_H)
    lon, lat = (np.interp(hours, [hour for hour, _ in knots], [place[k] for _, place in knots]) for k in (0, 1))
    told = [one for one in zip(hours, lon, lat, strict=True) if not silent[0] <= one[0] < silent[1]]
    town.track(truck, *((float(hour), float(x), float(y)) for hour, x, y in told))


def stay(hour: float, place: tuple[float, float], minutes: float = 2) -> tuple[Knot, Knot]:
    return (hour, place), (hour + minutes / 60, place)


def whole_day(town: SmallCity, *stays: tuple[Knot, Knot], silent: tuple[float, float] = (0, 0)) -> None:
    """Between the stays it drives up and down a street 3 km to the north."""
    knots: list[Knot] = [(7.0, NORTH)]
    for begin, end in stays:
        knots += [*_rounds(knots[-1][0], begin[0] - 0.1), begin, end, (end[0] + 0.1, NORTH)]
    drive(town, *knots, *_rounds(knots[-1][0], 16.1), silent=silent)


def _rounds(since: float, until: float) -> list[Knot]:
    turns = 2 * max(1, round((until - since) / 0.2))
    hours = np.linspace(since, until, turns + 1)
    return [(float(hour), (NORTH[0], NORTH[1] + 0.03 * (k % 2))) for k, hour in enumerate(hours)][1:]


def truck(town: SmallCity) -> dict[str, Any]:
    document = compare_day(town.desk, DAY).part("routes")
    assert document is not None
    return dict(document["trucks"][0])


def three_stops(town: SmallCity) -> PlanId:
    return town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0), ("P3", 10.0))))


def test_a_track_tells_what_was_done_and_what_was_missed(town: SmallCity) -> None:
    three_stops(town)
    whole_day(town, stay(8.1, PLACES["P1"]), stay(10.1, PLACES["P3"]))
    town.evening()

    one = truck(town)

    assert (one["done"], one["by_track"], one["missed"], one["missed_seen"]) == (2, 2, 1, 1)
    assert 5.5 * 60 < one["late_median_s"] < 8 * 60  # it left 6 min after the plan
    assert one["tracked_share"] > 0.99


def test_without_a_track_a_missed_stop_is_only_unheard_of(town: SmallCity) -> None:
    three_stops(town)
    town.evening()

    one = truck(town)

    assert (one["missed"], one["missed_seen"]) == (3, 0)
    assert "tracked_share" not in one


def test_a_track_with_a_hole_shows_who_came_but_not_who_did_not(town: SmallCity) -> None:
    three_stops(town)
    whole_day(town, stay(8.1, PLACES["P1"]), stay(10.1, PLACES["P3"]), silent=(8.5, 10.0))
    town.evening()

    one = truck(town)

    assert (one["by_track"], one["missed"], one["missed_seen"]) == (2, 1, 0)


def test_the_real_order_comes_from_the_track(town: SmallCity) -> None:
    three_stops(town)
    whole_day(town, stay(8.0, PLACES["P3"]), stay(9.0, PLACES["P1"]), stay(10.0, PLACES["P2"]))
    town.evening()

    assert truck(town)["in_order"] == round(2 / 3, 4)


def test_the_drivers_word_goes_before_the_track_and_it_is_said_where_they_differ(town: SmallCity) -> None:
    plan = three_stops(town)
    town.report(plan, "T1", ("done", "P1", 8.1), ("done", "P2", 9.1), ("skipped", "P3", 10.0))
    whole_day(town, stay(8.1, PLACES["P1"]), stay(10.1, PLACES["P3"]))
    town.evening()

    day = compare_day(town.desk, DAY)
    one = truck(town)

    assert (one["done"], one["skipped"], one["missed"], one["by_track"]) == (2, 1, 0, 0)
    assert one["against_track"] == 1  # P2
    assert any("A driver's word counts before the track; at 1 stops" in sentence for sentence in day.said)


def test_a_reading_goes_before_the_track(town: SmallCity) -> None:
    three_stops(town)
    town.read(("P1", 8.3, 0.6))
    whole_day(town, stay(8.1, PLACES["P1"]))
    town.evening()

    one = truck(town)

    assert (one["done"], one["by_reading"], one["by_track"]) == (1, 1, 0)


def test_one_stay_is_of_one_visit(town: SmallCity) -> None:
    """Planned twice at P1, there once, nearer to the second time."""
    town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P1", 14.0))))
    whole_day(town, stay(14.1, PLACES["P1"]))
    town.evening()

    one = truck(town)

    assert (one["by_track"], one["missed_seen"]) == (1, 1)


def test_standing_without_work_is_idling_and_standing_at_a_stop_is_not(town: SmallCity) -> None:
    three_stops(town)
    whole_day(town, stay(8.0, PLACES["P1"], minutes=10), stay(12.0, (116.01, 40.01), minutes=45))
    town.evening()

    one = truck(town)

    assert 0.74 < one["idle_h"] < 0.78
    assert one["driven_km"] > 4


def test_a_day_that_is_not_over_shows_no_missed_stop_yet(town: SmallCity) -> None:
    three_stops(town)
    town.track("T1", *((7 + k * EVERY_H, *ASIDE) for k in range(240)), known_at=at(9.0))
    town.clock.now = at(9.5)

    assert (truck(town)["missed"], truck(town)["missed_seen"]) == (3, 0)


def test_tracks_are_deleted_after_their_time_and_the_log_says_so(town: SmallCity) -> None:
    town.track("T1", (8.0, *ASIDE), (8.1, *ASIDE))
    town.clock.forward(days=50)

    (said,) = forget_tracks(town.desk)

    assert said == "2 fixes of trucks were older than 35 days and are deleted."
    assert forget_tracks(town.desk) == ()
    (line,) = town.desk.ledger.audit.lines(AuditQuery(action="tracks.forgotten"))
    assert line.line.detail == {"rows": 2, "kept_days": 35}


def test_tracks_of_the_last_weeks_stay(town: SmallCity) -> None:
    town.track("T1", (8.0, *ASIDE), (8.1, *ASIDE))
    town.clock.forward(days=30)

    assert forget_tracks(town.desk) == ()
