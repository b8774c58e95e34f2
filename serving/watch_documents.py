"""Indicators as documents for the wire, as far as whoever asks may see them."""

from typing import Any, Final

from city.access import Caller, Scope
from city.documents import encode
from serving.desk import Desk
from serving.indicator_catalogue import BY_ID, DEFINITIONS
from serving.indicator_definitions import Definition, Kind
from serving.indicator_series.asked import Asked, Series
from serving.indicators_found import Indicator, indicators_of
from serving.schemas.indicators import CatalogueQuery, IndicatorQuery
from serving.warnings_found import Watches

SCOPES_OF: Final[dict[Kind, tuple[Scope, ...]]] = {
    "signals": ("signals:read",),
    "routes": ("routes:read",),
    "forecasts": ("signals:read", "routes:read", "data:import"),
    "feeds": ("data:import",),
    "traffic": ("signals:read",),
    "waste": ("routes:read",),
    "complaints": ("routes:read",),
    "plans": ("signals:read", "routes:read"),
}


def indicators_document(desk: Desk, watches: Watches, query: IndicatorQuery, caller: Caller) -> dict[str, Any]:
    kinds = [kind for kind in (query.kind or SCOPES_OF) if any(caller.may(scope) for scope in SCOPES_OF[kind])]
    told = indicators_of(desk, watches, kinds, caller.districts)
    asked = set(query.district_id)
    values = [one for one in told.values if not asked or asked.intersection(one.district_ids)]
    used = {one.indicator_id for one in values}
    return {
        "definitions": [definition_document(one) for one in DEFINITIONS if one.indicator_id in used],
        "values": [_value(one) for one in values],
        "not_told": list(told.not_told),
    }


def catalogue_document(query: CatalogueQuery) -> dict[str, Any]:
    """What the words mean is no secret: everybody who has a key sees all of them."""
    told = [one for one in DEFINITIONS if not query.kind or one.kind in query.kind]
    return {"definitions": [definition_document(one) for one in told]}


def series_document(series: Series) -> dict[str, Any]:
    asked = series.asked
    return {
        "period": asked.period,
        "from": asked.since.isoformat(),
        "to": asked.until.isoformat(),
        "as_of": asked.as_of.isoformat(),
        "definitions": [definition_document(BY_ID[one]) for one in asked.indicator_ids],
        "cells": [_cell(row, asked) for row in series.cells.iter_rows(named=True)],
        "not_told": [encode(one) for one in series.not_told],
    }


def _cell(row: dict[str, Any], asked: Asked) -> dict[str, Any]:
    value = row["value"]
    dates = {"start": row["start"].isoformat(), "end": asked.end(row["start"]).isoformat()}
    return {**row, **dates, "value": None if value is None else round(value, 6)}


def definition_document(one: Definition) -> dict[str, Any]:
    return {"kind": one.kind, **encode(one)}


def _value(one: Indicator) -> dict[str, Any]:
    return {**encode(one), "value": round(one.value, 6)}
