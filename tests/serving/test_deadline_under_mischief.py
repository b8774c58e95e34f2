"""A short run of the deadline benchmark: whatever becomes of the search, nothing unchecked is answered."""

from pathlib import Path

import pytest

from benchmarks import serving_deadline
from benchmarks.serving_deadline import measure, requests_of
from benchmarks.serving_home import prepare
from benchmarks.serving_mischief import DEEDS, deed_of
from tests.serving.conftest import DemoHome


def test_the_seeds_bring_every_kind_of_mischief() -> None:
    deeds = [deed_of(asked.body["seed"]) for asked in requests_of(1000, 1)]

    assert set(deeds) == set(DEEDS)
    assert 0.1 < deeds.count("none") / len(deeds) < 0.3
    assert requests_of(5, 1) == requests_of(5, 1) != requests_of(5, 2)


def test_requests_under_mischief_are_answered_by_checked_plans_or_503(
    demo_home: DemoHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With deadlines of half a second to two: the benchmark, with a thousand requests, goes up to five."""
    home = prepare(demo_home.folder, tmp_path)
    monkeypatch.setattr(serving_deadline, "LONGEST_S", 2.0)

    result = measure(home, tmp_path, count=20, at_once=3, seed=5, places=1)

    assert result["faults"] == {}
    assert (result["requests"], result["answered"], result["wrong"]) == (20, 20, 0)
    assert result["leftover_processes"] == 0
    assert result["late_p99_s"] < 2.0, "on a machine that does much else"
