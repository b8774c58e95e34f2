"""What can be wrong with a model's inputs, errors or age; each finding says what, why it may be, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    INPUT_DRIFT = "input-drift"
    ERRORS_GREW = "errors-grew"
    QUANTILES_OFF = "quantiles-off"
    FORECAST_OLD = "forecast-old"
    CHAMPION_OLD = "champion-old"
    CHAMPION_REFUSED = "champion-refused"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFinding:
    """`subject` is a quantity such as flow_veh_h, or what is forecast; `figures` are the numbers in the sentence.

    `district_id` is None for the whole city.
    """

    trouble: Trouble
    what: str
    subject: str
    sentence: str
    todo: str
    figures: tuple[tuple[str, float], ...] = ()
    district_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCheck:
    """One quantity of one table: the last week against the weeks that the champion was taught on.

    `district_id` is None for the whole city.
    """

    what: str
    quantity: str
    noun: str
    values: int
    psi: float
    usual_psi: float
    ks: float
    ratio: float
    district_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCheck:
    """Forecasts of the last days whose truth is known. `gate_loss` is None where the champion noted none."""

    what: str
    quantity: str
    rows: int
    days: int
    loss: float
    gate_loss: float | None
    below: float
    above: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeCheck:
    """Ages in seconds at the time of the watch; None where there is nothing to be old."""

    what: str
    forecast_age_s: int | None
    champion: str | None
    champion_age_s: int | None
    fallback_share: float | None
