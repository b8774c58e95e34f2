"""How likely a trip finds more than its truck holds: by the law of the sum, not the sum of each point's high guess."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from city.errors import InvalidValueError

P90_SD = 1.2815515655446004  # standard deviations from the median to the 90 % quantile of a normal law


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRisk:
    """A trip may exceed payload or room with at most this `probability`, the two apart.

    `shared_sd`: relative standard deviation of a factor that all points share on one day (rain, a feast, the forecast
    wrong for the whole city). What a point's own quantiles say beyond it is taken as independent of other points.
    """

    probability: float = 0.05
    shared_sd: float = 0.08

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("probability", self.probability, 0.0, 0.5),
            ("shared_sd", self.shared_sd, -1e-12, 1.0),
        ):
            if not low < value < high:
                raise InvalidValueError(
                    subject="Load risk", field=name, found=value, expected=f"a number from {max(low, 0):g} to {high:g}"
                )

    def own_variance(self, p50: float, p90: float) -> float:
        """Of one point's amount, the shared factor taken out."""
        return float(max(0.0, ((p90 - p50) / P90_SD) ** 2 - (self.shared_sd * p50) ** 2))

    def breach(self, loads: Iterable[tuple[float, float]], room: float) -> float:
        """P(sum > room), the sum being normal; `loads` are the (p50, p90) of its parts."""
        parts = list(loads)
        mean = sum(p50 for p50, _ in parts)
        own = sum(self.own_variance(p50, p90) for p50, p90 in parts)
        sd = math.sqrt(own + (self.shared_sd * mean) ** 2)
        if sd == 0.0:
            return float(mean > room)
        return 0.5 * math.erfc((room - mean) / (sd * math.sqrt(2.0)))
