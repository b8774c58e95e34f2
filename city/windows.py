"""Time windows of every day, and what two of them share."""

from city.clock import DAY_S
from city.waste import TimeWindow


def every_day(windows: tuple[TimeWindow, ...]) -> tuple[TimeWindow, ...]:
    """The same hours on the day before, the service date and the two days after it; what touches is one window."""
    shifted = sorted(
        (max(0, window.start_s + days * DAY_S), window.end_s + days * DAY_S)
        for window in windows
        for days in (-1, 0, 1, 2)
    )
    merged: list[list[int]] = []
    for start, end in shifted:
        if end <= 0:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return tuple(TimeWindow(start_s=start, end_s=end) for start, end in merged)


def overlap(one: TimeWindow, other: TimeWindow) -> TimeWindow | None:
    start, end = max(one.start_s, other.start_s), min(one.end_s, other.end_s)
    return TimeWindow(start_s=start, end_s=end) if start < end else None
