"""A `ReadyForecast` as one file: arrays and a note, replaced as a whole. No pickle."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from city.documents import canonical_json, decode, parse_json
from city.errors import CityError, UnreadableInputError
from features.arrays import Columns, Floats, Ints, Narrow
from features.dense.gathering import Gathered
from models.congestion_lately import Lately
from models.congestion_ready import ReadyForecast, ReadyMeasure
from models.signed_folder import Array, read_arrays, write_arrays

FORMAT = 1
NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureNote:
    """The names of the columns, and what is no array."""

    name: str
    origin: int
    now: tuple[str, ...]
    waves: tuple[str, ...]
    ahead: tuple[tuple[int, tuple[str, ...]], ...]
    outside: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    format: int
    model_hash: str
    label: str
    issued_s: int
    newest_s: int
    step_s: int
    detectors: tuple[str, ...]
    districts: tuple[str, ...]
    said: tuple[str, ...]
    measures: tuple[MeasureNote, ...]


def write_ready(file: Path, ready: ReadyForecast) -> None:
    """Whoever reads meanwhile sees the former file or this one, never a part."""
    note = Note(
        format=FORMAT,
        model_hash=ready.model_hash,
        label=ready.label,
        issued_s=ready.issued_s,
        newest_s=ready.newest_s,
        step_s=ready.step_s,
        detectors=ready.detectors,
        districts=ready.districts,
        said=ready.said,
        measures=tuple(_note(name, one) for name, one in ready.measures.items()),
    )
    arrays: dict[str, Array] = {
        NOTE: np.frombuffer(canonical_json(note).encode(), np.uint8),
        "at_s": ready.at_s,
        "places": ready.places,
    }
    for name, one in ready.measures.items():
        arrays |= {f"{name}.{part}": array for part, array in _arrays(one).items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        write_arrays(beside, arrays)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def read_ready(file: Path) -> ReadyForecast:
    """Raises UnreadableInputError where the file is not whole or of another format."""
    try:
        arrays = read_arrays(file)
        note = decode(Note, parse_json(arrays.pop(NOTE).tobytes(), file.name), file.name)
        if note.format != FORMAT:
            raise UnreadableInputError(source=file.name, problem=f"format {note.format} is not {FORMAT}")
        return ReadyForecast(
            model_hash=note.model_hash,
            label=note.label,
            issued_s=note.issued_s,
            newest_s=note.newest_s,
            step_s=note.step_s,
            at_s=arrays["at_s"],
            detectors=note.detectors,
            districts=note.districts,
            places=arrays["places"],
            measures={one.name: _measure(one, arrays) for one in note.measures},
            said=note.said,
        )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, CityError) as cause:
        raise UnreadableInputError(source=file.name, problem=f"it cannot be read ({cause})") from cause


def _note(name: str, one: ReadyMeasure) -> MeasureNote:
    rows = one.rows
    return MeasureNote(
        name=name,
        origin=one.origin,
        now=tuple(rows.now),
        waves=tuple(rows.waves),
        ahead=tuple((horizon, tuple(columns)) for horizon, columns in rows.ahead.items()),
        outside=tuple(share if np.isfinite(share) else None for share in one.lately.outside),
    )


def _arrays(one: ReadyMeasure) -> dict[str, Array]:
    rows = one.rows
    return {
        "sensor": rows.sensor,
        "sd": rows.sd,
        "now": _stacked(rows.now, len(rows)),
        "waves": _stacked(rows.waves, len(rows)),
        **{f"ahead.{horizon}": _stacked(columns, len(rows)) for horizon, columns in rows.ahead.items()},
        "leads": one.leads,
        "usual": one.usual,
        "spread": one.spread,
        "usual_at": one.usual_at,
        "spread_at": one.spread_at,
        "lately_at": np.array(one.lately.at, np.int64),
        "factors": one.lately.factors,
    }


def _measure(note: MeasureNote, arrays: dict[str, Array]) -> ReadyMeasure:
    def ints(part: str) -> Ints:
        return arrays[f"{note.name}.{part}"]

    def floats(part: str) -> Floats:
        return arrays[f"{note.name}.{part}"]

    def columns(part: str, names: tuple[str, ...]) -> Columns:
        return dict(zip(names, arrays[f"{note.name}.{part}"], strict=True))

    below, above = (float("nan") if share is None else share for share in note.outside)
    return ReadyMeasure(
        origin=note.origin,
        leads=ints("leads"),
        rows=Gathered(
            sensor=ints("sensor"),
            sd=arrays[f"{note.name}.sd"],
            now=columns("now", note.now),
            waves=columns("waves", note.waves),
            ahead={horizon: columns(f"ahead.{horizon}", names) for horizon, names in note.ahead},
        ),
        usual=floats("usual"),
        spread=floats("spread"),
        usual_at=floats("usual_at"),
        spread_at=floats("spread_at"),
        lately=Lately(
            at=tuple(int(one) for one in ints("lately_at")), factors=floats("factors"), outside=(below, above)
        ),
    )


def _stacked(columns: Columns, rows: int) -> Narrow:
    """Columns x rows."""
    return np.stack([*columns.values()]) if columns else np.empty((0, rows), np.float32)
