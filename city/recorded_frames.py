"""Contracts of what devices write down by themselves, second by second: where trucks were, what controllers did."""

import dataframely as dy
import polars as pl

from city.frame_choices import CHANNEL_KINDS
from city.frame_columns import name, one_of, quantity, utc, whole
from city.frame_rules import NORTHERNMOST, SOUTHERNMOST, is_a_place
from city.history_row import HistoryRow

MOST_NUMBER = 65_535
"""Codes and parameters of event logs are two bytes at most."""


class TruckTracks(HistoryRow):
    """Where a truck was at one moment. Whoever knows its crew knows where people were: it is kept for a while only."""

    truck_id = name("truck, as in the fleet's master data", primary_key=True)
    at = utc("when it was there", primary_key=True)
    lon = quantity("degree, WGS 84", "longitude", least=-180, most=180)
    lat = quantity("degree, WGS 84", "latitude", least=SOUTHERNMOST, most=NORTHERNMOST)
    speed_kmh = quantity("km/h", "speed that the device says", least=0, most=150, nullable=True)

    @dy.rule()
    def lies_somewhere(cls) -> pl.Expr:  # noqa: N805
        return is_a_place()


class SignalEvents(HistoryRow):
    """One event of a signal controller's high-resolution log, in the enumerations of Indiana and Purdue."""

    junction_id = name("junction", primary_key=True)
    at = utc("when it happened, to the second or finer", primary_key=True)
    event_code = whole("number", "what happened: 1 green begins, 8 yellow, 10 red clearance, 82 detector on, ...",
                       least=0, most=MOST_NUMBER, primary_key=True)  # fmt: skip
    parameter = whole("number", "phase or detector channel that it happened to, by the code",
                      least=0, most=MOST_NUMBER, primary_key=True)  # fmt: skip


class SignalChannels(HistoryRow):
    """What a detector channel of a controller looks at: without it an event says no more than a number."""

    junction_id = name("junction", primary_key=True)
    channel = whole("number", "detector channel, the parameter of its events", least=0, most=MOST_NUMBER,
                    primary_key=True)  # fmt: skip
    phase = whole("number", "the controller's phase that it calls", least=1, most=255)
    group_id = name("signal group of the junction's record that this phase is", nullable=True)
    detects = one_of(CHANNEL_KINDS, "advance: who comes, before the line; presence: who waits at the line; "
                     "count: who passes the line")  # fmt: skip
    ahead_m = quantity("m", "how far before the stop line it lies; empty: at the line", least=0, most=500,
                       nullable=True)  # fmt: skip
    approach_kmh = quantity("km/h", "speed at which a platoon comes in, to tell when it reaches the line",
                            least=5, most=120, nullable=True)  # fmt: skip
