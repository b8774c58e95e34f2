"""Files with many columns of one kind: an interval each, or a sensor each."""

import re
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from features.sources.suggest_columns import Look
from features.sources.suggest_lines import Lines, quoted

_DAY_S = 86_400
_STEPS = (300, 360, 600, 900, 1800, 3600)
_LEAST_SENSORS = 3
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?(?:\s*-.*)?")
_COUNTER = re.compile(r"(\D*?)(\d+)")
_PLACE = re.compile(r"\b(lat|lon|lng|id|no|nr|speed|occ|temp|rain|index|object)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    columns: tuple[str, ...]
    into: str
    slots: bool
    written: str  # as the mapping names the columns
    step_s: int | None = None
    label: str = ""
    why: str = ""
    whole: bool = True

    @property
    def gives(self) -> frozenset[str]:
        """The fields that need no column of their own."""
        return frozenset((self.into,) if self.slots else (self.into, "detector_id", "start_at"))


def wide_of(looks: tuple[Look, ...], records: pl.DataFrame) -> Wide | None:
    return _slots(looks) or _sensors(looks, records)


def _slots(looks: tuple[Look, ...]) -> Wide | None:
    """As many numbered or clock-named columns of numbers as a day has intervals."""
    numbers = [look for look in looks if look.is_number or not look.filled]
    clocks = [look for look in numbers if _CLOCK.fullmatch(look.name)]
    if len(clocks) * _step(len(clocks)) == _DAY_S:
        return _by_clock(clocks)
    for group in _numbered(numbers):
        if _step(len(group)) and len(group) * _step(len(group)) == _DAY_S:
            first, last = group[0].name, group[-1].name
            return Wide(
                columns=tuple(look.name for look in group),
                into="flow_veh_h",
                slots=True,
                written=quoted(f"{first}..{last}"),
                step_s=_step(len(group)),
                why=f"{len(group)} columns {first} to {last}: a day of intervals",
                whole=all(look.is_whole for look in group if look.filled),
            )
    return None


def _step(count: int) -> int:
    return next((step for step in _STEPS if count and _DAY_S // count == step), 0)


def _by_clock(clocks: list[Look]) -> Wide:
    names = [look.name for look in clocks]
    at_zero = re.match(r"0?0:00", names[0]) is not None
    return Wide(
        columns=tuple(names),
        into="flow_veh_h",
        slots=True,
        written="[" + ", ".join(quoted(name) for name in names) + "]",
        step_s=_step(len(clocks)),
        label="start" if at_zero else "end",
        why=f"{len(names)} columns from {names[0]} to {names[-1]}",
        whole=all(look.is_whole for look in clocks if look.filled),
    )


def _numbered(looks: list[Look]) -> list[list[Look]]:
    """Runs of columns whose names count up: V00, V01, ..."""
    groups: list[list[Look]] = [[]]
    for look, after in pairwise([*looks, None]):
        if look is None:
            continue
        groups[-1].append(look)
        own, following = _COUNTER.fullmatch(look.name), _COUNTER.fullmatch(after.name) if after else None
        if own is None or following is None or own[1] != following[1] or int(following[2]) != int(own[2]) + 1:
            groups.append([])
    return [group for group in groups if len(group) > _LEAST_SENSORS]


def _sensors(looks: tuple[Look, ...], records: pl.DataFrame) -> Wide | None:
    """A time (or nothing) beside columns of numbers that are called alike: a sensor each."""
    times = [look for look in looks if look.is_time]
    others = [look for look in looks if not look.is_time and look.filled]
    if (
        len(times) > 1
        or len(others) < _LEAST_SENSORS
        or not all(look.is_number and not _PLACE.search(look.name) for look in others)
    ):
        return None
    shapes = {re.sub(r"\d+", "9", look.name) for look in others}
    if len(shapes) > 1 or not any(character.isdigit() for character in others[0].name):
        return None
    if times and records[times[0].name].n_unique() < 0.9 * records.height:
        return None
    return Wide(
        columns=tuple(look.name for look in others),
        into="flow_veh_h",
        slots=False,
        written='"*"',
        why=f"{len(others)} columns of numbers that are called alike: a sensor each",
        whole=all(look.is_whole for look in others),
    )


def wide_lines(lines: Lines, wide: Wide) -> None:
    lines.say(wide.why)
    lines.add("[feed.slots]" if wide.slots else "[feed.sensors]")
    lines.add(f"columns = {wide.written}")
    lines.add(f"into = {quoted(wide.into)}")
    whole = " (all values are whole numbers, as counts are)" if wide.whole else ""
    lines.ask(f"veh/interval for a count per interval, veh/h for an hourly rate{whole}")
    lines.add('unit = "?"')
    if wide.slots:
        if not wide.label:
            lines.ask("start or end: whether a column is named by its interval's start or by its end (SCATS: end)")
        lines.add(f'label = "{wide.label or "?"}"', "the first column's name" if wide.label else "")
