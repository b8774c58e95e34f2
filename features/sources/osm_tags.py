"""What the tags of an OpenStreetMap way say to a truck: speed, direction, limits, bans.

Unreadable values say nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# km/h where nothing is signed: for carriageways of cities.
SPEEDS_KMH = {
    "motorway": 100.0,
    "motorway_link": 50.0,
    "trunk": 80.0,
    "trunk_link": 45.0,
    "primary": 60.0,
    "primary_link": 40.0,
    "secondary": 50.0,
    "secondary_link": 35.0,
    "tertiary": 45.0,
    "tertiary_link": 30.0,
    "unclassified": 40.0,
    "residential": 30.0,
    "living_street": 10.0,
    "service": 15.0,
}
KMH_PER_MPH = 1.609344
M_PER_FOOT = 0.3048
T_PER_LB = 0.000453592
CLOSED = {"no", "private", "agricultural", "forestry", "emergency", "military"}
OPEN = {"yes", "designated", "permissive", "destination", "delivery", "customers"}
ALWAYS = "00:00-24:00"
_NUMBER = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*$")
_FEET = re.compile(r"^\s*(\d+)\s*'\s*(?:(\d+)\s*\"?)?\s*$")
_SPAN = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadTags:
    """`lanes` per direction. `forward` and `backward` say where vehicles may drive."""

    kind: str
    speed_kmh: float
    lanes: int
    forward: bool
    backward: bool
    max_height_m: float | None
    max_weight_t: float | None
    truck_ban: str | None


def road_tags(tags: Mapping[str, str]) -> RoadTags | None:
    """None for what is no road, or one that motor vehicles may not use."""
    kind = tags.get("highway", "")
    if kind not in SPEEDS_KMH or tags.get("area") == "yes" or _closed_to_vehicles(tags):
        return None
    forward, backward = _directions(tags, kind)
    return RoadTags(
        kind=kind,
        speed_kmh=min(150.0, max(1.0, _speed(tags.get("maxspeed", "")) or SPEEDS_KMH[kind])),
        lanes=_lanes(tags.get("lanes", ""), both_ways=forward and backward),
        forward=forward,
        backward=backward,
        max_height_m=_within(_length(tags.get("maxheight", "")), 0.5, 10.0),
        max_weight_t=_within(_weight(tags), 0.5, 200.0),
        truck_ban=_ban(tags),
    )


def _closed_to_vehicles(tags: Mapping[str, str]) -> bool:
    """The most special tag decides: one for trucks before one for motor vehicles, vehicles, everybody."""
    for name in ("hgv", "motor_vehicle", "vehicle", "access"):
        value = tags.get(name)
        if value in OPEN:
            return False
        if value in CLOSED and name != "hgv":
            return True
    return False


def _directions(tags: Mapping[str, str], kind: str) -> tuple[bool, bool]:
    oneway = tags.get("oneway", "")
    if oneway in {"-1", "reverse"}:
        return False, True
    implied = kind.startswith("motorway") or tags.get("junction") in {"roundabout", "circular"}
    only_forward = oneway in {"yes", "true", "1"} or (implied and oneway not in {"no", "false", "0"})
    return True, not only_forward


def _ban(tags: Mapping[str, str]) -> str | None:
    """Hours without trucks; a ban on some weekdays only counts for all of them."""
    conditions = tags.get("hgv:conditional", "")
    if tags.get("hgv") in CLOSED:
        return ALWAYS
    spans = []
    for rule in conditions.split(")"):
        value, _, when = rule.partition("@")
        if value.strip(" ;") not in CLOSED:
            continue
        spans += [found for match in _SPAN.finditer(when) if (found := _clocks(match)) is not None]
    return ",".join(spans) or None


def _clocks(match: re.Match[str]) -> str | None:
    hours = [int(match[1]), int(match[3])]
    return f"{hours[0]:02d}:{match[2]}-{hours[1]:02d}:{match[4]}" if max(hours) <= 24 else None


def _number(text: str) -> tuple[float, str] | None:
    match = _NUMBER.match(text.lower())
    return None if match is None else (float(match[1].replace(",", ".")), match[2])


def _speed(text: str) -> float | None:
    found = _number(text)
    if found is None:
        return None
    return found[0] * KMH_PER_MPH if found[1] == "mph" else found[0] if found[1] in {"", "kmh"} else None


def _length(text: str) -> float | None:
    feet = _FEET.match(text)
    if feet is not None:
        return (int(feet[1]) + int(feet[2] or 0) / 12) * M_PER_FOOT
    found = _number(text)
    return found[0] if found is not None and found[1] in {"", "m"} else None


def _weight(tags: Mapping[str, str]) -> float | None:
    units = {"": 1.0, "t": 1.0, "kg": 0.001, "lbs": T_PER_LB, "st": 2000 * T_PER_LB}
    texts = (tags.get(name, "") for name in ("maxweight", "maxweight:hgv", "maxweightrating", "maxweightrating:hgv"))
    found = [number for text in texts if (number := _number(text)) is not None and number[1] in units]
    return min((value * units[unit] for value, unit in found), default=None)


def _lanes(text: str, *, both_ways: bool) -> int:
    found = _number(text)
    lanes = found[0] if found is not None else (2.0 if both_ways else 1.0)
    return int(min(12, max(1, lanes // 2 if both_ways else lanes)))


def _within(value: float | None, least: float, most: float) -> float | None:
    return None if value is None or not least <= value <= most else round(value, 3)
