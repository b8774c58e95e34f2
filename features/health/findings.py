"""What can be wrong with a feed, each as a frozen value that says since when, from which figures, and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fault(StrEnum):
    """In the order in which one is named where a sensor shows several: the first explains the others."""

    STALE = "stale"
    ALL_ZERO = "all-zero"
    FLAT = "flat"
    UNIT_CHANGED = "unit-changed"
    CLOCK_SHIFTED = "clock-shifted"
    JUMPING = "jumping"
    GAPS = "gaps"
    EMPTYING_MISSED = "emptying-missed"


TODO: dict[Fault, str] = {
    Fault.STALE: "Ask the department whether it still sends, and look at the last import's log.",
    Fault.ALL_ZERO: "Have the sensor and its line checked; until then its zeros are no measurements.",
    Fault.FLAT: "Restart the sensor or its gateway; the same value again and again is no measurement.",
    Fault.UNIT_CHANGED: "Ask the department what it changed; set the column's `unit` in the mapping from that day on.",
    Fault.CLOCK_SHIFTED: "Compare the sensor's clock with a watch; check time_zone and label in the mapping.",
    Fault.JUMPING: "Have the sensor checked: a loose contact or a wrong detector card looks like this.",
    Fault.GAPS: "Check the line between the sensor and the centre; what is missing cannot be forecast from.",
    Fault.EMPTYING_MISSED: "Ask the crew for the visit that nobody recorded; if there was none, check the sensor.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFinding:
    """One fault of one sensor, or of a whole feed (`subject` is then the feed's).

    `since` is the start of the first interval that shows it; `at_least` where it began before what was looked at.
    `figures` are the numbers in the sentence, by name with unit suffix.
    """

    fault: Fault
    feed: str
    subject: str
    district_id: str
    since: datetime
    sentence: str
    todo: str
    at_least: bool = False
    sensors: int = 1
    figures: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A feed as it is meant to come. `noun` is what a person calls one of its series: detector, bin sensor.

    `factors` are the ratios that a change of unit brings. `events` have no level of their own: only their silence and
    their coming are judged.
    """

    feed: str
    noun: str
    quantity: str
    step_s: int
    delay_s: int = 0
    district_id: str = "*"
    factors: tuple[float, ...] = ()
    zero_is_normal: bool = False
    events: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """What was looked at, and what was found. Healthy is a feed without findings."""

    feed: str
    quantity: str
    noun: str
    sensors: int
    values: int
    step_s: int
    delay_s: int
    first_at: datetime
    last_at: datetime
    findings: tuple[FeedFinding, ...] = ()
    not_judged: str = ""

    @property
    def ok(self) -> bool:
        return not self.findings
