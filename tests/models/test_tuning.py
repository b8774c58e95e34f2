"""A search finds what is better, stops what is worse, and goes on where it was interrupted as if nothing had been."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from mlflow import MlflowClient

from city.errors import BrokenRuleError, InvalidValueError
from city.settings import Settings
from models.registry import EXPERIMENT
from models.registry_reading import trained_models
from models.tuning import Range, TrialNote, Tuned, Values, tune
from models.tuning_runs import TuningRuns

SPACE = (
    Range(name="rate", low=0.01, high=1.0, default=0.5, log=True),
    Range(name="leaves", low=7, high=127, default=31, whole=True),
)
BEST = {"rate": 0.1, "leaves": 63}


class Bowl:
    """A learner whose best settings are known; `at_call` may break a judging."""

    name, space, folds = "bowl", SPACE, 3

    def __init__(self, at_call: Callable[[int, Values], None] = lambda _call, _values: None) -> None:
        self.calls = 0
        self._at_call = at_call

    def loss(self, values: Values, fold: int) -> float:
        self.calls += 1
        self._at_call(self.calls, values)
        off = sum((values[name] / best - 1.0) ** 2 for name, best in BEST.items())
        return off + 0.1 * fold


class Diary:
    def __init__(self) -> None:
        self.notes: list[TrialNote] = []

    def wrote(self, study: str, note: TrialNote) -> None:
        assert study == "one"
        self.notes.append(note)


def searched(folder: Path, tunable: Bowl | None = None, *, trials: int = 25, seed: int = 1) -> tuple[Tuned, Diary]:
    diary = Diary()
    found = tune(tunable or Bowl(), folder=folder, study="one", trials=trials, seed=seed, diary=diary)
    return found, diary


def test_the_search_begins_with_the_settings_as_they_are_and_ends_with_better_ones(tmp_path: Path) -> None:
    found, diary = searched(tmp_path)

    assert diary.notes[0].values == {"rate": 0.5, "leaves": 31}
    assert found.default_loss == pytest.approx(16.1 + (31 / 63 - 1) ** 2)
    assert found.loss < 0.1 * found.default_loss
    assert min(sum(note.losses) / 3 for note in diary.notes if not note.stopped) == pytest.approx(found.loss)
    assert isinstance(found.values["leaves"], int)
    assert 0.01 <= found.values["rate"] <= 1.0


def test_settings_that_are_the_best_already_stay(tmp_path: Path) -> None:
    class Settled(Bowl):
        space = (Range(name="rate", low=0.01, high=1.0, default=0.1), Range(name="leaves", low=7, high=127, default=63))

    found, _ = searched(tmp_path, Settled(), trials=6)

    assert (found.values, found.loss) == (BEST, found.default_loss)


def test_bad_trials_are_stopped_before_their_last_fold(tmp_path: Path) -> None:
    bowl = Bowl()

    found, diary = searched(tmp_path, bowl)

    stopped = [note for note in diary.notes if note.stopped]
    assert found.stopped == len(stopped) > 0
    assert all(len(note.losses) < 3 and "worse than the median" in note.reason for note in stopped)
    assert bowl.calls == sum(len(note.losses) for note in diary.notes) < 25 * 3


def test_the_same_seed_searches_the_same_and_another_does_not(tmp_path: Path) -> None:
    found, diary = searched(tmp_path / "a", trials=10)

    assert searched(tmp_path / "b", trials=10)[1].notes == diary.notes
    assert searched(tmp_path / "c", trials=10, seed=2)[1].notes != diary.notes
    assert found.done_before == 0


def test_an_interrupted_search_goes_on_and_finds_what_it_would_have_found(tmp_path: Path) -> None:
    def power_cut(call: int, _values: Values) -> None:
        if call == 20:
            raise KeyboardInterrupt

    whole, unbroken = searched(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "broken", Bowl(power_cut))

    again = Bowl()
    found, rest = searched(tmp_path / "broken", again)

    assert 0 < found.done_before < 25
    assert (found.values, found.loss, found.trials) == (whole.values, whole.loss, 25)
    assert [note.values for note in rest.notes] == [note.values for note in unbroken.notes[found.done_before :]]
    assert searched(tmp_path / "broken", Bowl())[0].done_before == 25


def test_settings_that_the_learner_refuses_are_left_out_but_data_that_cannot_be_learned_is_an_error(
    tmp_path: Path,
) -> None:
    def picky(_call: int, values: Values) -> None:
        if values["leaves"] > 60:
            raise BrokenRuleError(subject="Leaf", problem="too many")

    def hopeless(_call: int, _values: Values) -> None:
        raise BrokenRuleError(subject="History", problem="too short")

    found, diary = searched(tmp_path / "a", Bowl(picky))
    assert found.values["leaves"] <= 60
    assert any(note.reason == "Leaf: too many." for note in diary.notes)

    with pytest.raises(BrokenRuleError, match="too short"):
        searched(tmp_path / "b", Bowl(hopeless))


def test_two_processes_do_not_run_one_search(tmp_path: Path) -> None:
    with FileLock(tmp_path / "one.lock"), pytest.raises(BrokenRuleError, match="another process is running it"):
        searched(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda folder: tune(Bowl(), folder=folder, study="one", trials=0, seed=1),
        lambda _folder: Range(name="rate", low=0.1, high=1.0, default=2.0),
    ],
)
def test_what_cannot_be_searched_is_a_sentence(tmp_path: Path, wrong: Callable[[Path], object]) -> None:
    with pytest.raises(InvalidValueError, match="expected"):
        wrong(tmp_path)


def test_mlflow_shows_the_trials_below_their_search_and_none_of_them_as_a_model(
    fresh: Settings, tmp_path: Path
) -> None:
    found = tune(Bowl(), folder=tmp_path, study="one", trials=7, seed=1, diary=TuningRuns(fresh, "bowl"))
    parent = TuningRuns(fresh, "bowl").ended(found)

    client = MlflowClient(tracking_uri=fresh.tracking_uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    trials = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent]
    assert len(runs) == len(trials) + 1 == 8
    assert min(run.data.metrics["mean_loss"] for run in trials if run.info.status == "FINISHED") == pytest.approx(
        found.loss
    )
    assert client.get_run(parent).data.metrics["loss"] == pytest.approx(found.loss)
    assert trained_models(fresh) == ()
