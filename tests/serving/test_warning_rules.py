"""Each rule of what is worth a warning: the case that is, beside the one that is not."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from city.feedback import Feedback
from city.ids import PointId, TruckId
from city.waste import Stream
from serving.warning_rules.broken_log import broken_log
from serving.warning_rules.complaints_rising import complaints_rising, usual_level
from serving.warning_rules.congestion_ahead import congestion_ahead
from serving.warning_rules.feeds import feed_warnings
from serving.warning_rules.overflow_ahead import overflow_ahead
from serving.warning_rules.plans_ending import FORGOTTEN_AFTER, plans_ending
from tests.city.lives import HOUR, LI, SOUTH, routes, schedule, stop
from tests.serving.test_watches_over_http import feed_finding
from tests.serving.watched_town import NOW, Town, town_in


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return town_in(tmp_path)


def test_congestion_ahead_says_where_when_and_how_sure(town: Town) -> None:
    town.congestion(
        ("corridor", "C1", 1.5, 0.55),
        ("corridor", "C1", 1.75, 0.8),
        ("segment", "DET1", 1.75, 0.7),
        ("segment", "DET2", 1.75, 0.2),
    )

    (told,) = congestion_ahead(town.desk)

    assert (told.cause, told.district_id, told.opens) == ("congestion-ahead", "north", True)
    assert told.begins_at == NOW + timedelta(hours=1.5)
    assert told.ends_at == NOW + timedelta(hours=2)
    figures = dict(told.figures)
    assert (figures["probability"], figures["corridors"], figures["segments"]) == (0.8, 1, 1)
    assert figures["expected_min"] == pytest.approx(15 * (0.55 + 0.8), abs=0.06)
    assert "corridor C1 at 07:45, probability 80%" in told.sentence
    assert [part.split(" ")[1] for part in told.parts] == ["C1", "DET1"]


def test_what_is_not_likely_enough_holds_on_and_begins_nothing(town: Town) -> None:
    town.congestion(("corridor", "C1", 1.5, 0.55), ("corridor", "C2", 8.0, 0.49))

    (told,) = congestion_ahead(town.desk)

    assert not told.opens


def test_congestion_of_the_morning_and_of_the_evening_are_two_warnings_and_those_of_a_district_one(town: Town) -> None:
    town.congestion(("segment", "A", 1.5, 0.9), ("segment", "B", 2.0, 0.9), ("segment", "A", 11.5, 0.9))
    town.congestion(("segment", "C", 1.5, 0.9), district="south")

    told = list(congestion_ahead(town.desk))

    assert sorted((one.district_id, dict(one.figures)["segments"]) for one in told) == [
        ("north", 1.0), ("north", 2.0), ("south", 1.0),
    ]  # fmt: skip
    assert len({one.warning_id for one in told}) == 3


def test_what_is_over_or_too_far_ahead_is_no_warning(town: Town) -> None:
    town.congestion(("segment", "A", -1.0, 0.9), ("segment", "A", 30.0, 0.9))

    assert list(congestion_ahead(town.desk)) == []


def test_an_issue_that_was_made_later_is_not_looked_at(town: Town) -> None:
    town.congestion(("segment", "A", 1.0, 0.9), at=NOW + timedelta(minutes=5))

    assert list(congestion_ahead(town.desk)) == []


def test_the_bound_is_a_setting(tmp_path: Path) -> None:
    strict = town_in(tmp_path, {"CITY_WARN_CONGESTED_PROBABILITY": "0.95"})
    strict.congestion(("segment", "A", 1.0, 0.9))

    assert [one.opens for one in congestion_ahead(strict.desk)] == [False]


def test_forty_points_that_will_overflow_are_one_warning_with_the_list(town: Town) -> None:
    town.fill(*((f"P{number:02}", hours, 0.3 + hours / 20) for number in range(40) for hours in (2.0, 5.0, 8.0)))
    town.fill(("S1", 5.0, 0.9), district="south")

    north, south = overflow_ahead(town.desk)

    assert (north.district_id, south.district_id) == ("north", "south")
    assert dict(north.figures)["points"] == 40
    assert north.begins_at == NOW + timedelta(hours=2)  # 0.4: within the slack of 0.5
    assert len(north.parts) == 40
    assert north.severity == pytest.approx(40 * 0.7)
    assert "Point S1" in south.sentence


def test_points_that_will_hardly_overflow_are_no_warning(town: Town) -> None:
    town.fill(("P1", 5.0, 0.39), ("P2", 30.0, 0.9))

    assert list(overflow_ahead(town.desk)) == []


@pytest.mark.parametrize(("served_h", "warned"), [(8, False), (12, True)])
def test_a_published_route_that_is_there_before_averts_it(town: Town, served_h: int, *, warned: bool) -> None:
    town.fill(("P1", 4.0, 0.9))  # 10:00
    town.plans.put_on_the_street(routes("R1", T1=(stop("P1", served_h * HOUR),)))

    assert bool(list(overflow_ahead(town.desk))) is warned


def test_a_route_that_is_only_a_draft_averts_nothing(town: Town) -> None:
    town.fill(("P1", 4.0, 0.9))
    town.plans.draft(routes("R1", T1=(stop("P1", 8 * HOUR),)))

    assert len(list(overflow_ahead(town.desk))) == 1


def test_a_stop_that_the_driver_skipped_averts_nothing(town: Town) -> None:
    town.fill(("P1", 4.0, 0.9))
    plan = routes("R1", T1=(stop("P1", 8 * HOUR),))
    town.plans.put_on_the_street(plan)
    said = Feedback(
        event_id="e1", at=NOW + timedelta(hours=2), kind="skipped", point_id=PointId("P1"), stream=Stream.RESIDUAL,
        reason="a parked van",
    )  # fmt: skip
    town.desk.ledger.feedback.add(plan.plan_id, TruckId("T1"), [said], LI)

    assert len(list(overflow_ahead(town.desk))) == 1


def test_points_that_are_only_visited_are_warned_of_before_the_next_visit(town: Town) -> None:
    town.fill(("P1", 4.0, 0.1))
    town.visits(("P1", 4.0, 0.9), ("P2", 4.0, 0.9), ("P3", 4.0, 0.2))

    (told,) = overflow_ahead(town.desk)

    assert [part.split(" ")[1] for part in told.parts] == ["P2"]


def test_complaints_that_will_be_more_than_usual_are_a_warning_with_the_usual_interval(town: Town) -> None:
    town.complained([20, 22, 18, 20, 21, 19, 20, 20])
    town.complaints_ahead(5.0)

    (told,) = complaints_rising(town.desk)

    figures = dict(told.figures)
    assert (figures["expected"], figures["usual"], figures["days"]) == (35.0, 20.0, 7.0)
    assert figures["usual_p90"] == pytest.approx(20 + 1.2816 * (20 * (1 + 1 / 8)) ** 0.5, abs=0.01)
    assert told.opens


@pytest.mark.parametrize("a_day", [2.9, 3.6])
def test_complaints_within_the_usual_interval_are_none(town: Town, a_day: float) -> None:
    town.complained([20, 22, 18, 20, 21, 19, 20, 20])
    town.complaints_ahead(a_day)

    assert [one for one in complaints_rising(town.desk) if one.opens] == []


def test_without_four_weeks_nobody_knows_what_is_usual() -> None:
    assert usual_level(np.full(27, 3.0), 7) is None
    usual = usual_level(np.full(28, 3.0), 7)
    assert usual is not None
    assert (usual.mean, usual.weeks) == (21.0, 4)


@pytest.mark.parametrize(("hours", "cause"), [(14.0, None), (15.5, "expiring"), (18.5, "expired"), (18 + 24 * 8, None)])
def test_a_plan_that_runs_out_with_nothing_after_it(town: Town, hours: float, cause: str | None) -> None:
    town.plans.put_on_the_street(schedule("S1"))  # until midnight, 18 h from now
    town.clock.forward(hours=hours)

    told = [one.cause for one in plans_ending(town.desk)]

    assert told == ([] if cause is None else [f"signals-plan-{cause}"])
    assert timedelta(days=8) > FORGOTTEN_AFTER


def test_a_plan_that_is_followed_by_another_is_no_warning(town: Town) -> None:
    today, tomorrow = schedule("S1"), schedule("S2")
    following = replace(tomorrow, service_date=tomorrow.service_date + timedelta(days=1))
    town.plans.put_on_the_street(today, following)
    town.clock.forward(hours=19)

    assert list(plans_ending(town.desk)) == []


def test_each_district_and_kind_has_a_plan_of_its_own(town: Town) -> None:
    town.plans.put_on_the_street(schedule("S1"), routes("R1", districts=(SOUTH,)))
    town.clock.forward(hours=17)

    told = {one.cause: one.district_id for one in plans_ending(town.desk)}

    assert told == {"signals-plan-expiring": "north", "routes-plan-expiring": "south"}


def test_a_log_that_somebody_wrote_over_is_a_warning(town: Town) -> None:
    town.plans.put_on_the_street(schedule("S1"))
    assert list(broken_log(town.desk)) == []

    with create_engine(town.desk.settings.ledger_url).begin() as connection:
        connection.execute(text("DROP TRIGGER audit_lines_stay_update"))
        connection.execute(text("UPDATE audit_lines SET person = 'somebody else' WHERE number = 2"))

    (told,) = broken_log(town.desk)
    assert told.subject == "audit log, line 2"
    assert "somebody else" not in told.sentence


def test_sensors_of_a_feed_that_fail_alike_are_one_warning() -> None:
    findings = [feed_finding(f"DET{number}", "D01") for number in range(40)] + [feed_finding("DET99", "D02")]

    many, one = feed_warnings(findings)

    assert (many.subject, many.district_id, len(many.parts), many.severity) == ("40 subjects of counts", "D01", 40, 40)
    assert (one.subject, one.sentence) == ("DET99", findings[-1].sentence)
    assert feed_warnings(findings[:3]).__next__().warning_id == many.warning_id
