"""Models trained, tuned, judged against the champion, and what came of it written into the ledger."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from city.documents import canonical_json
from city.errors import MissingInputError
from city.ledger import Promotion
from city.progress import Progress, silent
from models.complaint_tuning import complaint_tunable
from models.complaints import train_complaints
from models.congestion import train_congestion
from models.registry import Registry
from models.trained import Trained
from models.tunables import congestion_tunable, waste_tunable
from models.tuning import Tunable, Tuned, tune
from models.tuning_runs import TuningRuns
from models.waste import train_waste
from serving.audits import ordered_audits
from serving.desk import Desk
from serving.effort import PLAIN, Effort
from serving.model_moves import who_asks, written_down
from serving.subjects import FEED_WORDS, feed_of

TRAINERS: dict[str, Callable[..., Trained]] = {
    "congestion": train_congestion,
    "waste": train_waste,
    "complaints": train_complaints,
}
TUNABLES: dict[str, Callable[..., Tunable]] = {
    "congestion": congestion_tunable,
    "waste": waste_tunable,
    "complaints": complaint_tunable,
}


def train(
    desk: Desk, what: str, *, asked: datetime | None = None, effort: Effort = PLAIN, progress: Progress = silent
) -> Trained:
    """Four windows in a row: fit, stop and tune, calibrate, and a gate that decides against the champion.

    What the gate decided is written into the ledger; if that fails, what served before serves again.
    """
    feed = feed_of(desk.history, what)
    if desk.history.last_news(feed) is None:
        raise MissingInputError(
            step=f"Training {what}",
            missing=(FEED_WORDS[what],),
            todo="Import them with `city import --mapping M.toml`.",
        )
    as_of = desk.moment(feed, asked).at
    desk = desk.pinned()
    told = {"as_of": as_of, "quick": effort.quick}
    tuned = _tuned(desk, what, effort, told, progress)
    trainer = partial(TRAINERS[what], tuned=tuned) if tuned else TRAINERS[what]
    trained = trainer(desk.history, desk.settings, **told, **_beside(desk, what), progress=progress)
    written_down(desk, _line(trained), trained.promotion)
    return trained


def _beside(desk: Desk, what: str) -> dict[str, object]:
    """What the ledger knows and the history does not: audits speak for the points that plans skipped."""
    return {"audits": ordered_audits(desk.ledger)} if what == "waste" else {}


def _line(trained: Trained) -> Promotion:
    return Promotion(
        model=trained.name,
        version=trained.version or "",
        previous=trained.champion,
        reason=trained.reason,
        at=datetime.now(UTC),
        action="promoted" if trained.promoted else "refused",
        who=who_asks(),
        figures=trained.figures,
    )


def _tuned(desk: Desk, what: str, effort: Effort, told: dict[str, object], progress: Progress) -> Mapping[str, float]:
    if effort.trials:
        return _searched(desk, what, effort.trials, told, progress).values
    return Registry(desk.settings).champion_tuned(what) if effort.as_before else {}


def _searched(desk: Desk, what: str, trials: int, told: dict[str, object], progress: Progress) -> Tuned:
    tunable = TUNABLES[what](desk.history, desk.settings, **told, **_beside(desk, what))
    runs, settings = TuningRuns(desk.settings, what), desk.settings
    found = tune(
        tunable,
        folder=settings.mlruns / "tuning",
        study=study_name(tunable, told, desk.history.versions(), seed=settings.seed),
        trials=trials,
        seed=settings.seed,
        diary=runs,
        progress=progress,
    )
    runs.ended(found)
    return found


def study_name(
    tunable: Tunable, told: Mapping[str, object], versions: tuple[tuple[str, int], ...], *, seed: int
) -> str:
    """The same data, learner and seed are the same search, which goes on; anything else is another."""
    about = {**told, "versions": dict(versions), "space": tunable.space, "folds": tunable.folds}
    return f"{tunable.name}-{sha256(canonical_json(about).encode()).hexdigest()[:12]}-seed{seed}"
