"""What the controllers' own logs say of a day: which plan ran when, and when a person or a fault was in control."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from city.clock import at_second
from city.frames import SignalRuns
from optimization.signals.problem import SLOT_S, SLOTS
from serving.loop.actuals import Window
from serving.signal_drift import HANDS_OFF, LOGGED, Run, closed

LONGEST_LOOK_BACK: Final = timedelta(days=7)  # an open row of a log may have begun long ago


def controller_logs(window: Window) -> Mapping[str, tuple[Run, ...]]:
    since = window.start - LONGEST_LOOK_BACK
    rows = window.desk.history.read(SignalRuns, as_of=window.now, since=since, until=window.end)
    parts = rows.sort("junction_id", "start_at").partition_by("junction_id", maintain_order=True)
    return {part["junction_id"][0]: closed(part.select(LOGGED).rows(), window.end) for part in parts}


def run_in(window: Window, slot: int, log: Sequence[Run]) -> Run | None:
    """What the log says of the middle of a quarter of an hour; None where it says nothing."""
    moment = at_second(window.day, slot * SLOT_S + SLOT_S // 2, window.zone)
    place = bisect_right([run.start_at for run in log], moment) - 1
    return log[place] if place >= 0 and log[place].end_at > moment else None


def slots_by_hand(window: Window, log: Sequence[Run]) -> frozenset[int]:
    """Quarters of an hour in manual control, fault, flashing or all-red."""
    runs = ((slot, run_in(window, slot, log)) for slot in range(SLOTS if log else 0))
    return frozenset(slot for slot, run in runs if run is not None and run.mode in HANDS_OFF)
