"""The rungs of the planning ladder, best first, and what each means to whoever reads the plan."""

from collections.abc import Mapping
from enum import StrEnum


class Rung(StrEnum):
    OPTIMISED = "optimised"
    ON_FALLBACK = "optimised_on_fallback_forecast"
    LAST_GOOD = "last_good_plan"
    SKELETON = "repaired_skeleton"
    TIME_OF_DAY = "time_of_day_default"


OPTIMISED_RUNGS = frozenset({Rung.OPTIMISED, Rung.ON_FALLBACK})
WORTH: Mapping[Rung, int] = {
    Rung.OPTIMISED: 40,
    Rung.ON_FALLBACK: 40,
    Rung.LAST_GOOD: 30,
    Rung.SKELETON: 20,
    Rung.TIME_OF_DAY: 10,
}
WORTH_IN_PART = 25  # a plan that was optimised for some junctions only: better than none of its own, no more
