"""A truck's route as GPX 1.1 for phones and navigation: WGS 84, times in UTC, places in the order of driving."""

import re
from datetime import UTC, date
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from city.clock import at_second, clock_text, zone
from city.collection_problem import CollectionProblem
from city.waste import CollectionPoint, Depot, DisposalSite
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, StopReason, Tip

Place = CollectionPoint | DisposalSite | Depot
DECIMALS = 6  # 0.1 m
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Chengyun" xmlns="http://www.topografix.com/GPX/1/1"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd">
"""


def to_gpx(plan: CollectionPlan, problem: CollectionProblem, route: CollectionRoute) -> str:
    """One <rte> per trip, so that a device leads to the site and only then to the next trip."""
    writing = _Writing(plan, problem, route)
    title = f"{route.truck_id}, {plan.service_date.isoformat()}"
    told = (
        f"Plan {plan.plan_id}: {len(route.stops)} stops, {route.metres / 1000:.1f} km. Places are WGS 84; "
        f"times are UTC, clocks in names are those of {plan.time_zone}; kg are expected."
    )
    trips = "".join(writing.trip(number) for number in range(len(route.trips)))
    metadata = f" <metadata><name>{_text(title)}</name><desc>{_text(told)}</desc></metadata>\n"
    return f"{_HEAD}{metadata}{trips}</gpx>\n"


class _Writing:
    def __init__(self, plan: CollectionPlan, problem: CollectionProblem, route: CollectionRoute) -> None:
        self.day: date = plan.service_date
        self.zone: ZoneInfo = zone(plan.time_zone)
        self.problem = problem
        self.route = route
        self.depot = next(depot for depot in problem.depots if depot.depot_id == route.depot_id)
        self.sites = {site.site_id: site for site in problem.sites}
        self.order = 0

    def trip(self, number: int) -> str:
        trip, last = self.route.trips[number], number + 1 == len(self.route.trips)
        points = [self._depot("Leave", self.route.depart_s)] if number == 0 else []
        points += [self._stop(stop) for stop in trip.stops]
        if trip.tip is not None:
            points.append(self._tip(trip.tip))
        if last:
            points.append(self._depot("Return", self.route.return_s))
        name = f"{self.route.truck_id} trip {number + 1} of {len(self.route.trips)} ({trip.stream})"
        return f" <rte><name>{_text(name)}</name><number>{number + 1}</number>\n{''.join(points)} </rte>\n"

    def _stop(self, stop: Stop) -> str:
        self.order += 1
        point = self.problem.point_of[stop.point_id, stop.stream]
        audit = "; audit: note the fill found" if stop.reason is StopReason.AUDIT else ""
        told = f"{stop.stream}, {stop.kg:.0f} kg, starts {clock_text(stop.start_s)}{audit}"
        return self._point(point, stop.arrive_s, f"{self.order:02d} {stop.point_id}", told, "collect")

    def _tip(self, tip: Tip) -> str:
        site = self.sites[tip.site_id]
        return self._point(site, tip.arrive_s, f"Tip {tip.site_id}", f"tips {tip.kg:.0f} kg", "tip")

    def _depot(self, word: str, second: int) -> str:
        return self._point(self.depot, second, f"{word} {self.depot.depot_id}", word, "depot")

    def _point(self, place: Place, second: int, name: str, told: str, kind: str) -> str:
        moment = at_second(self.day, second, self.zone).astimezone(UTC)
        titled = f"{name} {clock_text(second)}"
        where = f"lat={quoteattr(f'{place.lat:.{DECIMALS}f}')} lon={quoteattr(f'{place.lon:.{DECIMALS}f}')}"
        return (
            f"  <rtept {where}><time>{moment:%Y-%m-%dT%H:%M:%SZ}</time><name>{_text(titled)}</name>"
            f"<desc>{_text(told)}</desc><type>{kind}</type></rtept>\n"
        )


def _text(text: str) -> str:
    """Escaped, without the characters that XML 1.0 cannot hold."""
    return escape(NO_XML.sub("", text))
