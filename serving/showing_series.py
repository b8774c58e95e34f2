"""Indicators over time and their catalogue, for a person."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from serving.indicator_catalogue import BY_ID
from serving.indicator_definitions import Definition
from serving.indicator_series.asked import Series
from serving.terminal import Column, Terminal

MOST_COLUMNS = 8


def show_catalogue(speak: Terminal, definitions: Sequence[Definition]) -> None:
    for one in definitions:
        over = ", ".join(one.periods) or "now"
        speak.say(f"{one.indicator_id}  {one.name}{f' [{one.unit}]' if one.unit else ''}", style="bold")
        speak.say(f"  {one.definition}.")
        speak.say(f"  {one.formula}; better: {one.better}; over: {over}; from: {one.source}; owner: {one.owner}")


def show_series(speak: Terminal, series: Series) -> None:
    """A table per indicator: a row per district, a column per period, the newest last."""
    for (name, part), cells in series.cells.group_by("indicator_id", "part", maintain_order=True):
        definition = BY_ID[str(name)]
        starts = sorted(cells["start"].unique())[-MOST_COLUMNS:]
        title = f"{definition.name}{f', {part}' if part else ''} ({definition.unit or 'plain number'})"
        columns = (Column("district"), *(Column(f"{start}", number=True) for start in starts))
        rows = [
            (district or "city", *(_shown(of, start) for start in starts))
            for (district,), of in cells.group_by("district_id", maintain_order=True)
        ]
        speak.table(f"{title}; better: {definition.better}", columns, rows)
    for one in series.not_told:
        speak.note(f"{BY_ID[one.indicator_id].name}: {one.why}")


def _shown(cells: pl.DataFrame, start: Any) -> str:  # noqa: ANN401  -- polars gives dates untyped
    found = cells.filter(pl.col("start") == start)
    if found.is_empty():
        return "-"
    value = found["value"][0]
    return "withheld" if value is None else f"{value:,.4g}"
