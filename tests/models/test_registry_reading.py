"""What lineage asks the registry: which runs there were, from which table versions, and which of them serves."""

from pathlib import Path

import pytest

from city.settings import Settings
from models.registry import Registry
from models.registry_reading import trained_models
from tests.models.conftest import settings_in
from tests.models.test_registry import NOTES, broken, passed, recorded


def test_where_nothing_was_trained_there_is_nothing_and_no_store_is_made(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    assert trained_models(settings) == ()
    assert not settings.mlruns.exists()


def test_a_promoted_run_is_a_version_with_what_it_read(fresh: Settings, tmp_path: Path) -> None:
    registry, run_id, model_hash = recorded(fresh, tmp_path)
    registry.promote("congestion", run_id, model_hash, passed("it is better"))

    (found,) = trained_models(fresh)

    assert (found.label, found.run_id, found.model_hash) == ("congestion v1", run_id, model_hash)
    assert (found.is_champion, found.reason) == (True, "it is better")
    assert found.read == NOTES.history_versions
    assert found.began_at <= found.ended_at


def test_the_champion_is_the_last_promoted_and_a_loser_has_no_version(fresh: Settings, tmp_path: Path) -> None:
    registry, first, model_hash = recorded(fresh, tmp_path)
    registry.promote("congestion", first, model_hash, passed("first"))
    second = registry.record("congestion", model_hash, tmp_path / "model", NOTES)
    registry.promote("congestion", second, model_hash, passed("second"))
    loser = registry.record("congestion", model_hash, tmp_path / "model", NOTES)

    found = {one.run_id: one for one in trained_models(fresh)}

    assert [found[run].version for run in (first, second, loser)] == ["1", "2", None]
    assert [run for run, one in found.items() if one.is_champion] == [second]
    assert found[loser].label == f"congestion run {loser[:8]}"


def test_a_run_that_broke_is_no_model(fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, _, model_hash = recorded(fresh, tmp_path)
    monkeypatch.setattr(registry._client, "log_artifacts", broken)
    with pytest.raises(OSError, match="disk full"):
        registry.record("congestion", model_hash, tmp_path / "model", NOTES)

    assert len(trained_models(fresh)) == 1


def test_many_runs_are_read_page_by_page(fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, first, model_hash = recorded(fresh, tmp_path)
    others = [registry.record("waste", model_hash, tmp_path / "model", NOTES) for _ in range(3)]
    monkeypatch.setattr("models.registry_reading.PAGE", 2)

    assert {one.run_id for one in trained_models(fresh)} == {first, *others}
    assert Registry(fresh).champion("waste") is None
