"""`city watch feeds` on a home: the feeds that were imported, judged at the right time, with an exit code for cron."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from city.frames import ComplaintEvents, HistoryRow, TrafficCounts
from city.ledger import ImportRecord
from city.settings import Settings
from features.health.findings import Fault
from serving.cli import app
from serving.desk import Desk
from serving.watching import watch_feeds
from tests.features.health.planted import Series, counts, frame, planted

BEGIN = datetime(2026, 6, 1)
DAYS = 35
END = datetime(2026, 7, 5, 14, tzinfo=UTC)  # local midnight in Melbourne after the last day


def stored(desk: Desk, contract: type[HistoryRow], rows: pl.DataFrame, district: str = "north") -> None:
    complete = rows.with_columns(
        pl.lit(district).alias("district_id"),
        imported_at=pl.lit(END + timedelta(minutes=1)).dt.cast_time_unit("us"),
        **{
            name: pl.lit(None, dtype=column.dtype)
            for name, column in contract.columns().items()
            if name not in rows.columns and name not in {"district_id", "imported_at"}
        },
    )
    desk.history.append(contract, complete.select(contract.column_names()))


def detectors(desk: Desk, series: dict[str, Series], source: str = "counts.csv", district: str = "north") -> None:
    rows = frame(series, BEGIN).select(
        detector_id="sensor", start_at="at", flow_veh_h="value", source=pl.lit(source),
        step_s=pl.lit(900, dtype=pl.Int64), known_at=pl.col("at") + timedelta(minutes=20),
    )  # fmt: skip
    stored(desk, TrafficCounts, rows, district)


def imported(desk: Desk, feed: str, source: str, *, live: bool = False) -> None:
    report = {
        "feed": feed, "contract": "TrafficCounts", "files": [source], "step_s": 900, "delay_s": 300, "live": live,
        "district": "north",
    }  # fmt: skip
    desk.ledger.record_import(ImportRecord(import_id=feed, mapping="m.toml", imported_at=END, feeds=(report,)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path / "home")})
    return Desk(settings, clock=lambda: END + timedelta(minutes=5))


def test_a_dead_detector_is_named_under_its_feed_and_district(desk: Desk) -> None:
    series = {f"d{number}": counts(number) for number in range(4)}
    series["d3"] = planted(series["d3"], Fault.ALL_ZERO, 30 * 96 + 40, 1)
    detectors(desk, series)
    imported(desk, "main roads", "counts.csv")
    (finding,) = watch_feeds(desk).findings
    assert (finding.feed, finding.subject, finding.fault) == ("main roads", "detector d3", Fault.ALL_ZERO)
    assert finding.district_id == "north"
    begun = frame({"d": series["d0"]}, BEGIN)["at"][30 * 96 + 40]
    assert abs(finding.since - begun) <= timedelta(hours=1)


def test_healthy_feeds_have_no_findings_and_two_feeds_of_one_table_are_told_apart(desk: Desk) -> None:
    detectors(desk, {f"a{number}": counts(number) for number in range(3)}, "a.csv")
    detectors(desk, {f"b{number}": counts(50 + number) for number in range(3)}, "b.csv")
    imported(desk, "north roads", "a.csv")
    imported(desk, "south roads", "b.csv")
    watch = watch_feeds(desk)
    assert [(feed.feed, feed.sensors, feed.step_s, feed.ok) for feed in watch.feeds] == [
        ("north roads", 3, 900, True),
        ("south roads", 3, 900, True),
    ]
    assert watch.assumed == ()


def test_one_feed_that_stopped_is_late_while_another_goes_on(desk: Desk) -> None:
    detectors(desk, {"a": counts(1)}, "a.csv")
    detectors(desk, {"b": counts(2)[: 30 * 96]}, "b.csv")
    imported(desk, "north roads", "a.csv")
    imported(desk, "south roads", "b.csv")
    (finding,) = watch_feeds(desk).findings
    assert (finding.fault, finding.subject) == (Fault.STALE, "feed south roads")


def test_a_history_that_ended_long_ago_is_judged_at_its_end_and_says_so(desk: Desk) -> None:
    detectors(desk, {"a": counts(1)})
    imported(desk, "roads", "counts.csv")
    later = Desk(desk.settings, clock=lambda: END + timedelta(days=400))
    watch = watch_feeds(later)
    assert watch.findings == ()
    assert "is taken for now" in watch.assumed[0]


def test_a_live_feed_that_ended_is_judged_by_the_clock(desk: Desk) -> None:
    detectors(desk, {"a": counts(1)})
    imported(desk, "roads", "counts.csv", live=True)
    later = Desk(desk.settings, clock=lambda: END + timedelta(days=3))
    (finding,) = watch_feeds(later).findings
    assert (finding.fault, finding.subject) == (Fault.STALE, "feed roads")


def test_a_district_that_stops_complaining_is_named(desk: Desk) -> None:
    dice = np.random.default_rng(1)
    times = [END - timedelta(days=34) + timedelta(hours=float(hour)) for hour in np.sort(dice.uniform(0, 34 * 24, 600))]
    rows = pl.DataFrame({"at": times}).with_row_index("number").with_columns(pl.col("at").dt.cast_time_unit("us"))
    rows = rows.select(
        "at", complaint_id=pl.format("c{}", "number"), event=pl.lit("opened"), category=pl.lit("waste"),
        source=pl.lit("hotline.csv"), known_at="at",
    )  # fmt: skip
    quiet_from = END - timedelta(days=8)
    stored(desk, ComplaintEvents, rows.with_columns(complaint_id=pl.col("complaint_id") + "n"))
    quiet = rows.filter(pl.col("at") < quiet_from).with_columns(complaint_id=pl.col("complaint_id") + "s")
    complete = quiet.with_columns(
        district_id=pl.lit("south"), imported_at=pl.lit(END).dt.cast_time_unit("us"),
        lon=pl.lit(None, dtype=pl.Float64), lat=pl.lit(None, dtype=pl.Float64), text=pl.lit(None, dtype=pl.String),
        reporter=pl.lit(None, dtype=pl.String), department=pl.lit(None, dtype=pl.String),
        priority=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    desk.history.append(ComplaintEvents, complete.select(ComplaintEvents.column_names()))
    (finding,) = watch_feeds(desk).findings
    assert (finding.fault, finding.subject) == (Fault.STALE, "district south")


def test_the_command_exits_with_three_when_something_is_wrong(desk: Desk) -> None:
    series = {"ok": counts(1), "also": counts(3), "flat": planted(counts(2), Fault.FLAT, 30 * 96 + 40, 1)}
    detectors(desk, series)
    imported(desk, "roads", "counts.csv")
    at = ("--at", "2026-07-05T14:05:00+00:00")
    answer = said(desk, *at, "--json")
    assert answer.exit_code == 3, answer.output
    findings = [finding for feed in json.loads(answer.stdout)["feeds"] for finding in feed["findings"]]
    assert [(finding["subject"], finding["fault"]) for finding in findings] == [("detector flat", "flat")]
    plain = said(desk, *at)
    assert plain.exit_code == 3
    assert "Detector flat (flow_veh_h, feed roads): flat since 2026-07-0" in plain.stdout.replace("\n", " ")


def test_the_command_exits_with_zero_when_all_is_well_or_nothing_is_there(desk: Desk) -> None:
    answer = said(desk)
    assert answer.exit_code == 0, answer.output
    assert "Nothing was imported" in answer.stdout


def said(desk: Desk, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(desk.settings.home), "watch", "feeds", *words])
