"""Kilograms per point: a ticket's true weight, split over its stops. Marked allocated, never measured."""

from dataclasses import dataclass
from typing import Self

import polars as pl

from city.waste import CollectionPoint

PSEUDO_FILLS = 5.0
"""How many full emptyings of the stream's mean a point is credited with."""


def allocated_kg(readings: pl.DataFrame, weighings: pl.DataFrame, points: tuple[CollectionPoint, ...]) -> pl.DataFrame:
    """Emptied readings with `nominal_kg` = fill x capacity x density and `kg`, scaled so that each ticket adds up.

    Where a point is not described, its bins (one if unknown) stand for capacity x density, in the stream's own mean.
    A ticket whose stops were all found empty cannot be split and gives no row.
    """
    emptied = readings.filter(pl.col("emptied") & pl.col("ticket_id").is_not_null())
    tickets = weighings.select("ticket_id", pl.col("net_kg").alias("ticket_kg"))
    held = emptied.join(_nominal(points), on=["point_id", "stream"], how="left").join(tickets, on="ticket_id")
    mean_full = pl.col("full_kg").mean().over("stream").fill_null(1.0)
    full = pl.col("full_kg").fill_null(mean_full * pl.col("bins").fill_null(1.0))
    weighed = held.with_columns((full * pl.col("fill_level")).alias("nominal_kg"))
    of_ticket = pl.col("nominal_kg").sum().over("ticket_id")
    split = weighed.with_columns((pl.col("nominal_kg") / of_ticket * pl.col("ticket_kg")).alias("kg"))
    return split.filter(of_ticket > 0).select("point_id", "stream", "read_at", "fill_level", "nominal_kg", "kg")


def _nominal(points: tuple[CollectionPoint, ...]) -> pl.DataFrame:
    """Kilograms of a point when it is full, by its described capacity and density."""
    return pl.DataFrame(
        [(str(one.point_id), str(one.stream), one.capacity_m3 * one.density_kg_m3) for one in points],
        schema={"point_id": pl.String, "stream": pl.String, "full_kg": pl.Float64},
        orient="row",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KgPerFill:
    """Kilograms that a full point holds, as its tickets taught, per (point, stream)."""

    learned: dict[tuple[str, str], float]
    nominal: dict[tuple[str, str], float]
    of_stream: dict[str, float]

    @classmethod
    def fit(cls, readings: pl.DataFrame, weighings: pl.DataFrame, points: tuple[CollectionPoint, ...]) -> Self:
        """Per stream: allocated over nominal kg. Per point: the same, shrunk to its stream's."""
        split = allocated_kg(readings, weighings, points)
        streams = split.group_by("stream").agg((pl.col("kg").sum() / pl.col("nominal_kg").sum()).alias("ratio"))
        ratio = {str(stream): float(value) for stream, value in streams.iter_rows()}
        nominal = {(point, stream): kg for point, stream, kg in _nominal(points).iter_rows()}
        sums = split.group_by("point_id", "stream").agg(pl.col("fill_level", "nominal_kg", "kg").sum())
        learned: dict[tuple[str, str], float] = {}
        for point, stream, fill, nominal_kg, kg in sums.iter_rows():
            full_kg = nominal_kg / fill
            extra = PSEUDO_FILLS * full_kg
            learned[point, stream] = full_kg * (kg + extra * ratio[stream]) / (nominal_kg + extra)
        return cls(learned=learned, nominal=nominal, of_stream=ratio)

    def of(self, point: str, stream: str) -> float | None:
        """Learned, else described times what the stream's tickets say of descriptions, else unknown."""
        if (point, stream) in self.learned:
            return self.learned[point, stream]
        described = self.nominal.get((point, stream))
        return None if described is None else described * self.of_stream.get(stream, 1.0)
