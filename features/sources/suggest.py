"""A draft of a mapping from a file's names and values. What they do not show is asked, never guessed."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from city.clock import zone
from city.errors import UnreadableInputError
from city.frames import TrafficCounts
from features.sources.feeds import Feed, Format, Reading
from features.sources.suggest_clock import clock_joined
from features.sources.suggest_columns import Look, look_at
from features.sources.suggest_files import Found, tables_of
from features.sources.suggest_lines import Lines, quoted
from features.sources.suggest_standard import standard_feed
from features.sources.suggest_subjects import Fit, best_fits
from features.sources.suggest_values import column_lines, time_lines
from features.sources.suggest_wide import Wide, wide_lines, wide_of

_FITS = 3.0
_LISTED = 40
_GROWS = re.compile(r"(updated|modified|changed|inserted)(_?(at|on|time))?|更新时间|geaendert|geändert", re.IGNORECASE)
_HALF_TURN = 180
_CHINA = (73, 136, 18, 54)  # longitudes and latitudes around it, degrees
_DISTRICT = "district of this feed"  # a line that is written once all feeds are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`text` is the mapping; `questions` are its `# decide:` lines, `fits` what each table was taken for."""

    text: str
    questions: tuple[str, ...]
    fits: tuple[str, ...]


def suggest(path: Path, data_dir: Path | None = None) -> Draft:
    """Draft a mapping for one file. Raises UnreadableInputError if no table can be found in it."""
    if path.is_dir():
        raise UnreadableInputError(
            source=str(path), problem="it is a folder", todo="Name one file of each kind in it: each gets a draft."
        )
    folder = data_dir if data_dir is not None else path.parent
    shown = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    tables = tables_of(path, _any_feed(shown))
    feeds, fits = Lines(), list[str]()
    districts: dict[str, str] = {}
    for found in tables:
        lines, named, fit = _feed(found, shown, several=len(tables) > 1)
        feeds.extend(lines)
        districts |= named
        fits.append(fit)
    lines = _city(shown, districts)
    for line in feeds.texts:
        if line != _DISTRICT:
            lines.add(line)
        elif len(districts) > 1:
            lines.ask("the district of all these rows, or map district_id to a column (a query can join one)")
            lines.add('district = "?"')
    text = "\n".join(lines.texts) + "\n"
    return Draft(text=text, questions=tuple(re.findall(r"# decide: (.*)", text)), fits=tuple(fits))


def _any_feed(shown: str) -> Feed:
    return Feed(name=shown, zone=zone("UTC"), reading=Reading(format=Format.CSV), contract=TrafficCounts, path=shown)


def _city(shown: str, districts: dict[str, str]) -> Lines:
    lines = Lines()
    lines.say(f"Draft from {shown}. Lines to decide are marked; docs/mapping.md explains every key.")
    lines.add("")
    lines.add("[city]")
    lines.ask("the clock on the wall where this was recorded, such as Asia/Shanghai or Europe/Berlin")
    lines.add('time_zone = "?"')
    if not districts:
        lines.say("One district for everything; name the city's own if there are several.")
        districts = {"city": "The whole city"}
    lines.add(
        "districts = { "
        + ", ".join(f"{quoted(key, bare=True)} = {quoted(name)}" for key, name in districts.items())
        + " }"
    )
    return lines


def _feed(found: Found, shown: str, *, several: bool) -> tuple[Lines, dict[str, str], str]:
    """The feed's lines, the districts that its values name, and what it was taken for."""
    if found.format in (Format.OPEN311, Format.SENSORTHINGS, Format.WZDX):
        return standard_feed(found, shown), {}, f"{found.title}: {found.format}"
    looks = tuple(look_at(name, found.records[name], found.decimal, found.thousands) for name in found.records.columns)
    records, looks = clock_joined(found.records, looks)
    found = replace(found, records=records)
    wide = wide_of(looks, found.records)
    narrow = tuple(look for look in looks if wide is None or look.name not in wide.columns)
    fits = best_fits(f"{found.title} {shown if not several else ''}", narrow, wide=wide.gives if wide else frozenset())
    best = fits[0]
    lines = Lines()
    lines.add("")
    if best.score < _FITS:
        return _no_fit(lines, found, looks), {}, f"{found.title}: nothing fits"
    lines.add("[[feed]]")
    lines.add(f"name = {quoted(found.title)}")
    _subject_lines(lines, best, fits[1:])
    _reading_lines(lines, found, shown)
    districts = _column_part(lines, best, found, narrow, wide)
    return lines, districts, f"{found.title}: {best.subject.name}"


def _no_fit(lines: Lines, found: Found, looks: tuple[Look, ...]) -> Lines:
    names = ", ".join(look.name for look in looks[:12])
    lines.say(f"{found.title}: its columns fit no contract ({names}). No feed is drafted.")
    lines.say("If some do, write a [[feed]] by hand (docs/mapping.md). This was found:")
    for key, why in found.keys:
        lines.say(f"{key}  # {why}" if why else key)
    for look in looks[:_LISTED]:
        formats = f", formats {', '.join(look.formats) or 'ISO 8601'}" if look.is_time and not look.open_formats else ""
        held = "times" if look.is_time else "numbers" if look.is_number else "texts"
        lines.say(f"{look.name!r}: {held}{formats}, such as {', '.join(repr(word) for word in look.words[:3])}")
    if len(looks) > _LISTED:
        lines.say(f"... and {len(looks) - _LISTED} more columns.")
    return lines


def _subject_lines(lines: Lines, best: Fit, others: tuple[Fit, ...]) -> None:
    known = ", ".join(f"{look.name!r}" for look in best.columns.values())
    lines.say(f"It looks like {best.subject.name}: {known}.")
    near = [fit.subject.name for fit in others if fit.score > best.score - 1.5 and fit.score >= _FITS]
    if near:
        lines.ask(f"whether it is rather {' or '.join(near)}, which would fit nearly as well")
    lines.add(f"{'entity' if best.subject.entity else 'contract'} = {quoted(best.subject.name)}")


def _reading_lines(lines: Lines, found: Found, shown: str) -> None:
    if found.format is not Format.DATABASE:
        lines.add(f"path = {quoted(shown)}", "a pattern such as counts_*.csv reads all files of the kind")
    grows = next((name for name in found.records.columns if _GROWS.fullmatch(name)), None)
    if found.format is Format.DATABASE and grows is not None:
        lines.say(f"incremental = {quoted(grows)} would read only newer rows from the second import on.")
    for note in found.notes:
        (lines.ask if note.startswith("decide: ") else lines.say)(note.removeprefix("decide: "))
    for key, why in found.keys:
        lines.add(key, why)


def _column_part(lines: Lines, best: Fit, found: Found, looks: tuple[Look, ...], wide: Wide | None) -> dict[str, str]:
    time_lines(lines, best, found.records, wide)
    _crs(lines, best, found.records)
    columns, districts = column_lines(best, found, looks, wide)
    lines.extend(columns)
    if wide is not None:
        wide_lines(lines, wide)
    said = "\n".join(lines.texts)
    unused = [look.name for look in looks if look.name and look.name not in said]
    if unused:
        lines.say(f"Not read: {', '.join(unused[:20])}{f' and {len(unused) - 20} more' if len(unused) > 20 else ''}")
    if "district_id" not in said and "district = " not in said:
        lines.texts.insert(lines.texts.index("[feed.columns]"), _DISTRICT)
    return districts


def _crs(lines: Lines, best: Fit, records: pl.DataFrame) -> None:
    lon, lat = best.columns.get("lon"), best.columns.get("lat")
    if lon is None or lat is None:
        return
    west, east = _span(records[lon.name])
    south, north = _span(records[lat.name])
    if max(abs(west), abs(east)) > _HALF_TURN or max(abs(south), abs(north)) > _HALF_TURN / 2:
        lines.ask(f"{lon.name!r} and {lat.name!r} are no degrees ({west:g} to {east:g}): convert them to WGS 84 first")
    elif _CHINA[0] <= west <= east <= _CHINA[1] and _CHINA[2] <= south <= north <= _CHINA[3]:
        lines.ask("in China maps are often GCJ-02 (Amap, Tencent) or BD-09 (Baidu): GCJ-02, BD-09, CGCS2000 or WGS84")
    else:
        lines.ask("degrees outside China are nearly always WGS84; write it once somebody has confirmed it")
    lines.add('crs = "?"')


def _span(column: pl.Series) -> tuple[float, float]:
    """Where nearly all values lie: a wrong row says nothing of the others."""
    numbers = column.cast(pl.Float64, strict=False).drop_nulls()
    return numbers.quantile(0.05, "nearest") or 0.0, numbers.quantile(0.95, "nearest") or 0.0
