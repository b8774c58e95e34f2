"""How the service is: what it can answer, how old it is, and who made it."""

import time
from collections.abc import Callable, Collection, Sequence

from city.errors import StoreUnreachableError
from city.ids import DistrictId
from city.plan_list import PlanQuery
from city.version import own_version
from serving.champions import Loaded
from serving.desk import Desk
from serving.schemas.status import ForecastStatus, Status
from serving.shelf import Shelf
from serving.subjects import FRAMES_OF, SUBJECTS, Subject, rungs_of

FRESH_S = 1.0
MOST_KEPT = 100
SOFTWARE = f"chengyun {own_version()}"


def status(
    desk: Desk, shelf: Shelf, champions: Sequence[Loaded], districts: Collection[DistrictId] | None = None
) -> Status:
    """With `districts` only the plans that lie within them are counted."""
    info = desk.city_or_none()
    forecasts = [forecast_status(desk, shelf, what) for what in SUBJECTS]
    plans = desk.ledger.list.count(PlanQuery(seen=districts))
    return Status(
        city=None if info is None else info.name,
        time_zone=None if info is None else info.time_zone,
        now=desk.clock(),
        software=SOFTWARE,
        forecasts=forecasts,
        models=[champion.status() for champion in champions],
        plans={"signals": plans.get("signals", 0), "routes": plans.get("routes", 0)},
        ready=info is not None and any(forecast.issued_at is not None for forecast in forecasts),
    )


class StatusBoard:
    """The status as it was within the last second: what many look at is not made anew for each of them."""

    def __init__(self, desk: Desk, shelf: Shelf, timer: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._shelf = shelf
        self._timer = timer
        self._kept: dict[frozenset[DistrictId] | None, tuple[float, Status]] = {}

    def status(self, champions: Sequence[Loaded], districts: frozenset[DistrictId] | None) -> Status:
        kept = self._kept.get(districts)
        if kept is not None and self._timer() - kept[0] < FRESH_S:
            return kept[1]
        asked = self._timer()
        found = status(self._desk, self._shelf, champions, districts)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[districts] = (asked, found)
        return found


def forecast_status(desk: Desk, shelf: Shelf, what: Subject) -> ForecastStatus:
    nothing = ForecastStatus(what=what, issued_at=None, age_s=None, rungs={})
    try:
        frame, _ = shelf.forecast(FRAMES_OF[what][0])
    except StoreUnreachableError:  # how the service is must be told all the same: `ready` says no, readiness why
        return nothing
    if frame.is_empty():
        return nothing
    issued_at = frame["issued_at"][0]
    age_s = max(0, int((desk.clock() - issued_at).total_seconds()))
    return ForecastStatus(what=what, issued_at=issued_at, age_s=age_s, rungs=rungs_of(frame))
