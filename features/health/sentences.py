"""Signs as findings that a person can act on; what many sensors show at once is said once, of the feed."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from features.health.findings import TODO, Fault, FeedFinding, Watched
from features.health.grid import DayGrid
from features.health.signs import Sign

_TOGETHER_SHARE = 0.5
_FEWEST_TOGETHER = 3
_SAME_TIME = timedelta(hours=36)
_SAME_SHIFT_S = 1800
_FEWEST_GAPS = 8
_LEAST_SILENCE_S = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    watched: Watched
    zone: ZoneInfo

    def clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class SinceThen:
    moment: datetime
    at_least: bool = False


def finding(described: Described, grid: DayGrid, sign: Sign) -> FeedFinding:
    since = SinceThen(grid.moment(sign.slot), sign.at_least)
    words = _WORDS[sign.fault](dict(sign.figures), described.watched)
    return spoken(described, grid.sensors[sign.sensor], sign.fault, since, words, sign.figures)


def spoken(
    described: Described,
    sensor: str,
    fault: Fault,
    since: SinceThen,
    words: str,
    figures: tuple[tuple[str, float], ...],
) -> FeedFinding:
    watched = described.watched
    then = f"since {described.clock(since.moment)}" + (" or longer" if since.at_least else "")
    return FeedFinding(
        fault=fault,
        feed=watched.feed,
        subject=f"{watched.noun} {sensor}",
        district_id=watched.district_id,
        since=since.moment,
        at_least=since.at_least,
        sentence=f"{watched.noun.capitalize()} {sensor} ({watched.quantity}, feed {watched.feed}): "
        f"{fault} {then}: {words}.",
        todo=TODO[fault],
        figures=figures,
    )


def late_feed(described: Described, last_at: datetime, now: datetime) -> tuple[FeedFinding, ...]:
    """A whole feed whose next value is overdue by more than two steps and half its delay."""
    watched = described.watched
    due = last_at + timedelta(seconds=2 * watched.step_s + watched.delay_s)
    allowed = timedelta(seconds=max(2 * watched.step_s, 1800, watched.delay_s // 2))
    if now <= due + allowed:
        return ()
    late_s = (now - due).total_seconds()
    words = (
        f"a value is expected every {_duration(watched.step_s)}, {_duration(watched.delay_s)} after its interval; the "
        f"next is {_duration(late_s)} late"
    )
    figures = (("late_s", late_s), ("step_s", float(watched.step_s)), ("delay_s", float(watched.delay_s)))
    return (_feed_is_stale(described, last_at + timedelta(seconds=watched.step_s), words, figures),)


def silent_feed(described: Described, rows: pl.DataFrame, now: datetime) -> tuple[FeedFinding, ...]:
    """A whole feed without a step of its own, silent for longer than 1.5 times its longest silence before."""
    moments = rows["at"].unique().sort()
    gaps = moments.diff().drop_nulls().dt.total_seconds()
    if len(gaps) < _FEWEST_GAPS:
        return ()
    before, last_at = float(gaps.max() or 0), moments[-1]  # type: ignore[arg-type]  # whole seconds
    silent_s = (now - last_at).total_seconds() - described.watched.delay_s
    if silent_s <= max(_LEAST_SILENCE_S, 1.5 * before):
        return ()
    words = f"nothing for {_duration(silent_s)}; never before was it silent for more than {_duration(before)}"
    figures = (("silent_s", silent_s), ("longest_gap_before_s", before))
    return (_feed_is_stale(described, last_at, words, figures),)


def _feed_is_stale(
    described: Described, since: datetime, words: str, figures: tuple[tuple[str, float], ...]
) -> FeedFinding:
    watched = described.watched
    return FeedFinding(
        fault=Fault.STALE,
        feed=watched.feed,
        subject=f"feed {watched.feed}",
        district_id=watched.district_id,
        since=since,
        sentence=f"Feed {watched.feed} ({watched.quantity}): stale since {described.clock(since)}: {words}.",
        todo=TODO[Fault.STALE],
        sensors=0,
        figures=figures,
    )


def together(described: Described, found: list[FeedFinding], sensors: int) -> tuple[FeedFinding, ...]:
    """What at least half of the sensors show since about the same time becomes one finding of the feed."""
    kept: list[FeedFinding] = []
    kinds: dict[tuple[Fault, float], list[FeedFinding]] = defaultdict(list)
    for one in found:
        kinds[one.fault, dict(one.figures).get("factor", 0.0)].append(one)
    for (fault, _), group in kinds.items():
        alike = _alike(group)
        same = [one for one in group if alike(one)]
        if len(same) < max(_FEWEST_TOGETHER, _TOGETHER_SHARE * sensors):
            kept += group
            continue
        kept.append(_of_the_feed(described, fault, same, sensors))
        kept += [one for one in group if not alike(one)]
    return tuple(sorted(kept, key=lambda one: (list(Fault).index(one.fault), one.since, one.subject)))


def _alike(group: list[FeedFinding]) -> Callable[[FeedFinding], bool]:
    """Whether a finding is of about the group's middle time and, where clocks were shifted, about its middle shift."""
    since = sorted(one.since for one in group)[len(group) // 2]
    shift = sorted(_shift(one) for one in group)[len(group) // 2]
    return lambda one: abs(one.since - since) <= _SAME_TIME and abs(_shift(one) - shift) <= _SAME_SHIFT_S


def _shift(one: FeedFinding) -> float:
    return dict(one.figures).get("shift_s", 0.0)


def _of_the_feed(described: Described, fault: Fault, same: list[FeedFinding], sensors: int) -> FeedFinding:
    watched = described.watched
    middle = sorted(same, key=lambda one: (_shift(one), one.since))[len(same) // 2]
    words = middle.sentence.split(": ", 3)[-1]
    return FeedFinding(
        fault=fault,
        feed=watched.feed,
        subject=f"feed {watched.feed}",
        district_id=watched.district_id,
        since=middle.since,
        at_least=middle.at_least,
        sentence=f"Feed {watched.feed} ({watched.quantity}): {fault} since {described.clock(middle.since)} in "
        f"{len(same)} of {sensors} {watched.noun}s at once, such as {middle.subject}: {words}",
        todo=TODO[fault],
        sensors=len(same),
        figures=middle.figures,
    )


def _duration(seconds: float) -> str:
    if seconds < 5400:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 3 * 86_400 else f"{seconds / 86_400:,.1f} days"


def _stale(figures: dict[str, float], watched: Watched) -> str:
    quiet, before = figures["missing_intervals"], figures["longest_gap_before"]
    return (
        f"nothing for {_duration(quiet * watched.step_s)} while others of the feed go on; its longest gap before was "
        f"{_duration(before * watched.step_s)}"
    )


def _all_zero(figures: dict[str, float], watched: Watched) -> str:
    del watched
    return (
        f"{figures['zeros']:,.0f} values in a row are zero, {figures['never_zero_before']:,.0f} of them at times of "
        "day at which it was hardly ever zero before"
    )


def _flat(figures: dict[str, float], watched: Watched) -> str:
    before = figures["longest_before"]
    usual = f"; before, at most {before:,.0f} were the same" if before else ""
    every = _duration(watched.step_s)
    return f"{figures['repeats']:,.0f} values in a row are {figures['value']:g}{usual} (one every {every})"


def _unit(figures: dict[str, float], watched: Watched) -> str:
    del watched
    return (
        f"its level is {figures['ratio']:,.3g} times what it was, near the factor {figures['factor']:g}, with the same "
        f"shape over {figures['days']:.0f} days"
    )


def _clock(figures: dict[str, float], watched: Watched) -> str:
    del watched
    shift = figures["shift_s"]
    return (
        f"its day fits {_duration(abs(shift))} {'later' if shift > 0 else 'earlier'} than in its reference weeks "
        f"over {figures['days']:.0f} days (evidence {figures['evidence_nats']:,.0f} nats)"
    )


def _jumping(figures: dict[str, float], watched: Watched) -> str:
    del watched
    return (
        f"{figures['spike_share']:.0%} of its values jump far out of its profile, before {figures['usual_share']:.1%}"
    )


def _gaps(figures: dict[str, float], watched: Watched) -> str:
    del watched
    return f"{figures['missing_share']:.0%} of its intervals are missing, before {figures['usual_share']:.1%}"


_WORDS = {
    Fault.STALE: _stale,
    Fault.ALL_ZERO: _all_zero,
    Fault.FLAT: _flat,
    Fault.UNIT_CHANGED: _unit,
    Fault.CLOCK_SHIFTED: _clock,
    Fault.JUMPING: _jumping,
    Fault.GAPS: _gaps,
}
