"""Advice as a sentence with its numbers, and as the relaxation that a plan carries."""

from collections.abc import Callable
from typing import Final

from city.clock import clock_text
from city.ids import PointId
from city.waste import TimeWindow
from city.waste_plans import Relaxation
from city.waste_plans import RelaxationKind as Kind
from optimization.collection.advice_ground import Change
from optimization.collection.advice_looking import Advice
from optimization.collection.relaxation import ADVICE_BEGINS, MIN_S, UNITS, relaxed_point, relaxed_site, relaxed_truck
from optimization.collection.terrain import Task, Terrain

NOTHING_HELPS: Final = (
    f"{ADVICE_BEGINS[1]} that would let it be served: not a longer shift, other hours, more load, a higher "
    "limit or one more truck like those there are."
)
NOT_LOOKED: Final = f"{ADVICE_BEGINS[2]} a change that would let it be served: plan again with more seconds."
Said = Callable[[Change, Terrain], str]


def relaxation_of(advice: Advice, terrain: Terrain) -> Relaxation | None:
    change = advice.change
    if change is None:
        return None
    truck_id = terrain.vehicles[advice.vehicle].truck.truck_id
    subject = str(truck_id)
    if change.ground is not None:
        subject = str(change.ground.site.site_id)
    elif change.kind in OF_POINTS:
        subject = str(terrain.tasks[change.task].visit.point.point_id)
    return Relaxation(
        kind=change.kind,
        subject_id=subject,
        amount=change.amount,
        unit=UNITS[change.kind],
        truck_id=truck_id,
        trip=advice.trip + 1,
        stop=advice.position + 1,
        window=change.window,
    )


def sentence_of(advice: Advice, terrain: Terrain) -> str:
    truck_id = terrain.vehicles[advice.vehicle].truck.truck_id
    price = price_of(advice)
    place = f"as stop {advice.position + 1} of its trip {advice.trip + 1}"
    if advice.change is None:
        return f"{ADVICE_BEGINS[0]} truck {truck_id} {place} as it is: {price}."
    if advice.change.kind is Kind.TRUCK:
        said = f"{ADVICE_BEGINS[0]} one more truck like {truck_id}: {price}."
    else:
        condition = SAID[advice.change.kind](advice.change, terrain)
        said = f"{ADVICE_BEGINS[0]} truck {truck_id} {place} if {condition}: {price}."
    return said if advice.complete else f"{said} There was no time to look for an easier change."


def dearer(fits: Advice, gap: float, terrain: Terrain, point_id: PointId) -> Relaxation:
    """What leaving a point would have to cost more, for serving it to be worth it."""
    return Relaxation(
        kind=Kind.SKIP_PRICE,
        subject_id=point_id,
        amount=gap,
        unit=UNITS[Kind.SKIP_PRICE],
        truck_id=terrain.vehicles[fits.vehicle].truck.truck_id,
        trip=fits.trip + 1,
        stop=fits.position + 1,
    )


def price_of(advice: Advice) -> str:
    return f"{_more_or_less(advice.extra_km, 'km', 1)} and {_more_or_less(advice.extra_min, 'min', 0)}"


def _more_or_less(value: float, unit: str, digits: int) -> str:
    return f"{abs(value):.{digits}f} {unit} {'less' if value < 0 else 'more'}"


def _truck_clock(change: Change, terrain: Terrain) -> str:
    later = change.kind is Kind.SHIFT_LATER
    truck = terrain.vehicles[change.vehicle].truck
    shift = relaxed_truck(truck, change.kind, change.amount, _task(change, terrain).visit.point).shift
    clock = clock_text(shift.end_s if later else shift.start_s)
    overtime = (
        f" and {shift.max_overtime_s // MIN_S} min of overtime are worked" if later and shift.max_overtime_s else ""
    )
    return f"the truck's shift {'ends' if later else 'starts'} {_min(change)} {_when(later)}, at {clock}{overtime}"


def _point_window(change: Change, terrain: Terrain) -> str:
    later = change.kind is Kind.WINDOW_LATER
    point = relaxed_point(_task(change, terrain).visit.point, change.kind, change.amount, change.window)
    return f"the point's window {'ends' if later else 'starts'} {_moved_to(change, point.windows, later=later)}"


def _site_window(change: Change, terrain: Terrain) -> str:
    later = change.kind is Kind.SITE_LATER
    if change.ground is None:
        return ""
    stream = _task(change, terrain).stream
    site = relaxed_site(change.ground.site, change.kind, change.amount, stream, change.window)
    return f"site {site.site_id} {'closes' if later else 'opens'} {_moved_to(change, site.windows, later=later)}"


def _moved_to(change: Change, windows: tuple[TimeWindow, ...], *, later: bool) -> str:
    window = windows[(change.window or 1) - 1]
    return f"{_min(change)} {_when(later)}, at {clock_text(window.end_s if later else window.start_s)}"


def _when(later: bool) -> str:  # noqa: FBT001  -- the one word that it chooses
    return "later" if later else "earlier"


def _min(change: Change) -> str:
    return f"{change.amount:.0f} min"


def _task(change: Change, terrain: Terrain) -> Task:
    return terrain.tasks[change.task]


def _more(what: str, unit: str, per: str) -> Said:
    def said(change: Change, _terrain: Terrain) -> str:
        whose = f"site {change.ground.site.site_id}" if change.ground is not None else "the truck"
        return f"{whose} {what} {change.amount:g} {unit} more{per}"

    return said


def _street(what: str, unit: str) -> Said:
    return lambda change, _terrain: f"the point's street lets trucks in that are {change.amount:g} {unit} {what}"


def _skills(change: Change, terrain: Terrain) -> str:
    asked, known = _task(change, terrain).visit.point.skills, terrain.vehicles[change.vehicle].truck.skills
    return f"the truck or its crew also has: {', '.join(sorted(set(asked) - set(known)))}"


SAID: Final[dict[Kind, Said]] = {
    Kind.MAX_STOPS: lambda change, _terrain: f"the truck may make {change.amount:.0f} stop more a day",
    Kind.DAILY_KG: _more("may load", "kg", " a day"),
    Kind.DAILY_M3: _more("may load", "loose m3", " a day"),
    Kind.SHIFT_LATER: _truck_clock,
    Kind.SHIFT_EARLIER: _truck_clock,
    Kind.WINDOW_LATER: _point_window,
    Kind.WINDOW_EARLIER: _point_window,
    Kind.SITE_LATER: _site_window,
    Kind.SITE_EARLIER: _site_window,
    Kind.SITE_CAP: _more("takes", "kg", " a day"),
    Kind.SITE_THROUGHPUT: _more("takes", "kg", " an hour"),
    Kind.VOLUME: _more("holds", "loose m3", ""),
    Kind.PAYLOAD: _more("may carry", "kg", " a trip (by its papers: a larger truck)"),
    Kind.SKILL: _skills,
    Kind.LICENCE: lambda change, terrain: (
        f"the truck's first compartment is licensed for {_task(change, terrain).stream} too"
    ),
    Kind.SITE_STREAM: lambda change, terrain: (
        f"site {'' if change.ground is None else change.ground.site.site_id} accepts {_task(change, terrain).stream}"
    ),
    Kind.STREET_HEIGHT: _street("higher", "m"),
    Kind.STREET_WEIGHT: _street("heavier", "kg"),
}
OF_POINTS: Final = frozenset({Kind.WINDOW_LATER, Kind.WINDOW_EARLIER, Kind.STREET_HEIGHT, Kind.STREET_WEIGHT})
