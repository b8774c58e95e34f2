"""Flow, speed and occupancy of a detector whose lanes are known."""

import polars as pl

from city.frame_rules import ROUNDING_SHARE, least_occupancy, may_be_rounded_to
from city.frames import Detectors
from city.writing import Writing


def occupancy_below_flow(rows: pl.DataFrame, writing: Writing) -> pl.DataFrame | None:
    """An occupancy below what the counted vehicles cover at least, by more than rounding."""
    occupancy = pl.col("occupancy")
    if rows["occupancy"].null_count() == rows.height or rows["flow_veh_h"].null_count() == rows.height:
        return None
    suspects = rows.filter(~may_be_rounded_to(occupancy, least_occupancy(pl.lit(1))))
    if suspects.is_empty():
        return None
    detectors = writing.stored(Detectors, suspects.select("detector_id").unique()).select("detector_id", "lanes")
    least = least_occupancy(pl.col("lanes"))
    wrong = suspects.join(detectors, on="detector_id").filter(~may_be_rounded_to(occupancy, least))
    return wrong.select(
        "__row",
        pl.lit("occupancy_below_flow").alias("rule"),
        pl.format(
            "occupancy is {} at flow_veh_h {} and speed_kmh {}: on the {} lanes of this detector so many vehicles "
            f"cover it for {{}} of the time at least, less {ROUNDING_SHARE:g} for rounding. Check occupancy's unit; "
            "where 0 means that none was measured, set zero_is_gap for that column",
            *(
                pl.col(name).round_sig_figs(6).cast(pl.String).fill_null("empty")
                for name in ("occupancy", "flow_veh_h", "speed_kmh")
            ),
            "lanes",
            least.round(3).cast(pl.String),
        ).alias("reason"),
    )
