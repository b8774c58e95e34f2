"""What a plan's document promises, in figures that can be held against what came."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Document = Mapping[str, Any]
OF_SIGNALS: Final = ("delay_s", "running_delay_s", "largest_x", "pedestrian_wait_s", "junctions")
OF_ROUTES: Final = (
    "km",
    "hours",
    "trucks",
    "trips",
    "stops",
    "kg",
    "unserved",
    "unserved_mandatory",
    "left",
    "overflows",
)


def promised_by(kind: str, document: Document) -> dict[str, Any]:
    """Figures of the whole plan and of its parts: `by_junction`, or `by_truck`."""
    return _signals(document) if kind == "signals" else _routes(document)


def figures_of(kind: str, document: Document) -> dict[str, float]:
    """Only those of the whole plan."""
    promised = promised_by(kind, document)
    return {name: promised[name] for name in (OF_SIGNALS if kind == "signals" else OF_ROUTES) if name in promised}


def _signals(document: Document) -> dict[str, Any]:
    by_junction: dict[str, list[Document]] = {}
    for one in document["measures"]:
        by_junction.setdefault(one["junction_id"], []).append(one)
    promised: dict[str, Any] = {"junctions": len(document["day_plans"]), **_summary(document["measures"])}
    return promised | {"by_junction": {name: _summary(parts) for name, parts in sorted(by_junction.items())}}


def _summary(measures: Sequence[Document]) -> dict[str, float]:
    """Delays are weighed by the flow that each plan was made for."""
    if not measures:
        return {}
    told = [one for one in measures if one.get("running_delay_s") is not None]
    found = {
        "delay_s": _weighed(measures, "delay_s"),
        "largest_x": max(one["largest_x"] for one in measures),
        "pedestrian_wait_s": max(one["pedestrian_wait_s"] for one in measures),
    }
    return found | ({"running_delay_s": _weighed(told, "running_delay_s")} if len(told) == len(measures) else {})


def _weighed(measures: Sequence[Document], name: str) -> float:
    weight = sum(one["flow_pcu_h"] for one in measures)
    if not weight:
        return round(float(sum(one[name] for one in measures)) / len(measures), 2)
    return round(float(sum(one["flow_pcu_h"] * one[name] for one in measures)) / float(weight), 2)


def _routes(document: Document) -> dict[str, Any]:
    used = [route for route in document["routes"] if route["trips"]]
    by_truck = {route["truck_id"]: _truck(route) for route in used}
    told = {name: round(sum(one[name] for one in by_truck.values()), 3) for name in ("km", "hours", "kg")}
    unserved = document["unserved"]
    return {
        **told,
        "trucks": len(used),
        "trips": sum(len(route["trips"]) for route in used),
        "stops": sum(one["stops"] for one in by_truck.values()),
        "unserved": len(unserved),
        "unserved_mandatory": sum(bool(one["mandatory"]) for one in unserved),
        **_overflow(document),
        "cost": dict(document["cost"]),
        "by_truck": dict(sorted(by_truck.items())),
    }


def _overflow(document: Document) -> dict[str, Any]:
    """Of the points that are left; nothing where a plan of an earlier time says nothing."""
    told = document.get("overflow") or ()
    if not told:
        return {}
    by_district = {one["district_id"]: {"points": one["points"], "overflows": one["overflows"]} for one in told}
    return {
        "left": sum(one["points"] for one in told),
        "overflows": round(sum(one["overflows"] for one in told), 4),
        "overflow_by_district": by_district,
    }


def _truck(route: Document) -> dict[str, float]:
    stops = [stop for trip in route["trips"] for stop in trip["stops"]]
    return {
        "stops": len(stops),
        "trips": len(route["trips"]),
        "km": route["metres"] / 1000,
        "hours": round((route["return_s"] - route["depart_s"]) / 3600, 4),
        "kg": round(sum(stop["kg"] for stop in stops), 1),
    }


def made_from(document: Document) -> dict[str, Any]:
    """The forecast and the models that a plan was made from, and on which rung."""
    provenance = document["provenance"]
    return {
        "forecast_issued_at": provenance.get("forecast_issued_at"),
        "models": list(provenance.get("models") or ()),
        "rung": document.get("rung", ""),
    }


def named(districts: Iterable[str]) -> list[str]:
    return sorted(set(districts))
