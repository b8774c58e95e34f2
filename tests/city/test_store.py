"""The history: added to, never overwritten, and readable as it was known."""

import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.documents import canonical_json
from city.errors import (
    BrokenRuleError,
    InvalidValueError,
    MissingInputError,
    StoreUnreachableError,
    UnreadableInputError,
)
from city.forecasts import TripWeightForecasts
from city.frames import ComplaintCounts, Entities, Quarantine, TrafficCounts, Weighings
from city.ids import DistrictId
from city.ledger import Ledger
from city.places import District
from city.store import History
from tests.city.traffic import NINE, STEP, counts, flows


def test_an_empty_history_reads_as_empty_frames_of_the_contract(history: History) -> None:
    assert history.read(TrafficCounts).columns == TrafficCounts.column_names()
    assert history.version(TrafficCounts) is None
    assert history.versions() == ()
    assert history.entities(District) == ()


def test_what_was_appended_is_read_back_sorted_by_key(anywhere: History) -> None:
    appended = anywhere.append(TrafficCounts, counts(("B", NINE, 400.0), ("A", NINE, 300.0)))

    assert (appended.new, appended.corrections, appended.duplicates, appended.version) == (2, 0, 0, 0)
    assert flows(anywhere) == [("A", NINE, 300.0), ("B", NINE, 400.0)]
    TrafficCounts.validate(anywhere.read(TrafficCounts), cast=False)


def test_the_same_rows_twice_add_nothing_even_from_another_file(anywhere: History) -> None:
    anywhere.append(TrafficCounts, counts(("A", NINE, 300.0)))

    again = anywhere.append(
        TrafficCounts, counts(("A", NINE, 300.0), imported_at=NINE + timedelta(days=1), source="copy.csv")
    )

    assert (again.new, again.corrections, again.duplicates, again.version) == (0, 0, 1, 0)


def test_a_correction_is_read_from_its_import_on_and_the_former_value_before(anywhere: History) -> None:
    imported = NINE + timedelta(days=2)
    anywhere.append(TrafficCounts, counts(("A", NINE, 300.0), ("B", NINE, 1.0)))

    corrected = anywhere.append(TrafficCounts, counts(("A", NINE, 360.0), imported_at=imported))

    assert (corrected.new, corrected.corrections) == (0, 1)
    assert flows(anywhere, as_of=imported - STEP) == [("A", NINE, 300.0), ("B", NINE, 1.0)]
    assert flows(anywhere, as_of=imported) == [("A", NINE, 360.0), ("B", NINE, 1.0)]


def test_the_first_file_coming_again_does_not_undo_a_correction(history: History) -> None:
    history.append(TrafficCounts, counts(("A", NINE, 300.0)))
    history.append(TrafficCounts, counts(("A", NINE, 360.0), imported_at=NINE + timedelta(days=2)))

    history.append(TrafficCounts, counts(("A", NINE, 300.0), imported_at=NINE + timedelta(days=3)))

    assert flows(history) == [("A", NINE, 360.0)]


def test_a_published_correction_keeps_its_publication_time(history: History) -> None:
    later = NINE + timedelta(days=1)
    history.append(TrafficCounts, counts(("A", NINE, 360.0), known_at=later), published=True)

    history.append(TrafficCounts, counts(("A", NINE, 300.0), known_at=NINE + STEP), published=True)

    assert flows(history, as_of=NINE + STEP) == [("A", NINE, 300.0)]
    assert flows(history) == [("A", NINE, 360.0)]


def test_a_time_range_includes_its_start_and_not_its_end(anywhere: History) -> None:
    anywhere.append(TrafficCounts, counts(*(("A", NINE + k * STEP, float(k)) for k in range(4))))

    found = flows(anywhere, since=NINE + STEP, until=NINE + 3 * STEP)

    assert [flow for _, _, flow in found] == [1.0, 2.0]


def test_bounds_may_be_told_in_any_zone(history: History) -> None:
    history.append(TrafficCounts, counts(*(("A", NINE + k * STEP, float(k)) for k in range(4))))
    shanghai = ZoneInfo("Asia/Shanghai")

    found = flows(history, since=(NINE + STEP).astimezone(shanghai), until=(NINE + 3 * STEP).astimezone(shanghai))

    assert [flow for _, _, flow in found] == [1.0, 2.0]


def test_days_are_bounded_by_the_dates_of_the_moments(history: History) -> None:
    days = [date(2026, 3, day) for day in (1, 2, 3)]
    history.append(
        ComplaintCounts,
        pl.DataFrame(
            {
                "district_id": "north", "known_at": NINE, "imported_at": NINE, "source": "c.csv",
                "day": days, "district_key": "north", "category": "waste", "reports": [1, 2, 3],
            }
        ).cast({"known_at": pl.Datetime("us", "UTC"), "imported_at": pl.Datetime("us", "UTC")}),
    )  # fmt: skip

    found = history.read(ComplaintCounts, since=NINE, until=NINE + timedelta(days=1))

    assert found["day"].to_list() == [date(2026, 3, 2)]


def test_a_read_of_one_week_opens_no_other(history: History, tmp_path: Path) -> None:
    later = NINE + timedelta(days=7)
    history.append(TrafficCounts, counts(("A", NINE, 1.0), ("A", later, 2.0)))
    for file in (tmp_path / "history" / "TrafficCounts" / "week=2026-W10").iterdir():
        file.unlink()

    assert flows(history, since=later) == [("A", later, 2.0)]
    with pytest.raises(StoreUnreachableError, match="Table TrafficCounts: it cannot be read"):
        history.read(TrafficCounts)


def test_an_older_version_is_read_back(anywhere: History) -> None:
    anywhere.append(TrafficCounts, counts(("A", NINE, 1.0)))
    anywhere.append(TrafficCounts, counts(("B", NINE, 2.0)))

    assert anywhere.versions() == (("TrafficCounts", 1),)
    assert anywhere.read(TrafficCounts, version=0)["detector_id"].to_list() == ["A"]
    with pytest.raises(UnreadableInputError, match="there is no committed version 7; it has 0, 1"):
        anywhere.read(TrafficCounts, version=7)


def test_rows_that_break_the_contract_are_refused_and_nothing_is_stored(history: History) -> None:
    history.append(TrafficCounts, counts(("A", NINE, 1.0)))

    with pytest.raises(BrokenRuleError, match="flow_veh_h"):
        history.append(TrafficCounts, counts(("B", NINE, 2.0), ("C", NINE, -1.0)))

    assert flows(history) == [("A", NINE, 1.0)]


def test_a_fraction_is_never_stored_as_a_whole_number(history: History) -> None:
    with pytest.raises(BrokenRuleError, match="step_s"):
        history.append(TrafficCounts, counts(("A", NINE, 1.0)).with_columns(step_s=pl.lit(1.7)))


def test_bounds_need_a_zone_and_a_table_with_a_time(history: History) -> None:
    with pytest.raises(InvalidValueError, match=r"a time with its offset"):
        history.read(TrafficCounts, as_of=datetime(2026, 3, 1))
    history.append(Entities, entity("North"))
    with pytest.raises(InvalidValueError, match="this table has no time of its own"):
        history.read(Entities, since=NINE)


def entity(name: str, imported_at: datetime = NINE) -> pl.DataFrame:
    district = District(district_id=DistrictId("north"), name=name)
    row = {
        "district_id": "north", "known_at": imported_at, "imported_at": imported_at, "source": "city.toml",
        "kind": "district", "entity_id": "north", "document": canonical_json(district),
    }  # fmt: skip
    return pl.DataFrame([row], schema={column: spec.dtype for column, spec in Entities.columns().items()})


def test_master_data_may_return_to_a_former_value(history: History) -> None:
    for days, name in enumerate(("North", "North-East", "North")):
        history.append(Entities, entity(name, NINE + timedelta(days=days)))

    names = [history.entities(District, as_of=NINE + timedelta(days=days))[0].name for days in range(3)]

    assert names == ["North", "North-East", "North"]


def test_a_forecast_reads_as_its_latest_issue(anywhere: History) -> None:
    def issue(at: datetime, kg: float) -> pl.DataFrame:
        row = {
            "district_id": "north", "issued_at": at, "model": "trips-1", "rung": "champion", "truck_id": "T1",
            "stream": "residual", "service_date": date(2026, 3, 3), "kg_p10": kg, "kg_p50": kg, "kg_p90": kg,
        }  # fmt: skip
        return pl.DataFrame([row], schema={c: s.dtype for c, s in TripWeightForecasts.columns().items()})

    for at, kg in ((NINE, 100.0), (NINE + STEP, 200.0), (NINE + STEP, 250.0)):
        anywhere.append_forecast(TripWeightForecasts, issue(at, kg))

    assert anywhere.read_forecast(TripWeightForecasts)["kg_p50"].to_list() == [250.0]
    assert anywhere.read_forecast(TripWeightForecasts, issued_at=NINE)["kg_p50"].to_list() == [100.0]


def test_a_row_is_quarantined_once_however_often_it_comes(anywhere: History) -> None:
    def refused(at: datetime) -> pl.DataFrame:
        row = {
            "contract": "Weighings", "source": "w.csv", "line": 3, "reason": "net_kg is -1.0", "row": "{}",
            "imported_at": at,
        }  # fmt: skip
        return pl.DataFrame([row], schema={c: s.dtype for c, s in Quarantine.columns().items()})

    assert anywhere.quarantine(refused(NINE)) == 1
    assert anywhere.quarantine(refused(NINE + STEP)) == 0
    assert anywhere.quarantined().height == 1


batches = st.lists(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.integers(0, 4)),
        unique_by=lambda row: row[:2],
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=batches)
def test_as_of_never_shows_a_later_row_and_always_the_newest_known(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, int, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    history = History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))
    told: dict[tuple[str, datetime], list[tuple[datetime, float]]] = {}
    for day, batch in enumerate(batches, 1):
        imported = NINE + timedelta(days=day)
        rows = [(detector, NINE + step * STEP, float(flow)) for detector, step, flow in batch]
        history.append(TrafficCounts, counts(*rows, imported_at=imported))
        for detector, start, flow in rows:
            versions = told.setdefault((detector, start), [])
            if flow not in [value for _, value in versions]:
                versions.append((imported if versions else start + STEP, flow))

    for day in range(len(batches) + 1):
        moment = NINE + timedelta(days=day, hours=1)
        expected = {
            key: [flow for known, flow in versions if known <= moment][-1]
            for key, versions in told.items()
            if versions[0][0] <= moment
        }
        found = {(detector, start): flow for detector, start, flow in flows(history, as_of=moment)}
        assert found == expected


def test_half_a_million_rows_are_stored_and_read_in_seconds(history: History) -> None:
    size = 520_000
    steps = pl.int_range(size, eager=True)
    rows = (
        pl.DataFrame({"k": steps})
        .with_columns(start_at=pl.lit(NINE).dt.cast_time_unit("us") + pl.duration(seconds=(pl.col("k") // 60) * 900))
        .select(
            district_id=pl.lit("north"),
            known_at=pl.col("start_at") + STEP,
            imported_at=pl.lit(NINE).dt.cast_time_unit("us"),
            source=pl.lit("big.csv"),
            detector_id=pl.format("D{}", pl.col("k") % 60),
            start_at="start_at",
            step_s=pl.lit(900, dtype=pl.Int64),
            flow_veh_h=(pl.col("k") % 2000).cast(pl.Float64),
            speed_kmh=pl.lit(None, dtype=pl.Float64),
            occupancy=pl.lit(None, dtype=pl.Float64),
        )
    )

    begin = time.perf_counter()
    history.append(TrafficCounts, rows)
    stored = time.perf_counter()
    read = history.read(TrafficCounts, as_of=NINE + timedelta(days=3650))
    done = time.perf_counter()

    assert read.height == size
    assert stored - begin < 9, "3 s on an idle machine, which no test can ask for"
    assert done - stored < 4, "1 s on an idle machine"


def test_a_key_that_two_writers_once_found_new_is_read_once(history: History) -> None:
    """As tables in object stores may hold it from before there was one lock for all writers."""
    for hours, flow in ((1, 300.0), (2, 360.0)):
        rows = counts(("A", NINE, flow), imported_at=NINE + timedelta(hours=hours))
        history._tables[TrafficCounts].append(rows.with_columns(pl.lit(0, dtype=pl.Int32).alias("revision")))

    assert flows(history) == [("A", NINE, 360.0)]


def test_weighings_are_bounded_by_the_moment_of_weighing(history: History) -> None:
    row = {
        "district_id": "north", "known_at": NINE, "imported_at": NINE, "source": "w.csv", "ticket_id": "1",
        "truck_id": "T1", "site_id": "S1", "stream": "residual", "weighed_at": NINE,
        "service_date": date(2026, 3, 2), "net_kg": 5000.0,
    }  # fmt: skip
    history.append(Weighings, pl.DataFrame([row], schema={c: s.dtype for c, s in Weighings.columns().items()}))

    assert history.read(Weighings, until=NINE).is_empty()
    assert history.read(Weighings, since=NINE).height == 1


def test_the_salt_of_a_history_stays_the_same_and_lies_beside_its_ledger(history: History, tmp_path: Path) -> None:
    assert history.salt() == History(history.url, history.ledger).salt() == (tmp_path / "salt").read_bytes().strip()
    assert History(history.url, history.ledger, salt=b"given").salt() == b"given"
    server = History(history.url, Ledger("postgresql+psycopg://city@127.0.0.1:1/city"))
    with pytest.raises(MissingInputError, match="CITY_SALT"):
        server.salt()
