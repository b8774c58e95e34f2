"""What the forecast says of one point at a moment: between two moments it was issued for, straight between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FillAt:
    """If nobody comes before. Without kg the density of the point's waste says them."""

    valid_at: datetime
    p50: float
    p90: float
    overflow_probability: float
    kg_p50: float | None = None
    kg_p90: float | None = None


def fill_at(entries: Sequence[FillAt], moment: datetime) -> FillAt:
    """`entries` in order of time. Outside them the nearest holds; a point without one is taken as full."""
    if not entries:
        return FillAt(valid_at=moment, p50=1.0, p90=1.0, overflow_probability=1.0)
    after = next((number for number, entry in enumerate(entries) if entry.valid_at >= moment), len(entries))
    if after in (0, len(entries)):
        return entries[min(after, len(entries) - 1)]
    before, later = entries[after - 1], entries[after]
    share = (moment - before.valid_at) / (later.valid_at - before.valid_at)
    return FillAt(
        valid_at=moment,
        p50=_between(before.p50, later.p50, share),
        p90=_between(before.p90, later.p90, share),
        overflow_probability=_between(before.overflow_probability, later.overflow_probability, share),
        kg_p50=_kg_between(before.kg_p50, later.kg_p50, share),
        kg_p90=_kg_between(before.kg_p90, later.kg_p90, share),
    )


def _between(before: float, later: float, share: float) -> float:
    return before + share * (later - before)


def _kg_between(before: float | None, later: float | None, share: float) -> float | None:
    return None if before is None or later is None else _between(before, later, share)
