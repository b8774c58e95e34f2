"""A history that stands still while something is made from it, and remembers what was read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from city.forecasts import FillForecasts
from city.frames import BinReadings, Entities, TrafficCounts
from city.ledger import Ledger
from city.pinned import PinnedHistory, newest_stored_at, stored_issues
from city.places import District
from city.store import History
from tests.serving.lived_in import MONDAY, counts, entities, frame, readings

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    history = History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))
    history.append(TrafficCounts, counts(100.0, day=0, source="a.csv", imported_at=NOON))
    history.append(Entities, entities("North", source="a.csv", imported_at=NOON))
    return history


def forecast(fill: float) -> pl.DataFrame:
    return frame(
        FillForecasts,
        [
            {
                "district_id": "north", "issued_at": NOON, "model": "waste v1", "rung": "champion", "point_id": "P1",
                "stream": "residual", "valid_at": NOON, "fill_p10": fill, "fill_p50": fill, "fill_p90": fill,
                "overflow_probability": 0.0,
            }
        ],
    )  # fmt: skip


def test_an_import_that_lands_meanwhile_is_not_seen(history: History) -> None:
    pinned = PinnedHistory(history)
    history.append(TrafficCounts, counts(130.0, day=0, source="b.csv", imported_at=NOON + timedelta(hours=1)))
    history.append(BinReadings, readings(0.5, source="b.csv", imported_at=NOON))

    assert pinned.read(TrafficCounts)["flow_veh_h"].unique().to_list() == [100.0]
    assert pinned.read(BinReadings).is_empty()
    assert history.read(TrafficCounts)["flow_veh_h"].unique().to_list() == [130.0]


def test_only_what_was_read_is_named(history: History) -> None:
    pinned = PinnedHistory(history)
    assert pinned.versions() == ()

    pinned.read(TrafficCounts, as_of=NOON, since=MONDAY)
    pinned.read(BinReadings)

    assert pinned.versions() == (("TrafficCounts", 0),)
    assert PinnedHistory(history).versions() == ()


def test_a_forecast_is_stored_with_what_it_was_made_from(history: History) -> None:
    history.append_forecast(FillForecasts, forecast(0.1))
    pinned = PinnedHistory(history)
    pinned.read(TrafficCounts)
    pinned.append_forecast(FillForecasts, forecast(0.2))

    old, new = stored_issues(history, FillForecasts)

    assert (old.read, new.read) == (None, (("TrafficCounts", 0),))
    assert (new.issued_at, new.models, new.rungs, new.rows) == (NOON, ("waste v1",), ("champion",), 1)
    assert history.read_forecast(FillForecasts)["fill_p50"].to_list() == [0.2]


def test_a_forecast_that_is_issued_again_meanwhile_is_not_seen(history: History) -> None:
    history.append_forecast(FillForecasts, forecast(0.1))
    pinned = PinnedHistory(history)
    history.append_forecast(FillForecasts, forecast(0.2))

    assert pinned.read_forecast(FillForecasts)["fill_p50"].to_list() == [0.1]
    assert pinned.versions() == (("FillForecasts", 0),)
    first, second = stored_issues(history, FillForecasts)
    assert newest_stored_at(history.url, FillForecasts, NOON, version=0) == first.stored_at
    assert newest_stored_at(history.url, FillForecasts, NOON, version=1) == second.stored_at


def test_a_history_can_be_pinned_to_how_it_stood_before(history: History) -> None:
    before = PinnedHistory(history)
    before.read(TrafficCounts)
    history.append(TrafficCounts, counts(130.0, day=0, source="b.csv", imported_at=NOON + timedelta(hours=1)))
    history.append(BinReadings, readings(0.5, source="b.csv", imported_at=NOON))
    history.append_forecast(FillForecasts, forecast(0.1))

    then = PinnedHistory(history, tables=dict(before.looked_at()), moment=before.moment)

    assert then.read(TrafficCounts)["flow_veh_h"].unique().to_list() == [100.0]
    assert then.read(BinReadings).is_empty()
    assert then.last_news(BinReadings) is None
    assert then.issues(FillForecasts) == ()


def test_what_is_read_without_a_time_is_read_as_it_was_known_at_the_moment_of_pinning(history: History) -> None:
    history.append(Entities, entities("Nord", source="b.csv", imported_at=NOON + timedelta(hours=1)))
    tables = dict(history.versions())

    early = PinnedHistory(history, tables=tables, moment=NOON)
    late = PinnedHistory(history, tables=tables, moment=NOON + timedelta(hours=1))

    assert [one.name for one in early.entities(District)] == ["North"]
    assert [one.name for one in late.entities(District)] == ["Nord"]


def test_tables_that_were_only_asked_for_their_news_are_noted_too(history: History) -> None:
    history.append_forecast(FillForecasts, forecast(0.1))
    pinned = PinnedHistory(history)

    pinned.last_news(TrafficCounts)
    pinned.issues(FillForecasts)
    pinned.last_news(BinReadings)  # empty: there is no version to note

    assert pinned.versions() == ()
    assert pinned.looked_at() == (("FillForecasts", 0), ("TrafficCounts", 0))


def test_the_seals_of_the_models_are_kept_with_the_issue_that_was_read(history: History) -> None:
    history.append_forecast(FillForecasts, forecast(0.1), models={"waste v1": "ab" * 32})
    pinned = PinnedHistory(history)
    history.append_forecast(FillForecasts, forecast(0.2), models={"waste v1": "cd" * 32})

    assert pinned.models_of(FillForecasts) == {}
    pinned.read_forecast(FillForecasts)
    assert pinned.models_of(FillForecasts) == {"waste v1": "ab" * 32}
    assert pinned.read_issues == {FillForecasts: NOON}
