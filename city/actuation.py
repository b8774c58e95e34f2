"""Planned-actuated parameters: how far traffic may shorten or lengthen the stages of a plan.

Stages keep the order of the chain. A stage with recall `none` is left out where nobody asks for it (`jumps`), others
are served in every cycle. Times of a stage count like its split, from its start to the start of the next, so that the
shortest and the longest time enclose the split. Green that ends with a stage ends as long before the stage's end as in
the plan; people walk from the start of their first stage for `walk_s`, and their clearance lies inside the stage's
shortest time. The fixed plan stays as it is: it runs where detectors do not work.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import CityError, InvalidValueError, raise_all
from city.ids import GroupId, MovementId, StageId


class Recall(StrEnum):
    """What a stage gives when nobody asks for it."""

    NONE = "none"  # nothing: it is left out
    MINIMUM = "minimum"  # its shortest time
    WALK = "walk"  # its shortest time, in which people walk


@dataclass(frozen=True, slots=True, kw_only=True)
class StageActuation:
    """`extension_s` is the gap after which a stage gives way (passage time).

    `force_off_s` is the second of the cycle, counted as greens are, in which the stage begins to end where the plan is
    coordinated. There the coordinated stage ends then and no earlier; what other stages leave unused, it gets.
    """

    stage_id: StageId
    min_s: int
    max_s: int
    extension_s: float
    force_off_s: int
    recall: Recall = Recall.MINIMUM

    def __post_init__(self) -> None:
        subject = f"Stage {self.stage_id}"
        errors: list[CityError] = []
        if self.min_s < 1:
            errors.append(InvalidValueError(subject=subject, field="min_s", found=self.min_s, expected="at least 1 s"))
        if self.max_s < self.min_s:
            expected = f"at least its shortest time, {self.min_s} s"
            errors.append(InvalidValueError(subject=subject, field="max_s", found=self.max_s, expected=expected))
        tenths = 10 * self.extension_s if math.isfinite(self.extension_s) else 0.0
        if tenths < 1 or abs(tenths - round(tenths)) > 1e-6:
            expected = "a time above 0 s in tenths of a second"
            errors.append(
                InvalidValueError(subject=subject, field="extension_s", found=self.extension_s, expected=expected)
            )
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTime:
    """How long people may begin to cross, from the start of the first stage that holds their group."""

    group_id: GroupId
    walk_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDetector:
    """A detector that the parameters need on every lane of a movement, this far before the stop line."""

    movement_id: MovementId
    before_line_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """How a stage ends when the stages after it are left out.

    `leads_s` say for each group of the first stage that the second does not hold how long before the second stage its
    green ends. What begins with the second stage begins at its start; the time until the first stage begins to end
    keeps its bounds.
    """

    from_stage_id: StageId
    to_stage_id: StageId
    leads_s: tuple[tuple[GroupId, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuation:
    """`stages` in the order of the plan's splits.

    A stage that may be left out is served unasked when one of its groups has been red for `call_after_s`.
    """

    stages: tuple[StageActuation, ...]
    walks: tuple[WalkTime, ...] = ()
    detectors: tuple[ExtensionDetector, ...] = ()
    jumps: tuple[Jump, ...] = ()
    call_after_s: int | None = None

    @property
    def longest_cycle_s(self) -> int:
        return sum(stage.max_s for stage in self.stages)
