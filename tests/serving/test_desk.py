"""What time it is at the desk, and what must not happen there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from city.errors import BrokenRuleError, MissingInputError
from city.frames import TrafficCounts
from city.settings import Settings
from features.sources.mapping import load_mapping
from serving.desk import Desk
from serving.importing import import_files, refuse_another_city

LAST_START = datetime(2026, 3, 1, 7, 45, tzinfo=UTC)
LAST_NEWS = LAST_START + timedelta(minutes=20)


def counts(*starts: datetime) -> pl.DataFrame:
    delay = timedelta(minutes=20)
    return pl.DataFrame(
        {
            "district_id": "D1",
            "known_at": [start + delay for start in starts],
            "imported_at": [datetime(2026, 5, 1, tzinfo=UTC)] * len(starts),
            "source": "counts.csv",
            "detector_id": "K1",
            "start_at": list(starts),
            "step_s": 900,
            "flow_veh_h": 120.0,
            "speed_kmh": None,
            "occupancy": None,
        },
        schema_overrides={name: pl.Datetime("us", "UTC") for name in ("known_at", "imported_at", "start_at")},
    )


def desk_at(home: Path, now: datetime) -> Desk:
    return Desk(Settings.from_environment({"CITY_HOME": str(home)}), clock=lambda: now)


def test_what_was_asked_for_is_taken(tmp_path: Path) -> None:
    asked = datetime.fromisoformat("2026-03-01T16:00:00+08:00")

    moment = desk_at(tmp_path, LAST_NEWS).moment(TrafficCounts, asked)

    assert (moment.at, moment.made_at, moment.assumed) == (asked, asked, ())


def test_a_living_feed_is_read_by_the_real_clock(tmp_path: Path) -> None:
    now = LAST_NEWS + timedelta(hours=3)
    desk = desk_at(tmp_path, now)
    desk.history.append(TrafficCounts, counts(LAST_START))

    assert desk.moment(TrafficCounts).at == now
    assert desk.moment(TrafficCounts).assumed == ()


def test_a_feed_that_ended_is_read_at_its_last_news_and_says_so(tmp_path: Path) -> None:
    now = LAST_NEWS + timedelta(days=200)
    desk = desk_at(tmp_path, now)
    desk.history.append(TrafficCounts, counts(LAST_START - timedelta(days=1), LAST_START))

    moment = desk.moment(TrafficCounts)

    assert moment.at == LAST_NEWS
    assert moment.made_at == now
    assert "2026-03-01 08:05" in moment.assumed[0]


def test_a_late_correction_of_old_rows_is_no_news(tmp_path: Path) -> None:
    desk = desk_at(tmp_path, LAST_NEWS + timedelta(days=200))
    old = LAST_START - timedelta(days=1)
    desk.history.append(TrafficCounts, counts(old, LAST_START))
    corrected = counts(old).with_columns(flow_veh_h=pl.lit(90.0), known_at=pl.col("imported_at"))
    desk.history.append(TrafficCounts, corrected)

    assert desk.moment(TrafficCounts).at == LAST_NEWS


def test_without_a_city_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="city import --mapping"):
        desk_at(tmp_path, LAST_NEWS).city()


def test_a_second_city_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    desk = desk_at(tmp_path / "var", LAST_NEWS)
    for name in ("Here", "There"):
        (tmp_path / f"{name}.toml").write_text(
            f'[city]\nname = "{name}"\ntime_zone = "Asia/Shanghai"\nnational_profile = "CN"\n'
            'districts = { D1 = "One" }\n[[feed]]\nname = "nodes"\ncontract = "Nodes"\npath = "node.csv"\n'
            'crs = "WGS84"\n[feed.columns]\nnode_id = "node_id"\nlon = "x"\nlat = "y"\n',
            encoding="utf-8",
        )
    (tmp_path / "node.csv").write_text("node_id,x,y\nN1,116.4,39.9\n", encoding="utf-8")
    import_files(desk, tmp_path / "Here.toml")

    refuse_another_city(desk, load_mapping(tmp_path / "Here.toml"))
    with pytest.raises(BrokenRuleError, match="holds the history of Here"):
        import_files(desk, tmp_path / "There.toml")
    assert desk.city().name == "Here"
