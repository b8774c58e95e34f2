"""City in a box: a seeded city that hands over files as departments do, and can be stepped day by day."""

from features.sources.synthetic.actions import Actions, TripDone, capacity_factors_of, trips_of
from features.sources.synthetic.build import DemoCity, build_demo_city
from features.sources.synthetic.dirt import Dirt, DirtShares
from features.sources.synthetic.stepper import CityStepper, DayOutcome, DayTruth

__all__ = [
    "Actions",
    "CityStepper",
    "DayOutcome",
    "DayTruth",
    "DemoCity",
    "Dirt",
    "DirtShares",
    "TripDone",
    "build_demo_city",
    "capacity_factors_of",
    "trips_of",
]
