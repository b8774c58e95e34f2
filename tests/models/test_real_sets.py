"""On real counts and visits the learners beat the simple forecasts. Skips where the sets are absent."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from city.frames import BinReadings, HistoryRow, TrafficCounts
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from models.congestion import train_congestion
from models.waste import train_waste

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


@pytest.fixture
def imported(shared_data: Path, fresh: Settings) -> Callable[[str, type[HistoryRow]], tuple[History, datetime]]:
    def load(name: str, contract: type[HistoryRow]) -> tuple[History, datetime]:
        history = History(fresh.history_url, Ledger(fresh.ledger_url))
        mapping = load_mapping(MAPPINGS / f"{name}.toml")
        import_mapping(mapping, history, data_dir=shared_data / "departments")
        newest: datetime = history.read(contract).get_column("known_at").sort().item(-1)
        return history, newest

    return load


def test_a_month_of_melbourne_beats_the_best_simple_forecast(
    imported: Callable[[str, type[HistoryRow]], tuple[History, datetime]], fresh: Settings
) -> None:
    history, now = imported("scats_boroondara", TrafficCounts)

    trained = train_congestion(history, fresh, as_of=now, quick=True)

    for lead in ("1h", "4h", "24h"):
        assert trained.metrics[f"flow_mae_{lead}"] < 0.98 * trained.baseline[f"flow_mae_{lead}"]
    assert trained.metrics["flow_coverage_80"] == pytest.approx(0.8, abs=0.06)


def test_visits_in_ankara_beat_last_week_and_the_last_twenty_emptyings(
    imported: Callable[[str, type[HistoryRow]], tuple[History, datetime]], fresh: Settings
) -> None:
    history, now = imported("bins_ankara", BinReadings)

    trained = train_waste(history, fresh, as_of=now, quick=True)

    assert trained.metrics["fill_mae"] < 0.5 * trained.baseline["fill_mae"]
    assert trained.metrics["fill_mae"] < trained.baseline["fill_mae_last_20"]
    assert trained.metrics["overflow_brier"] < trained.baseline["overflow_brier"]
