"""What a VROOM problem says, in the words of VROOM's own API: jobs, vehicles, breaks, matrices.

What the product's model has no word for is not here: vroom_reading.py refuses it by name.
"""

from dataclasses import dataclass, field

Position = tuple[float, float]  # longitude, latitude, WGS 84
Window = tuple[int, int]
Rows = list[list[int]]
PER_HOUR = 3600  # the cost of an hour of driving where none is said: a second costs 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomPlace:
    """A row of the matrices, and how the file names it."""

    row: int
    index: int | None = None
    location: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomJob:
    number: int
    place: VroomPlace
    description: str | None
    setup_s: int
    service_s: int
    amount: tuple[int, ...]
    skills: tuple[int, ...]
    priority: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomBreak:
    number: int
    service_s: int
    window: Window
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomCosts:
    """`fixed` per vehicle used, `per_hour` of driving, `per_km`."""

    fixed: float = 0.0
    per_hour: float = PER_HOUR
    per_km: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomVehicle:
    """Without a start it begins, without an end it stops, at a job."""

    number: int
    start: VroomPlace | None
    end: VroomPlace | None
    description: str | None
    capacity: tuple[int, ...]
    skills: tuple[int, ...]
    window: Window | None
    rest: VroomBreak | None
    speed_factor: float
    max_tasks: int | None
    costs: VroomCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomProblem:
    """`kind` is what amounts are, 'pickup' or 'delivery'; `zero_s` the second of the file that is second 0 of the plan.

    `seconds`, `metres` and `costs` are rows of the matrices, the latter two None where the file has none.
    """

    jobs: tuple[VroomJob, ...]
    vehicles: tuple[VroomVehicle, ...]
    seconds: Rows
    metres: Rows | None
    costs: Rows | None
    kind: str
    zero_s: int
    assumed: tuple[str, ...] = field(default=())

    @property
    def kinds_of_amounts(self) -> int:
        return max((len(vehicle.capacity) for vehicle in self.vehicles), default=0)
