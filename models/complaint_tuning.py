"""Settings of the complaint learner searched for: folds before the gate, each judged as the gate will judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from city.settings import Settings
from city.store import History
from features.complaint_days import ComplaintDays
from features.complaint_history import gather_complaints
from models.complaint_training import NAME, TRAINING_DAYS, ComplaintWindows, settled_for, teach_complaints
from models.tuning import Range

FOLDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintTunable:
    """A fold is a training as if the counts ended where it ends; the last ends where the gate begins."""

    days: ComplaintDays
    windows: tuple[ComplaintWindows, ...]
    settings: Settings
    quick: bool

    @property
    def name(self) -> str:
        return NAME

    @property
    def folds(self) -> int:
        return len(self.windows)

    @property
    def space(self) -> tuple[Range, ...]:
        plain = settled_for(seed=self.settings.seed, threads=self.settings.threads, quick=self.quick)
        return (
            Range(name="leaves", low=3, high=31, default=plain.leaves, log=True, whole=True),
            Range(name="rounds", low=40, high=400, default=plain.rounds, log=True, whole=True),
            Range(name="learning_rate", low=0.02, high=0.2, default=plain.learning_rate, log=True),
            Range(name="least_rows_in_leaf", low=20, high=500, default=plain.least_rows_in_leaf, log=True, whole=True),
            Range(name="feature_share", low=0.2, high=1.0, default=plain.feature_share),
            Range(name="row_share", low=0.3, high=1.0, default=plain.row_share),
        )

    def loss(self, values: Mapping[str, float], fold: int) -> float:
        """Mean pinball on the fold's last weeks, as a share of the best simple answer's."""
        settled = settled_for(seed=self.settings.seed, threads=self.settings.threads, quick=self.quick, tuned=values)
        taught = teach_complaints(self.days, self.windows[fold], settled, champion=None, advance=_nobody)
        return taught.metrics["complaints_pinball"] / taught.baseline["complaints_pinball"]


def complaint_tunable(history: History, settings: Settings, *, as_of: datetime, quick: bool) -> ComplaintTunable:
    """Raises MissingInputError where the history leaves no fold before the gate."""
    days = gather_complaints(history, as_of=as_of, days=TRAINING_DAYS)
    windows = ComplaintWindows.split(days).folds(FOLDS)
    return ComplaintTunable(days=days, windows=windows, settings=settings, quick=quick)


def _nobody(_count: int) -> None:
    """A search tells how many trials are done, not how far each is."""
