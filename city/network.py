"""The road network (GMNS words) and travel times by id."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from city.errors import InvalidValueError, MissingTravelTimeError, UnknownIdError
from city.ids import DistrictId, LinkId, NodeId
from city.speed_profiles import WORK_PER_S, SpeedProfiles, own_seconds

_MISSING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    node_id: NodeId
    district_id: DistrictId
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One direction of a road. `truck_ban_s` holds the windows (seconds of day) in which no truck may enter."""

    link_id: LinkId
    from_node_id: NodeId
    to_node_id: NodeId
    length_m: float
    free_speed_kmh: float
    lanes: int = 1
    capacity_veh_h: float | None = None
    max_height_m: float | None = None
    max_weight_t: float | None = None
    truck_ban_s: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("length_m", self.length_m), ("free_speed_kmh", self.free_speed_kmh)):
            if not value > 0:
                raise InvalidValueError(
                    subject=f"Link {self.link_id}", field=name, found=value, expected="a number above 0"
                )


class TravelTimes:
    """Whole seconds and metres between named places. A missing pair is an error, never a huge number.

    `seconds` are those of free flow. With `profiles` a drive takes longer where and when roads are slow: `class_of`
    holds the class of each place, in the order of `places`, and a drive goes at the pace of the place it starts from.
    """

    __slots__ = ("_index", "_metres", "_seconds", "class_of", "places", "profiles")

    def __init__(self, places: Sequence[str], *, flat: "tuple[array[int], array[int]] | None" = None) -> None:
        """`flat`: seconds and metres as in `from_flat`; without them there is no way anywhere yet."""
        self.places = tuple(places)
        self._index = {place: position for position, place in enumerate(self.places)}
        if len(self._index) != len(self.places):
            twice = sorted({place for place in self.places if self.places.count(place) > 1})
            raise InvalidValueError(
                subject="Travel times", field="places", found=twice[:5], expected="each place named once"
            )
        self.profiles: SpeedProfiles | None = None
        self.class_of = bytes(len(self.places))
        self._seconds, self._metres = flat or (_no_ways(len(self.places)), _no_ways(len(self.places)))

    @classmethod
    def from_rows(
        cls, places: Sequence[str], seconds: Iterable[Sequence[float]], metres: Iterable[Sequence[float]]
    ) -> "TravelTimes":
        """Full matrices in the order of `places`; a value that is negative, infinite or NaN means: no way."""
        times = cls(places)
        for origin, row_s, row_m in zip(times.places, seconds, metres, strict=True):
            for destination, value_s, value_m in zip(times.places, row_s, row_m, strict=True):
                if 0 <= value_s < float("inf") and 0 <= value_m < float("inf"):
                    times.set(origin, destination, seconds=round(value_s), metres=round(value_m))
        return times

    @classmethod
    def from_flat(cls, places: Sequence[str], seconds: "array[int]", metres: "array[int]") -> "TravelTimes":
        """Full matrices, row after row in the order of `places`; a negative value means: no way.

        They are taken over, not copied: ten thousand places have 800 MB of them.
        """
        if not len(seconds) == len(metres) == len(places) ** 2:
            raise InvalidValueError(
                subject="Travel times", field="values", found=len(seconds), expected=f"{len(places) ** 2} values"
            )
        return cls(places, flat=(_whole(seconds), _whole(metres)))

    def with_profiles(self, profiles: SpeedProfiles | None, class_of: Iterable[int]) -> "TravelTimes":
        """The same ways, driven at the pace of the hour; None takes profiles away."""
        times = TravelTimes.from_flat(self.places, self._seconds, self._metres)
        numbers = list(class_of)
        known = len(profiles.classes) if profiles is not None else 1
        if len(numbers) != len(self.places) or not all(0 <= number < known for number in numbers):
            raise InvalidValueError(
                subject="Travel times",
                field="class_of",
                found=f"{len(numbers)} values, of them wrong: {[n for n in numbers if not 0 <= n < known][:5]}",
                expected=f"the class of each of {len(self.places)} places, 0 to {known - 1}",
            )
        times.profiles, times.class_of = profiles, bytes(numbers)
        return times

    def arrival_s(self, origin: str, destination: str, depart_s: int, speed_factor: float = 1.0) -> int:
        """When a truck that leaves `origin` at `depart_s` arrives; it takes `speed_factor` times the free-flow time."""
        work_s = own_seconds(self.seconds(origin, destination), speed_factor)
        if self.profiles is None:
            return depart_s + work_s
        return self.profiles.arrival_s(self.class_of[self._index[origin]], work_s, depart_s)

    def worked(self, origin: str, start_s: int, end_s: int) -> int:
        """Units of work (`WORK_PER_S` make a free-flow second) that driving from `origin` does between two moments."""
        if self.profiles is None:
            return WORK_PER_S * (end_s - start_s)
        return self.profiles.worked(self.class_of[self._index[origin]], start_s, end_s)

    def rows(self, origin: str) -> "tuple[memoryview[int], memoryview[int]]":
        """Seconds and metres from `origin` to every place, in the order of `places`; -1 where there is no way.

        Views, because ten thousand places have 800 MB of them.
        """
        start = self._position(origin, origin) // (len(self.places) + 1) * len(self.places)
        end = start + len(self.places)
        return memoryview(self._seconds)[start:end], memoryview(self._metres)[start:end]

    def flat(self) -> "tuple[array[int], array[int]]":
        """All seconds and metres, row after row, not to be changed."""
        return self._seconds, self._metres

    def set(self, origin: str, destination: str, *, seconds: int, metres: int) -> None:
        position = self._position(origin, destination)
        self._seconds[position] = seconds
        self._metres[position] = metres

    def knows(self, origin: str, destination: str) -> bool:
        return self._seconds[self._position(origin, destination)] != _MISSING

    def seconds(self, origin: str, destination: str) -> int:
        value = self._seconds[self._position(origin, destination)]
        if value == _MISSING:
            raise MissingTravelTimeError(origin=origin, destination=destination)
        return value

    def metres(self, origin: str, destination: str) -> int:
        value = self._metres[self._position(origin, destination)]
        if value == _MISSING:
            raise MissingTravelTimeError(origin=origin, destination=destination)
        return value

    def _position(self, origin: str, destination: str) -> int:
        try:
            return self._index[origin] * len(self.places) + self._index[destination]
        except KeyError as cause:
            raise UnknownIdError(
                subject="Travel times", kind="place", found=str(cause.args[0]), known=self.places
            ) from None


def _no_ways(places: int) -> "array[int]":
    values = array("i", [_MISSING]) * places**2
    for position in range(places):
        values[position * (places + 1)] = 0
    return values


def _whole(values: "array[int]") -> "array[int]":
    return values if values.typecode == "i" else array("i", values)
