"""How large the demo city is."""

import math
from dataclasses import dataclass

from city.errors import InvalidValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class CitySize:
    """`points` counts one stream at one place, as a collection point does."""

    junctions: int
    detectors: int
    points: int
    trucks: int
    district_columns: int

    @classmethod
    def scaled(cls, scale: float) -> "CitySize":
        if not 0.1 <= scale <= 100:
            raise InvalidValueError(
                subject="Demo city", field="scale", found=scale, expected="a number from 0.1 to 100 (1 is 24 junctions)"
            )
        return cls(
            junctions=max(4, round(24 * scale)),
            detectors=max(10, round(60 * scale)),
            points=max(20, round(300 * scale)),
            trucks=max(5, round(8 * scale)),
            district_columns=max(2, round(2 * math.sqrt(scale))),
        )

    @property
    def avenue_columns(self) -> int:
        return max(2, math.ceil(math.sqrt(self.junctions * 1.5)))

    @property
    def avenue_rows(self) -> int:
        return max(2, math.ceil(self.junctions / self.avenue_columns))
