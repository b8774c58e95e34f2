"""What each indicator is: name, unit, definition. More may come; nobody else says what a figure means."""

from dataclasses import dataclass
from typing import Final, Literal, cast

Kind = Literal["signals", "routes", "forecasts", "feeds"]


@dataclass(frozen=True, slots=True)
class Definition:
    indicator_id: str
    name: str
    unit: str
    definition: str

    @property
    def kind(self) -> Kind:
        """Ids begin with it."""
        return cast("Kind", self.indicator_id.split(".", maxsplit=1)[0])


DEFINITIONS: Final = (
    Definition("routes.stops", "stops", "", "stops served by all trucks of the plan"),
    Definition("routes.trucks", "trucks", "", "trucks that leave their depot"),
    Definition("routes.unserved", "points left", "", "points that the plan does not serve, each with a reason"),
    Definition("routes.km", "distance", "km", "driven by all trucks, depot to depot"),
    Definition("routes.t", "collected", "t", "expected to be collected"),
    Definition("routes.hours", "truck hours", "h", "between leaving the depot and returning, all trucks"),
    Definition("routes.stops_per_h", "stops per hour", "1/h", "stops over truck hours"),
    Definition(
        "routes.waiting_share", "waiting", "share",
        "of truck hours what remains without driving, serving, washing, tipping, queues and breaks",
    ),
    Definition("routes.hours_spread", "spread of hours", "h", "the longest of the trucks' hours less the shortest"),
    Definition("routes.longest_h", "longest truck", "h", "hours of the truck that works longest"),
    Definition("routes.shift_share", "use of shifts", "share", "hours over the shift's hours, mean of the trucks"),
    Definition("routes.fuel_l", "fuel", "l", "diesel burnt, by each truck's consumption"),
    Definition("routes.co2_kg", "CO2", "kg", "of the fuel burnt, without making and carrying it"),
    Definition("routes.kg_co2_per_t", "CO2 per tonne", "kg/t", "CO2 over what is collected"),
    Definition("signals.junctions", "junctions planned", "", "junctions with a day plan in this plan"),
    Definition("signals.unchanged", "junctions left", "", "junctions left as they are, each with a reason"),
    Definition(
        "signals.delay_s", "delay planned", "s",
        "control delay per vehicle over the plan's hours at the flows it was made for, weighted by flow",
    ),
    Definition("signals.running_delay_s", "delay now", "s", "the same of the running plans, where there are some"),
    Definition("signals.largest_x", "fullest movement", "share", "largest degree of saturation of a movement"),
    Definition("signals.pedestrian_wait_s", "wait on foot", "s", "longest mean wait of pedestrians at a junction"),
    Definition("forecasts.age_s", "age of the forecast", "s", "since the newest one was issued"),
    Definition("forecasts.champion_age_s", "age of the model", "s", "since the newest knowledge it learned from"),
    Definition(
        "forecasts.fallback_share", "not by the champion", "share",
        "of the newest forecast's values, 0 when all is well",
    ),
    Definition(
        "forecasts.loss_ratio", "loss over gate", "ratio",
        "pinball loss of the last days' forecasts over that on the champion's gate, 1 when it does as it did",
    ),
    Definition(
        "forecasts.coverage_80", "coverage", "share", "truths of the last days between p10 and p90, 0.8 when calibrated"
    ),
    Definition("forecasts.below_p10", "below p10", "share", "truths of the last days below p10, 0.1 when calibrated"),
    Definition("forecasts.above_p90", "above p90", "share", "truths of the last days above p90, 0.1 when calibrated"),
    Definition(
        "forecasts.input_psi", "drift of an input", "PSI",
        "population stability index of the last week against the weeks the champion learned from last",
    ),
    Definition("feeds.sensors", "sensors", "", "series of the feed that sent anything in the last weeks"),
    Definition("feeds.values", "values", "", "values of the last weeks"),
    Definition("feeds.findings", "faults", "", "faults that the watch found in it"),
    Definition("feeds.age_s", "age of the feed", "s", "since its newest value"),
    Definition("feeds.step_s", "step", "s", "between two values of a series, as declared or observed"),
)  # fmt: skip
BY_ID: Final = {one.indicator_id: one for one in DEFINITIONS}
