"""What the departments of the demo city hand over."""

import hashlib
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from city.errors import InvalidValueError
from features.sources.synthetic import DemoCity, DirtShares, build_demo_city
from features.sources.synthetic.waste_records import SCALE_NOISE, SCALE_STEP_KG
from tests.features.synthetic.conftest import DAYS, SCALE

HOUSE = Path(__file__).parents[3]


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_files_and_another_seed_gives_others(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "same", "other")]
    for folder, seed in zip(folders, (7, 7, 8), strict=True):
        build_demo_city(folder, seed=seed, scale=0.2, days=3)
    one, same, other = (_hashes(folder) for folder in folders)
    assert one == same
    assert one["traffic.sqlite"] != other["traffic.sqlite"]
    assert one["sanitation.xlsx"] != other["sanitation.xlsx"]


def test_shorter_histories_end_on_the_same_days(small_city: DemoCity, tmp_path: Path) -> None:
    shorter = build_demo_city(tmp_path, seed=3, scale=SCALE, days=3)
    since = datetime.combine(shorter.first_day, datetime.min.time())
    for name, column in (("demand", "start_at"), ("emptied", "emptied_at"), ("complaints", "opened_at")):
        long, short = (pl.read_parquet(city.truth / f"{name}.parquet") for city in (small_city, shorter))
        recent = long.filter(pl.col(column) >= since)
        assert recent.height
        assert recent.equals(short)


@pytest.mark.parametrize("days", [0, -1, 5000])
def test_a_number_of_days_that_cannot_be_built_is_refused(tmp_path: Path, days: int) -> None:
    with pytest.raises(InvalidValueError, match="days"):
        build_demo_city(tmp_path, days=days)


def test_now_is_a_monday_morning_after_a_spring_festival(small_city: DemoCity) -> None:
    assert small_city.now == datetime(2026, 3, 29, 21, 0, tzinfo=UTC)
    assert small_city.service_date.isoweekday() == 1
    assert small_city.first_day == small_city.service_date - timedelta(days=DAYS)


def test_a_city_can_be_clean(tmp_path: Path) -> None:
    spotless = dict.fromkeys((name for name in DirtShares.__dataclass_fields__), 0)
    city = build_demo_city(tmp_path, seed=3, scale=0.2, days=2, shares=DirtShares(**spotless))
    assert city.refused == city.duplicates == 0


def test_counts_of_saturated_approaches_are_censored_at_capacity(small_city: DemoCity) -> None:
    demand = pl.read_parquet(small_city.truth / "demand.parquet")
    full = demand.filter(pl.col("queue_veh") > 0)
    assert full.height
    assert (full["served_veh"] == full["capacity_veh"]).all()
    saturated = pl.read_csv(small_city.truth / "approaches.csv").filter("saturated")
    queueing = full.group_by("junction_id", "arm").len()
    assert saturated.join(queueing, on=["junction_id", "arm"], how="anti").is_empty()


def test_one_detector_is_silent_for_thirty_hours_and_another_speaks_percent(tmp_path: Path) -> None:
    spotless = dict.fromkeys(DirtShares.__dataclass_fields__, 0)
    shares = DirtShares(**{**spotless, "outage_h": 30, "percent_days": 7})
    city = build_demo_city(tmp_path, seed=3, scale=0.2, days=25, shares=shares)
    rows = {dirt.kind.split()[0]: dirt.rows for dirt in city.dirt}
    assert rows["outage"] == 30 * 4
    assert rows["occupancy"] == 7 * 96
    assert 0 < city.refused < 7 * 96
    with closing(sqlite3.connect(city.folder / "traffic.sqlite")) as database:
        written = database.execute("SELECT count(*) FROM counts WHERE occ > 1").fetchone()[0]
    assert written == city.refused


def test_tickets_weigh_what_was_emptied_within_the_noise_of_the_scale(truth: Path) -> None:
    tickets = pl.read_parquet(truth / "tickets.parquet")
    taken = pl.read_parquet(truth / "emptied.parquet").group_by("ticket_id").agg(pl.col("kg").sum())
    both = tickets.join(taken, on="ticket_id")
    # Trips of the evening before the first day were partly emptied before the record begins.
    both = both.filter(pl.col("service_date") != pl.lit(tickets["service_date"].min()))
    assert both["true_kg"].to_numpy() == pytest.approx(both["kg"].to_numpy())
    assert both.height > 50
    off = (both["net_kg"] - both["kg"]).abs()
    assert (off <= 5 * SCALE_NOISE * both["kg"] + SCALE_STEP_KG / 2).all()
    assert both["net_kg"].sum() == pytest.approx(both["kg"].sum(), rel=0.01)


def test_the_workbook_has_a_title_above_one_header_and_text_in_two_languages(small_city: DemoCity) -> None:
    book = fastexcel.read_excel(small_city.folder / "sanitation.xlsx")
    assert "过磅 Weighings" in book.sheet_names
    assert "磅单号 Ticket" not in book.load_sheet("过磅 Weighings").to_polars().columns
    assert "磅单号 Ticket" in book.load_sheet("过磅 Weighings", header_row=3).to_polars().columns


def test_the_database_counts_per_interval_in_city_time(small_city: DemoCity) -> None:
    with closing(sqlite3.connect(small_city.folder / "traffic.sqlite")) as database:
        first, last = database.execute("SELECT min(ts), max(ts) FROM counts").fetchone()
    assert first == f"{small_city.first_day} 00:00:00"
    assert last == f"{small_city.service_date} 04:30:00"


def test_nothing_that_learns_or_plans_knows_the_generator_or_reads_its_truth(small_city: DemoCity) -> None:
    assert "truth" not in small_city.mapping.read_text(encoding="utf-8")
    for package in ("features", "models", "optimization"):
        modules = [path for path in (HOUSE / package).rglob("*.py") if "synthetic" not in path.parts]
        assert modules
        for path in modules:
            assert not re.search(r"synthetic|truth/|[\"']truth[\"']", path.read_text(encoding="utf-8")), path
