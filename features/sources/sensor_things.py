"""OGC SensorThings 1.1: a saved response as one record per observation.

A response lists Observations with their Datastream (and its Thing) expanded, or Datastreams or Things with their
Observations expanded, or Observations as a dataArray. https://docs.ogc.org/is/18-088/18-088.html
"""

from collections.abc import Iterator
from math import ceil
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from city.documents import parse_json
from city.errors import BrokenRuleError, UnreadableInputError
from city.frames import BinReadings, TrafficCounts, WeatherObserved
from features.sources.feeds import Column, Feed
from features.sources.json_records import framed, text_at

FIXED = (
    "@iot.id", "result", "phenomenonTime", "resultTime", "phenomenon_start", "phenomenon_end",
    "Datastream.@iot.id", "Datastream.name", "Datastream.unitOfMeasurement.symbol", "Datastream.unitOfMeasurement.name",
    "Thing.@iot.id", "Thing.name", "FeatureOfInterest.@iot.id", "FeatureOfInterest.name",
)  # fmt: skip
COLUMNS: dict[str, tuple[tuple[str, Column], ...]] = {
    BinReadings.__name__: (
        ("point_id", Column(column="Thing.@iot.id")),
        ("read_at", Column(column="phenomenon_end")),
        ("method", Column(value="sensor")),
        ("emptied", Column(value=False)),
    ),
    TrafficCounts.__name__: (
        ("detector_id", Column(column="Thing.@iot.id")),
        ("start_at", Column(column="phenomenon_start")),
    ),
    WeatherObserved.__name__: (("at", Column(column="phenomenon_start")),),
}
_SYMBOLS = {
    "%": "percent", "percent": "percent", "percentage": "percent", "1": "share", "share": "share", "‰": "permille",
    "km/h": "km/h", "kph": "km/h", "kmh": "km/h", "m/s": "m/s", "mph": "mph", "mi/h": "mph",
    "°c": "degree C", "degc": "degree C", "cel": "degree C", "°f": "degree F", "degf": "degree F", "k": "K",
    "mm": "mm", "cm": "cm", "in": "in", "kg": "kg", "g": "g", "t": "t", "l": "l", "m3": "m3",
    "veh/h": "veh/h", "vehicles/h": "veh/h",
}  # fmt: skip
_OTHER = frozenset((  # quantities that no contract has: whoever named one did not mean the mapping's unit
    "v", "mv", "a", "ma", "w", "kw", "wh", "kwh", "dbm", "db", "db(a)", "ppm", "ppb", "ug/m3", "pa", "hpa", "kpa",
    "mbar", "bar", "lx", "lux", "w/m2", "hz", "khz", "mhz", "deg", "°", "rad", "s", "ms", "h", "ph", "ohm", "ω",
))  # fmt: skip
_PLAIN = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3"})
_LINK = "@iot.nextLink"


def records(feed: Feed, path: Path, where: str, *, rows: int) -> Iterator[pl.DataFrame]:
    """Instants and intervals as `phenomenon_start` and `phenomenon_end`; the Thing beside its Datastream."""
    found = [_flat(observation) for observation in _observations(_response(path, where), where)]
    if not found:
        raise UnreadableInputError(source=where, problem="it holds no observations", todo="Expand them, or save them.")
    _check_units(feed, found, where)
    yield from framed(feed, found, where, rows=rows, fixed=FIXED)


def notes(feed: Feed, path: Path, where: str) -> tuple[str, ...]:
    """What the report has to say of this file: pages that are missing after the last one, units that nobody knows."""
    response = _response(path, where)
    found = [_flat(observation) for observation in _observations(response, where)]
    unknown = {
        (text_at(observation, "Datastream.name"), symbol)
        for observation in found
        if (symbol := _symbol(observation)) and _known(symbol) is None and not _left_out(feed, observation)
    }
    said = [
        f"{where}: datastream {name!r} measures in {symbol!r}, which is not known here; the mapping's unit was taken"
        for name, symbol in sorted(unknown, key=str)
    ]
    siblings = sorted(path.parent.glob(PurePath(feed.path or path.name).name))
    if isinstance(response, dict) and _LINK in response and (not siblings or siblings[-1] == path):
        said.append(
            f"{where}: the response goes on: {_missing(response, siblings)} missing; save them as files of their own"
        )
    return tuple(said)


def _missing(response: dict[str, Any], siblings: list[Path]) -> str:
    count, page = response.get("@iot.count"), len(response["value"])
    if not isinstance(count, int) or not page:
        return "at least 1 page is"
    pages = max(1, ceil(count / page) - max(1, len(siblings)))
    return f"{pages} pages are" if pages > 1 else "1 page is"


def _response(path: Path, where: str) -> Any:  # noqa: ANN401  -- whatever JSON holds
    response = parse_json(path.read_bytes(), where)
    if isinstance(response, dict) and not isinstance(response.get("value"), list):
        raise UnreadableInputError(source=where, problem="it has no list 'value', as a response of SensorThings has")
    return response


def _observations(response: Any, where: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    for item in response["value"] if isinstance(response, dict) else response:
        if not isinstance(item, dict):
            raise UnreadableInputError(source=where, problem=f"an item of 'value' is {item!r}, expected an object")
        if "dataArray" in item:
            names = item.get("components", [])
            for values in item["dataArray"]:
                yield {**dict(zip(names, values, strict=False)), "Datastream": _datastream_of(item)}
        elif "Datastreams" in item:
            for stream in item["Datastreams"]:
                yield from _of_stream({**stream, "Thing": item})
        elif "Observations" in item:
            yield from _of_stream(item)
        else:
            yield item


def _of_stream(stream: dict[str, Any]) -> Iterator[dict[str, Any]]:
    own = {name: value for name, value in stream.items() if name != "Observations"}
    for observation in stream.get("Observations", ()):
        yield {**observation, "Datastream": own}


def _datastream_of(item: dict[str, Any]) -> dict[str, Any]:
    """A dataArray names its datastream by a link such as .../Datastreams(17)."""
    known = dict(item.get("Datastream") or {})
    link = str(item.get("Datastream@iot.navigationLink", ""))
    if "@iot.id" not in known and "(" in link:
        known["@iot.id"] = link.rpartition("(")[2].rstrip(")").strip("'")
    return known


def _flat(observation: dict[str, Any]) -> dict[str, Any]:
    stream = observation.get("Datastream") or {}
    start, _, end = str(observation.get("phenomenonTime") or "").partition("/")
    return {
        **observation,
        "Thing": observation.get("Thing") or (stream.get("Thing") if isinstance(stream, dict) else None),
        "phenomenon_start": start or None,
        "phenomenon_end": end or start or None,
    }


def _symbol(observation: dict[str, Any]) -> str | None:
    unit = "Datastream.unitOfMeasurement"
    return text_at(observation, f"{unit}.symbol") or text_at(observation, f"{unit}.name")


def _left_out(feed: Feed, observation: dict[str, Any]) -> bool:
    return any(text_at(observation, rule.column) in rule.equals for rule in feed.leave_out)


def _check_units(feed: Feed, found: list[dict[str, Any]], where: str) -> None:
    """A file that says its unit is believed: another unit in the mapping is refused.

    A word for a unit that is not known here is taken for the mapping's where no datastream agrees with that.
    """
    specs = [*feed.columns, *(pair for part in feed.parts for pair in part.columns)]
    wanted = {
        "percent" if spec.unit == "%" else spec.unit for _, spec in specs if spec.column == "result" and spec.unit
    }
    if not wanted:
        return
    kept = [(observation, symbol) for observation in found if (symbol := _symbol(observation))]
    kept = [pair for pair in kept if not _left_out(feed, pair[0])]
    agrees = any(_known(symbol) in wanted for _, symbol in kept)
    for observation, symbol in kept:
        known = _known(symbol)
        if known not in wanted and (known is not None or agrees):
            name = text_at(observation, "Datastream.name") or text_at(observation, "Datastream.@iot.id")
            unknown = "" if known is not None else " which is not known here;"
            raise BrokenRuleError(
                subject=where,
                problem=f"datastream {name!r} measures in {symbol!r},{unknown} the mapping says "
                + " or ".join(sorted(wanted)),
                todo="Correct the unit, or leave this datastream out by [[feed.leave_out]] on Datastream.name.",
            )


def _known(symbol: str) -> str | None:
    """The unit in the words of mappings; of a quantity that no contract has the symbol itself; None if not known."""
    plain = symbol.strip().casefold().translate(_PLAIN)
    return _SYMBOLS.get(plain, plain if plain in _OTHER else None)
