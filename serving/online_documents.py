"""An online forecast as JSON: computed rows where the model speaks, stored ones elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from city.access import Caller
from city.errors import InvalidValueError
from features.arrays import Flags, Floats
from serving.api.documents import as_bytes, with_list
from serving.forecast_documents import FLOW
from serving.online_forecasts import Standing
from serving.schemas.online_forecasts import OnlineQuery
from serving.selection import chosen
from serving.subjects import degraded

UNITS = {"flow": "flow_veh_h", "speed": "speed_kmh"}
STORED = {0.1: "p10", 0.5: "p50", 0.9: "p90"}
MOST_VALUES = 500_000


@dataclass(slots=True, kw_only=True)
class Entry:
    """A detector; each of its values is a JSON object."""

    head: dict[str, Any]
    steps: int = 0
    values: list[bytes] = field(default_factory=list)


def online_document(standing: Standing, query: OnlineQuery, caller: Caller, from_s: int) -> bytes:
    """As JSON. Raises UnknownIdError for a detector that the caller may not see, InvalidValueError for too much."""
    asked = _asked(standing, query, caller)
    until_s = from_s + query.horizon_s
    _require_few(len(asked) * -(-query.horizon_s // standing.index.step_s) * len(UNITS) * len(query.quantile))
    computed = _computed(standing, asked, (from_s, until_s), tuple(query.quantile))
    others = [name for name in asked if name not in computed]
    told = computed | _stored(standing, others, (from_s, until_s), query.quantile)
    entries = [told[name] for name in asked if name in told]
    rungs = Counter[str]()
    for entry in entries:
        rungs[entry.head["rung"]] += entry.steps
    ready = standing.ready
    head = {
        "issued_at": standing.index.issued_at.isoformat(),
        "known_until": None if ready is None else _iso(ready.newest_s),
        "rungs": dict(sorted(rungs.items())),
        "models": sorted({entry.head["model"] for entry in entries}),
        "degraded": [*degraded("congestion", rungs), *standing.said, *_unsaid(others, query.quantile)],
        "quantiles": list(query.quantile),
    }
    return with_list(head, "detectors", [with_list(one.head, "values", one.values) for one in entries])


def _asked(standing: Standing, query: OnlineQuery, caller: Caller) -> list[str]:
    """In the order of their names, or of asking."""
    own = {
        name: district
        for name, district in standing.index.places.items()
        if caller.districts is None or district in caller.districts
    }
    if query.district_id:
        chosen("Request", "district", query.district_id, sorted(set(own.values())), lambda one: one)
    names = chosen("Request", "detector", query.detector_id, own, lambda one: one) if query.detector_id else tuple(own)
    return [name for name in names if not query.district_id or own[name] in query.district_id]


def _require_few(values: int) -> None:
    if values > MOST_VALUES:
        raise InvalidValueError(
            subject="Online forecast",
            field="values",
            found=f"{values:,}",
            expected=f"at most {MOST_VALUES:,}",
            todo="Ask for fewer detectors, a nearer horizon or fewer quantiles; the stored forecast has all steps.",
        )


def _computed(
    standing: Standing, asked: Sequence[str], window: tuple[int, int], quantiles: tuple[float, ...]
) -> dict[str, Entry]:
    model, ready = standing.model, standing.ready
    if model is None or ready is None:
        return {}
    from models.congestion_ready import say  # noqa: PLC0415  -- only workers load models
    from models.congestion_rows import CEILING  # noqa: PLC0415

    row = {name: place for place, name in enumerate(ready.detectors)}
    mine = [name for name in asked if name in row]
    first, last = np.searchsorted(ready.at_s, window)
    if not mine or first == last:
        return {}
    sensors, steps = ready.places[[row[name] for name in mine]], slice(int(first), int(last))
    whole = np.array_equal(sensors, np.arange(len(model.detectors)))
    said: dict[str, Floats] = {}
    for measure, one in ready.measures.items():
        found = say(model, measure, one, sensors=None if whole else sensors, steps=steps, quantiles=quantiles)
        said[measure] = np.minimum(found, CEILING[measure])
    at = [_iso(second) for second in ready.at_s[steps].tolist()]
    written = _written(said, at, len(mine))
    return {
        name: Entry(
            head=_head(name, ready.districts[row[name]], standing.label, "champion", ready.step_s, computed=True),
            steps=len(at),
            values=written[place * len(at) : (place + 1) * len(at)],
        )
        for place, name in enumerate(mine)
    }


def _written(said: Mapping[str, Floats], at: Sequence[str], detectors: int) -> list[bytes]:
    """A JSON object for each detector and step, rounded as the stored forecast is told; null for what is not known.

    Polars writes them: as objects of Python they would cost more than the learners do.
    """
    columns = [pl.Series("valid_at", list(at) * detectors)]
    for measure, unit in UNITS.items():
        if measure in said:
            columns.append(_quantiles_column(unit, said[measure]))
        else:
            columns.append(pl.repeat(None, len(columns[0]), eager=True).alias(unit))
    rows = pl.DataFrame(columns).select(pl.struct(pl.all()).struct.json_encode()).to_series()
    return [row.encode() for row in rows]


def _quantiles_column(unit: str, values: Floats) -> pl.Series:
    flat = pl.Series(values.reshape(-1)).round(3).to_numpy()
    rows = flat.reshape(-1, values.shape[-1])
    is_known: Flags = np.isfinite(rows).all(axis=1)
    column = pl.Series(unit, rows)
    return column if is_known.all() else column.to_frame().select(pl.when(pl.Series(is_known)).then(unit)).to_series()


def _stored(
    standing: Standing, names: Sequence[str], window: tuple[int, int], quantiles: Sequence[float]
) -> dict[str, Entry]:
    if not names:
        return {}
    at = pl.col("valid_at").dt.epoch("s")
    rows = standing.stored.filter(pl.col("detector_id").is_in(names) & (at >= window[0]) & (at < window[1]))
    found: dict[str, Entry] = {}
    for row in rows.with_columns(pl.col(FLOW).round(3)).sort("detector_id", "valid_at").iter_rows(named=True):
        name = row["detector_id"]
        if name not in found:
            head = _head(name, row["district_id"], row["model"], row["rung"], row["step_s"], computed=False)
            found[name] = Entry(head=head)
        value = {unit: _quantiles(row, measure, unit, quantiles) for measure, unit in UNITS.items()}
        found[name].values.append(as_bytes({"valid_at": _iso(int(row["valid_at"].timestamp())), **value}))
        found[name].steps += 1
    return found


def _quantiles(
    row: Mapping[str, Any], measure: str, unit: str, quantiles: Sequence[float]
) -> list[float | None] | None:
    names = {level: unit.replace(measure, f"{measure}_{label}") for level, label in STORED.items()}
    if row[names[0.5]] is None:
        return None
    return [row[names[level]] if level in names else None for level in quantiles]


def _unsaid(others: Sequence[str], quantiles: Sequence[float]) -> list[str]:
    strange = [f"{level:g}" for level in quantiles if level not in STORED]
    if not others or not strange:
        return []
    return [f"Quantiles {', '.join(strange)} are null where the stored forecast is told: it holds 0.1, 0.5 and 0.9."]


def _head(name: str, district: str, model: str, rung: str, step_s: int, *, computed: bool) -> dict[str, Any]:
    return {
        "detector_id": name,
        "district_id": district,
        "model": model,
        "rung": rung,
        "computed": computed,
        "step_s": step_s,
    }


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()
