"""Efforts so small that a test may train: what is tested is the way, not how good the learners get."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from models import congestion_training, plots
from models.dense_settings import DenseSettings, Effort

TINY = replace(
    congestion_training.QUICK,
    trial=Effort(tree_rows=1_500, rate=0.3, network_visits=20_000),
    final=Effort(tree_rows=3_000, rate=0.3, network_visits=40_000),
    judge_rows=1_000,
    rounds=12,
    early_stop_rounds=3,
    leaves=15,
)
NOTHING_LEARNED = replace(
    TINY,
    trial=Effort(tree_rows=600, rate=0.3, network_visits=2_000),
    final=Effort(tree_rows=600, rate=0.3, network_visits=2_000),
    judge_rows=300,
    rounds=3,
    leaves=4,
    network_hidden=8,
)
"""For tests of what happens around a model, whatever it says."""


@contextmanager
def tiny_learners(learners: DenseSettings = TINY) -> Generator[None]:
    """`quick=True` is quicker still; where nothing is learned the pictures of it are left blank."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(congestion_training, "QUICK", learners)
        if learners is NOTHING_LEARNED:
            patch.setattr(plots, "_saved", _blank)
        yield


def _blank(_figure: Figure, file: Path) -> Path:
    file.write_bytes(b"")
    return file
