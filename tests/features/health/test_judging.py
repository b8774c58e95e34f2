"""Each fault is found where it was planted, named, dated; healthy series are left alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.health.findings import Fault, FeedFinding, FeedHealth, Watched
from features.health.judging import judge
from tests.features.health.planted import FACTORS, ZONE, Series, counts, frame, planted

BEGIN = datetime(2026, 6, 1)
DAYS = 35
DETECTORS = Watched(
    feed="counts", noun="detector", quantity="flow_veh_h", step_s=900, delay_s=300, factors=FACTORS, district_id="north"
)


def judged(series: dict[str, Series], begin: datetime = BEGIN, watched: Watched = DETECTORS) -> FeedHealth:
    since = begin.replace(tzinfo=ZONE)
    now = (begin + timedelta(days=DAYS)).replace(tzinfo=ZONE)
    return judge(frame(series, begin, step_s=watched.step_s), watched, since=since, now=now, zone=ZONE)


def moment(slot: int, begin: datetime = BEGIN) -> datetime:
    return (begin + timedelta(minutes=15 * slot)).replace(tzinfo=ZONE).astimezone(UTC)


def of_sensor(health: FeedHealth) -> dict[str, FeedFinding]:
    return {finding.subject.split()[-1]: finding for finding in health.findings}


def healthy(number: int, seed: int = 100) -> dict[str, Series]:
    """Busy and quiet detectors, down to five vehicles in a quarter of an hour."""
    return {f"d{place}": counts(seed + place, level=(20.0, 60.0, 200.0, 600.0)[place % 4]) for place in range(number)}


def test_healthy_series_raise_no_alarm() -> None:
    found = judged(healthy(60))
    assert found.sensors == 60
    assert found.findings == ()
    assert found.ok


BOUNDS = {  # least share found under its own name, largest median error of its date in hours
    Fault.STALE: (1.0, 0.0),
    Fault.ALL_ZERO: (0.95, 0.5),
    Fault.FLAT: (0.95, 0.0),
    Fault.UNIT_CHANGED: (0.9, 0.5),
    Fault.CLOCK_SHIFTED: (0.75, 3.0),
    Fault.JUMPING: (0.9, 2.0),
    Fault.GAPS: (0.95, 2.0),
}


@pytest.mark.parametrize("fault", BOUNDS)
def test_each_fault_is_found_and_dated(fault: Fault) -> None:
    dice = np.random.default_rng(3)
    series, starts = healthy(24, seed=500), {}
    for place, (name, own) in enumerate(list(series.items())):
        # Half of the sensors stay healthy, so that nobody takes it for the whole feed's.
        series[f"ok-{name}"], series[f"also-{name}"] = counts(900 + place), counts(1900 + place)
        starts[name] = int(dice.integers(22 * 96, 31 * 96))
        series[name] = planted(own, fault, starts[name], place)
    found = of_sensor(judged(series))
    right = [name for name in starts if name in found and found[name].fault is fault]
    errors = [abs((found[name].since - moment(starts[name])).total_seconds()) / 3600 for name in right]
    share, hours = BOUNDS[fault]
    assert len(right) >= share * len(starts)
    assert float(np.median(errors)) <= hours
    assert [name for name in found if name.startswith(("ok", "also"))] == []


def test_a_finding_says_which_sensor_since_when_with_figures_and_what_to_do() -> None:
    series = healthy(4)
    series["d1"] = planted(series["d1"], Fault.FLAT, 25 * 96 + 48, 1)
    (finding,) = judged(series).findings
    assert finding.subject == "detector d1"
    assert finding.district_id == "north"
    assert "Detector d1 (flow_veh_h, feed counts): flat since 2026-06-26 12:" in finding.sentence
    assert (
        f"{dict(finding.figures)['repeats']:,.0f} values in a row are {dict(finding.figures)['value']:g}"
        in finding.sentence
    )
    assert finding.todo


def test_a_detector_that_is_zero_every_night_is_healthy_in_the_night() -> None:
    series = healthy(3)
    for own in series.values():
        by_day = own.reshape(-1, 96)
        by_day[:, :22] = 0
    until_five = {name: own[: 34 * 96 + 20] for name, own in series.items()}
    since = BEGIN.replace(tzinfo=ZONE)
    at_five = since + timedelta(days=34, hours=5)
    assert judge(frame(until_five, BEGIN), DETECTORS, since=since, now=at_five, zone=ZONE).findings == ()


def test_a_detector_dead_for_the_whole_window_is_named_with_a_date_that_is_at_least() -> None:
    series = {**healthy(4), "dead": np.zeros(DAYS * 96)}
    finding = of_sensor(judged(series))["dead"]
    assert (finding.fault, finding.at_least) == (Fault.ALL_ZERO, True)
    assert "or longer" in finding.sentence


def test_what_all_sensors_show_at_once_is_one_finding_of_the_feed() -> None:
    start = 26 * 96
    moved = {name: planted(own, Fault.CLOCK_SHIFTED, start, 7) for name, own in healthy(12).items()}
    findings = [one for one in judged(moved).findings if one.fault is Fault.CLOCK_SHIFTED]
    assert findings[0].subject == "feed counts"
    assert findings[0].sensors >= 9
    assert abs(findings[0].since - moment(start)) < timedelta(hours=12)


def test_a_clock_change_is_no_shift_for_a_feed_that_follows_the_wall() -> None:
    """Melbourne's clocks went forward on 4 October 2026."""
    assert judged(healthy(12), begin=datetime(2026, 9, 10)).findings == ()


def test_a_feed_in_winter_time_all_summer_is_an_hour_off_from_the_change_on() -> None:
    begin = datetime(2026, 9, 10)
    change = 24 * 96 + 8
    moved = {name: np.concatenate([own[:change], np.roll(own, -4)[change:]]) for name, own in healthy(12).items()}
    (finding,) = judged(moved, begin=begin).findings
    assert (finding.fault, finding.subject) == (Fault.CLOCK_SHIFTED, "feed counts")
    assert dict(finding.figures)["shift_s"] == -3600


def test_a_feed_that_stops_is_late_by_its_own_cadence_and_delay() -> None:
    series = healthy(3)
    rows = frame(series, BEGIN)
    since, last = BEGIN.replace(tzinfo=ZONE), rows["at"].max()
    assert isinstance(last, datetime)

    def at(now: datetime) -> tuple[FeedFinding, ...]:
        return judge(rows, DETECTORS, since=since, now=now, zone=ZONE).findings

    assert at(last + timedelta(minutes=40)) == ()
    (finding,) = at(last + timedelta(hours=5))
    assert (finding.fault, finding.subject) == (Fault.STALE, "feed counts")
    assert finding.since == last + timedelta(minutes=15)
    assert "a value is expected every 15 min, 5 min after its interval" in finding.sentence


def test_rain_may_be_zero_for_weeks_and_bins_read_at_odd_times_are_judged_by_their_own_rhythm() -> None:
    dice = np.random.default_rng(1)
    start = datetime(2026, 6, 1, tzinfo=UTC)
    hours = np.cumsum(dice.uniform(2, 9, 140))
    moments = [start + timedelta(hours=float(hour)) for hour in hours]
    levels = dice.uniform(0.05, 0.95, 140)
    rows = pl.concat(
        pl.DataFrame({"at": moments[:count], "value": levels[:count] * scale}).with_columns(sensor=pl.lit(name))
        for name, count, scale in (("usual", 140, 1.0), ("silent", 110, 1.0), ("lively", 139, 1.0))
    )
    percent = pl.col("sensor").eq("lively") & (pl.col("at") >= moments[120])
    rows = rows.with_columns(value=pl.when(percent).then(pl.col("value") * 100).otherwise("value"))
    watched = Watched(feed="bins", noun="bin sensor", quantity="fill_level", step_s=3600, factors=(100.0, 0.01))
    found = of_sensor(
        judge(
            rows.with_columns(pl.col("at").dt.cast_time_unit("us")),
            watched,
            since=start,
            now=moments[-1] + timedelta(hours=1),
            zone=ZONE,
        )
    )
    assert {name: finding.fault for name, finding in found.items()} == {
        "silent": Fault.STALE,
        "lively": Fault.UNIT_CHANGED,
    }
    assert found["silent"].since == moments[109]
    assert abs(found["lively"].since - moments[120]) <= timedelta(days=1)


def test_too_little_history_says_so_instead_of_guessing() -> None:
    short = {name: own[: 4 * 96] for name, own in healthy(3).items()}
    since = BEGIN.replace(tzinfo=ZONE)
    found = judge(frame(short, BEGIN), DETECTORS, since=since, now=since + timedelta(days=4), zone=ZONE)
    assert found.findings == ()
    assert "shapes need 9 days" in found.not_judged


@dataclass(frozen=True, slots=True)
class RealWindow:
    begin: datetime
    series: dict[str, Series]


def real_windows(shared_data: Path, first: datetime, last: datetime) -> Iterator[RealWindow]:
    """Five weeks each, of the detectors that an own, crude screen calls healthy in them."""
    table = pl.read_parquet(shared_data / "departments" / "scats_vicroads" / "volume_15min.parquet")
    days = table.to_numpy().astype(np.float64).reshape(-1, 96, table.width) * 4
    base = datetime(2007, 1, 1)
    for day in range((first - base).days, min((last - base).days, len(days)) - DAYS, 28):
        part = days[day : day + DAYS]
        series = {f"s{place}": part[:, :, place].ravel() for place in range(table.width) if sound(part[:, :, place])}
        if series:
            yield RealWindow(base + timedelta(days=day), series)


def sound(days: Series) -> bool:
    weeks = [days[start : start + 7].sum() for start in range(0, DAYS, 7)]
    own = days.ravel()
    longest = max(map(len, "".join("1" if a == b != 0 else "0" for a, b in pairwise(own)).split("0")))
    return bool((days[:, 28:84] == 0).mean(axis=1).max() <= 0.2 and min(weeks) >= 0.6 * max(weeks) and longest < 8)


def test_real_detectors_raise_few_false_alarms_and_show_what_is_planted(shared_data: Path) -> None:
    """On years that nothing was tuned on. Alarms per detector-year are what an operator has to look at for nothing."""
    alarms, years, shown, planted_ones = 0, 0.0, 0, 0
    for window in real_windows(shared_data, datetime(2011, 1, 1), datetime(2012, 7, 25)):
        years += len(window.series) * DAYS / 365.25
        alarms += len(judged(window.series, window.begin).findings)
        for place, (name, own) in enumerate(window.series.items()):
            fault = list(BOUNDS)[(place + window.begin.month) % len(BOUNDS)]
            series = {**window.series, "quiet": counts(5), name: planted(own, fault, 26 * 96 + 50, place)}
            found = of_sensor(judged(series, window.begin)).get(name)
            shown += found is not None and found.fault is fault
            planted_ones += 1
    assert years > 4
    assert alarms / years <= 1.0
    assert shown >= 0.9 * planted_ones


def test_a_stretch_that_is_known_to_be_dead_is_named(shared_data: Path) -> None:
    table = pl.read_parquet(shared_data / "departments" / "scats_vicroads" / "volume_15min.parquet")
    days = table.to_numpy().astype(np.float64).reshape(-1, 96, table.width) * 4
    dead = days.max(axis=1) == 0
    base = datetime(2007, 1, 1)
    seen = missed = 0
    for sensor in range(table.width):
        for day in np.flatnonzero(dead[2:, sensor] & dead[1:-1, sensor] & ~dead[:-2, sensor]) + 2:
            begin = int(day) - DAYS + 1
            if begin < 0 or dead[begin : int(day) - 1, sensor].mean() > 0.1 or seen > 20:
                continue
            found = judged({"s": days[begin : int(day) + 1, :, sensor].ravel()}, base + timedelta(days=begin)).findings
            seen += 1
            missed += not any(one.fault is Fault.ALL_ZERO for one in found)
    assert seen >= 5
    assert missed <= 0.1 * seen
