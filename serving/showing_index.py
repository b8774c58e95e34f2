"""The congestion index for a person: the city and its districts, the worst segments, one picture of the next hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from city.congestion_index import LOCAL, AreaKind, Level
from city.errors import MissingInputError, NotFoundError
from city.forecasts import CongestionForecasts, CongestionIndexForecasts
from models.index_answer import reasons_without
from serving.desk import Desk
from serving.index_making import without_index
from serving.terminal import Column, Terminal

LARGE = (AreaKind.CITY.value, AreaKind.DISTRICT.value, AreaKind.CORRIDOR.value)
COLUMNS = (
    Column("area"),
    Column("worst", "city time"),
    Column("index", number=True),
    Column("p10 - p90", number=True),
    Column("points", "of 10", number=True),
    Column("level"),
    Column("congested", "%", number=True),
    Column("segments", number=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIndex:
    """One issue, as far as it was asked for. `rows` are of CongestionIndexForecasts, the order that of the tables."""

    issued_at: datetime
    rows: pl.DataFrame
    large: pl.DataFrame
    worst: pl.DataFrame
    without: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {
            "issued_at": self.issued_at.isoformat(),
            "scale": {"name": LOCAL.name, "points_at_index": [list(pair) for pair in LOCAL.table]},
            "congested": "level moderate or severe",
            "areas": _documents(self.large),
            "worst_segments": _documents(self.worst),
            "values": _values(self.rows.filter(pl.col("area_kind").is_in(LARGE))),
            "without_index": list(self.without),
        }


def stored_index(desk: Desk, *, asked: datetime | None, hours: float, worst: int) -> ShownIndex:
    """The newest issue, or the newest that existed at `asked`, over its next `hours`."""
    issues = [one for one in desk.history.issues(CongestionIndexForecasts) if asked is None or one <= asked]
    if not issues:
        raise _nothing_stored(desk, asked)
    issued_at = max(issues)
    rows = desk.history.read_forecast(CongestionIndexForecasts, issued_at=issued_at)
    detectors = desk.history.read_forecast(CongestionForecasts, issued_at=issued_at)
    near = rows.filter(pl.col("valid_at") < issued_at + timedelta(hours=hours))
    peaks = _peaks(near)
    order = pl.col("area_kind").replace_strict({kind: place for place, kind in enumerate(LARGE)}, return_dtype=pl.Int8)
    segments = peaks.filter(pl.col("area_kind") == AreaKind.SEGMENT.value)
    return ShownIndex(
        issued_at=issued_at,
        rows=near,
        large=peaks.filter(pl.col("area_kind").is_in(LARGE)).sort(order, "area_id"),
        worst=segments.sort("index_p50", "area_id", descending=[True, False]).head(worst),
        without=without_index(reasons_without(detectors, rows)),
    )


def _nothing_stored(desk: Desk, asked: datetime | None) -> MissingInputError | NotFoundError:
    issues = desk.history.issues(CongestionForecasts)
    if asked is None and issues:
        detectors = desk.history.read_forecast(CongestionForecasts, issued_at=max(issues))
        if detectors.get_column("speed_p50_kmh").null_count() == detectors.height:
            return NotFoundError(
                kind="congestion index",
                name="city",
                todo="The detectors count vehicles but measure no speed, and without it there is none. Import a feed "
                "with speeds.",
            )
    when = "" if asked is None else f" issued by {asked.isoformat()}"
    return MissingInputError(
        step="Showing the congestion index",
        missing=(f"a stored index{when}",),
        todo="Run `city forecast congestion` first.",
    )


def _peaks(near: pl.DataFrame) -> pl.DataFrame:
    """A row per area: its worst step, with the first step's index and level beside it."""
    first = (
        near.sort("valid_at")
        .group_by("area_kind", "area_id")
        .agg(pl.col("index_p50").first().alias("first_p50"), pl.col("level").first().alias("first_level"))
    )
    worst = near.sort("index_p50", "valid_at", descending=[True, False]).unique(
        ["area_kind", "area_id"], keep="first", maintain_order=True
    )
    return worst.join(first, on=["area_kind", "area_id"])


def show_index(speak: Terminal, desk: Desk, shown: ShownIndex, *, hours: float) -> None:
    zone = desk.zone()
    local = shown.issued_at.astimezone(zone)
    title = f"Congestion index issued at {local:%Y-%m-%d %H:%M} ({zone.key}): the worst of the next {hours:g} h"
    speak.table(title, COLUMNS, _table(shown.large, desk))
    if shown.worst.height:
        speak.table("Worst segments", COLUMNS, _table(shown.worst, desk))
    speak.say(scale_words())
    for sentence in shown.without:
        speak.note(sentence)


def scale_words() -> str:
    """The table of levels in one sentence."""
    begins = [f"{level.words} {level.chinese} from {LOCAL.begins_at(level):g}" for level in Level]
    return "Levels by times the free-flow time: " + ", ".join(begins) + ". Congested means moderate or severe."


def _table(rows: pl.DataFrame, desk: Desk) -> Sequence[Sequence[object]]:
    zone = desk.zone()
    return [
        (
            row["area_id"] if row["area_kind"] == row["area_id"] else f"{row['area_kind']} {row['area_id']}",
            f"{row['valid_at'].astimezone(zone):%a %H:%M}",
            f"{row['index_p50']:.2f}",
            f"{row['index_p10']:.2f} - {row['index_p90']:.2f}",
            f"{row['scale']:.1f}",
            Level(row["level"]).words,
            f"{100 * row['congested_probability']:.0f}",
            row["segments"] if not row["unmeasured"] else f"{row['segments']} of {row['segments'] + row['unmeasured']}",
        )
        for row in rows.iter_rows(named=True)
    ]


def _documents(peaks: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "area_kind": row["area_kind"],
            "area_id": row["area_id"],
            "district_id": row["district_id"],
            "first": {"index_p50": round(row["first_p50"], 3), "level": row["first_level"]},
            "worst": {**_value(row), "level_zh": Level(row["level"]).chinese},
            "segments": row["segments"],
            "unmeasured": row["unmeasured"],
            "model": row["model"],
            "rung": row["rung"],
        }
        for row in peaks.iter_rows(named=True)
    ]


def _values(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Every step of every large area."""
    return [
        {
            "area_kind": kind,
            "area_id": area_id,
            "values": [_value(row) for row in own.sort("valid_at").iter_rows(named=True)],
        }
        for (kind, area_id), own in rows.sort("area_kind", "area_id").group_by(
            ["area_kind", "area_id"], maintain_order=True
        )
    ]


def _value(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "valid_at": row["valid_at"].isoformat(),
        **{name: round(row[name], 3) for name in ("index_p10", "index_p50", "index_p90", "scale")},
        "level": row["level"],
        "congested_probability": round(row["congested_probability"], 4),
    }
