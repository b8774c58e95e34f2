"""A champion for tests of what comes after training: taught and registered, with neither figures nor pictures."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from city.settings import Settings
from city.store import History
from models.congestion import course_of, learners_of
from models.congestion_training import teach
from models.promotion import Verdict
from models.registry import Registry, RunNotes
from tests.made_once import lay_tables
from tests.models.tiny_learners import NOTHING_LEARNED, tiny_learners


def small_champion(history: History, settings: Settings, *, as_of: datetime) -> None:
    """Congestion v1 of this home. It has learned next to nothing, by all its learners."""
    course = course_of(history, as_of=as_of)
    with tiny_learners(NOTHING_LEARNED):
        taught = teach(course, learners_of(course, settings, quick=True), cutoff=as_of.isoformat())
    notes = RunNotes(
        params={}, metrics={}, baseline={}, importances={}, history_url=history.url, history_versions=history.versions()
    )
    lay_tables(settings)
    registry = Registry(settings)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        model_hash = taught.model.save(folder)
        run_id = registry.record("congestion", model_hash, folder, notes)
    registry.promote("congestion", run_id, model_hash, Verdict(promote=True, reason="by the test"))
