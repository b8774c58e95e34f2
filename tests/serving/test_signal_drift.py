"""What a controller's log says ran, against what was to run."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from city.ids import JunctionId, PlanId
from city.signal_parts import ControlMode
from serving.signal_drift import Drift, Due, LogRow, closed, drifts, due_of
from tests.optimization.signals.cases import junction, plan, schedule

CLOCK = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 31)
MIDNIGHT = datetime(2026, 3, 30, 16, tzinfo=UTC)
J1, PLAN = JunctionId("J1"), PlanId("signals-1")


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def due() -> tuple[Due, ...]:
    """Plan 2 from midnight, plan 3 from 7, plan 2 from 19."""
    of = junction()
    plans = (plan(of, number=2), plan(of, (42, 20, 38), number=3))
    day_plan = schedule(of, *plans, starts_s=(0, 7 * 3600)).day_plans[0]
    return due_of(day_plan, PLAN, DAY, CLOCK)


def judged(*rows: LogRow) -> tuple[Drift, ...]:
    return drifts(J1, due(), closed(rows, at(24)), CLOCK)


def test_what_was_due_and_ran_is_no_drift() -> None:
    assert judged((at(0), at(7), 2, "fixed"), (at(7), None, 3, "coordinated")) == ()


def test_another_plan_is_drift_from_when_until_when() -> None:
    (one,) = judged((at(0), at(9.5), 2, "fixed"), (at(9.5), None, 3, "fixed"))

    assert one.warns
    assert (one.start_at, one.end_at) == (at(7), at(9.5))
    assert one.sentence == ("Junction J1, 2026-03-31 07:00 to 09:30: plan 3 of signals-1 was to run; plan 2 ran.")


def test_a_switch_some_minutes_late_is_none() -> None:
    assert judged((at(0), at(7.15), 2, "fixed"), (at(7.15), None, 3, "fixed")) == ()
    assert len(judged((at(0), at(7.17), 2, "fixed"), (at(7.17), None, 3, "fixed"))) == 1


def test_manual_control_and_faults_are_named_and_no_warning() -> None:
    found = judged((at(0), at(7), 2, "fixed"), (at(7), at(8), None, "manual"), (at(8), None, 3, "actuated"))

    assert [one.warns for one in found] == [False]
    assert "mode manual, which no plan overrides" in found[0].sentence


def test_hours_without_a_log_are_drift() -> None:
    (one,) = judged((at(0), at(7), 2, "fixed"), (at(7), at(20), 3, "fixed"))

    assert one.ran is None
    assert one.sentence.endswith(
        "2026-03-31 20:00 to 24:00: plan 3 of signals-1 was to run; the controller's log says nothing."
    )


def test_an_open_row_lasts_until_the_next_and_none_goes_beyond_it() -> None:
    runs = closed([(at(0), None, 2, "fixed"), (at(3), at(30), 3, "fixed")], at(24))

    assert [(run.start_at, run.end_at) for run in runs] == [(at(0), at(3)), (at(3), at(24))]
    assert runs[0].mode is ControlMode.FIXED


@given(st.lists(st.tuples(st.integers(1, 1440), st.sampled_from([2, 3, None])), max_size=8))
def test_drift_and_right_runs_fill_the_day(changes: list[tuple[int, int | None]]) -> None:
    """Whatever the log: the minutes that drift are those in which it does not name the plan that was due."""
    starts = sorted({minute for minute, _ in changes})
    rows = [(at(m / 60), None, n, "fixed") for m, n in zip(starts, (n for _, n in changes), strict=False)]

    found = judged(*rows)

    def ran(minute: int) -> int | None:
        names = [row[2] for row in rows if row[0] <= at(minute / 60)]
        return names[-1] if names else None

    wrong = sum(ran(minute) != (2 if minute < 420 else 3) for minute in range(1440))
    drifted = sum((one.end_at - one.start_at).total_seconds() / 60 for one in found)
    short = 10 * (len(rows) + 2)  # stretches below ten minutes are not named
    assert drifted <= wrong <= drifted + short
    assert all(a.end_at <= b.start_at for a, b in pairwise(found))
