"""A bound on the gap between districts: which points a plan was made to go to for it, and what that took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPoints:
    """`points` are (point, stream) that are priced so that they are served; `sentence` tells the cost.

    `gap` is the bound, None where it could not be kept.
    """

    gap: float | None
    points: tuple[tuple[str, str], ...]
    sentence: str
