"""Units that departments use, turned into the city's own: value * factor + shift."""

from city.errors import InvalidValueError

PER_INTERVAL = "veh/interval"  # its factor depends on the step of the feed

_FACTORS: dict[str, dict[str, tuple[float, float]]] = {
    "veh/h": {
        "veh/h": (1.0, 0.0),
        "veh/min": (60.0, 0.0),
        "veh/5min": (12.0, 0.0),
        "veh/15min": (4.0, 0.0),
        "veh/30min": (2.0, 0.0),
        "veh/day": (1 / 24, 0.0),
    },
    "km/h": {"km/h": (1.0, 0.0), "mph": (1.609344, 0.0), "m/s": (3.6, 0.0)},
    "share": {"share": (1.0, 0.0), "percent": (0.01, 0.0), "%": (0.01, 0.0), "permille": (0.001, 0.0)},
    "kg": {"kg": (1.0, 0.0), "g": (0.001, 0.0), "t": (1000.0, 0.0), "lb": (0.45359237, 0.0),
           "short_ton": (907.18474, 0.0)},
    "m": {"m": (1.0, 0.0), "km": (1000.0, 0.0), "cm": (0.01, 0.0), "ft": (0.3048, 0.0), "mi": (1609.344, 0.0)},
    "m3": {"m3": (1.0, 0.0), "l": (0.001, 0.0), "ft3": (0.028316846592, 0.0), "yd3": (0.764554857984, 0.0),
           "us_gal": (0.003785411784, 0.0)},
    "mm": {"mm": (1.0, 0.0), "cm": (10.0, 0.0), "in": (25.4, 0.0)},
    "degree C": {"degree C": (1.0, 0.0), "degree F": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    "s": {"s": (1.0, 0.0), "min": (60.0, 0.0), "h": (3600.0, 0.0)},
    "h": {"h": (1.0, 0.0), "min": (1 / 60, 0.0), "day": (24.0, 0.0)},
    "kg/m3": {"kg/m3": (1.0, 0.0), "g/l": (1.0, 0.0), "t/m3": (1000.0, 0.0)},
}  # fmt: skip
_OWN_NAMES = {"share of capacity": "share"}
_SUFFIXES = (
    ("_kg_m3", "kg/m3"), ("_veh_h", "veh/h"), ("_kmh", "km/h"), ("_kg", "kg"), ("_m3", "m3"),
    ("_mm", "mm"), ("_m", "m"), ("_s", "s"), ("_h", "h"),
)  # fmt: skip


def own_unit(name: str) -> str:
    """The city's unit that a contract names, without its addition ('share of capacity' is a share)."""
    return _OWN_NAMES.get(name, name)


def is_convertible(own: str) -> bool:
    return own in _FACTORS


def unit_of_field(name: str) -> str | None:
    """The unit in a field's name: payload_kg -> kg."""
    leaf = name.rpartition(".")[2]
    return next((unit for suffix, unit in _SUFFIXES if leaf.endswith(suffix)), None)


def known_units(own: str) -> tuple[str, ...]:
    names = tuple(_FACTORS.get(own, {}))
    return (PER_INTERVAL, *names) if own == "veh/h" else names


def conversion(subject: str, field: str, own: str, unit: str, *, step_s: int | None = None) -> tuple[float, float]:
    """Factor and shift from `unit` to the city's `own`; counts per interval need the step of their feed, s."""
    if own == "veh/h" and unit == PER_INTERVAL:
        if step_s is None:
            raise InvalidValueError(
                subject=subject, field=f"unit of {field}", found=unit, expected="a step of the feed beside it",
                todo='Add for example step = "15min" to the feed.',
            )  # fmt: skip
        return 3600 / step_s, 0.0
    known = _FACTORS.get(own, {own: (1.0, 0.0)})
    if unit not in known:
        raise InvalidValueError(
            subject=subject,
            field=f"unit of {field}",
            found=unit,
            expected=f"one of {', '.join(known_units(own) or known)}",
        )
    return known[unit]
