"""The ways of a VROOM file: its matrices, or great circles between its places where it has none."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from optimization.collection.travel import CITY_SPEED_KMH, DETOUR, great_circle_m
from optimization.collection.vroom_values import Values
from optimization.collection.vroom_words import Position, Rows, VroomPlace

PROFILE: Final = "car"
MATRICES: Final = ("durations", "distances", "costs")


@dataclass(slots=True, kw_only=True)
class Ways:
    """Rows of the matrices, and where a thing of the file lies in them."""

    values: Values
    seconds: Rows
    metres: Rows | None = None
    costs: Rows | None = None
    given: bool = True
    rows: dict[Position, int] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    def place(self, owner: dict[str, Any], name: str, where: str) -> VroomPlace | None:
        location, index = _position(self.values, owner, name, where), owner.get(f"{name}_index")
        if not self.given:
            return VroomPlace(row=self.rows[location], location=location) if location is not None else None
        if index is None:
            if location is not None or name == "location":
                self.values.refuse(where, f"{name}_index is missing; with matrices each place names its row")
            return None
        index = self.values.whole(owner, f"{name}_index", where, most=len(self.seconds) - 1)
        return VroomPlace(row=index, index=index, location=location)


def read_ways(values: Values, found: object, jobs: list[dict[str, Any]], vehicles: list[dict[str, Any]]) -> Ways:
    """Of the one profile that the vehicles have."""
    profiles = {vehicle.get("profile", PROFILE) for vehicle in vehicles}
    if len(profiles) > 1:
        values.refuse("vehicles", f"they have the profiles {sorted(map(str, profiles))}; one plan knows one")
    if found is None:
        return _great_circles(values, jobs, vehicles)
    profile = str(next(iter(profiles)))
    matrices = values.entry(found, "matrices", (profile,))
    if profile not in matrices:
        values.refuse("matrices", f"there is none of the profile {profile!r}")
        return Ways(values=values, seconds=[])
    parts = values.entry(matrices[profile], f"matrices of {profile}", MATRICES)
    rows = {name: _rows(values, parts[name], name) for name in MATRICES if name in parts}
    if "durations" not in rows:
        values.refuse(f"matrices of {profile}", "durations are missing")
    if len({len(matrix) for matrix in rows.values()}) > 1:
        values.refuse(f"matrices of {profile}", "they are of different sizes")
    return Ways(
        values=values,
        seconds=rows.get("durations", []),
        metres=rows.get("distances"),
        costs=rows.get("costs"),
    )


def _rows(values: Values, found: object, name: str) -> Rows:
    rows = found if isinstance(found, list) else []
    whole = all(isinstance(row, list) and len(row) == len(rows) and set(map(type, row)) <= {int} for row in rows)
    if not rows or not whole or min(map(min, rows)) < 0 or max(map(max, rows)) >= 2**31:
        values.refuse(name, "expected as many rows as columns, of whole numbers from 0 to 2147483647")
        return []
    return rows


def _great_circles(values: Values, jobs: list[dict[str, Any]], vehicles: list[dict[str, Any]]) -> Ways:
    spots = [_position(values, job, "location", f"job {job['id']}") for job in jobs]
    for job, spot in zip(jobs, spots, strict=True):
        if spot is None:
            values.refuse(f"job {job['id']}", "it has no location [longitude, latitude], and there are no matrices")
    for vehicle in vehicles:
        spots += [_position(values, vehicle, name, f"vehicle {vehicle['id']}") for name in ("start", "end")]
    rows = {spot: row for row, spot in enumerate(dict.fromkeys(spot for spot in spots if spot is not None))}
    lon, lat = (np.array([spot[axis] for spot in rows]) for axis in (0, 1))
    metres = great_circle_m(lon[:, None], lat[:, None], lon[None, :], lat[None, :]) * DETOUR
    seconds = np.ceil(np.round(metres / CITY_SPEED_KMH * 3.6, 6))
    told = f"There are no matrices: ways are great circles x {DETOUR:g}, driven at {CITY_SPEED_KMH:g} km/h."
    return Ways(
        values=values,
        seconds=seconds.astype(int).tolist(),
        metres=np.ceil(np.round(metres, 6)).astype(int).tolist(),
        given=False,
        rows=rows,
        assumed=(told,),
    )


def _position(values: Values, owner: dict[str, Any], name: str, where: str) -> Position | None:
    found = owner.get(name)
    if found is None:
        return None
    numbers = isinstance(found, list) and len(found) == 2 and all(isinstance(v, (int, float)) for v in found)
    if numbers and -180 <= found[0] <= 180 and -90 <= found[1] <= 90:
        return float(found[0]), float(found[1])
    values.refuse(where, f"{name} is {found!r}, expected [longitude, latitude], WGS 84")
    return None
