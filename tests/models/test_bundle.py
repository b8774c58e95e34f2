"""What was saved comes back; what was changed does not."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.bundle import METADATA, STATE, Bundle, Part, RefusedModelError
from models.calibration import Conformal, ProbabilityCurve
from models.quantile_gbm import Lesson, QuantileForest, Settled

LEAD_H = np.array([1.0, 30.0])


def lesson(seed: int) -> Lesson:
    random = np.random.default_rng(seed)
    features = pl.DataFrame({"x": random.random(500), "y": random.random(500)}).cast(pl.Float32)
    return Lesson(features=features, truth=random.random(500), weight=np.ones(500))


def some_bundle() -> Bundle:
    forest = QuantileForest.train(lesson(1), lesson(2), Settled(rounds=5, threads=1))
    conformal = Conformal(edges=(2.0,), shifts=((-0.1, 0.0, 0.1), (-0.2, 0.0, 0.3)))
    curve = ProbabilityCurve(said=(0.0, 1.0), happened=(0.1, 0.7))
    return Bundle(
        name="congestion",
        cutoff="2026-03-30T05:00:00+08:00",
        horizon_s=86_400,
        seed=1,
        threads=1,
        parts={"flow": Part(forest=forest, conformal=conformal, curve=curve)},
        state=pl.DataFrame({"detector_id": ["d"], "mean": [4.0]}),
        about={"step_s": "900"},
    )


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, str, Bundle]:
    bundle = some_bundle()
    return tmp_path / "model", bundle.save(tmp_path / "model"), bundle


def test_a_saved_model_says_the_same_when_it_is_read_back(saved: tuple[Path, str, Bundle]) -> None:
    folder, model_hash, bundle = saved
    asked = lesson(3).features.head(2)

    loaded = Bundle.load(folder, expected_hash=model_hash)

    assert np.array_equal(loaded.parts["flow"].predict(asked, LEAD_H), bundle.parts["flow"].predict(asked, LEAD_H))
    assert loaded.parts["flow"].curve == bundle.parts["flow"].curve
    assert loaded.state.equals(bundle.state)
    assert loaded.about == bundle.about


def test_the_same_model_has_the_same_hash(saved: tuple[Path, str, Bundle], tmp_path: Path) -> None:
    assert some_bundle().save(tmp_path / "again") == saved[1]


@pytest.mark.parametrize("name", ["flow_p50.txt", STATE])
def test_a_changed_or_missing_file_is_refused(saved: tuple[Path, str, Bundle], name: str) -> None:
    folder = saved[0]
    (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    with pytest.raises(RefusedModelError, match=f"file {name} is missing or was changed"):
        Bundle.load(folder)

    (folder / name).unlink()
    with pytest.raises(RefusedModelError, match=f"file {name} is missing or was changed"):
        Bundle.load(folder)


def test_changed_metadata_is_refused(saved: tuple[Path, str, Bundle]) -> None:
    file = saved[0] / METADATA
    file.write_text(
        file.read_text(encoding="utf-8").replace('"horizon_s": 86400', '"horizon_s": 99999'), encoding="utf-8"
    )

    with pytest.raises(RefusedModelError, match="was changed after it was saved"):
        Bundle.load(saved[0])


def test_metadata_that_cannot_be_read_is_refused(saved: tuple[Path, str, Bundle]) -> None:
    (saved[0] / METADATA).write_text("{", encoding="utf-8")
    with pytest.raises(RefusedModelError, match="cannot be read"):
        Bundle.load(saved[0])

    (saved[0] / METADATA).unlink()
    with pytest.raises(RefusedModelError, match="has no metadata"):
        Bundle.load(saved[0])


def test_another_model_than_the_registry_says_is_refused(saved: tuple[Path, str, Bundle]) -> None:
    with pytest.raises(RefusedModelError, match="the registry says ffff"):
        Bundle.load(saved[0], expected_hash="f" * 64)
