"""From when on something is worth a warning: named here, set by the environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from city.errors import CityError, InvalidValueError, raise_all


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningBounds:
    """Each may be given as CITY_WARN_ and its name in capitals, such as CITY_WARN_OVERFLOW_PROBABILITY.

    A warning begins at its bound and lasts until the figure is `slack` (probabilities) or `slack_share` (ratios) below
    it, so that what wavers about the bound is one warning. `hours_ahead` is how far ahead forecasts are looked at,
    `plan_hours` how long before its end a plan should be followed by another. Congested is the level that the index
    names moderate, or worse; complaints rise when a week's forecast is `complaints_ratio` times the usual level and
    `complaints_more` above it.
    """

    congested_probability: float = 0.6
    overflow_probability: float = 0.5
    slack: float = 0.1
    complaints_ratio: float = 1.25
    complaints_more: float = 5.0
    slack_share: float = 0.1
    hours_ahead: float = 24.0
    plan_hours: float = 3.0

    def __post_init__(self) -> None:
        raise_all("Warnings", [error for one in fields(self) for error in self._faults(one.name)])

    def _faults(self, name: str) -> list[CityError]:
        low, high = _RANGES[name]
        value = getattr(self, name)
        if low <= value <= high:
            return []
        expected = f"a number from {low:g} to {high:g}"
        return [InvalidValueError(subject="Warnings", field=name, found=value, expected=expected)]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "WarningBounds":
        given = {}
        for one in fields(cls):
            name = f"CITY_WARN_{one.name.upper()}"
            if name in environment:
                given[one.name] = _number(name, environment[name])
        return cls(**given)


_RANGES: dict[str, tuple[float, float]] = {
    "congested_probability": (0.05, 1.0),
    "overflow_probability": (0.05, 1.0),
    "slack": (0.0, 0.5),
    "complaints_ratio": (1.0, 100.0),
    "complaints_more": (0.0, 1e6),
    "slack_share": (0.0, 0.5),
    "hours_ahead": (1.0, 168.0),
    "plan_hours": (0.0, 168.0),
}


def _number(name: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise InvalidValueError(subject="Environment", field=name, found=text, expected="a number")
    return found
