"""The walk of a day that breaks rules: whatever would stop the truck is passed over, so that its clocks can be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from city.errors import BrokenRuleError
from city.waste import Stream
from optimization.collection.terrain import NO_WAY, Ground, Place, Terrain, Vehicle
from optimization.collection.walk import Day, SiteUse, TipHalt, Walked, walk

FAR_S = 30 * 86_400
ANY_LOAD = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenAtNeed(Place):
    """Waits for its hours as long as the crew is on shift; who could only be served later is served at once."""

    until_s: int

    def opens(self, second: int) -> int:
        regular = Place.opens(self, second)
        return second if regular is None or regular > self.until_s else regular


class _TakesAll(SiteUse):
    """Sites that are over their cap or throughput take the load all the same."""

    def __init__(self, terrain: Terrain, use: SiteUse) -> None:
        super().__init__(terrain)
        self.tips = use.tips

    def admits(self, vehicle: int, own: list[TipHalt], ground: Ground, start_s: int, kg: float) -> int:
        regular = super().admits(vehicle, own, ground, start_s, kg)
        return start_s if regular is None else regular


def without_limits(terrain: Terrain, number: int, day: Day, use: SiteUse) -> Walked:
    """The day as it would be driven; where there is no way, the drive takes no time."""
    vehicle = terrain.vehicles[number]
    vehicles = list(terrain.vehicles)
    vehicles[number] = _able(vehicle, len(terrain.tasks))
    until = vehicle.last_s
    free = replace(
        terrain,
        metres=[_passable(row) for row in terrain.metres],
        vehicles=vehicles,
        tasks=[replace(task, place=_patient(task.place, until)) for task in terrain.tasks],
        grounds=_grounds(terrain, day, until),
    )
    walked = walk(free, number, day, _TakesAll(free, use))
    if walked is None:
        raise BrokenRuleError(
            subject=f"Truck {vehicle.truck.truck_id}",
            problem="its day cannot be walked even without limits: a trip has no stop, or there is no site at all",
        )
    return walked


def _able(vehicle: Vehicle, tasks: int) -> Vehicle:
    truck = vehicle.truck
    loads = replace(truck, payload_kg=ANY_LOAD, daily_cap_kg=None, daily_cap_m3=None, max_stops=None)
    return replace(
        vehicle,
        truck=replace(loads, wash_s=truck.wash_s or 0),
        seconds=[_passable(row) for row in vehicle.seconds],
        room_m3=dict.fromkeys(Stream, ANY_LOAD),
        body={stream: vehicle.body.get(stream, 0) for stream in Stream},
        last_s=FAR_S,
        may=frozenset(range(tasks)),
    )


def _grounds(terrain: Terrain, day: Day, until_s: int) -> dict[Stream, list[Ground]]:
    """For each stream the sites that take it, or the one that is named; where none takes it, all."""
    everywhere = {ground.site.site_id: ground for grounds in terrain.grounds.values() for ground in grounds}
    named = {(draft.stream, draft.site_id) for draft in day if draft.site_id is not None}
    chosen: dict[Stream, list[Ground]] = {}
    for stream in Stream:
        fitting = list(terrain.grounds[stream])
        known = {ground.site.site_id for ground in fitting}
        fitting += [g for site, g in everywhere.items() if (stream, site) in named and site not in known]
        chosen[stream] = [
            replace(ground, place=_patient(ground.place, until_s)) for ground in fitting or everywhere.values()
        ]
    return chosen


def _patient(place: Place, until_s: int) -> Place:
    return _OpenAtNeed(row=place.row, hours=place.hours, until_s=until_s)


def _passable(row: Sequence[int]) -> list[int]:
    return [0 if value == NO_WAY else value for value in row]
