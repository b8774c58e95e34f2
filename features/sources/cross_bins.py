"""Bins and weighbridge tickets: no truck takes more from bins than they hold."""

from datetime import timedelta

import polars as pl

from city.frame_rules import DENSEST, MOST_FILL, UNCENSORED_FILL
from city.frames import BinReadings, Entities, Weighings
from city.writing import Writing

_LONGEST_TRIP = timedelta(days=2)
_READING = ("point_id", "stream", "read_at", "fill_level", "ticket_id")
_KEY = ["point_id", "stream", "read_at"]


def heavy_tickets(rows: pl.DataFrame, writing: Writing) -> pl.DataFrame | None:
    """Tickets that weigh more than the bins held which stored readings say were emptied for them."""
    tickets = rows.select("__row", "ticket_id", "net_kg", "weighed_at")
    readings = _stored_readings(tickets, writing)
    if readings.is_empty():
        return None
    last_at = _emptied_since(tickets, writing).select(pl.col("read_at").max()).collect().item()
    whole = tickets.filter(pl.col("weighed_at") <= last_at)
    wrong = _too_heavy(whole, readings, writing)
    return wrong.select("__row", pl.lit("ticket_above_bins").alias("rule"), _sentence().alias("reason"))


def light_readings(rows: pl.DataFrame, writing: Writing) -> pl.DataFrame | None:
    """Readings emptied for a stored ticket that weighs more than these bins held."""
    came = rows.filter(pl.col("emptied") & pl.col("ticket_id").is_not_null())
    if came.is_empty():
        return None
    tickets = writing.stored(Weighings, came.select("ticket_id").unique())
    whole = _gone_past(tickets.select("ticket_id", "net_kg", "weighed_at"), came["read_at"])
    if whole.is_empty():
        return None
    former = _stored_readings(whole, writing)
    own = came.select(_READING).join(whole, on="ticket_id", how="semi")
    readings = pl.concat([own, former]).unique(_KEY, keep="first", maintain_order=True)
    wrong = _too_heavy(whole, readings, writing).with_columns(_sentence().alias("reason"))
    return came.join(wrong, on="ticket_id").select("__row", pl.lit("ticket_above_bins").alias("rule"), "reason")


def _emptied_since(tickets: pl.DataFrame, writing: Writing) -> pl.LazyFrame:
    """What was emptied for any ticket from before the first of these trips on."""
    since = pl.lit(tickets["weighed_at"].min()) - _LONGEST_TRIP
    of_a_ticket = pl.col("emptied") & pl.col("ticket_id").is_not_null()
    return writing.records(BinReadings).filter(of_a_ticket & (pl.col("read_at") >= since))


def _stored_readings(tickets: pl.DataFrame, writing: Writing) -> pl.DataFrame:
    """The newest word on each reading that was emptied for one of the tickets."""
    ids = tickets.lazy().select("ticket_id").unique()
    stored = _emptied_since(tickets, writing).join(ids, on="ticket_id", how="semi")
    rows = stored.select(*_READING, "known_at", "imported_at").collect()
    newest = rows.sort("known_at", "imported_at").unique(_KEY, keep="last", maintain_order=True)
    return newest.select(_READING)


def _gone_past(tickets: pl.DataFrame, read_at: pl.Series) -> pl.DataFrame:
    """Tickets whose trip the readings have left behind, so that all of its stops are there.

    Readings in the order of time have when they go beyond the weighing; in the order of days when they go beyond its
    day; of readings in any other order it cannot be said before the last batch, so they are not judged.
    """
    last = read_at.max()
    if read_at.is_sorted():
        return tickets.filter(pl.col("weighed_at") <= last)
    if read_at.dt.date().is_sorted():
        return tickets.filter(pl.col("weighed_at").dt.date() < pl.lit(last).dt.date())
    return tickets.clear()


def _too_heavy(tickets: pl.DataFrame, readings: pl.DataFrame, writing: Writing) -> pl.DataFrame:
    """Tickets above `most_kg`, with the number of stops and what their bins held by description."""
    named = readings.with_columns(pl.concat_str("point_id", "stream", separator="/").alias("entity_id"))
    keys = named.select(pl.lit("point").alias("kind"), "entity_id").unique()
    full_kg = _number("capacity_m3") * _number("density_kg_m3")
    points = writing.stored(Entities, keys).select("entity_id", full_kg.alias("full_kg"))
    fill = pl.when(pl.col("fill_level") >= UNCENSORED_FILL).then(MOST_FILL).otherwise("fill_level")
    held = named.join(points, on="entity_id", how="left").group_by("ticket_id").agg(
        pl.len().alias("stops"),
        (fill * pl.col("full_kg")).sum().alias("held_kg"),
        pl.col("full_kg").is_null().any().alias("undescribed"),
    )  # fmt: skip
    judged = tickets.join(held.filter(~pl.col("undescribed")), on="ticket_id")
    return judged.filter(pl.col("net_kg") > DENSEST * pl.col("held_kg"))


def _number(field: str) -> pl.Expr:
    return pl.col("document").str.json_path_match(f"$.{field}").cast(pl.Float64, strict=False)


def _sentence() -> pl.Expr:
    return pl.format(
        "ticket {} weighs {} kg, but the {} bins emptied for it held {} kg by their fill, capacity and density, and "
        f"{DENSEST:g} times that at the very most",
        "ticket_id",
        pl.col("net_kg").round(1).cast(pl.String),
        "stops",
        pl.col("held_kg").round(1).cast(pl.String),
    )
