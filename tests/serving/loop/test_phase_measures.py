"""Events of controllers in the day's outcome, in the audit and over HTTP; hours by hand are left out."""

from typing import Any

import pytest

from city.access import Scope
from city.recorded_frames import SignalChannels, SignalEvents
from serving.auditing import audit_phases
from serving.loop.comparing import compare_day
from serving.schemas.outcomes import PhaseDocument
from tests.serving.asking import refused
from tests.serving.loop.small_city import DAY, LONG_AGO, SmallCity, at
from tests.serving.loop.test_over_http import asking

CYCLE_S = 90
GREEN_S = 30


def drive(town: SmallCity, *, hours: tuple[float, float] = (8, 10), channels: bool = True) -> None:
    """Phase 2 of J-north: every cycle four vehicles, three of them on green; somebody on foot waits for 20 s."""
    cycles = range(round(hours[0] * 3600 / CYCLE_S), round(hours[1] * 3600 / CYCLE_S))
    events = [
        (cycle * CYCLE_S + second, code, parameter)
        for cycle in cycles
        for second, code, parameter in (
            (0, 1, 2), (GREEN_S, 8, 2), (GREEN_S + 3, 10, 2),
            (5, 82, 11), (10, 82, 11), (15, 82, 11), (60, 82, 11),
            (70, 45, 2), (90, 21, 2),
        )
    ]  # fmt: skip
    town.bring(
        SignalEvents,
        (
            {
                "district_id": "north", "junction_id": "J-north", "at": at(second / 3600), "event_code": code,
                "parameter": parameter,
            }
            for second, code, parameter in events
        ),
        known_at=at(24.5),
    )  # fmt: skip
    if channels:
        described = {"district_id": "north", "junction_id": "J-north", "phase": 2, "group_id": "NS"}
        town.bring(SignalChannels, [{**described, "channel": 11, "detects": "advance"}], known_at=LONG_AGO)


def phases(town: SmallCity) -> list[dict[str, Any]]:
    document = compare_day(town.desk, DAY).part("signals")
    assert document is not None
    return list(document["phases"])


def test_a_day_with_an_event_log_has_measures_by_phase(town: SmallCity) -> None:
    drive(town)
    town.evening()

    (one,) = phases(town)

    assert (one["junction_id"], one["phase"], one["group_id"]) == ("J-north", 2, "NS")
    assert one["arrivals_on_green"] == pytest.approx(0.75)
    assert one["platoon_ratio"] == pytest.approx(0.75 / (GREEN_S / CYCLE_S), abs=1e-3)
    assert one["pedestrian_wait_s"] == 20.0
    assert one["split_failures"] is None  # no channel of those who wait
    assert not any("ATSPM" in sentence for sentence in compare_day(town.desk, DAY).said)


def test_without_described_channels_only_greens_and_walks_are_told_and_it_says_so(town: SmallCity) -> None:
    drive(town, channels=False)
    town.evening()

    (one,) = phases(town)

    assert (one["arrivals_on_green"], one["green_share"]) == (None, pytest.approx(1 / 3, abs=1e-3))
    assert any("no advance or presence channel" in sentence for sentence in compare_day(town.desk, DAY).said)


def test_hours_in_manual_control_are_left_out_of_them(town: SmallCity) -> None:
    drive(town)
    town.log("J-north", (0.0, 9.0, "fixed", 1), (9.0, 24.0, "manual", None))
    town.evening()

    (one,) = phases(town)

    assert one["cycles"] == 40  # of one hour instead of two
    assert one["slots_left_out"] == 60


def test_the_audit_shows_the_last_day_with_events_or_refuses(town: SmallCity) -> None:
    town.evening()
    without = audit_phases(town.desk, (), None)
    drive(town)

    found = audit_phases(town.desk, (), None)

    assert (without.phases, without.said) == (
        (),
        ("ATSPM measures are left out: there is no event data of 1 s or finer.",),
    )
    assert (found.day, len(found.phases)) == (DAY, 1)
    assert audit_phases(town.desk, (), at(8)).phases == ()  # nothing of it was known then


def test_quarters_are_given_over_http_to_who_sees_the_junction(town: SmallCity) -> None:
    drive(town)
    town.evening()
    address = "/v1/outcomes/junctions/J-north"

    found = PhaseDocument.model_validate_json(asking(town).get(address, params={"day": DAY.isoformat()}).content)
    lately = PhaseDocument.model_validate_json(asking(town).get(address).content)

    assert [(one.slot, one.cycles) for one in found.quarters][:2] == [(32, 10), (33, 10)]
    assert lately == found
    other: tuple[Scope, ...] = ("signals:read",)
    refused(asking(town, *other, districts=("south",)).get(address), 404, "not-found")
    refused(asking(town).get("/v1/outcomes/junctions/J-nowhere"), 404, "not-found")
