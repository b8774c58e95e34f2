"""Indicators of the newest plans, forecasts and feeds."""

from typing import Final

from serving.indicator_definitions import Better, Definition

_Row = tuple[str, str, str, str, str, Better]
_ROUTES: Final[tuple[_Row, ...]] = (
    ("routes.stops", "stops", "", "stops served by all trucks of the plan", "count of stops", "neither"),
    ("routes.trucks", "trucks", "", "trucks that leave their depot", "count of routes with a trip", "lower"),
    ("routes.unserved", "points left", "", "points that the plan does not serve, each with a reason",
     "count of points left", "lower"),
    ("routes.km", "distance", "km", "driven by all trucks, depot to depot", "sum of legs", "lower"),
    ("routes.t", "collected", "t", "expected to be collected", "sum of expected kg / 1000", "neither"),
    ("routes.hours", "truck hours", "h", "between leaving the depot and returning, all trucks",
     "sum(return - departure)", "lower"),
    ("routes.stops_per_h", "stops per hour", "1/h", "stops over truck hours", "stops / hours", "higher"),
    ("routes.waiting_share", "waiting", "share",
     "of truck hours what remains without driving, serving, washing, tipping, queues and breaks",
     "sum(waiting) / sum(hours)", "lower"),
    ("routes.hours_spread", "spread of hours", "h", "the longest of the trucks' hours less the shortest",
     "max(hours) - min(hours)", "lower"),
    ("routes.longest_h", "longest truck", "h", "hours of the truck that works longest", "max(hours)", "lower"),
    ("routes.shift_share", "use of shifts", "share", "hours over the shift's hours, mean of the trucks",
     "mean(hours / shift hours)", "higher"),
    ("routes.fuel_l", "fuel", "l", "diesel burnt, by each truck's consumption", "sum(km x l per 100 km / 100)",
     "lower"),
    ("routes.co2_kg", "CO2", "kg", "of the fuel burnt, without making and carrying it",
     "fuel x 0.84 kg/l x 43.0 MJ/kg x 74.1 g/MJ / 1000 (IPCC 2006)", "lower"),
    ("routes.kg_co2_per_t", "CO2 per tonne", "kg/t", "CO2 over what is collected", "CO2 / collected", "lower"),
)  # fmt: skip
_SIGNALS: Final[tuple[_Row, ...]] = (
    ("signals.junctions", "junctions planned", "", "junctions with a day plan in this plan", "count", "neither"),
    ("signals.unchanged", "junctions left", "", "junctions left as they are, each with a reason", "count", "neither"),
    ("signals.delay_s", "delay planned", "s",
     "control delay per vehicle over the plan's hours at the flows it was made for, weighted by flow",
     "sum(flow x delay) / sum(flow)", "lower"),
    ("signals.running_delay_s", "delay now", "s", "the same of the running plans, where there are some",
     "sum(flow x delay) / sum(flow)", "lower"),
    ("signals.largest_x", "fullest movement", "share", "largest degree of saturation of a movement",
     "max(flow / capacity)", "lower"),
    ("signals.pedestrian_wait_s", "wait on foot", "s", "longest mean wait of pedestrians at a junction",
     "max(mean wait)", "lower"),
)  # fmt: skip
_FORECASTS: Final[tuple[_Row, ...]] = (
    ("forecasts.age_s", "age of the forecast", "s", "since the newest one was issued", "now - issued_at", "lower"),
    ("forecasts.champion_age_s", "age of the model", "s", "since the newest knowledge it learned from",
     "now - learned_at", "lower"),
    ("forecasts.fallback_share", "not by the champion", "share", "of the newest forecast's values, 0 when all is well",
     "values of other rungs / values", "lower"),
    ("forecasts.loss_ratio", "loss over gate", "ratio",
     "pinball loss of the last days' forecasts over that on the champion's gate, 1 when it does as it did",
     "loss / loss on the gate", "lower"),
    ("forecasts.coverage_80", "coverage", "share",
     "truths of the last days between p10 and p90, 0.8 when calibrated", "1 - below p10 - above p90", "neither"),
    ("forecasts.below_p10", "below p10", "share", "truths of the last days below p10, 0.1 when calibrated",
     "count(truth < p10) / count", "neither"),
    ("forecasts.above_p90", "above p90", "share", "truths of the last days above p90, 0.1 when calibrated",
     "count(truth > p90) / count", "neither"),
    ("forecasts.input_psi", "drift of an input", "PSI",
     "population stability index of the last week against the weeks the champion learned from last",
     "sum((p - q) ln(p / q)) over bins", "lower"),
)  # fmt: skip
_FEEDS: Final[tuple[_Row, ...]] = (
    ("feeds.sensors", "sensors", "", "series of the feed that sent anything in the last weeks", "count", "neither"),
    ("feeds.values", "values", "", "values of the last weeks", "count", "neither"),
    ("feeds.findings", "faults", "", "faults that the watch found in it", "count", "lower"),
    ("feeds.age_s", "age of the feed", "s", "since its newest value", "now - newest start", "lower"),
    ("feeds.step_s", "step", "s", "between two values of a series, as declared or observed", "median step", "neither"),
)  # fmt: skip
_OF: Final = (
    (_ROUTES, "newest stored collection plan of each set of districts", "sanitation dispatch"),
    (_SIGNALS, "newest stored signal plan of each set of districts", "traffic centre"),
    (_FORECASTS, "watch of models (`city watch models`)", "data science"),
    (_FEEDS, "watch of feeds (`city watch feeds`)", "city administration"),
)
NOW: Final = tuple(Definition(*row, source, owner) for rows, source, owner in _OF for row in rows)
