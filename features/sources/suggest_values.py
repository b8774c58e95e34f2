"""The lines of a feed that name its columns, times, step and delay."""

import re
from datetime import timedelta

import polars as pl

from features.sources.suggest_columns import Look, moments_of, step_of
from features.sources.suggest_fields import Field, Holds
from features.sources.suggest_files import Found
from features.sources.suggest_lines import Lines, quoted, time_side
from features.sources.suggest_parts import event_parts, stream_parts
from features.sources.suggest_subjects import Fit
from features.sources.suggest_units import unit_of
from features.sources.suggest_wide import Wide
from features.sources.suggest_words import districts_of, mapped

_MOSTLY = 0.8
_VISIT = re.compile(r"visit|收运|leerung|tour", re.IGNORECASE)
_TIME_FIELD = {
    "TrafficCounts": "start_at", "BinReadings": "read_at", "Weighings": "weighed_at", "ComplaintEvents": "at",
    "ComplaintCounts": "day", "WeatherObserved": "at", "WeatherForecasts": "issued_at", "SignalEvents": "at",
    "TruckTracks": "at",
}  # fmt: skip


def time_lines(lines: Lines, fit: Fit, records: pl.DataFrame, wide: Wide | None) -> None:
    """Step, first, delay and what else a feed says of its times."""
    name = fit.subject.name
    if name == "TrafficCounts":
        _step(lines, fit, records, wide)
    if name in ("WeatherObserved", "WeatherForecasts", "CalendarDays") and "district_id" not in fit.columns:
        lines.add('district = "*"', "weather and calendar belong to every district")
    if name == "ComplaintCounts":
        lines.ask("missing if nothing is known of a day without a row, zero if nobody complained then")
        lines.add('absent_days = "?"')
    if name in _TIME_FIELD:
        lines.ask("how long after its time a row usually reaches the city, such as 15min, 1h or 1d")
        lines.add('delay = "?"')
    else:
        lines.say("Add known_since = 2025-01-01 (a day before the first measurement), or backtests will not know it.")


def _step(lines: Lines, fit: Fit, records: pl.DataFrame, wide: Wide | None) -> None:
    if wide is not None and wide.slots:
        lines.add(f'step = "{_duration(timedelta(seconds=wide.step_s or 0))}"', "a day has that many columns")
        return
    look = fit.columns.get("start_at")
    if look is None:
        lines.ask("no column holds a time: the wall clock of the first row, and the length of an interval")
        lines.add('first = "?"')
        lines.add('step = "?"')
        return
    owner = fit.columns.get("detector_id")
    found = step_of(moments_of(records[look.name], look), records[owner.name] if owner else None)
    if found is not None and found[1] >= _MOSTLY and found[0].total_seconds() >= 1:
        lines.add(f'step = "{_duration(found[0])}"', f"the time between rows, in {found[1]:.0%} of cases")
    else:
        lines.ask("the length of an interval, such as 15min: the times between rows do not tell")
        lines.add('step = "?"')


def _duration(step: timedelta) -> str:
    seconds = round(step.total_seconds())
    return f"{seconds // 60}min" if seconds % 60 == 0 else f"{seconds}s"


def column_lines(fit: Fit, found: Found, looks: tuple[Look, ...], wide: Wide | None) -> tuple[Lines, dict[str, str]]:
    """[feed.columns] and [[feed.part]], and the districts that the column of districts names."""
    lines = Lines()
    districts: dict[str, str] = {}
    parts = _parts(fit, looks)
    skipped = {"event", "at"} if parts and fit.subject.name == "ComplaintEvents" else set()
    skipped |= {"stream", "fill_level", "bins"} if parts and fit.subject.name == "BinReadings" else set()
    lines.add("[feed.columns]")
    for field in fit.subject.fields:
        look = fit.columns.get(field.name)
        if field.name in skipped or (wide is not None and field.name in wide.gives and look is None):
            continue
        if look is None:
            _missing(lines, fit, field, visit=_VISIT.search(found.title) is not None)
        elif field.name in ("district_id", "district_key") and look.few:
            right, districts = districts_of(look)
            lines.add(f"{field.name} = {right}")
        else:
            _present(lines, fit, field, look, found)
    if fit.subject.name == "BinReadings":
        _method(lines, found)
    if fit.subject.name == "ComplaintEvents" and not parts and "event" not in fit.columns:
        lines.add('event = { value = "opened" }', "no column says that or when a complaint was closed")
    if parts is not None:
        lines.extend(parts)
    return lines, districts


def _parts(fit: Fit, looks: tuple[Look, ...]) -> Lines | None:
    if fit.subject.name == "ComplaintEvents" and "event" not in fit.columns:
        return event_parts(fit, looks)
    return stream_parts(looks) if fit.subject.name == "BinReadings" and "stream" not in fit.columns else None


def _method(lines: Lines, found: Found) -> None:
    if _VISIT.search(found.title):
        lines.add('method = { value = "visit" }', "the file's name")
        return
    lines.ask("sensor or visit: how the fill was read")
    lines.add('method = { value = "?" }')


def _missing(lines: Lines, fit: Fit, field: Field, *, visit: bool) -> None:
    if not field.needed:
        return
    if field.name == "service_date" and "weighed_at" in fit.columns:
        look = fit.columns["weighed_at"]
        lines.ask("the day on which the shift began; of night shifts it is not the day of weighing")
        lines.add(f"service_date = {time_side(lines, look)}")
        return
    if field.name == "emptied" and visit:
        lines.add("emptied = true", "each row is a visit")
        return
    lines.ask(field.decide or f"which column is {field.name}; none of them is called so")
    lines.add(f"{quoted(field.name, bare=True)} = {field.ask or quoted('?')}")


def _present(lines: Lines, fit: Fit, field: Field, look: Look, found: Found) -> None:
    left = quoted(field.name, bare=True)
    if field.holds is Holds.TIME:
        lines.add(f"{left} = {time_side(lines, look)}", look.evidence if look.formats else "")
    elif field.holds is Holds.WORDS:
        lines.add(f"{left} = {mapped(lines, field.name, look)}")
    elif field.holds is Holds.NUMBER:
        unit = unit_of(lines, fit.subject.name, field.name, look)
        lines.add(
            f"{left} = {quoted(look.name)}"
            if unit is None
            else f'{left} = {{ column = {quoted(look.name)}, unit = "{unit}" }}'
        )
    elif field.holds is Holds.ID and field.name in ("detector_id", "point_id"):
        lines.add(f"{left} = {_key(lines, fit, look, found)}")
    else:
        lines.add(f"{left} = {quoted(look.name)}")


def _key(lines: Lines, fit: Fit, look: Look, found: Found) -> str:
    """The column that names the row's owner; another one beside it where it does not tell rows apart."""
    time = fit.columns.get(_TIME_FIELD.get(fit.subject.name, ""))
    others = [fit.columns[name].name for name in ("stream",) if name in fit.columns]
    if time is None or _alone(found.records, [look.name, time.name, *others]):
        return quoted(look.name)
    taken = {own.name for own in fit.columns.values()}
    spare = [
        name for name in found.records.columns if name and name not in taken and not found.records[name].null_count()
    ]
    called = next(field.called for field in fit.subject.fields if fit.columns.get(field.name) is look)
    spare.sort(key=lambda name: (not re.search(called, name, re.IGNORECASE), _length(found.records[name])))
    alone = next((name for name in spare if _alone(found.records, [name, time.name, *others])), None)
    beside = next((name for name in spare if _alone(found.records, [look.name, name, time.name, *others])), None)
    for name, right in (
        (alone, quoted(alone or "")),
        (beside, f"{{ template = {quoted(f'{{{look.name}}}-{{{beside}}}')} }}"),
    ):
        if name is not None and found.records[name].n_unique() <= found.records.height / 2:
            lines.ask(
                f"{look.name!r} and {time.name!r} name several rows, {name!r} tells them apart: is it (part of) the id?"
            )
            return right
    lines.say(f"{look.name!r} and {time.name!r} name several rows: those with different values will be quarantined.")
    return quoted(look.name)


def _alone(records: pl.DataFrame, names: list[str]) -> bool:
    """Whether these columns tell (nearly) all rows apart, but for rows that are the same in everything."""
    different = records.unique()
    return different.select(names).n_unique() >= 0.995 * different.height


def _length(column: pl.Series) -> float:
    """Mean letters of a value: ids are shorter than descriptions."""
    return int(column.str.len_chars().sum()) / max(1, len(column))
