"""Drafts for formats that a standard describes: only what the standard leaves to the city is asked."""

from features.sources.feeds import Format
from features.sources.suggest_files import Found
from features.sources.suggest_lines import Lines, quoted


def standard_feed(found: Found, shown: str) -> Lines:
    lines = Lines()
    lines.add("")
    lines.add("[[feed]]")
    lines.add(f"name = {quoted(found.title)}")
    lines.add(f"path = {quoted(shown)}")
    lines.add(
        f'format = "{found.format}"', "its fields are that standard's; columns given here go before the standard's"
    )
    lines.ask("how long after its time a row usually reaches the city, such as 15min or 1h")
    lines.add('delay = "?"')
    if found.format is Format.OPEN311:
        _requests(lines, found)
    elif found.format is Format.SENSORTHINGS:
        _observations(lines, found)
    return lines


def _requests(lines: Lines, found: Found) -> None:
    codes = found.records["service_code"].drop_nulls().value_counts(sort=True)["service_code"].to_list()[:40]
    names = (
        dict(found.records.select("service_code", "service_name").drop_nulls().unique().rows())
        if "service_name" in found.records.columns
        else {}
    )
    lines.add("[feed.columns]")
    lines.ask(
        "the city's own category for each code: "
        + ", ".join(f"{code} is {names.get(code, '?')!r}" for code in codes[:12])
    )
    listed = ", ".join(f"{quoted(code)} = {quoted(code)}" for code in codes)
    lines.add(f'category = {{ column = "service_code", default = "other", map = {{ {listed} }} }}')


def _observations(lines: Lines, found: Found) -> None:
    unit = "Datastream.unitOfMeasurement.symbol"
    said = found.records[unit].drop_nulls().unique().to_list() if unit in found.records.columns else []
    lines.ask("contract: BinReadings (fill), TrafficCounts (flow) or WeatherObserved; then its value column")
    lines.add('contract = "BinReadings"')
    lines.add("[feed.columns]")
    lines.ask("which stream: residual, kitchen, recyclable, paper, plastic, glass, hazardous, bulky or green")
    lines.add('stream = { value = "?" }')
    lines.ask(f"the unit of result: percent or share; the file says {', '.join(map(str, said)) or 'nothing'}")
    lines.add('fill_level = { column = "result", unit = "?" }')
