"""Matrices on disk: found again by content, never stale, never in the way of a plan."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from optimization.collection import matrix_cache
from optimization.collection.matrix_cache import KEPT, UNUSED_S, Matrices, content_hash, kept
from tests.optimization.collection.test_street_limits import BRIDGE, SMALL, TALL, metres, roads, travel

MATRICES = (np.array([[0.0, 1.5], [np.inf, 0.0]]), np.array([[0.0, 20.0], [np.inf, 0.0]]))


class Computing:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Matrices:
        self.times += 1
        return MATRICES


def test_what_was_computed_once_is_read_the_next_time_bit_for_bit(tmp_path: Path) -> None:
    compute = Computing()
    for _ in range(2):
        found = kept(tmp_path / "ways", "key", compute)
        assert all(np.array_equal(one, other) for one, other in zip(found, MATRICES, strict=True))
    assert compute.times == 1
    kept(tmp_path / "ways", "another", compute)
    assert compute.times == 2


def test_without_a_folder_everything_is_computed() -> None:
    compute = Computing()
    kept(None, "key", compute)
    kept(None, "key", compute)
    assert compute.times == 2


def test_a_file_that_was_cut_off_is_computed_again(tmp_path: Path) -> None:
    compute = Computing()
    kept(tmp_path, "key", compute)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert np.array_equal(kept(tmp_path, "key", compute)[0], MATRICES[0])
    assert compute.times == 2
    kept(tmp_path, "key", compute)
    assert compute.times == 2


def test_a_folder_that_cannot_be_written_costs_no_plan(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert len(kept(tmp_path / "file" / "ways", "key", Computing())) == 2


def test_old_files_and_all_but_the_newest_go(tmp_path: Path) -> None:
    kept(tmp_path, "old", Computing())
    os.utime(tmp_path / "old.npz", (time.time() - UNUSED_S - 1,) * 2)
    for number in range(KEPT + 2):
        kept(tmp_path, f"key{number}", Computing())
        os.utime(tmp_path / f"key{number}.npz", (time.time() - 1000 + number,) * 2)
    names = {path.stem for path in tmp_path.iterdir()}
    assert "old" not in names
    assert len(names) == KEPT
    assert {f"key{KEPT + 1}", f"key{KEPT}"} <= names


def test_a_file_that_is_used_stays_young(tmp_path: Path) -> None:
    kept(tmp_path, "key", Computing())
    os.utime(tmp_path / "key.npz", (0, 0))
    kept(tmp_path, "key", Computing())
    assert time.time() - (tmp_path / "key.npz").stat().st_mtime < 60


def test_the_hash_is_of_type_shape_values_and_order() -> None:
    one, other = np.array([1, 2, 3, 4]), np.array([1.0, 2.0])
    hashes = {
        content_hash(parts)
        for parts in ((one,), (one.reshape(2, 2),), (one.astype(np.int32),), (one, other), (other, one), ("1",), ("2",))
    }
    assert len(hashes) == 7
    assert content_hash((one, "x")) == content_hash((one.copy(), "x"))


def test_travel_times_from_the_cache_are_those_that_were_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = roads((0, 1, 500, {}), (1, 2, 500, {"max_weight_kg": 5000.0}))
    first = [travel(links, TALL, SMALL, cache=tmp_path) for links in (BRIDGE, weak)]
    monkeypatch.setattr(matrix_cache, "_write", lambda *_: pytest.fail("it was computed again"))
    again = [travel(links, TALL, SMALL, cache=tmp_path) for links in (BRIDGE, weak)]
    for one, other in zip(first, again, strict=True):
        assert metres(one, "depot D", "point P2") == metres(other, "depot D", "point P2")
        assert one.limits == other.limits
