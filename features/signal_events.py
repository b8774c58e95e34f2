"""Measures of signal performance from a controller's event log, by phase and quarter of an hour.

Codes are those of the Indiana Traffic Signal Hi Resolution Data Logger Enumerations (Sturdevant et al. 2012; 2019).

- A cycle lasts from one start of green (1) to the next, with one start of yellow (8) and one of red clearance (10)
  between; others are left out. It belongs to the quarter in which its green begins.
- Arrivals on green: activations (82) of advance channels, moved on by their way to the stop line, that fall between
  green and yellow, of all in the cycle. Against the share of green in the cycle it is the platoon ratio, the summary
  of Purdue's coordination diagram (Day et al. 2010).
- Occupancy of green (GOR) and of the first 5 s of red (ROR5): share of that time for which any presence channel of the
  phase was covered. A cycle with both at 0.8 or more is a split failure (Freije et al. 2014). Green occupancy over all
  cycles is how far green was used.
- Pedestrian wait: from the first call (45) since the walk before to the start of walk (21).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from features.arrays import Flags, Floats, Ints

GREEN, YELLOW, RED_CLEARANCE = 1, 8, 10
WALK, PEDESTRIAN_CALL = 21, 45
DETECTOR_OFF, DETECTOR_ON = 81, 82
USED_CODES: Final = (GREEN, YELLOW, RED_CLEARANCE, WALK, PEDESTRIAN_CALL, DETECTOR_OFF, DETECTOR_ON)
SLOT_S: Final = 900
RED_LOOKED_AT_S: Final = 5.0
FULL_FROM: Final = 0.8
RAPID_S: Final = 2.0
LONGEST_WAIT_S: Final = 1800.0
"""A longer wait is a walk that the log lost."""
SUMS: Final = (
    "cycles", "cycle_s", "green_s", "arrivals", "arrivals_on_green", "watched_cycles", "watched_green_s",
    "occupied_green_s", "split_failures", "walks", "wait_s",
)  # fmt: skip
SCHEMA: Final = {
    "phase": pl.Int64,
    "slot": pl.Int64,
    **dict.fromkeys(SUMS, pl.Float64),
    "longest_wait_s": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Log:
    """Events of one junction in the order of time; `at_s` counts from the start of the first slot."""

    at_s: Floats
    code: Ints
    parameter: Ints

    def of(self, code: int, parameter: int) -> Floats:
        mine: Flags = (self.code == code) & (self.parameter == parameter)
        moments: Floats = self.at_s[mine]
        return moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Detector channels of one phase: `advance` with the seconds from each to the stop line, and `presence`."""

    advance: tuple[tuple[int, float], ...] = ()
    presence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cycles:
    """Whole cycles of one phase: start of green, yellow and red clearance, and the next start of green."""

    green: Floats
    yellow: Floats
    red: Floats
    end: Floats

    def where(self, kept: Flags) -> "Cycles":
        return Cycles(self.green[kept], self.yellow[kept], self.red[kept], self.end[kept])


def log_of(events: pl.DataFrame, first_slot_at_s: float) -> Log:
    """Rows of SignalEvents of one junction, times from `first_slot_at_s` seconds since 1970."""
    used = events.filter(pl.col("event_code").is_in(USED_CODES)).sort("at", "event_code")
    at_s = used["at"].dt.epoch("us").to_numpy() / 1e6 - first_slot_at_s
    return Log(at_s, used["event_code"].to_numpy(), used["parameter"].to_numpy())


def phases_of(log: Log) -> tuple[int, ...]:
    """Those that were green, or whose pedestrians walked."""
    return tuple(int(one) for one in np.unique(log.parameter[np.isin(log.code, (GREEN, WALK))]))


def measured(
    log: Log, channels: dict[int, Channels], slots: int, left_out: frozenset[int] = frozenset()
) -> pl.DataFrame:
    """`SCHEMA`: one row for each phase and slot from 0 to `slots` in which anything ended, but those left out."""
    kept = np.array([slot not in left_out for slot in range(slots)])
    frames = [_of_phase(log, phase, channels.get(phase, Channels()), kept) for phase in phases_of(log)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def _of_phase(log: Log, phase: int, channels: Channels, kept: Flags) -> pl.DataFrame:
    cycles = cycles_of(log, phase)
    cycles = cycles.where(_in_kept(cycles.green, kept))
    slots = (cycles.green // SLOT_S).astype(np.int64)
    values: dict[str, Floats] = {name: np.zeros(len(kept)) for name in (*SUMS, "longest_wait_s")}
    _add(
        values,
        slots,
        cycles=np.ones(len(slots)),
        cycle_s=cycles.end - cycles.green,
        green_s=cycles.yellow - cycles.green,
    )
    if channels.advance:
        total, on_green = _arrivals(log, channels, cycles)
        _add(values, slots, arrivals=total, arrivals_on_green=on_green)
    if channels.presence:
        _add_occupancy(values, slots, log, channels, cycles)
    walks, waits = waits_of(log, phase)
    inside = _in_kept(walks, kept)
    walked = (walks[inside] // SLOT_S).astype(np.int64)
    _add(values, walked, walks=np.ones(len(walked)), wait_s=waits[inside])
    np.maximum.at(values["longest_wait_s"], walked, waits[inside])
    frame = pl.DataFrame({"phase": phase, "slot": np.arange(len(kept)), **values}, schema=SCHEMA)
    return frame.filter((pl.col("cycles") > 0) | (pl.col("walks") > 0))


def _in_kept(moments: Floats, kept: Flags) -> Flags:
    slots = np.floor(moments / SLOT_S).astype(np.int64)
    inside = (slots >= 0) & (slots < len(kept))
    inside[inside] = kept[slots[inside]]
    return inside


def _add(values: dict[str, Floats], slots: Ints, **more: Floats) -> None:
    for name, value in more.items():
        np.add.at(values[name], slots, value)


def cycles_of(log: Log, phase: int) -> Cycles:
    greens, yellows, reds = (log.of(code, phase) for code in (GREEN, YELLOW, RED_CLEARANCE))
    if len(greens) < 2:
        return Cycles(*(np.zeros(0) for _ in range(4)))
    begin, end = greens[:-1], greens[1:]
    yellow_at, red_at = np.searchsorted(yellows, begin), np.searchsorted(reds, begin)
    one_yellow = np.searchsorted(yellows, end) - yellow_at == 1
    one_red = np.searchsorted(reds, end) - red_at == 1
    whole = one_yellow & one_red
    yellow, red = yellows[yellow_at[whole]], reds[red_at[whole]]
    return Cycles(begin[whole], yellow, red, end[whole]).where(yellow <= red)


def _arrivals(log: Log, channels: Channels, cycles: Cycles) -> tuple[Floats, Floats]:
    """Per cycle all arrivals, and those on green."""
    moments = np.sort(np.concatenate([log.of(DETECTOR_ON, channel) + way_s for channel, way_s in channels.advance]))
    at = [np.searchsorted(moments, edge) for edge in (cycles.green, cycles.yellow, cycles.end)]
    return (at[2] - at[0]).astype(np.float64), (at[1] - at[0]).astype(np.float64)


def _add_occupancy(values: dict[str, Floats], slots: Ints, log: Log, channels: Channels, cycles: Cycles) -> None:
    edges, covered = _covered_s(log, channels.presence)
    if not len(edges):
        return
    # Before a channel's first word nobody knows whether it is covered.
    known = cycles.green >= edges[0]
    cycles, slots = cycles.where(known), slots[known]
    on_green, on_red = (
        np.interp(until, edges, covered) - np.interp(since, edges, covered)
        for since, until in ((cycles.green, cycles.yellow), (cycles.red, cycles.red + RED_LOOKED_AT_S))
    )
    green_s = cycles.yellow - cycles.green
    failed = (on_green >= FULL_FROM * green_s) & (on_red >= FULL_FROM * RED_LOOKED_AT_S) & (green_s > 0)
    _add(
        values, slots, watched_cycles=np.ones(len(slots)), watched_green_s=green_s, occupied_green_s=on_green,
        split_failures=failed.astype(np.float64),
    )  # fmt: skip


def _covered_s(log: Log, presence: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Edges of time, and the seconds up to each for which any of the channels was covered."""
    edges = [edge for channel in presence for edge in _covered(log, channel)]
    if not edges:
        return np.zeros(0), np.zeros(0)
    moments, steps = (np.array(one, dtype=np.float64) for one in zip(*sorted(edges), strict=True))
    is_covered = np.cumsum(steps)[:-1] > 0
    return moments, np.concatenate([[0.0], np.cumsum(np.diff(moments) * is_covered)])


def _covered(log: Log, channel: int) -> list[tuple[float, float]]:
    """(moment, +1 or -1) of one channel's coverings.

    Logs lose events. Of two starts in a row more than 2 s apart, and of two ends in a row, the one that is missing is
    put halfway; a second start sooner than that is the same covering.
    """
    mine = np.isin(log.code, (DETECTOR_ON, DETECTOR_OFF)) & (log.parameter == channel)
    told = [(float(moment), code == DETECTOR_ON) for moment, code in zip(log.at_s[mine], log.code[mine], strict=True)]
    edges: list[tuple[float, float]] = []
    before: tuple[float, bool] | None = None
    for k in range(len(told)):
        if before is not None and before[1] == told[k][1] and told[k + 1 : k + 2] == [(told[k][0], not told[k][1])]:
            told[k], told[k + 1] = told[k + 1], told[k]  # of two at one moment the one that changes something is first
        moment, is_on = told[k]
        edges += _edges(before, moment, is_on=is_on)
        before = told[k]
    return edges


def _edges(before: tuple[float, bool] | None, moment: float, *, is_on: bool) -> list[tuple[float, float]]:
    if before is None:
        return [(moment, 1.0)] if is_on else []
    if before[1] != is_on:
        return [(moment, 1.0 if is_on else -1.0)]
    halfway = (before[0] + moment) / 2
    if not is_on:
        return [(halfway, 1.0), (moment, -1.0)]
    return [(halfway, -1.0), (moment, 1.0)] if moment - before[0] > RAPID_S else []


def waits_of(log: Log, phase: int) -> tuple[Floats, Floats]:
    """Each start of walk that was called for, and how long the first caller had waited, s."""
    walks, calls = log.of(WALK, phase), log.of(PEDESTRIAN_CALL, phase)
    if not len(walks) or not len(calls):
        return np.zeros(0), np.zeros(0)
    before = np.concatenate([[-np.inf], walks[:-1]])
    first = np.searchsorted(calls, before, side="right")
    called = first < np.searchsorted(calls, walks, side="right")
    waits = walks[called] - calls[first[called]]
    real = waits <= LONGEST_WAIT_S
    return walks[called][real], waits[real]
