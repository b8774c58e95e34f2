"""What an import makes of the demo city's files."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from city.frames import (
    BinReadings,
    CalendarDays,
    ComplaintEvents,
    Detectors,
    HistoryRow,
    Links,
    Nodes,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
)
from city.signals import Corridor, Junction
from city.store import History
from city.waste import CollectionPoint, Depot, DisposalSite, Truck
from features.sources.report import ImportReport
from features.sources.synthetic import CityStepper, DemoCity, DirtShares
from tests.features.synthetic.conftest import SCALE

Imported = tuple[History, ImportReport]
IMPORTED: tuple[type[HistoryRow], ...] = (
    BinReadings,
    CalendarDays,
    ComplaintEvents,
    Detectors,
    Links,
    Nodes,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
)


def _latest(column: pl.Series) -> datetime:
    latest = column.max()
    assert isinstance(latest, datetime)
    return latest


def _mean(column: pl.Series) -> float:
    return float(np.mean(column.to_numpy()))


def test_one_import_reads_everything(imported: Imported, small_city: DemoCity) -> None:
    history, report = imported
    stepper = CityStepper(seed=3, scale=SCALE)
    assert {feed.feed for feed in report.feeds} >= {
        "detector counts",
        "bin levels",
        "visits",
        "weighings",
        "complaints",
    }
    assert len(history.entities(Junction)) == len(stepper.world.crossings.junctions)
    assert history.entities(Corridor) == stepper.world.crossings.corridors
    assert len(history.entities(Depot)) == 2
    for contract in IMPORTED:
        assert history.read(contract).height
    assert _latest(history.read(TrafficCounts)["start_at"]) < small_city.now


def test_master_data_comes_through_the_workbook_unchanged(imported: Imported) -> None:
    history, _ = imported
    world = CityStepper(seed=3, scale=SCALE).world
    points = {(point.point_id, point.stream): point for point in history.entities(CollectionPoint)}
    for point in world.points.points:
        read = points[point.point_id, point.stream]
        assert (read.windows, read.rule, read.capacity_m3, read.lon) == (
            point.windows,
            point.rule,
            point.capacity_m3,
            point.lon,
        )
    assert {truck.truck_id: truck for truck in history.entities(Truck)} == {
        truck.truck_id: truck for truck in world.fleet.trucks
    }
    assert {site.site_id: site for site in history.entities(DisposalSite)} == {
        site.site_id: site for site in world.fleet.sites
    }


def test_the_import_refuses_exactly_what_was_soiled(imported: Imported, small_city: DemoCity) -> None:
    history, report = imported
    by_feed = {feed.feed: feed for feed in report.feeds}
    for name in {dirt.feed for dirt in small_city.dirt}:
        own = [dirt for dirt in small_city.dirt if dirt.feed == name]
        assert by_feed[name].quarantined == sum(dirt.refused for dirt in own)
        assert by_feed[name].duplicates == sum(dirt.duplicates for dirt in own)
    assert report.quarantined == small_city.refused == history.quarantined().height


def test_dirt_comes_in_the_documented_shares(small_city: DemoCity, imported: Imported) -> None:
    _, report = imported
    read = {feed.feed: feed.read for feed in report.feeds}
    rows = {(dirt.feed, dirt.kind): dirt.rows for dirt in small_city.dirt}
    shares = DirtShares()
    for feed, kind, share in (
        ("detector counts", "gap", shares.traffic_gaps),
        ("detector counts", "impossible count", shares.traffic_impossible),
        ("bin levels", "error code 255", shares.level_errors),
        ("visits", "no point given", shares.visit_without_point),
        ("complaints", "another date format", shares.complaint_other_format),
    ):
        assert rows[feed, kind] == pytest.approx(share * read[feed], rel=0.02, abs=1)
        assert rows[feed, kind] > 0


def test_complaints_lie_where_they_were_made_after_conversion_from_gcj02(imported: Imported, truth: Path) -> None:
    history, _ = imported
    made = pl.read_parquet(truth / "complaints.parquet")
    stored = history.read(ComplaintEvents).filter(pl.col("event") == "opened")
    both = stored.join(made, on="complaint_id", suffix="_made")
    assert both.height > 0.95 * stored.height
    for axis in ("lon", "lat"):
        assert both[axis].to_numpy() == pytest.approx(both[f"{axis}_made"].to_numpy(), abs=3e-6)


def test_who_complains_stays_outside_and_what_is_wrong_comes_in(imported: Imported, small_city: DemoCity) -> None:
    written = (small_city.folder / "complaints.csv").read_text(encoding="utf-8")
    stored = " ".join(imported[0].read(ComplaintEvents)["text"].drop_nulls())
    phones = set(re.findall(r"138\d{8}", written))
    accounts = set(re.findall(r"yunhe_\d{4}", written))
    assert len(phones) > 5
    assert accounts
    assert not [secret for secret in phones | accounts if secret in stored]
    assert "[phone]" in stored
    assert "垃圾桶" in stored


def test_complaints_come_with_who_had_them_first_and_last(imported: Imported, truth: Path) -> None:
    events = imported[0].read(ComplaintEvents)
    made = pl.read_parquet(truth / "complaints.parquet").select("complaint_id", "first_department", "last_department")
    for event, told in (("opened", "first_department"), ("closed", "last_department")):
        both = events.filter(pl.col("event") == event).join(made, on="complaint_id")
        assert both.height
        assert both["department"].equals(both[told])
    first, last = (made[name] for name in ("first_department", "last_department"))
    assert 0.1 < _mean(first != last) < 0.35


def test_queues_are_slow_and_cover_the_detector(imported: Imported, truth: Path) -> None:
    history, _ = imported
    detectors = history.read(Detectors).select("detector_id", "junction_id", arm="approach")
    demand = pl.read_parquet(truth / "demand.parquet").with_columns(
        pl.col("start_at").dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone("UTC")
    )
    counts = history.read(TrafficCounts).join(detectors, on="detector_id")
    both = counts.join(demand, on=["junction_id", "arm", "start_at"])
    queued, moving = (both.filter(keep) for keep in (pl.col("queue_veh") > 30, pl.col("queue_veh") == 0))
    assert _mean(queued["speed_kmh"]) < 0.6 * _mean(moving["speed_kmh"])
    assert _mean(queued["occupancy"]) > 4 * _mean(moving["occupancy"])


def test_visits_name_the_ticket_of_their_trip(imported: Imported) -> None:
    history, _ = imported
    visits = history.read(BinReadings).filter(pl.col("method") == "visit")
    tickets = history.read(Weighings)
    assert visits["emptied"].all()
    known = visits.join(tickets, on="ticket_id", how="inner")
    assert known.height > 0.85 * visits.height
    assert (known["stream"] == known["stream_right"]).all()
    assert (known["weighed_at"] > known["read_at"]).all()


def test_trucks_do_not_tip_more_than_they_may_carry(imported: Imported) -> None:
    history, _ = imported
    payload = {truck.truck_id: truck.payload_kg for truck in history.entities(Truck)}
    share = [
        kg / payload[truck_id] for truck_id, kg in history.read(Weighings).select("truck_id", "net_kg").iter_rows()
    ]
    assert max(share) < 1.1


def test_daily_points_are_visited_every_day_but_for_a_few(imported: Imported, small_city: DemoCity) -> None:
    history, _ = imported
    daily = {(p.point_id, p.stream.value) for p in history.entities(CollectionPoint) if not p.rule.may_skip}
    visits = history.read(BinReadings).filter(pl.col("method") == "visit").select("point_id", "stream").iter_rows()
    share = sum(visit in daily for visit in visits) / (
        len(daily) * (small_city.service_date - small_city.first_day).days
    )
    assert 0.9 < share < 1.02


def test_rows_are_cut_at_now_as_departments_deliver_them(small_city: DemoCity, imported: Imported) -> None:
    history, _ = imported
    for contract in (TrafficCounts, BinReadings, Weighings, ComplaintEvents, WeatherObserved):
        known_at = _latest(history.read(contract)["known_at"])
        assert small_city.now - timedelta(hours=26) < known_at <= small_city.now
    last = pl.read_parquet(small_city.truth / "demand.parquet")["start_at"]
    assert _latest(last) == datetime.combine(
        small_city.service_date + timedelta(days=1), datetime.min.time()
    ) + timedelta(hours=23, minutes=45)


def test_every_point_lies_near_a_node_of_the_network(imported: Imported) -> None:
    history, _ = imported
    nodes = history.read(Nodes).select("lon", "lat").to_numpy()
    for point in history.entities(CollectionPoint):
        away = (nodes - [point.lon, point.lat]) * [np.cos(np.radians(point.lat)), 1.0] * 111_320
        assert np.hypot(*away.T).min() < 120


def test_measured_links_name_their_detector(imported: Imported) -> None:
    history, _ = imported
    measured = history.read(Links)["detector_id"].drop_nulls()
    assert sorted(measured) == sorted(history.read(Detectors)["detector_id"])
