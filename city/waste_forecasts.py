"""What a truck will find: the forecast of the next emptyings of each point, and of the work of the next days.

Real visits show only what was found when somebody came, so every row of `EmptyingForecasts` speaks of one moment at
which the point might be emptied next, and says whether the timetable expects it then.
"""

import dataframely as dy
import polars as pl

from city.forecast_row import ForecastRow, ordered
from city.frame_columns import calendar_day, name, one_of, quantity, utc, whole, yes_or_no
from city.waste import Stream

WASTE_RUNGS = ("champion", "previous_champion", "seasonal_naive", "mean")
"""seasonal_naive: last week again for fills and trips, the newest twenty emptyings for what is found at one."""
TIMETABLES = ("service_rule", "rhythm", "unknown")
MOST_UNITS = 2_500.0
WHOLE_CITY = "city"


class EmptyingForecasts(ForecastRow):
    """One stream at one point if it is emptied next at `emptied_at`: what is found, and whether it overflows before.

    Units are bins x share of capacity; where the number of bins is not known the point counts as one bin.
    """

    point_id = name("collection point", primary_key=True)
    stream = one_of(tuple(Stream), "waste stream", primary_key=True)
    emptied_at = utc("the moment of the next emptying it speaks of", primary_key=True)
    days_ahead = whole("days", "local days from the day of issue", least=0, most=7)
    next_visit = yes_or_no("whether the timetable expects the next visit then; at most one row of a point and stream")
    timetable = one_of(TIMETABLES, "where the timetable comes from")
    units_p10 = quantity("bins", "10 % quantile of bins x fill found", least=0, most=MOST_UNITS)
    units_p50 = quantity("bins", "median of bins x fill found", least=0, most=MOST_UNITS)
    units_p90 = quantity("bins", "90 % quantile of bins x fill found", least=0, most=MOST_UNITS)
    full_probability = quantity("probability", "found at 1 or more", least=0, most=1)
    over_probability = quantity("probability", "found above 1, as crews write it down", least=0, most=1)
    overflow_before_probability = quantity(
        "probability", "fill above 1 before that moment if nobody comes earlier", least=0, most=1, nullable=True
    )
    rung = one_of(WASTE_RUNGS, "which rung of the fallback ladder made it")

    @dy.rule()
    def units_quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("units_p10", "units_p50", "units_p90")

    @dy.rule()
    def above_full_is_full(cls) -> pl.Expr:  # noqa: N805
        return pl.col("over_probability") <= pl.col("full_probability")


class WorkloadForecasts(ForecastRow):
    """Bin-units collected on one local day, days without a visit counted as 0: of a point, or of a stream in the city.

    The row of a whole stream has point `city` and district `city`.
    """

    point_id = name("collection point, or city for the whole stream", primary_key=True)
    stream = one_of(tuple(Stream), "waste stream", primary_key=True)
    day = calendar_day("local day", primary_key=True)
    units = quantity("bins", "bins x fill collected, median", least=0, most=1_000_000)
    rung = one_of(WASTE_RUNGS, "which rung of the fallback ladder made it")
