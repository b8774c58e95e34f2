"""Days that fit a sensor's profile only after they are moved (a clock that was set wrong) or scaled (another unit)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.health.findings import Fault
from features.health.grid import DayGrid, Flags, Values
from features.health.profile import Profile
from features.health.signs import Sign, known_share, trailing_days

_LEAST_SHIFT_S = 1800
_MOST_SHIFT_S = 12 * 3600
_FULL_DAY = 0.6
_FACTOR_TOLERANCE = 0.2  # in the logarithm of the level's ratio
_FEWEST_DAYS = 2
# People shift their days too, around holidays, by less than an hour: that needs a week to be a clock.
_A_CLOCK_S = 3600
_FEWEST_DAYS_BELOW = 6
_AGREEING = 0.8
_LEAST_EVIDENCE = 12.0  # nats


@dataclass(frozen=True, eq=False)
class Fit:
    """How well each day fits the profile.

    `evidence`: sensors x days x shifts, in nats: how much better the day fits the moved profile than the profile as it
    is. `plain`: sensors x days, correlation as it is. The middle shift is none; further ones are later.
    """

    evidence: Values
    plain: Values
    most: int


def fit(grid: DayGrid, usual: Profile) -> Fit:
    """Each day against both profiles, because a holiday has a weekend's shape; the better one counts."""
    most = min(_MOST_SHIFT_S // grid.step_s, grid.slots // 2)
    both = [_products(grid.values, shape, most) for shape in (usual.workday, usual.weekend)]
    explained = np.maximum(*(_explained(product, norm) for product, norm, _ in both))
    noise = 2 * np.maximum((usual.spread**2).mean(axis=1), 1e-9)
    evidence = (explained - explained[:, :, most : most + 1]) / noise[:, None, None]
    plain = np.maximum(*(product[:, :, most] / np.maximum(norm[:, None] * size, 1e-9) for product, norm, size in both))
    return Fit(evidence=evidence.astype(np.float32), plain=plain.astype(np.float32), most=most)


def _products(values: Values, shape: Values, most: int) -> tuple[Values, Values, Values]:
    """Inner products of each day with the profile moved by -most .. +most steps, and the lengths of both vectors."""
    filled = np.nan_to_num(np.where(np.isnan(values), shape[:, None, :], values))
    usual = np.nan_to_num(shape)
    day = filled - filled.mean(axis=2, keepdims=True)
    norm = usual - usual.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(day, axis=2) * np.conj(np.fft.rfft(norm, axis=1))[:, None, :]
    raw = np.fft.irfft(spectrum, n=values.shape[2], axis=2)
    moved = np.concatenate([raw[:, :, -most:], raw[:, :, : most + 1]], axis=2)
    return moved, np.linalg.norm(norm, axis=1), np.linalg.norm(day, axis=2)


def _explained(product: Values, norm: Values) -> Values:
    """Part of a day's energy that the best multiple of the profile explains."""
    energy: Values = np.maximum(product, 0) ** 2 / np.maximum(norm, 1e-9)[:, None, None] ** 2
    return energy


def clock_shifted(grid: DayGrid, usual: Profile, fits: Fit) -> Iterator[Sign]:
    """The last days together fit one shift far better than none, as no day of the reference did."""
    known = known_share(grid) >= _FULL_DAY
    least = max(1, -(-_LEAST_SHIFT_S // grid.step_s))
    shape = _usual_likeness(fits, known, grid)
    far = np.abs(np.arange(-fits.most, fits.most + 1)) >= least
    evidence = np.where(known[:, :, None], fits.evidence, 0)
    days = min(grid.reference_days, grid.days)
    best_day = np.max(np.where(far, evidence, -np.inf), axis=2)
    usual_best = np.maximum(np.quantile(best_day[:, :days], 0.9, axis=1), 0)
    summed = np.where(far, np.cumsum(evidence[:, ::-1], axis=1)[:, ::-1], -np.inf)
    place = np.argmax(summed.reshape(len(summed), -1), axis=1)
    first, index = place // summed.shape[2], place % summed.shape[2]
    most = summed.reshape(len(summed), -1)[np.arange(len(summed)), place]
    enough = (most > _LEAST_EVIDENCE) & (most > 4 * usual_best) & (known[:, :days].sum(axis=1) >= 5)
    for sensor in np.flatnonzero(enough):
        begin = int(first[sensor])
        own = evidence[sensor, begin:, index[sensor]][known[sensor, begin:]]
        lag = int(index[sensor]) - fits.most
        needed = _FEWEST_DAYS if abs(lag) * grid.step_s >= _A_CLOCK_S else _FEWEST_DAYS_BELOW
        workdays = int((known[sensor, begin:] & ~grid.weekend[begin:]).sum())
        if workdays < needed or np.mean(own > 0) < _AGREEING or np.mean(own) < usual_best[sensor]:
            continue
        if _likeness(grid, usual, int(sensor), begin, lag) < 0.85 * shape[sensor]:
            continue  # another shape altogether, not the same one at another time
        figures = (
            ("shift_s", float(lag * grid.step_s)),
            ("evidence_nats", float(most[sensor])),
            ("days", float(len(own))),
        )
        slot = _moved_since(grid, usual, int(sensor), begin, lag)
        yield Sign(fault=Fault.CLOCK_SHIFTED, sensor=int(sensor), slot=slot, figures=figures)


def _usual_likeness(fits: Fit, known: Flags, grid: DayGrid) -> Values:
    """Per sensor, how well its reference days usually correlate with the profile."""
    days = min(grid.reference_days, grid.days)
    ordered = np.sort(np.where(known[:, :days], fits.plain[:, :days], np.nan), axis=1)
    middle = np.maximum(known[:, :days].sum(axis=1) - 1, 0) // 2
    usual: Values = np.nan_to_num(ordered[np.arange(len(ordered)), middle], nan=1.0)
    return usual


def _likeness(grid: DayGrid, usual: Profile, sensor: int, begin: int, lag: int) -> float:
    """Median correlation of the days with the moved profile; the first and last day may be half."""
    found = []
    for day in range(begin, grid.days):
        values = grid.values[sensor, day]
        came = ~np.isnan(values)
        if came.sum() < _FULL_DAY * grid.slots:
            continue
        shapes = (np.nan_to_num(np.roll(one[sensor], lag))[came] for one in (usual.workday, usual.weekend))
        found.append(max(_correlation(values[came], shape) for shape in shapes))
    return float(np.median(found)) if found else 0.0


def _correlation(one: Values, other: Values) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 else 0.0


def _moved_since(grid: DayGrid, usual: Profile, sensor: int, day: int, lag: int) -> int:
    """The interval at which the moved profile begins to fit better, on that day or the one before."""
    days = [one for one in (day - 1, day) if one >= 0]
    shape = [usual.weekend[sensor] if grid.weekend[one] else usual.workday[sensor] for one in days]
    plain = np.concatenate(shape)
    later = np.concatenate([np.roll(one, lag) for one in shape])
    values = grid.values[sensor, days[0] : day + 1].ravel()
    cost = np.nan_to_num((values - plain) ** 2 - (values - later) ** 2)
    return days[0] * grid.slots + _change_point(cost)


def _change_point(evidence: NDArray[np.float32]) -> int:
    """Where the evidence for the new state, summed to the end, is largest."""
    remaining = np.cumsum(evidence[::-1])[::-1]
    return int(np.argmax(remaining))


def unit_changed(grid: DayGrid, usual: Profile, fits: Fit, factors: tuple[float, ...]) -> Iterator[Sign]:
    """The level is a known factor of what it was, and the day's shape is what it was."""
    level = _level(grid, usual)
    known = np.isfinite(level)
    days = min(grid.reference_days, grid.days)
    shape = _usual_likeness(fits, known, grid)
    # A day of which nothing is known is as unsteady as can be: with several of them no level is trusted.
    steady = np.quantile(np.where(known[:, :days], np.abs(level[:, :days]), 99.0), 0.8, axis=1)
    nearest: dict[int, tuple[float, Sign]] = {}
    for factor in factors:
        log = float(np.log(factor))
        first = trailing_days(known & (level / log > 0.5), known)
        for sensor in np.flatnonzero((first < grid.days) & (steady < 0.35 * abs(log))):
            row, begin = int(sensor), int(first[sensor])
            own = level[sensor, begin:][known[sensor, begin:]]
            off = abs(float(np.median(own)) - log)
            alike = np.mean(fits.plain[sensor, begin:][known[sensor, begin:]])
            if len(own) < _FEWEST_DAYS or off > _FACTOR_TOLERANCE or alike < 0.7 * shape[sensor]:
                continue
            if row not in nearest or off < nearest[row][0]:
                nearest[row] = (off, _scaled(grid, usual, (row, begin), factor, own))
    yield from (sign for _, sign in nearest.values())


def _scaled(grid: DayGrid, usual: Profile, where: tuple[int, int], factor: float, own: Values) -> Sign:
    sensor, begin = where
    ratio = float(np.exp(np.median(own)))
    figures = (("ratio", ratio), ("factor", factor), ("days", float(len(own))))
    slot = _scaled_since(grid, usual, sensor, begin, float(np.log(factor)))
    return Sign(fault=Fault.UNIT_CHANGED, sensor=sensor, slot=slot, figures=figures)


def _level(grid: DayGrid, usual: Profile) -> Values:
    """Sensors x days: logarithm of the day's sum over the profile's sum, in the intervals that came."""
    expected = np.where(np.isnan(grid.values), np.nan, usual.of(grid.weekend))
    came = np.nansum(np.where(np.isnan(expected), np.nan, grid.values), axis=2)
    due = np.nansum(expected, axis=2)
    whole = np.nansum(usual.of(grid.weekend), axis=2)
    enough = (due > 0.25 * whole) & (whole > 0) & (came > 0)
    ratio: Values = np.where(enough, np.log(np.maximum(came, 1e-9) / np.maximum(due, 1e-9)), np.nan)
    return ratio


def _scaled_since(grid: DayGrid, usual: Profile, sensor: int, day: int, log: float) -> int:
    days = [one for one in (day - 1, day) if one >= 0]
    shape = np.concatenate([usual.weekend[sensor] if grid.weekend[one] else usual.workday[sensor] for one in days])
    values = grid.values[sensor, days[0] : day + 1].ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(values / shape)
    cost = np.where(np.isfinite(ratio), np.abs(ratio) - np.abs(ratio - log), 0).astype(np.float32)
    return days[0] * grid.slots + _change_point(cost)
