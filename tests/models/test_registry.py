"""Runs, versions and the alias; nothing half registered."""

import errno
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from city.settings import Settings
from models.bundle import RefusedModelError
from models.promotion import Verdict
from models.registry import EXPERIMENT, Registry, RunNotes
from tests.models.test_bundle import some_bundle

NOTES = RunNotes(
    params={"rounds": 5},
    metrics={"flow_mae": 1.5, "unmeasured": float("nan")},
    baseline={"flow_mae": 2.5},
    importances={"flow": {"x": 1.0}},
    history_url="var/history",
    history_versions=(("TrafficCounts", 3),),
)


def passed(reason: str) -> Verdict:
    return Verdict(promote=True, reason=reason, figures={"to_baseline": -0.2})


def broken(*_arguments: object) -> None:
    raise OSError(errno.ENOSPC, "disk full")


def recorded(settings: Settings, tmp_path: Path) -> tuple[Registry, str, str]:
    registry = Registry(settings)
    model_hash = some_bundle().save(tmp_path / "model")
    return registry, registry.record("congestion", model_hash, tmp_path / "model", NOTES), model_hash


def test_a_promoted_model_is_the_champion_of_the_next_process(fresh: Settings, tmp_path: Path) -> None:
    registry, run_id, model_hash = recorded(fresh, tmp_path)
    assert registry.champion("congestion") is None

    promotion = registry.promote("congestion", run_id, model_hash, passed("it is better"))
    champion = Registry(fresh).champion("congestion")

    assert (promotion.version, promotion.previous, promotion.reason) == ("1", None, "it is better")
    assert champion is not None
    assert champion.label == "congestion v1"
    assert champion.bundle.state.equals(some_bundle().state)


def test_the_second_promotion_names_the_first(fresh: Settings, tmp_path: Path) -> None:
    registry, run_id, model_hash = recorded(fresh, tmp_path)
    registry.promote("congestion", run_id, model_hash, passed("first"))

    assert registry.promote("congestion", run_id, model_hash, passed("second")).previous == "1"


def test_a_run_keeps_figures_versions_and_files(fresh: Settings, tmp_path: Path) -> None:
    _, run_id, model_hash = recorded(fresh, tmp_path)
    client = MlflowClient(tracking_uri=fresh.tracking_uri)

    run = client.get_run(run_id)

    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"flow_mae": 1.5, "naive_flow_mae": 2.5}
    assert run.data.params == {"rounds": "5"}
    assert run.data.tags["model_hash"] == model_hash
    assert run.inputs is not None
    assert run.inputs.dataset_inputs[0].dataset.name == "history"
    assert {item.path for item in client.list_artifacts(run_id)} == {
        "config.json",
        "features.json",
        "importances.json",
        "history_versions.json",
        "model",
    }
    assert fresh.mlruns / "artifacts" in Path(run.info.artifact_uri.removeprefix("file://")).parents


def test_a_champion_that_was_changed_on_disk_is_refused(fresh: Settings, tmp_path: Path) -> None:
    registry, run_id, model_hash = recorded(fresh, tmp_path)
    registry.promote("congestion", run_id, model_hash, passed("first"))
    trees = next((fresh.mlruns / "artifacts").rglob("flow_p50.txt"))
    trees.write_text(trees.read_text(encoding="utf-8").replace("0.", "1.", 1), encoding="utf-8")

    with pytest.raises(RefusedModelError, match=r"flow_p50.txt is missing or was changed"):
        registry.champion("congestion")


def test_a_champion_whose_files_are_gone_is_refused(fresh: Settings, tmp_path: Path) -> None:
    registry, run_id, model_hash = recorded(fresh, tmp_path)
    registry.promote("congestion", run_id, model_hash, passed("first"))
    for file in next((fresh.mlruns / "artifacts").rglob("metadata.json")).parent.iterdir():
        file.unlink()

    with pytest.raises(RefusedModelError):
        registry.champion("congestion")


def test_a_version_whose_alias_cannot_be_set_is_taken_back(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, run_id, model_hash = recorded(fresh, tmp_path)

    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", broken)
    with pytest.raises(OSError, match="disk full"):
        registry.promote("congestion", run_id, model_hash, passed("first"))

    assert MlflowClient(tracking_uri=fresh.tracking_uri).search_model_versions("name = 'congestion'") == []
    assert Registry(fresh).champion("congestion") is None


def test_a_run_that_breaks_is_marked_as_failed(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MlflowClient, "log_artifacts", broken)
    with pytest.raises(OSError, match="disk full"):
        recorded(fresh, tmp_path)

    experiment = mlflow.MlflowClient(tracking_uri=fresh.tracking_uri).get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    runs = mlflow.MlflowClient(tracking_uri=fresh.tracking_uri).search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FAILED"]
