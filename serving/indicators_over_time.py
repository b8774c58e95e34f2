"""Indicators over days, weeks and months, per district and for the whole city."""

from typing import Final

from serving.indicator_definitions import PERIODS, Definition

LEAST_SHOWN: Final = 5
"""Counts of complaints from 1 to one less are withheld, and so are medians over fewer."""
_TRAFFIC = "traffic counts with speeds, lengths of links (Links), free flow from the nights of the 90 days before"
_COMPARED = "comparison of each day with its promises (`city compare`)"
_FHWA = "FHWA, Travel Time Reliability: Making It There On Time, All The Time (2006)"
_DISPATCH, _CENTRE, _DATA, _ADMIN = "sanitation dispatch", "traffic centre", "data science", "city administration"

OVER_TIME: Final[tuple[Definition, ...]] = (
    Definition(
        "traffic.congestion_index", "congestion index", "times the free-flow time",
        "how many times longer the ways that vehicles drove took than in free flow; speeds at least 5 km/h and at most "
        "the free flow; a detector without a link counts as long as the median of the others",
        "sum(veh-km / speed) / sum(veh-km / free-flow speed)", "lower", _TRAFFIC, _CENTRE, PERIODS,
    ),
    Definition(
        "traffic.planning_time_index", "planning time index", "times the free-flow time",
        "how many times the free-flow time somebody has to plan to be in time on 95 % of occasions from 06 to 22 h, "
        f"mean of the segments by veh-km, each with 20 values or more ({_FHWA})",
        "sum(veh-km x p95(time) / free-flow time) / sum(veh-km)", "lower", _TRAFFIC, _CENTRE, PERIODS,
    ),
    Definition(
        "traffic.buffer_index", "buffer index", "share of the mean time",
        "the time on top of the mean that somebody has to allow for to be in time on 95 % of occasions from 06 to "
        f"22 h, mean of the segments by veh-km, each with 20 values or more ({_FHWA})",
        "sum(veh-km x (p95(time) - mean(time)) / mean(time)) / sum(veh-km)", "lower", _TRAFFIC, _CENTRE, PERIODS,
    ),
    Definition(
        "waste.completion_rate", "collection completion rate", "share",
        "planned stops that were done, as drivers said or as somebody read or emptied the bins",
        "stops done / stops planned", "higher", _COMPARED, _DISPATCH, PERIODS,
    ),
    Definition(
        "waste.overflow_rate", "overflow rate", "share",
        "emptyings at which the bins were found above 1, as crews and sensors write down what overflows",
        "emptyings with fill above 1 / emptyings", "lower", "bin readings that emptied", _DISPATCH, PERIODS,
    ),
    Definition(
        "waste.idle_rate", "idle rate of trucks", "share",
        "of the hours between leaving and returning those in which a truck neither drives, serves, washes, tips, "
        "queues nor rests, as the plans that ran have it; measured idling needs truck tracks, which no feed brings",
        "sum(waiting h) / sum(h)", "lower", "indicators of the plans that ran", _DISPATCH, PERIODS,
    ),
    Definition(
        "waste.km_per_truck", "km per truck and day", "km",
        "as planned, by the plans that ran; of a district the trucks all of whose stops lie in it",
        "sum(km) / truck-days", "lower", _COMPARED, _DISPATCH, PERIODS,
    ),
    Definition(
        "waste.kg_per_truck", "kg per truck and day", "kg",
        "net weight by the weighbridge, over trucks and service dates with a ticket",
        "sum(net kg) / distinct (truck, service date)", "higher", "weighbridge tickets", _DISPATCH, PERIODS,
    ),
    Definition(
        "complaints.volume", "complaints", "complaints",
        f"opened, all categories; counts from 1 to {LEAST_SHOWN - 1} are withheld, and others as it takes",
        "count of complaints opened", "neither", "single complaints, else counts per day", _ADMIN, PERIODS,
    ),
    Definition(
        "complaints.response_h", "response time", "h",
        f"from opening to the first closing, of those closed in the period, {LEAST_SHOWN} or more; open ones are "
        "left out", "median(closed - opened)", "lower", "single complaints, opened and closed", _ADMIN, PERIODS,
    ),
    Definition(
        "forecasts.skill", "forecast skill", "share",
        "by how much the median was nearer to the truth than the simple rule (the same a week before; of what is found "
        "at emptyings the emptying before), on the values that both spoke of; below 0 the simple rule was better",
        "1 - mean absolute error / that of the simple rule", "higher", _COMPARED, _DATA, PERIODS, "quantity",
    ),
    Definition(
        "plans.accepted_share", "plans accepted", "share",
        "of the plans that people decided about in the period those approved or published; of a district the plans "
        "that lie wholly in it", "accepted / (accepted + refused)", "higher", "steps of plans in the ledger", _ADMIN,
        PERIODS, "kind of plan",
    ),
)  # fmt: skip
