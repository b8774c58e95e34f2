"""Search for a learner's settings: seeded, pruned, and gone on with where it was interrupted.

The first trial is the settings as they are, so that what is found is never worse on the folds. Each trial draws from a
seed of its own, which makes a search that was interrupted find what it would have found in one go.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import optuna
from filelock import FileLock, Timeout
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from city.errors import BrokenRuleError, CityError, InvalidValueError
from city.progress import Progress, silent

optuna.logging.set_verbosity(optuna.logging.WARNING)

PLAIN_TRIALS = 5
"""So many are finished before a trial is stopped early for being worse than the median."""
SEEDS_APART = 1_000_003
REASON = "reason"
DONE = (TrialState.COMPLETE, TrialState.PRUNED)

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A setting between `low` and `high`, both of them included; `default` is what it is without a search."""

    name: str
    low: float
    high: float
    default: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.default <= self.high:
            raise InvalidValueError(
                subject=f"Setting {self.name}",
                field="default",
                found=self.default,
                expected=f"{self.low} to {self.high}",
            )

    def drawn(self, trial: Trial) -> float:
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)


class Tunable(Protocol):
    """A learner whose settings can be tried: `loss` on one fold of days, of which the gate is none."""

    @property
    def name(self) -> str: ...

    @property
    def space(self) -> tuple[Range, ...]: ...

    @property
    def folds(self) -> int: ...

    def loss(self, values: Values, fold: int) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialNote:
    """One trial. `losses` are per fold, fewer than there are folds where it was stopped early."""

    number: int
    values: dict[str, float]
    losses: tuple[float, ...]
    stopped: bool
    reason: str = ""


class TrialDiary(Protocol):
    """Who writes down the trials of a search."""

    def wrote(self, study: str, note: TrialNote) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """`loss` and `default_loss` are means over the folds; `done_before` trials were found finished."""

    study: str
    values: dict[str, float]
    loss: float
    default_loss: float
    trials: int
    stopped: int
    done_before: int


def tune(
    tunable: Tunable,
    *,
    folder: Path,
    study: str,
    trials: int,
    seed: int,
    diary: TrialDiary | None = None,
    progress: Progress = silent,
) -> Tuned:
    """Try settings until `trials` are finished, those of an earlier search of the same name included.

    Raises CityError where the settings as they are cannot be judged, and where another process runs this search.
    """
    if trials < 1:
        raise InvalidValueError(subject=f"Tuning {tunable.name}", field="trials", found=trials, expected="at least 1")
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder, study), progress(f"Tuning {tunable.name}", trials) as advance:
        storage = JournalStorage(JournalFileBackend(str(folder / f"{study}.log")))
        pruner = MedianPruner(n_startup_trials=PLAIN_TRIALS, n_warmup_steps=0)
        search = optuna.create_study(
            storage=storage, study_name=study, direction="minimize", pruner=pruner, load_if_exists=True
        )
        _forget_interrupted(search)
        before = _finished(search)
        advance(min(before, trials))
        while (finished := _finished(search)) < trials:
            search.sampler = TPESampler(seed=seed * SEEDS_APART + finished, n_startup_trials=PLAIN_TRIALS)
            note = _one(search, tunable, first=finished == 0)
            if diary is not None:
                diary.wrote(study, note)
            advance(1)
    return _found(search, before)


@contextmanager
def _alone(folder: Path, study: str) -> Iterator[None]:
    lock = FileLock(folder / f"{study}.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout as cause:
        raise BrokenRuleError(
            subject=f"Search {study}", problem="another process is running it", todo="Wait for it, or stop it."
        ) from cause


def _forget_interrupted(search: optuna.Study) -> None:
    """Nobody else runs this search: what is still running was killed."""
    for trial in search.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        search.tell(trial.number, state=TrialState.FAIL)


def _finished(search: optuna.Study) -> int:
    return len(search.get_trials(deepcopy=False, states=DONE))


def _one(search: optuna.Study, tunable: Tunable, *, first: bool) -> TrialNote:
    if first:
        search.enqueue_trial({one.name: _plain(one) for one in tunable.space})
    trial = search.ask()
    values = {one.name: one.drawn(trial) for one in tunable.space}
    losses: list[float] = []
    reason = ""
    try:
        for fold in range(tunable.folds):
            losses.append(_told(tunable, values, fold))
            trial.report(sum(losses) / len(losses), fold)
            if fold < tunable.folds - 1 and trial.should_prune():
                reason = f"worse than the median of the trials before after fold {fold + 1}"
                break
    except CityError as refused:
        if first:
            search.tell(trial, state=TrialState.FAIL)
            raise
        reason = str(refused)
    if reason:
        trial.set_user_attr(REASON, reason)
        search.tell(trial, state=TrialState.PRUNED)
    else:
        search.tell(trial, sum(losses) / len(losses))
    return TrialNote(number=trial.number, values=values, losses=tuple(losses), stopped=bool(reason), reason=reason)


def _plain(one: Range) -> float:
    return int(one.default) if one.whole else one.default


def _told(tunable: Tunable, values: Values, fold: int) -> float:
    loss = tunable.loss(values, fold)
    if not math.isfinite(loss):
        raise BrokenRuleError(subject=f"Tuning {tunable.name}", problem=f"fold {fold + 1} has no loss ({loss})")
    return loss


def _found(search: optuna.Study, before: int) -> Tuned:
    done: list[FrozenTrial] = search.get_trials(deepcopy=False, states=DONE)
    best = search.best_trial
    first = next(trial for trial in done if trial.state == TrialState.COMPLETE)
    return Tuned(
        study=search.study_name,
        values=dict(best.params),
        loss=float(best.values[0]),
        default_loss=float(first.values[0]),
        trials=len(done),
        stopped=sum(trial.state == TrialState.PRUNED for trial in done),
        done_before=before,
    )
