"""Rolling plans from the newest forecast: published inside the envelope, waiting outside it, made again by replay."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from city.access import SCOPES, Caller
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.ids import DistrictId
from city.pinned import PinnedHistory
from city.rolling_bounds import Envelope, GreenBound, Hours, JunctionBounds
from serving.aside_deeds import RollingAsked
from serving.cli import app
from serving.commands import planning
from serving.plan_life import PlanSteps
from serving.replaying import replay
from serving.rolling_mode import approve_envelope, make_envelope, stop_envelope
from serving.rolling_plans import RollingAnswer, roll_inside
from serving.rolling_pulse import RollingPulse
from serving.selection import RollingRequest
from tests.serving.lived_in import frame
from tests.serving.streets import SEVEN, Streets, streets_in, verified

MIDNIGHT = SEVEN - timedelta(hours=7)
EVEN = dict.fromkeys("NESW", 500.0)
FROM_NORTH = {"N": 900.0, "S": 300.0, "E": 350.0, "W": 350.0}
LI, WANG = (Caller(person=name, key_id=name[:2], scopes=frozenset(SCOPES)) for name in ("Li Wei", "Wang Fang"))


@pytest.fixture
def streets(tmp_path: Path) -> Iterator[Streets]:
    with streets_in(tmp_path) as opened:
        yield opened


def forecast(streets: Streets, at: datetime, flows: Mapping[str, float], *, hours: int = 40) -> None:
    history = PinnedHistory(streets.desk.history)
    rows = [
        {
            "district_id": "d1", "issued_at": at, "model": "congestion v1", "rung": "champion",
            "detector_id": f"J1-{arm}", "valid_at": at + timedelta(minutes=15 * step), "step_s": 900,
            "flow_p10_veh_h": 0.9 * flow, "flow_p50_veh_h": flow, "flow_p90_veh_h": 1.1 * flow,
        }
        for arm, flow in flows.items()
        for step in range(4 * hours)
    ]  # fmt: skip
    history.append_forecast(CongestionForecasts, frame(CongestionForecasts, rows))


def counted(streets: Streets, at: datetime) -> None:
    row = {
        "district_id": "d1", "known_at": at, "imported_at": at, "source": f"{at:%H%M}.csv", "detector_id": "J1-N",
        "start_at": at - timedelta(minutes=15), "step_s": 900, "flow_veh_h": 500.0,
    }  # fmt: skip
    streets.desk.history.append(TrafficCounts, frame(TrafficCounts, [row]))


def bounds(step_s: int = 6) -> Envelope:
    stages = verified().stage_chain
    one = JunctionBounds(
        junction_id=verified().junction_id,
        cycles_s=(100,),
        greens=tuple(GreenBound(stage_id=stage, min_s=5, max_s=80) for stage in stages),
        split_step_s=step_s,
        offset_step_s=10,
    )
    hours = (Hours(start_s=7 * 3600, end_s=12 * 3600),)
    return Envelope(envelope_id="E1", junctions=(one,), hours=hours, valid_until=SEVEN + timedelta(days=30))


def running(streets: Streets, newest: Mapping[str, float] = FROM_NORTH) -> None:
    """A published timetable, an approved envelope, last night's forecast and one of a moment ago."""
    timetable = streets.signals("T")
    for who in (LI, WANG):
        PlanSteps(streets.desk, who).approve(timetable.plan_id, "it was looked at")
    PlanSteps(streets.desk, LI).publish(timetable.plan_id, "for today")
    make_envelope(streets.desk, bounds(), LI, "trial")
    for who in (LI, WANG):
        approve_envelope(streets.desk, "E1", who, "safe bounds")
    forecast(streets, MIDNIGHT - timedelta(hours=6), EVEN)
    forecast(streets, SEVEN - timedelta(minutes=5), newest, hours=24)
    counted(streets, SEVEN - timedelta(minutes=5))


def rolled(streets: Streets) -> RollingAnswer:
    return roll_inside(streets.desk, RollingRequest(envelope_id="E1"), publish_by=LI, reason="queues in the north")


def test_greens_follow_the_demand_within_a_step_and_go_back_after_the_hour(streets: Streets) -> None:
    running(streets)

    answer = rolled(streets)

    assert answer.plan is not None
    assert answer.published is not None
    assert answer.published.published, answer.published.breaches
    (day,) = answer.plan.day_plans
    before, within, after = (day.plan_at(second) for second in (7 * 3600, 7 * 3600 + 1800, 8 * 3600 + 1800))
    assert before == after
    assert within.cycle_s == before.cycle_s
    steps = [new.split_s - old.split_s for new, old in zip(within.splits, before.splits, strict=True)]
    assert 0 < max(map(abs, steps)) <= 6
    assert [entry.start_s for entry in day.entries] == [0, 7 * 3600 + 120, 8 * 3600 + 120]
    assert streets.desk.ledger.life.in_force("signals", answer.plan.service_date) == {"J1": answer.plan_id}
    stopped = stop_envelope(streets.desk, "E1", WANG, "enough")
    assert stopped.rolled_back == (answer.plan_id,)


def test_a_demand_that_is_as_foreseen_changes_nothing_twice(streets: Streets) -> None:
    running(streets)
    rolled(streets)

    again = rolled(streets)

    assert (again.plan_id, again.published) == (None, None)
    assert again.verdicts[0].why.startswith("no change: ")


@pytest.mark.parametrize("what", ["forecast", "counts"])
def test_stale_news_changes_nothing(streets: Streets, what: str) -> None:
    running(streets)
    streets.clock.forward(minutes=90)
    if what == "counts":
        forecast(streets, SEVEN + timedelta(minutes=85), FROM_NORTH)

    answer = rolled(streets)

    assert answer.plan_id is None
    assert ("forecast was issued" if what == "forecast" else "traffic count is of") in answer.verdicts[0].why
    assert answer.degraded[0].startswith("stale: ")


def test_what_was_rolled_is_rolled_again_by_replay(streets: Streets) -> None:
    running(streets)
    answer = rolled(streets)
    assert answer.plan_id is not None
    streets.clock.forward(minutes=15)
    forecast(streets, SEVEN + timedelta(minutes=10), EVEN)

    again = replay(streets.desk, answer.plan_id)

    assert again.status == "same", (again.difference, again.why)


def test_the_command_shows_what_it_would_do_and_publishes_when_told_why(
    streets: Streets, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(streets)
    monkeypatch.delenv("CITY_KEY", raising=False)
    monkeypatch.setattr(planning, "desk_of", lambda _context: streets.desk)  # its clock can be set

    def city(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["--home", str(streets.desk.settings.home), "plan", "rolling", *words])
        return done.exit_code, done.output

    code, said = city("--envelope", "E1", "--publish", "queues", "--key", streets.key("Chen Jie"))
    assert code == 0, said
    assert "It lies inside the envelope and is published." in said
    code, said = city("--envelope", "E1", "--json")
    assert (code, '"plan_id": null' in said) == (0, True), said
    assert city("--envelope", "E2")[0] == 1
    assert city()[0] == 2
    assert city("--envelope", "E1", "--publish", "queues", "--at", "2026-03-02T07:30")[0] == 2


def test_the_pulse_rolls_approved_envelopes_in_their_hours_once_a_quarter(streets: Streets) -> None:
    running(streets)
    asked: list[RollingAsked] = []

    def run(_what: str, _deed: str, told: RollingAsked, *, seconds: float) -> dict[str, object]:
        assert seconds > 0
        asked.append(told)
        return {"verdicts": [], "plan_id": None}

    pulse = RollingPulse(streets.desk, run)
    pulse.beat()
    pulse.beat()
    assert len(asked) == 1
    (told,) = asked
    assert told.publish_by is not None
    assert (told.request.envelope_id, told.publish_by.districts) == ("E1", frozenset([DistrictId("d1")]))
    streets.clock.forward(minutes=16)
    pulse.beat()
    assert len(asked) == 2
    streets.clock.forward(hours=6)
    pulse.beat()
    stop_envelope(streets.desk, "E1", WANG, "enough")
    streets.clock.forward(hours=18)
    pulse.beat()
    assert len(asked) == 2
