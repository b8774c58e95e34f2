"""The history against a replay in plain Python: what was known when, and what each version held."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.frames import (
    BinReadings,
    ComplaintEvents,
    Entities,
    HistoryRow,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    WorkZones,
)
from city.ledger import Ledger
from city.store import History

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FAR = START + 1000 * DAY
MASTER = (Entities,)


@dataclass(frozen=True)
class Kind:
    """A contract with few keys and few values, so that corrections and duplicates are common."""

    contract: type[HistoryRow]
    key: Callable[[int], dict[str, Any]]
    value: Callable[[int], dict[str, Any]]
    shown: str
    at: Callable[[int], datetime] = lambda number: START + number * HOUR


KINDS = (
    Kind(
        TrafficCounts,
        lambda k: {"detector_id": f"D{k % 2}", "start_at": START + k * HOUR},
        lambda v: {"step_s": 3600, "flow_veh_h": float(v)},
        "flow_veh_h",
    ),
    Kind(
        BinReadings,
        lambda k: {"point_id": f"P{k}", "stream": "residual", "read_at": START + k * HOUR},
        lambda v: {"method": "visit", "fill_level": v / 10, "emptied": False},
        "fill_level",
    ),
    Kind(
        Entities,
        lambda k: {"kind": "district", "entity_id": f"E{k}"},
        lambda v: {"document": f'{{"name":{v}}}'},
        "document",
    ),
    Kind(
        WeatherForecasts,
        lambda k: {"issued_at": START + k * HOUR, "valid_at": START + k * HOUR + DAY},
        lambda v: {"temperature_c": float(v), "rain_mm": 0.0},
        "temperature_c",
    ),
)


@dataclass(frozen=True)
class Row:
    kind: Kind
    number: int
    value: int
    delay_h: int

    def record(self, imported_at: datetime) -> dict[str, Any]:
        return {
            "district_id": "north",
            "known_at": self.kind.at(self.number) + self.delay_h * HOUR,
            "imported_at": imported_at,
            "source": "file.csv",
            **self.kind.key(self.number),
            **self.kind.value(self.value),
        }


@dataclass
class Told:
    """One key's values in the order of arrival, each with when it was known. The law, in plain Python."""

    values: list[tuple[datetime, datetime, int, object]] = field(default_factory=list)

    def hear(self, known_at: datetime, imported_at: datetime, value: object, *, published: bool, master: bool) -> None:
        if master and self.values and max(self.values)[3] == value:
            return
        if not master and any(former == value for _, _, _, former in self.values):
            return
        last = max((known for known, _, _, _ in self.values), default=None)
        if not published and last is not None and known_at <= last:
            known_at = max(known_at, imported_at)
        self.values.append((known_at, imported_at, len(self.values), value))

    def at(self, moment: datetime) -> object:
        known = [one for one in self.values if one[0] <= moment]
        return max(known)[3] if known else None


class Replay:
    def __init__(self) -> None:
        self.told: dict[tuple[str, int], Told] = {}

    def hear(self, rows: Iterable[Row], imported_at: datetime, *, published: bool) -> None:
        for row in rows:
            record = row.record(imported_at)
            told = self.told.setdefault((row.kind.contract.__name__, row.number), Told())
            told.hear(
                record["known_at"],
                imported_at,
                record[row.kind.shown],
                published=published,
                master=row.kind.contract in MASTER,
            )

    def turns(self) -> list[datetime]:
        """Every moment at which an answer may change, and the one just before it."""
        known = {one[0] for told in self.told.values() for one in told.values}
        known |= {one[1] for told in self.told.values() for one in told.values}
        return sorted({moment - back for moment in known for back in (timedelta(0), timedelta(microseconds=1))})

    def at(self, kind: Kind, moment: datetime) -> dict[tuple[object, ...], object]:
        found = {
            tuple(kind.key(number).values()): told.at(moment)
            for (name, number), told in self.told.items()
            if name == kind.contract.__name__
        }
        return {key: value for key, value in found.items() if value is not None}


def frame(contract: type[HistoryRow], records: Sequence[dict[str, Any]]) -> pl.DataFrame:
    schema = {column: spec.dtype for column, spec in contract.columns().items()}
    return pl.DataFrame([{column: record.get(column) for column in schema} for record in records], schema=schema)


def read(history: History, kind: Kind, **how: Any) -> dict[tuple[object, ...], object]:  # noqa: ANN401  -- read's own
    rows = history.read(kind.contract, **how)
    return {tuple(row[name] for name in kind.key(0)): row[kind.shown] for row in rows.iter_rows(named=True)}


def store(history: History, rows: Sequence[Row], imported_at: datetime, *, published: bool) -> None:
    """One import of several tables: one writing."""
    with history.writing() as writing:
        for kind in KINDS:
            own = [row.record(imported_at) for row in rows if row.kind is kind]
            if own:
                writing.append(kind.contract, frame(kind.contract, own), published=published)
        writing.commit()


rows = st.builds(Row, st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 2), st.sampled_from((0, 1, 2, 30, 60)))
imports = st.lists(
    st.tuples(
        st.lists(rows, min_size=1, max_size=8, unique_by=lambda row: (row.kind.contract.__name__, row.number)),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=imports, picks=st.lists(st.integers(0, 999), min_size=4, max_size=4))
def test_every_read_says_what_a_plain_replay_says(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[list[Row], bool]], picks: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("known")
    history = History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))
    replay = Replay()
    stood: list[tuple[dict[str, int], dict[str, dict[tuple[object, ...], object]]]] = []
    for day, (batch, published) in enumerate(told, 1):
        imported_at = START + day * DAY
        store(history, batch, imported_at, published=published)
        replay.hear(batch, imported_at, published=published)
        now = {kind.contract.__name__: read(history, kind, as_of=FAR) for kind in KINDS}
        assert now == {kind.contract.__name__: replay.at(kind, FAR) for kind in KINDS}
        stood.append((dict(history.versions()), now))

    turns = replay.turns()
    for pick in picks:
        moment = turns[pick % len(turns)]
        assert {kind.contract: read(history, kind, as_of=moment) for kind in KINDS} == {
            kind.contract: replay.at(kind, moment) for kind in KINDS
        }
    for versions, then in stood:
        for kind in KINDS:
            name = kind.contract.__name__
            if name in versions:
                assert read(history, kind, version=versions[name], as_of=FAR) == then[name]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))


def stored(history: History, contract: type[HistoryRow], *records: dict[str, Any], imported_at: datetime) -> None:
    common = {"district_id": "north", "imported_at": imported_at, "source": "file.csv"}
    history.append(contract, frame(contract, [common | record for record in records]), published=True)


def test_a_complaint_is_open_until_the_moment_at_which_its_end_was_known(history: History) -> None:
    """Opened, changed and closed are events with their own `known_at`: the late one does not rewrite the earlier."""
    events = [
        {"complaint_id": "C1", "category": "waste", "event": event, "at": START + hours * HOUR, "known_at": known}
        for event, hours, known in (
            ("opened", 1, START + 2 * HOUR),
            ("changed", 3, START + 30 * HOUR),
            ("closed", 5, START + 6 * HOUR),
        )
    ]
    stored(history, ComplaintEvents, *events, imported_at=START + 40 * HOUR)

    def known(hours: int) -> list[str]:
        return history.read(ComplaintEvents, as_of=START + hours * HOUR).sort("at")["event"].to_list()

    assert [known(hours) for hours in (1, 2, 6, 30)] == [
        [],
        ["opened"],
        ["opened", "closed"],
        ["opened", "changed", "closed"],
    ]


def test_a_work_zone_that_is_prolonged_was_shorter_before_the_city_knew(history: History) -> None:
    def zone(event: str, at: datetime, end_at: datetime) -> dict[str, Any]:
        return {
            "work_zone_id": "W1", "event": event, "at": at, "known_at": at, "start_at": START, "end_at": end_at,
            "vehicle_impact": "some_lanes_closed",
        }  # fmt: skip

    stored(history, WorkZones, zone("opened", START, START + 2 * DAY), imported_at=START)
    stored(history, WorkZones, zone("changed", START + DAY, START + 9 * DAY), imported_at=START + DAY)

    def latest_end(as_of: datetime) -> datetime:
        end: datetime = history.read(WorkZones, as_of=as_of).sort("at")["end_at"][-1]
        return end

    assert latest_end(START + 23 * HOUR) == START + 2 * DAY
    assert latest_end(START + DAY) == START + 9 * DAY


def test_measured_weather_is_no_forecast_and_a_forecast_no_measurement(history: History) -> None:
    """A model for Tuesday, made on Monday, may use Monday's forecast of it, and never what was measured on Tuesday."""
    tuesday = START + DAY
    stored(
        history,
        WeatherForecasts,
        *(
            {
                "issued_at": issued, "valid_at": tuesday, "known_at": issued, "temperature_c": said, "rain_mm": 0.0,
            }
            for issued, said in ((START, 10.0), (START + 12 * HOUR, 12.0))
        ),
        imported_at=START,
    )  # fmt: skip
    measured = {"at": tuesday, "known_at": tuesday + HOUR, "temperature_c": 15.0, "rain_mm": 0.0}
    stored(history, WeatherObserved, measured, imported_at=tuesday + HOUR)

    monday = START + 6 * HOUR
    assert history.read(WeatherForecasts, as_of=monday)["temperature_c"].to_list() == [10.0]
    assert history.read(WeatherObserved, as_of=monday).is_empty()
    assert history.read(WeatherForecasts, as_of=FAR)["temperature_c"].to_list() == [10.0, 12.0]
    assert history.read(WeatherObserved, as_of=FAR)["temperature_c"].to_list() == [15.0]


def test_a_given_up_import_leaves_no_version_to_read(history: History) -> None:
    row = {
        "detector_id": "D1", "start_at": START, "step_s": 3600, "flow_veh_h": 5.0, "known_at": START + HOUR,
    }  # fmt: skip
    stored(history, TrafficCounts, row, imported_at=START + HOUR)
    with history.writing() as writing:
        changed = frame(
            TrafficCounts,
            [row | {"flow_veh_h": 9.0, "district_id": "north", "imported_at": START + DAY, "source": "x"}],
        )
        assert writing.append(TrafficCounts, changed).corrections == 1
    stored(history, TrafficCounts, row | {"flow_veh_h": 7.0, "known_at": START + DAY}, imported_at=START + DAY)

    versions = history.committed_versions(TrafficCounts)

    assert [history.read(TrafficCounts, version=one)["flow_veh_h"].to_list() for one in versions] == [[5.0], [7.0]]
