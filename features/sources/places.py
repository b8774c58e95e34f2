"""Master data lies where cities lie."""

from typing import TypeVar

from city.errors import BrokenRuleError, InvalidValueError
from city.frame_rules import NORTHERNMOST, SOUTHERNMOST

T = TypeVar("T")
_SWAPPED = "If the two are swapped, swap lon and lat in the mapping; else look at crs and at the place."


def placed(thing: T, kind: str, *, may_lack: bool = False) -> T:
    """The thing itself, in WGS 84. Raises InvalidValueError beyond the latitudes of cities, BrokenRuleError at 0, 0.

    `may_lack`: 0, 0 stands for a place that nobody knows, as in forms of junctions.
    """
    lon, lat = (getattr(thing, name, None) for name in ("lon", "lat"))
    if lon is None or lat is None:
        return thing
    subject = f"{kind.capitalize()} {getattr(thing, f'{kind}_id', '')!r}"
    if not SOUTHERNMOST <= lat <= NORTHERNMOST:
        between = f"a latitude from {SOUTHERNMOST:g} to {NORTHERNMOST:g} degrees, where cities lie"
        raise InvalidValueError(subject=subject, field="lat", found=lat, expected=between, todo=_SWAPPED)
    if lon == lat == 0 and not may_lack:
        raise BrokenRuleError(
            subject=subject, problem="lon and lat are 0, which is no place", todo="Fill in where it lies."
        )
    return thing
