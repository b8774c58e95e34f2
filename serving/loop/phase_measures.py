"""What the controllers' event logs tell of a day: arrivals on green, split failures, use of green, waits on foot.

By phase, for the day and for each quarter of an hour. Without events of a second or finer there is nothing to say, and
nothing is estimated from counts instead. Quarters in which a person or a fault was in control are left out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl

from city.frame_rules import COARSEST_EVENT_S
from city.ids import DistrictId
from city.recorded_frames import SignalChannels, SignalEvents
from features.signal_events import SUMS, Channels, log_of, measured
from optimization.signals.problem import SLOTS
from serving.desk import Desk
from serving.loop.actuals import Window
from serving.loop.controller_logs import controller_logs, slots_by_hand
from serving.signal_drift import Run

EDGE: Final = timedelta(minutes=10)
"""A cycle that begins within the day may end after it, and a walk may have been called for before."""
NO_EVENTS: Final = f"ATSPM measures are left out: there is no event data of {COARSEST_EVENT_S} s or finer."
Logs = Mapping[str, Sequence[Run]]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionPhases:
    """`rows` as features/signal_events.measured makes them; `groups` of the phases that a channel names one for."""

    junction_id: str
    district_id: DistrictId
    rows: pl.DataFrame
    groups: Mapping[int, str]
    slots_left_out: int

    def of_day(self) -> Iterator[dict[str, Any]]:
        """One line for each phase."""
        sums = [pl.col(name).sum() for name in SUMS]
        days = self.rows.group_by("phase").agg(*sums, pl.col("longest_wait_s").max()).sort("phase")
        for row in days.iter_rows(named=True):
            yield {**self._named(row), "slots_left_out": self.slots_left_out, **figures(row)}

    def of_quarters(self) -> Iterator[dict[str, Any]]:
        for row in self.rows.sort("phase", "slot").iter_rows(named=True):
            yield {**self._named(row), "slot": row["slot"], **figures(row)}

    def _named(self, row: Row) -> dict[str, Any]:
        return {
            "junction_id": self.junction_id,
            "district_id": str(self.district_id),
            "phase": row["phase"],
            "group_id": self.groups.get(row["phase"]),
        }


def figures(row: Row) -> dict[str, Any]:
    """Shares and means of sums; None where nobody came, or where no channel looks."""
    return {
        "cycles": int(row["cycles"]),
        "green_share": _ratio(row["green_s"], row["cycle_s"]),
        "arrivals": int(row["arrivals"]),
        "arrivals_on_green": _ratio(row["arrivals_on_green"], row["arrivals"]),
        "platoon_ratio": _ratio(row["arrivals_on_green"] * row["cycle_s"], row["arrivals"] * row["green_s"]),
        "watched_cycles": int(row["watched_cycles"]),
        "split_failures": _ratio(row["split_failures"], row["watched_cycles"]),
        "green_used": _ratio(row["occupied_green_s"], row["watched_green_s"]),
        "walks": int(row["walks"]),
        "pedestrian_wait_s": _ratio(row["wait_s"], row["walks"]),
        "longest_pedestrian_wait_s": round(row["longest_wait_s"], 1) if row["walks"] else None,
    }


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def phase_measures(window: Window, logs: Logs, only: Collection[str] = ()) -> tuple[JunctionPhases, ...]:
    """Of every junction with events of the day; of those named, where any are."""
    events = _events(window, only)
    if events.is_empty():
        return ()
    channels = window.desk.history.read(SignalChannels, as_of=window.now)
    found = []
    for (junction_id,), rows in sorted(events.partition_by("junction_id", as_dict=True).items()):
        mine = channels.filter(pl.col("junction_id") == junction_id)
        left_out = slots_by_hand(window, logs.get(junction_id, ()))
        log = log_of(rows, window.start.timestamp())
        found.append(
            JunctionPhases(
                junction_id=junction_id,
                district_id=DistrictId(rows["district_id"][0]),
                rows=measured(log, _channels(mine), SLOTS, left_out),
                groups=dict(mine.filter(pl.col("group_id").is_not_null()).select("phase", "group_id").iter_rows()),
                slots_left_out=len(left_out),
            )
        )
    return tuple(found)


def _events(window: Window, only: Collection[str]) -> pl.DataFrame:
    since, until = window.start - EDGE, window.end + EDGE
    rows = window.desk.history.read(SignalEvents, as_of=window.now, since=since, until=until)
    wanted = ["junction_id", "district_id", "at", "event_code", "parameter"]
    return rows.filter(pl.col("junction_id").is_in(list(only))).select(wanted) if only else rows.select(wanted)


def _channels(mine: pl.DataFrame) -> dict[int, Channels]:
    found: dict[int, Channels] = {}
    for (phase,), rows in mine.partition_by("phase", as_dict=True).items():
        way_s = (pl.col("ahead_m") / pl.col("approach_kmh") * 3.6).fill_null(0.0)
        advance = rows.filter(pl.col("detects") == "advance").select("channel", way_s)
        presence = rows.filter(pl.col("detects") == "presence")["channel"]
        found[phase] = Channels(advance=tuple(advance.iter_rows()), presence=tuple(presence))
    return found


def phases_lately(
    desk: Desk, junction_ids: Collection[str], now: datetime
) -> tuple[date | None, tuple[JunctionPhases, ...]]:
    """Of the last local day with events, as known at `now`; the last events of a day may be known only on the next."""
    news = desk.history.last_news(SignalEvents)
    last = desk.local_date(now if news is None else min(news, now))
    for day in (last, last - timedelta(days=1)):
        if found := phases_of_day(desk, junction_ids, day, now):
            return day, found
    return None, ()


def phases_of_day(desk: Desk, junction_ids: Collection[str], day: date, now: datetime) -> tuple[JunctionPhases, ...]:
    window = Window.of(desk, day, now)
    return phase_measures(window, controller_logs(window), junction_ids)


def phase_document(desk: Desk, junction_id: str, asked: date | None) -> dict[str, Any]:
    """Of one junction, with every quarter of an hour; computed anew from the log. Without a day of the last one."""
    now = desk.clock()
    if asked is None:
        day, found = phases_lately(desk, (junction_id,), now)
    else:
        day, found = asked, phases_of_day(desk, (junction_id,), asked, now)
    return {
        "junction_id": junction_id,
        "day": None if day is None else day.isoformat(),
        "phases": [line for one in found for line in one.of_day()],
        "quarters": [line for one in found for line in one.of_quarters()],
        "said": list(said_of_phases(found)),
    }


def said_of_phases(found: Sequence[JunctionPhases]) -> tuple[str, ...]:
    """Why there are no measures, or what some of them lack."""
    if not found:
        return (NO_EVENTS,)
    lines = [(one.junction_id, line) for one in found for line in one.of_day()]
    blind = sorted({junction for junction, _ in lines} - {junction for junction, line in lines if _is_watched(line)})
    if not blind:
        return ()
    shown = ", ".join(blind[:5]) + (f" and {len(blind) - 5} more" if len(blind) > 5 else "")
    what = "no advance or presence channel of theirs is described (contract SignalChannels)"
    return (f"Events of {shown} tell of greens and walks only: {what}.",)


def _is_watched(line: Row) -> bool:
    return bool(line["arrivals"] or line["watched_cycles"])
