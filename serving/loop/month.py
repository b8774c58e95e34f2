"""A month's figures for the public: what was planned, what came, and where the forecasts and plans were wrong.

Only counts, means and shares of things. No text that a citizen or a driver wrote, nobody's name, and of complaints
nothing by district: a handful of them could tell who complained.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, Final

from city.errors import InvalidValueError, MissingInputError
from city.outcomes import Outcome
from city.places import District
from city.promises import Booked
from serving.desk import Desk
from serving.loop.effects import Judged, all_judged
from serving.loop.figures import coverage_of, skill_of, summed

Line = Mapping[str, Any]
STOPS: Final = ("stops", "done", "skipped", "blocked", "missed")
LEAST_ROWS: Final = 30  # fewer values tell nothing of a coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthReport:
    """Shares are of 1. Tuples are in order: days by date, districts by id."""

    city: str
    first: date
    last: date
    as_of: datetime
    days: tuple[dict[str, Any], ...]
    planned: dict[str, dict[str, Any]]
    happened: dict[str, Any]
    quantities: tuple[dict[str, Any], ...]
    horizons: tuple[dict[str, Any], ...]
    districts: tuple[dict[str, Any], ...]
    worst: tuple[dict[str, Any], ...]
    effects: tuple[dict[str, Any], ...]

    @property
    def month(self) -> str:
        return f"{self.first:%Y-%m}"


def month_of(text: str) -> tuple[date, date]:
    """Its first and its last day. Raises InvalidValueError."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidValueError(
            subject="Report", field="month", found=text, expected="a month such as 2026-03"
        ) from None
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def newest_month(desk: Desk) -> str:
    """Of the last day that was compared."""
    days = desk.ledger.outcomes.days()
    if not days:
        raise _nothing(None)
    return f"{days[-1]:%Y-%m}"


def _nothing(month: str | None) -> MissingInputError:
    return MissingInputError(
        step="A report" if month is None else f"The report of {month}",
        missing=("a day of which promises were compared with what came",),
        todo="Run `city compare` when the day's counts, readings and tickets have been imported.",
    )


def month_report(desk: Desk, month: str) -> MonthReport:
    """From what is stored. Raises MissingInputError where no day of the month was compared."""
    first, last = month_of(month)
    outcomes = desk.ledger.outcomes.newest(since=first, until=last)
    if not outcomes:
        raise _nothing(month)
    by_kind = {kind: [one for one in outcomes if one.kind == kind] for kind in ("forecasts", "routes", "signals")}
    days = sorted({one.day for one in outcomes})
    booked = desk.ledger.promises.find(kind="plan", days=days)
    lines = [{**line, "day": one.day} for one in by_kind["forecasts"] for line in one.document["lines"]]
    info = desk.city_or_none()
    return MonthReport(
        city="" if info is None else info.name,
        first=first,
        last=last,
        as_of=max(one.as_of for one in outcomes),
        days=tuple(_day(day, by_kind, lines) for day in days),
        planned={"routes": _routes_planned(booked, by_kind["routes"]), "signals": _signals_planned(booked)},
        happened={**_driven(by_kind["routes"]), **_counted(by_kind["signals"])},
        quantities=tuple(_scored(summed(lines, ("what", "quantity")))),
        horizons=tuple(_scored(summed(lines, ("what", "quantity", "horizon")))),
        districts=tuple(_districts(by_kind["routes"], lines, _names(desk))),
        worst=tuple(_worst(lines)),
        effects=tuple(_effect(one) for one in all_judged(desk) if _concerns(one, first, last)),
    )


def _scored(lines: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return ({**line, "coverage_80": coverage_of(line), "skill": skill_of(line)} for line in lines)


def _day(day: date, by_kind: Mapping[str, Sequence[Outcome]], lines: Sequence[Line]) -> dict[str, Any]:
    """One point of each of the month's charts."""
    mine = summed([line for line in lines if line["day"] == day], ("what",))
    routes = [one for one in by_kind["routes"] if one.day == day]
    signals = [one for one in by_kind["signals"] if one.day == day]
    return {
        "day": day.isoformat(),
        "coverage": {line["what"]: round(coverage_of(line), 4) for line in mine if line["rows"] >= LEAST_ROWS},
        **_driven(routes),
        **_counted(signals),
    }


def _routes_planned(booked: Sequence[Booked], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of the plans that were driven; one that was replaced during its day counts with the trucks that it kept."""
    ran = {plan_id for one in outcomes for plan_id in one.document["plans"]}
    mine = [one.promise.promised for one in booked if one.promise.what == "routes" and one.promise.subject in ran]
    promised = [one.document["promised"] for one in outcomes if one.document["plans"]]
    totals = {name: sum(float(one[name]) for one in promised) for name in ("planned_km", "planned_kg", "stops")}
    return {
        "plans": len(mine),
        "days": len(promised),
        **{name: round(value, 1) for name, value in totals.items()},
        "trucks": sum(len(one.document["trucks"]) for one in outcomes if one.document["plans"]),
        "unserved_mandatory": sum(one["unserved_mandatory"] for one in mine),
    }


def _signals_planned(booked: Sequence[Booked]) -> dict[str, Any]:
    mine = [one.promise.promised for one in booked if one.promise.what == "signals"]
    told = [one for one in mine if "delay_s" in one and "running_delay_s" in one]
    junctions = {junction for one in mine for junction in one["by_junction"]}
    return {
        "plans": len(mine),
        "junctions": len(junctions),
        "promised_delay_s": _mean([one["delay_s"] for one in told]),
        "promised_fixed_delay_s": _mean([one["running_delay_s"] for one in told]),
    }


def _driven(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    districts = [one for outcome in outcomes for one in outcome.document["districts"]]
    trucks = [one for outcome in outcomes for one in outcome.document["trucks"]]
    late = [one["late_median_s"] for one in trucks if one["late_median_s"] is not None]
    weighed = [(one["planned_kg"], one["weighed_kg"]) for one in trucks if one["weighed_kg"] is not None]
    counts = {name: sum(one[name] for one in trucks) for name in STOPS}
    return {
        **counts,
        "emptied": sum(one["emptied"] for one in districts),
        "overflowed": sum(one["overflowed"] for one in districts),
        "late_median_s": median(late) if late else None,
        "weighed_kg": round(sum(kg for _, kg in weighed), 1) if weighed else None,
        "planned_kg_of_weighed": round(sum(kg for kg, _ in weighed), 1) if weighed else None,
    }


def _counted(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Delays only of junctions that ran a published plan, weighed by the vehicles counted."""
    junctions = [one for outcome in outcomes for one in outcome.document["junctions"]]
    planned = [one for one in junctions if one.get("counted_delay_s") is not None and one.get("fixed_delay_s")]
    return {
        "vehicles": sum(one["vehicles"] for one in junctions),
        "mean_x": _by_vehicles(junctions, "mean_x"),
        "censored_share": _by_vehicles(junctions, "censored_share"),
        "slots_left_out": sum(one["slots_left_out"] for one in junctions),
        **{
            name: _by_vehicles(planned, name)
            for name in ("promised_delay_s", "counted_delay_s", "fixed_delay_s", "promised_fixed_delay_s")
        },
    }


def _by_vehicles(junctions: Sequence[Line], name: str) -> float | None:
    told = [(float(one[name]), float(one["vehicles"])) for one in junctions if one.get(name) is not None]
    weight = sum(vehicles for _, vehicles in told)
    return round(sum(value * vehicles for value, vehicles in told) / weight, 4) if weight else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def _names(desk: Desk) -> dict[str, str]:
    """Of districts, as the city calls them."""
    return {str(one.district_id): one.name for one in desk.history.entities(District)}


def _districts(routes: Sequence[Outcome], lines: Sequence[Line], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    told = [one for outcome in routes for one in outcome.document["districts"]]
    shown = [line for line in lines if line["what"] != "complaints"]
    coverage = {line["district_id"]: line for line in summed(shown, ("district_id",))}
    for district in sorted({one["district_id"] for one in told} | set(coverage)):
        mine = [one for one in told if one["district_id"] == district]
        counts = {name: sum(one[name] for one in mine) for name in (*STOPS, "emptied", "overflowed")}
        line = coverage.get(district)
        share = None if line is None or line["rows"] < LEAST_ROWS else round(coverage_of(line), 4)
        name = names.get(district, district)
        yield {
            "district_id": district,
            "name": name,
            **counts,
            "coverage_80": share,
            "values": 0 if line is None else line["rows"],
        }


def _worst(lines: Sequence[Line]) -> Iterable[dict[str, Any]]:
    """Of each quantity the day on which the error was largest against its month's mean."""
    for whole in summed(lines, ("what", "quantity")):
        mine = [line for line in lines if line["quantity"] == whole["quantity"]]
        days = [{**one, "day": one["day_text"]} for one in summed(_with_text(mine), ("what", "quantity", "day_text"))]
        enough = [one for one in days if one["rows"] >= LEAST_ROWS]
        if len(enough) > 1 and whole["mae"]:
            one = max(enough, key=lambda line: float(line["mae"]))
            yield {**one, "coverage_80": coverage_of(one), "month_mae": whole["mae"]}


def _with_text(lines: Iterable[Line]) -> Iterable[Line]:
    return ({**line, "day_text": line["day"].isoformat()} for line in lines)


def _concerns(one: Judged, first: date, last: date) -> bool:
    measure = one.declared.measure
    return measure.after_from <= last and measure.after_until >= first


def _effect(one: Judged) -> dict[str, Any]:
    """Without the reason that somebody wrote: that is for the city's own people."""
    measure = one.declared.measure
    document = {} if one.effect is None else one.effect.document
    return {
        "measure_id": measure.measure_id,
        "name": measure.name,
        "pilot": list(measure.pilot),
        "controls": list(measure.controls),
        "after_from": measure.after_from.isoformat(),
        "after_until": measure.after_until.isoformat(),
        "word": one.word if one.effect is not None else "no evidence",
        "why": document.get("why", ""),
        "is_over": bool(document.get("is_over", False)),
        "confidence": document.get("confidence"),
        "unit": document.get("unit", ""),
        "effect": document.get("effect"),
        "share": document.get("share"),
    }
