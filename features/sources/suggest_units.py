"""Units that the name of a column says. A unit that it does not say is asked."""

import re

from city.frames import HISTORY, Entities, HistoryRow
from features.sources.suggest_columns import Look
from features.sources.suggest_lines import Lines
from features.sources.units import conversion, known_units, own_unit, unit_of_field

_MOST_AS_SHARE = 2.0
_CALLED: tuple[tuple[str, str], ...] = (
    ("percent", r"%|percent|prozent|百分"),
    ("kg/m3", r"kg/m3|kg/m³|kg_m3"),
    ("km/h", r"km/h|kmh|kph|km_h"),
    ("mph", r"mph"),
    ("m/s", r"m/s"),
    ("veh/h", r"veh/h|/h\b|per.hour|hourly|je.stunde|veh_h|辆/小时"),
    ("l", r"litre|liter|升|(^|[^a-z])l($|[^a-z])"),
    ("m3", r"m3|m³|立方"),
    ("kg", r"(^|[^a-z])kg($|[^a-z/])|公斤|千克"),
    ("t", r"tonn?e|(^|[^a-z])t($|[^a-z])|吨"),
    ("lb", r"pound|(^|[^a-z])lbs?($|[^a-z])"),
    ("degree C", r"°c|℃|celsius|_c$|degc"),
    ("degree F", r"°f|fahrenheit|_f$"),
    ("mm", r"(^|[^a-z])mm($|[^a-z])|毫米"),
    ("min", r"(^|[^a-z])min(utes?)?($|[^a-z])|分钟"),
    ("s", r"(^|[^a-z])(s|sec|seconds)($|[^a-z])|秒"),
    ("km", r"(^|[^a-z])km($|[^a-z/])|公里"),
    ("ft", r"(^|[^a-z])(ft|feet)($|[^a-z])"),
    ("m", r"(^|[^a-z])m($|[^a-z/3])|meter|metre"),
)
_CONTRACTS: dict[str, type[HistoryRow]] = {
    contract.__name__: contract for contract in HISTORY if contract is not Entities
}


def own_unit_of(subject: str, field: str) -> str | None:
    contract = _CONTRACTS.get(subject)
    if contract is None:
        return unit_of_field(field)
    return own_unit(str((contract.columns()[field].metadata or {}).get("unit", "")))


def unit_of(lines: Lines, subject: str, field: str, look: Look) -> str | None:
    """The unit to write, '?' where a person has to decide it, None where the field has none."""
    own = own_unit_of(subject, field)
    known = known_units(own or "")
    if not known:
        return None
    with_sign = own == "share" and any(word.endswith(("%", "％")) for word in look.words)
    said = (
        "percent"
        if with_sign
        else next((unit for unit, called in _CALLED if unit in known and re.search(called, look.name.casefold())), None)
    )
    span = f"its values run from {look.least:g} to {look.most:g}" if look.least is not None else "it is empty"
    if said == "percent" and not with_sign and (look.most or 0) <= _MOST_AS_SHARE:
        lines.ask(f"{look.name!r} is called percent, but {span}, as shares do: share or percent")
        return "?"
    if said is None:
        hint = _hint(own or "", field, look)
        lines.ask(f"the unit of {look.name!r} ({', '.join(known)}): {span}{hint}")
        return "?"
    _beyond(lines, subject, field, look, own or "", said)
    return said


def _hint(own: str, field: str, look: Look) -> str:
    if field == "flow_veh_h" and look.is_whole:
        return "; whole numbers, as counts per interval are: veh/interval"
    if own == "share":
        return ", as shares do" if (look.most or 0) <= _MOST_AS_SHARE else ", as percents do"
    return ""


def _beyond(lines: Lines, subject: str, field: str, look: Look, own: str, unit: str) -> None:
    """Values that the contract would refuse are shown before anything is imported."""
    contract = _CONTRACTS.get(subject)
    if contract is None or unit == "veh/interval" or look.most is None or look.least is None:
        return
    column = contract.columns()[field]
    least, most = getattr(column, "min", None), getattr(column, "max", None)
    factor, shift = conversion("", field, own, unit)
    low, high = look.least * factor + shift, look.most * factor + shift
    if (most is not None and high > most) or (least is not None and low < least):
        lines.ask(
            f"{look.name!r} runs from {low:g} to {high:g} {own}, but {field} may be {least:g} to {most:g}: "
            "another unit or meaning, or bad rows, which would be quarantined"
        )
