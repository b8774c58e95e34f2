"""When a point is likely to be visited on a day: what lies in its bins, and whether they overflow, is asked for then.

A truck that comes at eight finds what has grown until eight. To plan for what would lie there when the last shift of
the city ends counts hours of waste that nobody has thrown away yet, and makes trips for it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from city.clock import DAY_S, at_second
from city.collection_problem import PointKey
from city.waste import CollectionPoint, TimeWindow, Truck
from city.windows import every_day, overlap


def visit_moments(
    points: Sequence[CollectionPoint],
    trucks: Sequence[Truck],
    usual_s: Mapping[PointKey, int],
    *,
    service_date: date,
    city_zone: ZoneInfo,
) -> dict[PointKey, datetime]:
    """`usual_s`: when crews usually come, seconds after midnight; without one, the last moment at which one can."""
    return {
        (point.point_id, point.stream): at_second(
            service_date,
            _visited_s(point, trucks, usual_s.get((point.point_id, point.stream))),
            city_zone,
        )
        for point in points
    }


def _visited_s(point: CollectionPoint, trucks: Sequence[Truck], usual_s: int | None) -> int:
    """Seconds after midnight of the service date, above a day in a shift that crosses midnight."""
    able = [truck for truck in trucks if point.stream in truck.streams]
    spans = [
        both
        for shift in {truck.shift for truck in able or trucks}
        for window in every_day(point.windows)
        if (both := overlap(window, TimeWindow(start_s=shift.start_s, end_s=shift.end_s))) is not None
    ]
    last_s = max((span.end_s for span in spans), default=max(truck.shift.end_s for truck in trucks))
    if usual_s is None or point.rule.times_per_day > 1:  # all visits of a day take what grows until the last of them
        return last_s
    clocks = [
        second for second in (usual_s, usual_s + DAY_S) if any(one.start_s <= second <= one.end_s for one in spans)
    ]
    return min(clocks, default=last_s)
