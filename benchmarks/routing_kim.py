"""Waste collection as Kim, Kim and Sahoo published it (Computers & Operations Research 33, 2006): `*_stop.txt`.

How the file's rules are read here, where the paper leaves room:

- A truck leaves the depot empty after it opens, serves stops, tips at a landfill when it is full or its day ends, any
  number of times, and is back before the depot closes: never loaded.
- "Vehicle capacity" bounds each load between two tips, "total yardage allowed per day" all loads of a truck together,
  "regular stops per day" its stops, tips not counted.
- A window bounds the start of a service; so do the landfills' hours. Whoever comes early waits.
- Lunch takes its whole time and begins between 11:00 and 12:00 with no work and no driving meanwhile; a truck that is
  not on the road at 12:00 needs none.
- Ways are Manhattan distances of the coordinates in feet, driven at the stated miles per hour.
- Clocks are HHMM as the header says; in a file in which one has more than 59 minutes (1675) they are hundredths of an
  hour instead, all of them.
- Fewer trucks are better whatever the miles.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from city.errors import UnreadableInputError

FEET_IN_A_MILE: Final = 5280
LUNCH_FROM_S: Final = 11 * 3600
LUNCH_UNTIL_S: Final = 12 * 3600
_LIMITS: Final = ("vehicle capacity", "total yardage a day", "stops a day", "lunch duration", "speed")
_COLUMNS: Final = 8
_DEPOT, _STOP, _LANDFILL = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KimPlace:
    """A depot, stop or landfill. Clocks are seconds after midnight, coordinates feet, loads cubic yards."""

    place_id: str
    x_ft: float
    y_ft: float
    early_s: int
    late_s: int
    service_s: int
    load_yd3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KimInstance:
    name: str
    capacity_yd3: float
    daily_yd3: float
    max_stops: int
    lunch_s: int
    speed_mph: float
    depot: KimPlace
    stops: tuple[KimPlace, ...]
    landfills: tuple[KimPlace, ...]

    def feet(self, origin: KimPlace, target: KimPlace) -> float:
        return abs(origin.x_ft - target.x_ft) + abs(origin.y_ft - target.y_ft)

    def seconds(self, feet: float) -> float:
        return feet / FEET_IN_A_MILE / self.speed_mph * 3600


def read_kim(path: Path) -> KimInstance:
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    header = next((number for number, line in enumerate(lines) if re.search("stop_id", line, re.IGNORECASE)), None)
    if header != len(_LIMITS):
        told = f"expected one line each for {', '.join(_LIMITS)}, then the header of the stops"
        raise UnreadableInputError(source=str(path), problem=told)
    limits = [_number(line.split("//")[0], path) for line in lines[:header]]
    rows = [[_number(part, path) for part in line.split()] for line in lines[header + 1 :]]
    names = _unique([line.split()[0] for line in lines[header + 1 :]])
    faults = [name for name, row in zip(names, rows, strict=True) if len(row) != _COLUMNS]
    if faults:
        problem = f"rows {', '.join(faults[:5])} have not {_COLUMNS} numbers"
        raise UnreadableInputError(source=str(path), problem=problem)
    places = _places(names, rows)
    if len(places[_DEPOT]) != 1 or not places[_STOP] or not places[_LANDFILL] or len(places) != 3:
        counts = ", ".join(f"{len(found)} of type {kind}" for kind, found in sorted(places.items()))
        problem = f"it lists {counts} places; expected one depot (0), stops (1) and landfills (2)"
        raise UnreadableInputError(source=str(path), problem=problem)
    return KimInstance(
        name=path.stem,
        capacity_yd3=limits[0],
        daily_yd3=limits[1],
        max_stops=int(limits[2]),
        lunch_s=int(limits[3]),
        speed_mph=limits[4],
        depot=places[_DEPOT][0],
        stops=tuple(places[_STOP]),
        landfills=tuple(places[_LANDFILL]),
    )


def _places(names: list[str], rows: list[list[float]]) -> dict[int, list[KimPlace]]:
    hundredths = any(clock % 100 > 59 for row in rows for clock in row[3:5])
    found: dict[int, list[KimPlace]] = {_DEPOT: [], _STOP: [], _LANDFILL: []}
    for name, (_, x, y, early, late, service, load, kind) in zip(names, rows, strict=True):
        place = KimPlace(
            place_id=name,
            x_ft=x,
            y_ft=y,
            early_s=_clock_s(early, hundredths=hundredths),
            late_s=_clock_s(late, hundredths=hundredths),
            service_s=round(service),
            load_yd3=load,
        )
        found.setdefault(int(kind), []).append(place)
    return found


def _unique(names: list[str]) -> list[str]:
    """A number that a file gives to several places stands for each of them: they are told apart by their line."""
    listed = Counter(names)
    return [name if listed[name] == 1 else f"{name} of line {line}" for line, name in enumerate(names, 1)]


def _clock_s(clock: float, *, hundredths: bool) -> int:
    hours, rest = divmod(round(clock), 100)
    return hours * 3600 + rest * (36 if hundredths else 60)


def _number(text: str, path: Path) -> float:
    try:
        return float(text)
    except ValueError:
        raise UnreadableInputError(source=str(path), problem=f"{text.strip()!r} is not a number") from None
