"""Formats that a standard describes: their columns need no mapping, and whatever a mapping says goes before them."""

from dataclasses import replace

from city.frames import ComplaintEvents, HistoryRow, WorkZones
from features.sources import open311, sensor_things, wzdx
from features.sources.feeds import Column, Crs, Feed, Format, Part
from features.sources.toml_table import TomlTable

CONTRACT_OF: dict[Format, type[HistoryRow]] = {Format.OPEN311: ComplaintEvents, Format.WZDX: WorkZones}
STANDARDS = (Format.OPEN311, Format.SENSORTHINGS, Format.WZDX)


def with_standard(table: TomlTable, feed: Feed) -> Feed:
    """The feed with the columns, parts and coordinates that its standard names and its mapping does not."""
    form = feed.reading.format
    if form not in STANDARDS:
        return feed
    expected = CONTRACT_OF.get(form)
    if feed.entity is not None or (expected is not None and feed.contract is not expected):
        said = expected.__name__ if expected is not None else "a contract, no entity"
        table.wrong("contract", feed.entity or feed.contract.__name__, f"{said}, which {form} holds")
        return feed
    columns, parts = _of(form, feed.contract)
    own = {name for name, _ in feed.columns}
    return replace(
        feed,
        columns=(*((name, spec) for name, spec in columns if name not in own), *feed.columns),
        parts=feed.parts if feed.parts != (Part(),) else parts,
        crs=feed.crs or Crs.WGS84,
    )


def _of(form: Format, contract: type[HistoryRow]) -> tuple[tuple[tuple[str, Column], ...], tuple[Part, ...]]:
    if form is Format.OPEN311:
        return open311.COLUMNS, open311.PARTS
    if form is Format.WZDX:
        return wzdx.COLUMNS, wzdx.PARTS
    return sensor_things.COLUMNS.get(contract.__name__, ()), (Part(),)
