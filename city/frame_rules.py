"""Rules between the columns of a row and between rows, in words: for reasons in reports and for docs/data.md.

Row rules are checked by the contracts themselves (city/frames.py, city/forecasts.py); rules between rows where data
comes in (features/sources/cross_rules.py).
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

SHORTEST_VEHICLE_M = 2.0
"""A motorcycle over a detector of no length. A car over a loop is three times as long, so that a detector that counts
lightly or measures speed 50 % too low is not refused."""
FASTEST_KMH = 150.0
"""Mean speed that no urban lane exceeds over a step; where the row says none, it is taken."""
MOST_LANES = 12
ROUNDING_SHARE = 0.01
ROUNDING_KMH = 0.5
LEVEL_NOISE = 0.05
"""What a level sensor or a crew's estimate may be off, share of capacity: 5 cm in a bin 1 m deep."""
FORECAST_HOUR = timedelta(hours=1)
SOUTHERNMOST, NORTHERNMOST = -60.0, 75.0
"""Latitudes between which cities lie, from Ushuaia (-54.8) to Norilsk and Tromsø (69.6). Of swapped coordinates of most
cities in Asia and the Americas the latitude lies beyond."""


def least_occupancy(lanes: pl.Expr) -> pl.Expr:
    """Share of time that the counted vehicles cover a lane at least: flow x length / (lanes x speed).

    Each vehicle covers the detector for its length over its speed. The shortest vehicle at the row's speed (without
    one, at the fastest) makes it a lower bound, also where the feed's mean speed is the plain mean of the vehicles':
    that is never below the harmonic mean, which the sum of covered times asks for.
    """
    speed = (pl.col("speed_kmh") + ROUNDING_KMH).fill_null(FASTEST_KMH)
    return pl.col("flow_veh_h") * (SHORTEST_VEHICLE_M / 1000) / (lanes * speed)


def may_be_rounded_to(occupancy: pl.Expr, least: pl.Expr) -> pl.Expr:
    """Whether an occupancy is not below what is needed by more than rounding; nothing is asked of empty cells."""
    return (occupancy + ROUNDING_SHARE >= least).fill_null(value=True)


def is_a_place() -> pl.Expr:
    """0 degrees east and north lies in the Gulf of Guinea: it is what devices and forms say that know no place."""
    return ((pl.col("lon") != 0) | (pl.col("lat") != 0)).fill_null(value=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`words` for the page; `said` about a row that breaks it, `{}` standing for the values of `columns`.

    The columns hold numbers, or (`of_times`) moments.
    """

    name: str
    words: str
    said: str
    columns: tuple[str, ...] = ()
    of_times: bool = False

    def sentence(self) -> pl.Expr:
        """Per row what it breaks, with its own values."""
        if not self.columns:
            return pl.lit(self.said)
        return pl.format(self.said, *(self._shown(name).fill_null("empty") for name in self.columns))

    def _shown(self, name: str) -> pl.Expr:
        if self.of_times:
            return pl.col(name).dt.strftime("%Y-%m-%d %H:%M UTC")
        return pl.col(name).round_sig_figs(6).cast(pl.String)  # a converted unit leaves 0.0055130000000000005


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRule:
    """A rule between rows of the named contracts."""

    name: str
    contracts: tuple[str, ...]
    words: str


def _in_order(what: str, *columns: str) -> Rule:
    low, middle, high = columns
    return Rule(
        name=f"{what}_in_order",
        words=f"`{low}` <= `{middle}` <= `{high}`",
        said=f"{low}, {middle} and {high} are {{}}, {{}} and {{}}, expected in ascending order",
        columns=columns,
    )


NOWHERE = (
    "lon is {} and lat is {}: that is no place. Where 0 means not known, set zero_is_gap for both, or fill the place in"
)
ROW_RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            name="something_measured",
            words="at least one of flow, speed and occupancy is there",
            said="nothing was measured: flow, speed and occupancy are empty",
        ),
        Rule(
            name="who_passes_moves",
            words="vehicles that were counted did not pass at a mean speed of 0 km/h",
            said="flow_veh_h is {} although speed_kmh is {}: vehicles that pass move. Where 0 means not measured, "
            "set zero_is_gap for the speed",
            columns=("flow_veh_h", "speed_kmh"),
        ),
        Rule(
            name="who_passes_covers",
            words=f"occupancy >= flow x {SHORTEST_VEHICLE_M:g} m / ({MOST_LANES} lanes x (speed + {ROUNDING_KMH:g} "
            f"km/h)) - {ROUNDING_SHARE:g}: what so many of the shortest vehicles cover on the widest detector; "
            f"without a speed, {FASTEST_KMH:g} km/h",
            said="flow_veh_h is {}, speed_kmh is {} and occupancy is {}: so many vehicles cover a detector for longer. "
            "Check occupancy's unit; where 0 means not measured, set zero_is_gap",
            columns=("flow_veh_h", "speed_kmh", "occupancy"),
        ),
        Rule(
            name="emptying_takes_out",
            words="a bin cannot lose more than it holds: where it was emptied, `fill_after` <= `fill_level` + "
            f"{LEVEL_NOISE:g}",
            said="fill_after is {} although the bin held fill_level {} when it was emptied",
            columns=("fill_after", "fill_level"),
        ),
        Rule(
            name="ends_after_its_start",
            words="`end_at` is not before `start_at`",
            said="end_at is {}, before start_at {}",
            columns=("end_at", "start_at"),
            of_times=True,
        ),
        Rule(
            name="speaks_of_what_is_to_come",
            words="the hour it speaks of (`valid_at` + 1 h) is not over when it is issued",
            said="valid_at is {}, an hour or more before issued_at {}: a forecast speaks of what is to come",
            columns=("valid_at", "issued_at"),
            of_times=True,
        ),
        Rule(
            name="lies_somewhere",
            words="`lon` = `lat` = 0 is no place",
            said=NOWHERE,
            columns=("lon", "lat"),
        ),
        _in_order("flow_quantiles", "flow_p10_veh_h", "flow_p50_veh_h", "flow_p90_veh_h"),
        _in_order("speed_quantiles", "speed_p10_kmh", "speed_p50_kmh", "speed_p90_kmh"),
        _in_order("index_quantiles", "index_p10", "index_p50", "index_p90"),
        _in_order("fill_quantiles", "fill_p10", "fill_p50", "fill_p90"),
        _in_order("quantiles", "kg_p10", "kg_p50", "kg_p90"),
        _in_order("units_quantiles", "units_p10", "units_p50", "units_p90"),
        _in_order("reports_quantiles", "reports_p10", "reports_p50", "reports_p90"),
        Rule(
            name="above_full_is_full",
            words="`over_probability` <= `full_probability`: what is above 1 is at 1 or more",
            said="over_probability is {}, above full_probability {}",
            columns=("over_probability", "full_probability"),
        ),
    )
}

DENSEST = 3.0
"""Times the described loose density that a bin's content may weigh: trodden down about 1.7, soaked about 1.5, and a
stop in a handful without a reading. The demo city's 537 tickets reach 1.33."""
UNCENSORED_FILL = 1.0
MOST_FILL = 2.0

COARSEST_EVENT_S = 1
TELLING_INSTANTS = 20
"""Different moments of a junction from which on a common step of its log is no chance: of true seconds 20 agree on a
multiple of two once in half a million."""

CROSS_RULES: tuple[CrossRule, ...] = (
    CrossRule(
        name="occupancy_below_flow",
        contracts=("TrafficCounts",),
        words="where the detector's lanes are known, occupancy >= flow x "
        f"{SHORTEST_VEHICLE_M:g} m / (lanes x (speed + {ROUNDING_KMH:g} km/h)) - {ROUNDING_SHARE:g}",
    ),
    CrossRule(
        name="ticket_above_bins",
        contracts=("BinReadings", "Weighings"),
        words="a bin cannot lose more than it holds: a ticket's `net_kg` <= the sum over the readings emptied for it "
        f"of fill x capacity x described density x {DENSEST:g}; a fill of {UNCENSORED_FILL:g} or more is censored and "
        f"counts as {MOST_FILL:g}. Judged where every point is described and the readings go beyond the weighing; "
        "whichever comes later, ticket or readings, is quarantined",
    ),
    CrossRule(
        name="closed_before_opened",
        contracts=("ComplaintEvents", "WorkZones"),
        words="nothing is closed before it was first opened, also across files and imports; the event that comes later "
        "is quarantined",
    ),
    CrossRule(
        name="changed_before_opened",
        contracts=("ComplaintEvents", "WorkZones"),
        words="nothing is changed before it was first opened, likewise",
    ),
    CrossRule(
        name="finer_than_seconds",
        contracts=("SignalEvents",),
        words=f"a junction's events are told to {COARSEST_EVENT_S} s or finer: where {TELLING_INSTANTS} or more "
        "different moments of one import are all multiples of a longer step, all of them are quarantined",
    ),
)
