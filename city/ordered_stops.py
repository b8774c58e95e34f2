"""Points that complaints ask for: what a plan of a day is told of accepted orders."""

from dataclasses import dataclass
from datetime import datetime

from city.ids import PointId
from city.waste import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedStop:
    """`weight` is how much leaving it counts against an overflow (1); `complaint_ids` those that wait for it."""

    point_id: PointId
    stream: Stream
    due_at: datetime
    weight: float
    complaint_ids: tuple[str, ...]
