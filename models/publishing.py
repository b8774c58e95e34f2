"""From a trained bundle to a run, and, where the gate says so, to the champion: the same for every model."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from city.errors import CityError
from models.bundle import Bundle
from models.promotion import GateLoss, decide
from models.registry import Champion, Registry, RunNotes
from models.trained import Trained


def publish(
    registry: Registry,
    bundle: Bundle,
    loss: GateLoss,
    notes_with_plots_in: Callable[[Path], RunNotes],
    *,
    started: float,
    rows: int,
) -> Trained:
    """Save, record, decide, and move the alias last. `started` is a reading of `time.perf_counter`."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model_hash = bundle.save(folder / "model")
        notes = notes_with_plots_in(folder)
        run_id = registry.record(bundle.name, model_hash, folder / "model", notes)
    verdict = decide(loss)
    promotion = registry.promote(bundle.name, run_id, model_hash, verdict.reason) if verdict.promote else None
    return Trained(
        name=bundle.name,
        version=None if promotion is None else promotion.version,
        run_id=run_id,
        model_hash=model_hash,
        promoted=promotion is not None,
        reason=verdict.reason,
        metrics=dict(notes.metrics),
        baseline=dict(notes.baseline),
        seconds=time.perf_counter() - started,
        rows=rows,
        promotion=promotion,
    )


def champion_or_reason(registry: Registry, name: str) -> tuple[Champion | None, str]:
    """The champion, or why there is none to use: nothing was promoted yet, or what was saved is refused."""
    try:
        champion = registry.champion(name)
    except CityError as refused:
        return None, str(refused)
    return (champion, "") if champion is not None else (None, f"no {name} model has been promoted yet")
