"""The engine's work as a plan's provenance keeps it: named numbers, enough to do it again."""

from collections.abc import Mapping
from typing import Final

from city.errors import BrokenRuleError
from optimization.collection.engine import BLOCKS, STEPS, Work

Notes = tuple[tuple[str, float], ...]

SEED: Final = "engine_seed"
START: Final = "start_"  # begins the names of the work that the start took
START_ASKED: Final = "start_asked"  # of searches that time ended: how often they were told to go on before
WALK_ASKED: Final = "walk_asked"
REASONS_ASKED: Final = "reasons_asked"
REPORTS: Final = "reports"
IMPROVED: Final = "improved"  # 1 where what came back was better than the start, else 0
MOST_ITERATIONS: Final = 10**12


def noted(work: Work, seed: int) -> Notes:
    return ((SEED, float(seed)), ("iterations", float(work.iterations)), *_parts(work))


def noted_start(work: Work) -> Notes:
    return tuple((START + name, value) for name, value in _parts(work))


def work_in(notes: Mapping[str, float], prefix: str = "") -> Work:
    """The work that was noted. Raises BrokenRuleError for notes that no engine writes."""
    given = {name: _whole(prefix + name, notes.get(prefix + name)) for name in ("probe", "steps", "rest")}
    names = (f"{prefix}per_step_{number}" for number in range(1, BLOCKS + 1))
    per_step = tuple(_whole(name, notes[name]) for name in names if name in notes)
    work = Work(probe=given["probe"], per_step=per_step, steps=given["steps"], rest=given["rest"])
    blocks = -(-work.steps * BLOCKS // STEPS)
    if work.steps > STEPS or len(per_step) < blocks:
        raise _unheard_of(f"{prefix}steps", f"{work.steps} with {len(per_step)} of {blocks} blocks")
    return work


def _parts(work: Work) -> Notes:
    return (
        ("probe", float(work.probe)),
        *((f"per_step_{number}", float(count)) for number, count in enumerate(work.per_step, 1)),
        ("steps", float(work.steps)),
        ("rest", float(work.rest)),
    )


def _whole(name: str, value: float | None) -> int:
    if value is None or not 0 <= value <= MOST_ITERATIONS or value != int(value):
        raise _unheard_of(name, "nothing" if value is None else f"{value:g}")
    return int(value)


def _unheard_of(name: str, found: str) -> BrokenRuleError:
    return BrokenRuleError(
        subject="Recorded work", problem=f"{name} is {found}, which the engine never writes; it cannot be done again"
    )
