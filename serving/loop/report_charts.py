"""The report's charts as SVG: no script, readable in black and white, every series told apart by more than its colour.

Attributes and no style sheet: a printed page draws them like a browser does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil, floor, log10
from typing import Final

from serving.pages.layout import Markup

WIDTH, HEIGHT = 720, 205
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 30
INK, SOFT, GRID = "#1f2328", "#59636e", "#d1d9e0"
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#7a3e9d")
DASHES: Final = ("", "7 4", "2 3", "9 3 2 3")
FILLS: Final = ("#0072b2", "#e69f00", "#b3261e", "#8c959f")
TEXT: Final = 'font-family="sans-serif" font-size="11"'
Point = tuple[date, float | None]
Write = Callable[[float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    label: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class _Axes:
    first: date
    last: date
    low: float
    high: float

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        return LEFT + 8 + (WIDTH - LEFT - RIGHT - 16) * (day - self.first).days / span

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.low) / ((self.high - self.low) or 1.0)


def line_chart(
    title: str, span: tuple[date, date], series: Sequence[Series], *, write: Write, wanted: float | None = None
) -> Markup:
    """One line per series over the days; `wanted` is drawn across, as what was promised."""
    values = [value for one in series for _, value in one.points if value is not None]
    axes = _axes(span, values + ([] if wanted is None else [wanted]), from_zero=False)
    parts = [*_grid(axes, write), *_days(axes)]
    if wanted is not None:
        y = axes.y(wanted)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{INK}" '
                     f'stroke-width="1" stroke-dasharray="1 3"/>')  # fmt: skip
    for number, one in enumerate(series):
        parts += _line(axes, one, number)
    return _svg(title, parts)


def _line(axes: _Axes, one: Series, number: int) -> Iterator[str]:
    """Days without a value break it."""
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    runs: list[list[tuple[float, float]]] = [[]]
    for day, value in one.points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((axes.x(day), axes.y(value)))
    for run in filter(None, runs):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        for x, y in run:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>'


def stacked_bars(title: str, span: tuple[date, date], series: Sequence[Series], *, write: Write) -> Markup:
    """One bar a day, the series on top of each other."""
    heights: dict[date, float] = {}
    for one in series:
        for day, value in one.points:
            heights[day] = heights.get(day, 0.0) + (value or 0.0)
    axes = _axes(span, list(heights.values()), from_zero=True)
    days = max((span[1] - span[0]).days, 1)
    width = min(22.0, 0.7 * (WIDTH - LEFT - RIGHT) / days)
    parts = [*_grid(axes, write), *_days(axes)]
    ground: dict[date, float] = {}
    for number, one in enumerate(series):
        for day, value in one.points:
            if value:
                base = ground.get(day, 0.0)
                top, bottom = axes.y(base + value), axes.y(base)
                parts.append(f'<rect x="{axes.x(day) - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
                             f'height="{bottom - top:.1f}" fill="{FILLS[number % len(FILLS)]}"/>')  # fmt: skip
                ground[day] = base + value
    return _svg(title, parts)


def pair_bars(title: str, rows: Sequence[tuple[str, float, float | None]], *, write: Write) -> Markup:
    """Two bars below each other for each label: the first filled, the second (where there is one) only outlined."""
    row_px, label_px = 34, 110
    height = 8 + row_px * len(rows)
    most = max([max(one, two or 0.0) for _, one, two in rows], default=1.0) or 1.0
    scale = (WIDTH - label_px - 70) / most
    parts: list[str] = []
    for number, (label, one, two) in enumerate(rows):
        y = 6 + row_px * number
        parts.append(f'<text x="{label_px - 8}" y="{y + 16}" text-anchor="end" {TEXT} fill="{INK}">'
                     f"{escape(label)}</text>")  # fmt: skip
        parts.append(f'<rect x="{label_px}" y="{y}" width="{one * scale:.1f}" height="11" fill="{COLOURS[0]}"/>')
        parts.append(f'<text x="{label_px + one * scale + 5:.1f}" y="{y + 10}" {TEXT} fill="{INK}">'
                     f"{escape(write(one))}</text>")  # fmt: skip
        if two is not None:
            parts.append(f'<rect x="{label_px + 0.5}" y="{y + 14.5}" width="{two * scale:.1f}" height="10" '
                         f'fill="none" stroke="{SOFT}"/>')  # fmt: skip
            parts.append(f'<text x="{label_px + two * scale + 5:.1f}" y="{y + 24}" {TEXT} fill="{SOFT}">'
                         f"{escape(write(two))}</text>")  # fmt: skip
    return _svg(title, parts, height=height)


def legend(labels: Iterable[str], *, bars: bool = False) -> Markup:
    """As text beside a small picture of each series."""
    shown = []
    for number, label in enumerate(labels):
        shown.append(f'<span class="key">{_bar_key(number) if bars else _line_key(number)} {escape(label)}</span>')
    return Markup(f'<p class="legend">{"".join(shown)}</p>')


def pair_legend(filled: str, outlined: str) -> Markup:
    first = f'<svg width="16" height="10"><rect width="16" height="10" fill="{COLOURS[0]}"/></svg>'
    second = (
        f'<svg width="16" height="10"><rect x="0.5" y="0.5" width="15" height="9" fill="none" stroke="{SOFT}"/></svg>'
    )
    return Markup(
        f'<p class="legend"><span class="key">{first} {escape(filled)}</span>'
        f'<span class="key">{second} {escape(outlined)}</span></p>'
    )


def _bar_key(number: int) -> str:
    return f'<svg width="12" height="10"><rect width="12" height="10" fill="{FILLS[number % len(FILLS)]}"/></svg>'


def _line_key(number: int) -> str:
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    line = f'<line x1="0" x2="26" y1="5" y2="5" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    return f'<svg width="26" height="10">{line}</svg>'


def _axes(span: tuple[date, date], values: Sequence[float], *, from_zero: bool) -> _Axes:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    low = 0.0 if from_zero else low
    step = _step(max(high - low, 1e-9))
    bottom, top = floor(low / step) * step, ceil(high / step) * step
    return _Axes(span[0], span[1], bottom, top if top > bottom else bottom + step)


def _step(reach: float) -> float:
    """1, 2 or 5 of a power of ten: about five lines."""
    size = 10.0 ** floor(log10(reach / 4))
    return next(size * part for part in (1, 2, 5, 10) if size * part >= reach / 5)


def _grid(axes: _Axes, write: Write) -> Iterator[str]:
    step = _step(axes.high - axes.low)
    for number in range(round((axes.high - axes.low) / step) + 1):
        value = axes.low + number * step
        y = axes.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield (f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" {TEXT} fill="{SOFT}">'
               f"{escape(write(value))}</text>")  # fmt: skip


def _days(axes: _Axes) -> Iterator[str]:
    """Every fifth day of the month, and the first."""
    for number in range((axes.last - axes.first).days + 1):
        day = date.fromordinal(axes.first.toordinal() + number)
        if day.day == 1 or day.day % 5 == 0:
            yield (f'<text x="{axes.x(day):.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle" {TEXT} '
                   f'fill="{SOFT}">{day.day}</text>')  # fmt: skip


def _svg(title: str, parts: Iterable[str], *, height: float = HEIGHT) -> Markup:
    drawn = "".join(parts)
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-label="{escape(title)}">{drawn}</svg>'
    )
