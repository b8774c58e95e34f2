"""How often something was found at visits, as log odds: of stream and point, lately and long, by weekday and hour.

A rate of few visits leans on the one that it is a part of: a point on its stream, a weekday on all days.
"""

from collections.abc import Callable

import numpy as np

from features.arrays import HOUR_S, Columns, Floats, Ints, narrow
from features.calendar_days import weekday
from features.clockwork import local_days, local_second_of_day
from features.emptyings import EmptyingRows, Emptyings
from features.grouped_past import GroupedPast

BASE = "stream_60"
"""The rate that the others are told against."""
STREAM_DAYS, POINT_DAYS, WEEKDAY_DAYS, HOUR_DAYS = (
    (3, 7, 14, 28, 120),
    (14, 28, 60, 120, 365),
    (8, 15, 29),
    (14, 28, 60),
)
LONG_DAYS, WHOLE_YEAR, EVER_DAYS = 120, 365, 36_500
OF_STREAM, OF_WEEKDAY, OF_BOTH, OF_POINT, OF_POINT_WEEKDAY, OF_POINT_MOMENT = 50.0, 30.0, 20.0, 5.0, 4.0, 3.0
"""Visits that a rate borrows from the wider one."""
FIRST_HOUR, PART_HOURS, PARTS = 6.0, 2.5, 5
LEAST, MOST = 0.003, 0.997


def log_odds(chance: Floats) -> Floats:
    bounded = np.clip(chance, LEAST, MOST)
    odds: Floats = np.log(bounded / (1.0 - bounded))
    return odds


class _Rates:
    """Rates of what happened in groups of visits, asked at rows' origins."""

    def __init__(self, emptyings: Emptyings, rows: EmptyingRows, happened: Floats) -> None:
        self.known_s, self.origin_s, self.happened = emptyings.known_s, rows.origin_s, happened

    def of(self, then: Ints, now: Ints, days: int, *, prior: Floats, borrowed: float) -> Floats:
        """Per row: of group `now` in the last days, among visits of groups `then`."""
        count, total = GroupedPast.of(then, self.known_s, self.happened).counted(now, self.origin_s, days)
        return (total + borrowed * prior) / (count + borrowed)


def visit_rates(emptyings: Emptyings, rows: EmptyingRows, happened: Floats) -> Columns:
    """One column per rate. `happened` is 1 or 0 per emptying; of them only those known at a row's origin count."""
    rates = _Rates(emptyings, rows, happened)
    stream_of = np.unique(emptyings.streams, return_inverse=True)[1].astype(np.int64)
    place_of = np.unique([point for point, _ in emptyings.keys], return_inverse=True)[1].astype(np.int64)
    series, asked = emptyings.series, rows.series
    stream, of_stream = stream_of[series], stream_of[asked]
    day, of_day = weekday(emptyings.day), weekday(local_days(rows.at_s, emptyings.time_zone))
    part = _part(emptyings.hour)
    of_part = _part(local_second_of_day(rows.at_s, emptyings.time_zone) / HOUR_S)
    even = np.full(len(rows), 0.5)
    ever = rates.of(np.zeros_like(series), np.zeros_like(asked), EVER_DAYS, prior=even, borrowed=1.0)
    base = rates.of(stream, of_stream, 60, prior=ever, borrowed=1.0)
    found = {BASE: base}
    lately = {days: rates.of(stream, of_stream, days, prior=base, borrowed=OF_STREAM) for days in STREAM_DAYS}
    found |= {f"stream_{days}": rate for days, rate in lately.items()}
    long = lately[LONG_DAYS]
    then, now = 7 * stream + day, 7 * of_stream + of_day
    found |= {f"weekday_{days}": rates.of(then, now, days, prior=base, borrowed=OF_WEEKDAY) for days in WEEKDAY_DAYS}
    found["weekday_long"] = rates.of(then, now, LONG_DAYS, prior=long, borrowed=OF_STREAM)
    found["weekday_part_29"] = rates.of(
        PARTS * then + part, PARTS * now + of_part, WEEKDAY_DAYS[-1], prior=base, borrowed=OF_BOTH
    )
    then, now = PARTS * stream + part, PARTS * of_stream + of_part
    found |= {f"part_{days}": rates.of(then, now, days, prior=base, borrowed=OF_WEEKDAY) for days in HOUR_DAYS}
    own = {
        days: rates.of(series, asked, days, prior=long if days >= LONG_DAYS else base, borrowed=OF_POINT)
        for days in POINT_DAYS
    }
    found |= {f"point_{days}": rate for days, rate in own.items()}
    found["place_28"] = rates.of(place_of[series], place_of[asked], 28, prior=base, borrowed=OF_POINT)
    found |= _of_point_by_moment(rates, own, (series, day, part), (asked, of_day, of_part))
    return {name: narrow(log_odds(rate)) for name, rate in found.items()}


def _of_point_by_moment(
    rates: _Rates, own: dict[int, Floats], then: tuple[Ints, Ints, Ints], now: tuple[Ints, Ints, Ints]
) -> dict[str, Floats]:
    """`then` and `now` are series, weekday and part of the day, of the visits made and of the rows asked."""
    long = own[LONG_DAYS]

    def by(days: int, prior: Floats, borrowed: float, group: Callable[[Ints, Ints, Ints], Ints]) -> Floats:
        return rates.of(group(*then), group(*now), days, prior=prior, borrowed=borrowed)

    def weekdays(series: Ints, day: Ints, _part: Ints) -> Ints:
        return 7 * series + day

    def parts(series: Ints, _day: Ints, part: Ints) -> Ints:
        return PARTS * series + part

    def moments(series: Ints, day: Ints, part: Ints) -> Ints:
        return PARTS * (7 * series + day) + part

    return {
        "point_weekday": by(LONG_DAYS, long, OF_POINT_WEEKDAY, weekdays),
        "point_weekday_year": by(WHOLE_YEAR, long, OF_POINT_WEEKDAY, weekdays),
        "point_part": by(LONG_DAYS, long, OF_POINT_WEEKDAY, parts),
        "point_part_60": by(60, own[60], OF_POINT_WEEKDAY, parts),
        "point_moment_year": by(WHOLE_YEAR, long, OF_POINT_MOMENT, moments),
    }


def _part(hour: Floats) -> Ints:
    """Of the working day: the night belongs to its ends."""
    part: Ints = np.clip(((hour - FIRST_HOUR) // PART_HOURS).astype(np.int64), 0, PARTS - 1)
    return part
