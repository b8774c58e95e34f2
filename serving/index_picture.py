"""One picture of the next hours: a strip per area, coloured by the named level."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from city.congestion_index import LOCAL, POINTS_PER_LEVEL, Level
from city.errors import InvalidValueError, MissingInputError, UnreadableInputError
from serving.showing_index import LARGE, ShownIndex

# Told apart by lightness too: from light to dark for those who do not tell green from red.
COLOURS = ("#d9f0d3", "#a6d96a", "#fdae61", "#d7301f", "#67000d")
MISSING = "#dddddd"
STRIP_INCHES = 0.42
HOUR_S, TICK_HOURS = 3_600, 3


def draw_index(shown: ShownIndex, file: Path, *, city: str, zone: ZoneInfo) -> Path:
    """Write a PNG. Grey is where no index could be told."""
    if file.suffix.lower() != ".png":
        raise InvalidValueError(subject="Picture", field="--picture", found=file.name, expected="a name in .png")
    rows = shown.rows.filter(pl.col("area_kind").is_in(LARGE))
    if rows.is_empty():
        raise MissingInputError(step="The picture", missing=("an index in the hours asked for",), todo="Ask for more.")
    names = [(row["area_kind"], row["area_id"]) for row in shown.large.iter_rows(named=True)]
    times = rows.get_column("valid_at").unique().sort()
    points = _points(rows, names, times)
    figure = Figure(figsize=(11.0, 1.9 + STRIP_INCHES * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    colours = ListedColormap(COLOURS).with_extremes(bad=MISSING)
    edges = [POINTS_PER_LEVEL * k for k in range(len(Level) + 1)]
    step_s = int(rows["step_s"][0])
    start, end = times[0].timestamp(), times[-1].timestamp() + step_s
    drawn = axes.imshow(
        np.ma.masked_invalid(points),
        aspect="auto",
        interpolation="nearest",
        cmap=colours,
        norm=BoundaryNorm(edges, len(Level)),
        extent=(start, end, len(names), 0),
    )
    axes.set_yticks(np.arange(len(names)) + 0.5, [one if kind == one else f"{kind} {one}" for kind, one in names])
    axes.hlines(np.arange(1, len(names)), start, end, color="white", linewidth=2.0)
    hours = _clock_hours(times[0].astimezone(zone), times[-1].astimezone(zone))
    axes.set_xticks([hour.timestamp() for hour in hours], [f"{hour:%H:%M}\n{hour:%a}" for hour in hours])
    axes.set_title(f"{city}: congestion index, issued {shown.issued_at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})")
    bar = figure.colorbar(drawn, ax=axes, ticks=[edge + POINTS_PER_LEVEL / 2 for edge in edges[:-1]], pad=0.01)
    bar.ax.set_yticklabels([f"{level.words}\nfrom {LOCAL.begins_at(level):g}" for level in Level], fontsize=8)
    bar.set_label("times the free-flow time", fontsize=8)
    return _saved(figure, file)


def _clock_hours(first: datetime, last: datetime) -> list[datetime]:
    """Every third hour of the city's clock."""
    whole = first.replace(minute=0, second=0, microsecond=0)
    hours = [whole + timedelta(hours=k) for k in range(int((last - whole).total_seconds() // HOUR_S) + 1)]
    return [hour for hour in hours if hour.hour % TICK_HOURS == 0 and hour >= first]


def _points(rows: pl.DataFrame, names: list[tuple[str, str]], times: pl.Series) -> np.ndarray:
    """Areas x times; NaN where there is no index."""
    place = {name: number for number, name in enumerate(names)}
    when = {moment: number for number, moment in enumerate(times)}
    found = np.full((len(names), len(times)), np.nan)
    for kind, area_id, moment, value in rows.select("area_kind", "area_id", "valid_at", "scale").iter_rows():
        found[place[kind, area_id], when[moment]] = value
    return found


def _saved(figure: Figure, file: Path) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=110)
    except OSError as cause:
        raise UnreadableInputError(source=str(file), problem=f"it cannot be written ({cause.strerror})") from cause
    return file
