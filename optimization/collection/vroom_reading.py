"""A file in the shape of VROOM's API, read into its words. What the model has no word for is refused by its name."""

from typing import Any, Final

from city.errors import BrokenRuleError, CityError, raise_all
from optimization.collection.vroom_matrices import Ways, read_ways
from optimization.collection.vroom_values import Values
from optimization.collection.vroom_words import (
    VroomBreak,
    VroomCosts,
    VroomJob,
    VroomPlace,
    VroomProblem,
    VroomVehicle,
    Window,
)

DAY_S: Final = 86_400
MOST_AMOUNTS: Final = 2
TOP: Final = ("jobs", "vehicles", "matrices", "shipments", "options")
JOB: Final = ("id", "description", "location", "location_index", "setup", "service", "delivery", "pickup", "skills",
              "priority", "time_windows")  # fmt: skip
VEHICLE: Final = ("id", "profile", "description", "start", "start_index", "end", "end_index", "capacity", "skills",
                  "time_window", "breaks", "speed_factor", "max_tasks", "costs", "type")  # fmt: skip
BREAK: Final = ("id", "time_windows", "service", "description")
COSTS: Final = ("fixed", "per_hour", "per_km")


def read_vroom(document: object, source: str) -> VroomProblem:
    """Raises one CityError that names everything that is wrong or has no word here."""
    values = Values(source)
    top = values.entry(document, "the problem", TOP)
    if top.get("shipments"):
        values.refuse("shipments", "a pickup that is delivered elsewhere is not planned here; only jobs are")
    options = top.get("options") or {}
    if options not in ({}, {"g": False}):
        values.refuse("options", "the only option known is g = false; street geometry is not given")
    entries = _entries(values, top)
    raise_all(source, values.errors)
    ways = read_ways(values, top.get("matrices"), *entries)
    raise_all(source, values.errors)
    return _Reading(values, ways).problem(*entries)


def _entries(values: Values, top: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    jobs = [values.entry(one, f"jobs[{k}]", JOB) for k, one in enumerate(values.entries(top, "jobs"))]
    vehicles = [values.entry(one, f"vehicles[{k}]", VEHICLE) for k, one in enumerate(values.entries(top, "vehicles"))]
    for name, entries in (("job", jobs), ("vehicle", vehicles)):
        numbers = [values.whole(one, "id", f"{name}s[{k}]") for k, one in enumerate(entries)]
        values.no_twice(name, numbers)
        if not entries:
            values.refuse(f"{name}s", "there is none; expected at least one")
    return jobs, vehicles


class _Reading:
    def __init__(self, values: Values, ways: Ways) -> None:
        self.values = values
        self.ways = ways
        self.kinds: set[str] = set()

    def problem(self, jobs: list[dict[str, Any]], vehicles: list[dict[str, Any]]) -> VroomProblem:
        read_jobs = tuple(self._job(one) for one in jobs)
        read_vehicles = tuple(self._vehicle(one) for one in vehicles)
        if len(self.kinds) > 1:
            self.values.refuse("jobs", "some have a pickup, some a delivery; one plan knows only one of the two")
        self._amounts_agree(read_jobs, read_vehicles)
        self._setups_are_separate(read_jobs, read_vehicles)
        zero_s, assumed = self._within_a_day(read_jobs, read_vehicles)
        raise_all(self.values.source, self.values.errors)
        return VroomProblem(
            jobs=read_jobs,
            vehicles=read_vehicles,
            seconds=self.ways.seconds,
            metres=self.ways.metres,
            costs=self.ways.costs,
            kind=next(iter(self.kinds), "pickup"),
            zero_s=zero_s,
            assumed=(*self.ways.assumed, *assumed),
        )

    def _job(self, job: dict[str, Any]) -> VroomJob:
        values, where = self.values, f"job {job['id']}"
        amounts = {name: values.wholes(job, name, where) for name in ("pickup", "delivery")}
        used = [name for name, amount in amounts.items() if any(amount)]
        self.kinds |= set(used)
        return VroomJob(
            number=job["id"],
            place=self.ways.place(job, "location", where) or VroomPlace(row=0),
            description=values.text(job, "description", where),
            setup_s=values.whole(job, "setup", where, 0),
            service_s=values.whole(job, "service", where, 0),
            amount=next((amounts[name] for name in used), amounts["pickup"] or amounts["delivery"]),
            skills=values.wholes(job, "skills", where),
            priority=values.whole(job, "priority", where, 0, most=100),
            windows=values.windows(job, "time_windows", where),
        )

    def _vehicle(self, vehicle: dict[str, Any]) -> VroomVehicle:
        values, where = self.values, f"vehicle {vehicle['id']}"
        start, end = (self.ways.place(vehicle, name, where) for name in ("start", "end"))
        if start is None and end is None:
            values.refuse(where, "it has neither a start nor an end; expected at least one of them")
        costs = values.entry(vehicle.get("costs", {}), f"{where}, costs", COSTS)
        speed = values.number(vehicle, "speed_factor", where, 1.0)
        if not 0 < speed <= 5:
            values.refuse(where, f"speed_factor is {speed:g}, expected a number above 0, at most 5")
        most = vehicle.get("max_tasks")
        return VroomVehicle(
            number=vehicle["id"],
            start=start,
            end=end,
            description=values.text(vehicle, "description", where),
            capacity=values.wholes(vehicle, "capacity", where),
            skills=values.wholes(vehicle, "skills", where),
            window=values.window(vehicle["time_window"], f"{where}, time_window") if "time_window" in vehicle else None,
            rest=self._rest(vehicle, where),
            speed_factor=speed,
            max_tasks=None if most is None else values.whole(vehicle, "max_tasks", where),
            costs=self._costs(costs, where),
        )

    def _costs(self, costs: dict[str, Any], where: str) -> VroomCosts:
        said = {name: self.values.number(costs, name, where) for name in costs}
        if self.ways.costs is not None and said.keys() & {"per_hour", "per_km"}:
            self.values.refuse(where, "its costs per hour or km contradict the matrix of costs; leave one of them out")
        return VroomCosts(**said)

    def _rest(self, vehicle: dict[str, Any], where: str) -> VroomBreak | None:
        breaks = self.values.entries(vehicle, "breaks") if "breaks" in vehicle else []
        if not breaks:
            return None
        if len(breaks) > 1:
            self.values.refuse(where, f"it has {len(breaks)} breaks; a shift has one here")
        one = self.values.entry(breaks[0], f"{where}, break", BREAK)
        windows = self.values.windows(one, "time_windows", f"{where}, break")
        if len(windows) != 1:
            self.values.refuse(where, f"its break has {len(windows)} time windows; a break has one here")
        return VroomBreak(
            number=self.values.whole(one, "id", f"{where}, break"),
            service_s=self.values.whole(one, "service", f"{where}, break", 0),
            window=windows[0] if windows else (0, 1),
            description=self.values.text(one, "description", f"{where}, break"),
        )

    def _amounts_agree(self, jobs: tuple[VroomJob, ...], vehicles: tuple[VroomVehicle, ...]) -> None:
        lengths = {len(vehicle.capacity) for vehicle in vehicles}
        lengths |= {len(job.amount) for job in jobs if job.amount}
        if len(lengths) > 1:
            self.values.refuse("capacity", f"amounts and capacities have {sorted(lengths)} values; expected one length")
        elif max(lengths, default=0) > MOST_AMOUNTS:
            told = f"there are {max(lengths)} kinds of amounts; trucks have two here, mass and volume"
            self.values.refuse("capacity", told)

    def _setups_are_separate(self, jobs: tuple[VroomJob, ...], vehicles: tuple[VroomVehicle, ...]) -> None:
        """A setup is part of the service only where nobody can come from the same place."""
        rows = [job.place.row for job in jobs] + list({v.start.row for v in vehicles if v.start is not None})
        shared = [job.number for job in jobs if job.setup_s and rows.count(job.place.row) > 1]
        if shared:
            some = ", ".join(map(str, shared[:5]))
            self.values.refuse("setup", f"jobs {some} share their place with other work; setup is only known apart")

    def _within_a_day(self, jobs: tuple[VroomJob, ...], vehicles: tuple[VroomVehicle, ...]) -> tuple[int, list[str]]:
        """The second of the file at which the plan's day begins."""
        free = [vehicle.number for vehicle in vehicles if vehicle.window is None]
        windows: list[Window] = [vehicle.window for vehicle in vehicles if vehicle.window is not None]
        if free:
            windows += [window for job in jobs for window in job.windows]
        first = min((window[0] for window in windows), default=0)
        last = max((window[1] for window in windows), default=0)
        zero_s = 0 if first >= 0 and last <= DAY_S else first
        if last - zero_s > DAY_S:
            told = f"they reach from {first} to {last} s; a plan is of one day, {DAY_S} s at most"
            self.values.errors.append(BrokenRuleError(subject=f"{self.values.source}: time windows", problem=told))
        shown = ", ".join(map(str, free[:5])) + (", ..." if len(free) > 5 else "")
        day = f"{zero_s} to {zero_s + DAY_S} s"
        return zero_s, [f"Vehicles {shown} have no time_window; they work from {day}."] if free else []


def refusals(error: CityError) -> dict[str, Any]:
    """As VROOM answers an input that it cannot take."""
    return {"code": 2, "error": str(error)}
