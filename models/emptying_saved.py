"""What is learned of emptyings as parts of a saved model, and read back from it."""

from models.bundle import Bundle, Part
from models.emptying_overflow import OverflowForest
from models.emptyings import ONE, EmptyingForest, single
from models.rate_law import RateLaw
from models.workload import WorkloadForest

AMOUNT, FULL, OVER, WORK = "emptying", "found_full", "found_over", "workday"
PILED, WORK_PILED = "amounts_piled", "workdays_piled"
FULL_LAW, OVER_LAW = "found_full_law", "found_over_law"


def parts_of(
    forest: EmptyingForest | None, overflow: OverflowForest | None, work: WorkloadForest | None
) -> dict[str, Part]:
    """What was good enough to be kept."""
    parts = {} if forest is None else {AMOUNT: forest.part}
    if overflow is not None:
        parts |= {FULL: single(overflow.features, overflow.full), OVER: single(overflow.features, overflow.over)}
    return parts if work is None else parts | {WORK: single(work.features, work.booster)}


def about_of(
    forest: EmptyingForest | None, overflow: OverflowForest | None, work: WorkloadForest | None
) -> dict[str, str]:
    """What a saved model must say of them beside their trees."""
    about = {} if forest is None else {PILED: str(forest.piled)}
    about |= {} if overflow is None else _law_texts(overflow)
    return about if work is None else about | {WORK_PILED: str(work.piled)}


def _law_texts(forest: OverflowForest) -> dict[str, str]:
    if forest.laws is None:
        return {}
    return {name: law.text() for name, law in zip((FULL_LAW, OVER_LAW), forest.laws, strict=True)}


def saved_forest(bundle: Bundle) -> EmptyingForest | None:
    part = bundle.parts.get(AMOUNT)
    if part is None:
        return None
    return EmptyingForest.of(part, piled=bundle.about.get(PILED) == str(True))


def saved_overflow(bundle: Bundle) -> OverflowForest | None:
    full, over = bundle.parts.get(FULL), bundle.parts.get(OVER)
    if full is None or over is None:
        return None
    texts = [bundle.about[name] for name in (FULL_LAW, OVER_LAW) if name in bundle.about]
    return OverflowForest(
        features=full.forest.features,
        full=full.forest.boosters[ONE],
        over=over.forest.boosters[ONE],
        laws=(RateLaw.read(texts[0]), RateLaw.read(texts[1])) if len(texts) == 2 else None,
        until_s=0,
    )


def saved_workload(bundle: Bundle) -> WorkloadForest | None:
    part = bundle.parts.get(WORK)
    if part is None:
        return None
    piled = bundle.about.get(WORK_PILED) == str(True)
    return WorkloadForest(features=part.forest.features, booster=part.forest.boosters[ONE], piled=piled)
