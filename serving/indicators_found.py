"""The figures that the city has of its plans, forecasts and feeds, each by its definition."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from city.documents import from_json
from city.errors import NotFoundError
from city.ids import DistrictId
from city.ledger import StoredPlan
from city.signal_plans import PlanMeasures, SignalSchedule
from features.health.findings import FeedHealth
from serving.desk import Desk
from serving.indicator_catalogue import BY_ID
from serving.indicator_definitions import Kind
from serving.plan_folder import INDICATORS, folder_of
from serving.warnings_found import Watches
from serving.watching import Watch
from serving.watching_models import ModelWatch

_OF_ROUTES: Final = (
    "stops", "km", "t", "hours", "stops_per_h", "waiting_share", "hours_spread", "longest_h", "shift_share", "fuel_l",
    "co2_kg", "kg_co2_per_t",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One figure. `district_ids` are empty for the whole city."""

    indicator_id: str
    subject: str
    as_of: datetime
    value: float
    district_ids: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return BY_ID[self.indicator_id].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    values: tuple[Indicator, ...]
    not_told: tuple[str, ...]


def indicators_of(desk: Desk, watches: Watches, kinds: Collection[Kind], within: Collection[DistrictId] | None) -> Told:
    """Of these kinds, as far as somebody of these districts sees them; figures of the whole city are the city's."""
    values: list[Indicator] = []
    not_told: list[str] = []
    if "routes" in kinds:
        for plan in _newest(desk.ledger.plans(kind="routes", districts=within)):
            values += _routes(desk, plan, not_told)
    if "signals" in kinds:
        for plan in _newest(desk.ledger.plans(kind="signals", districts=within)):
            values += _signals(plan)
    looks: dict[Kind, Callable[[], object]] = {
        "forecasts": lambda: watches.models.get().value,
        "feeds": lambda: watches.feeds.get().value,
    }
    for kind, look in looks.items():
        if kind in kinds:
            found = look()
            not_told += [found] if isinstance(found, str) else []
            values += [one for one in _watched(found) if _seen(one, within)]
    return Told(values=tuple(values), not_told=tuple(not_told))


def _newest(plans: Sequence[StoredPlan]) -> Iterator[StoredPlan]:
    """Of each set of districts the newest plan of its newest day."""
    told: set[frozenset[str]] = set()
    for plan in sorted(plans, key=lambda one: (one.service_date, one.made_at), reverse=True):
        if (districts := frozenset(map(str, plan.district_ids))) not in told:
            told.add(districts)
            yield plan


def _routes(desk: Desk, stored: StoredPlan, not_told: list[str]) -> Iterator[Indicator]:
    plan: dict[str, Any] = json.loads(stored.document)
    yield _of_plan(stored, "routes.trucks", sum(bool(route["trips"]) for route in plan["routes"]))
    yield _of_plan(stored, "routes.unserved", len(plan["unserved"]))
    try:
        path = folder_of(desk.settings.plans, stored.plan_id) / INDICATORS
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, NotFoundError):
        not_told.append(f"Plan {stored.plan_id}: its folder holds no {INDICATORS}; it lies where the plan was made.")
        return
    for name in _OF_ROUTES:
        if isinstance(told.get(name), (int, float)):
            yield _of_plan(stored, f"routes.{name}", told[name])


def _signals(stored: StoredPlan) -> Iterator[Indicator]:
    schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
    yield _of_plan(stored, "signals.junctions", len(schedule.day_plans))
    yield _of_plan(stored, "signals.unchanged", len(schedule.unchanged))
    planned = _weighted([(one, one.delay_s) for one in schedule.measures])
    running = _weighted([(one, one.running_delay_s) for one in schedule.measures if one.running_delay_s is not None])
    if planned is not None:
        yield _of_plan(stored, "signals.delay_s", planned)
        yield _of_plan(stored, "signals.largest_x", max(one.largest_x for one in schedule.measures))
        yield _of_plan(stored, "signals.pedestrian_wait_s", max(one.pedestrian_wait_s for one in schedule.measures))
    if running is not None:
        yield _of_plan(stored, "signals.running_delay_s", running)


def _weighted(delays: Sequence[tuple[PlanMeasures, float]]) -> float | None:
    flow = sum(one.flow_pcu_h for one, _ in delays)
    return sum(one.flow_pcu_h * delay_s for one, delay_s in delays) / flow if flow else None


def _of_plan(stored: StoredPlan, indicator_id: str, value: float) -> Indicator:
    return Indicator(
        indicator_id=indicator_id,
        subject=stored.plan_id,
        as_of=stored.made_at,
        value=float(value),
        district_ids=tuple(map(str, stored.district_ids)),
    )


def _watched(found: object) -> Iterator[Indicator]:
    if isinstance(found, Watch):
        for feed in found.feeds:
            yield from _feed(feed, found.now)
    elif isinstance(found, ModelWatch):
        yield from _models(found)


def _feed(feed: FeedHealth, now: datetime) -> Iterator[Indicator]:
    figures = {
        "sensors": feed.sensors,
        "values": feed.values,
        "findings": len(feed.findings),
        "age_s": max(0.0, (now - feed.last_at).total_seconds()),
        "step_s": feed.step_s,
    }
    subject = f"{feed.feed}: {feed.quantity}, {feed.noun}"
    for name, value in figures.items():
        yield Indicator(indicator_id=f"feeds.{name}", subject=subject, as_of=now, value=float(value))


def _models(found: ModelWatch) -> Iterator[Indicator]:
    for age in found.ages:
        ages = {
            "age_s": age.forecast_age_s, "champion_age_s": age.champion_age_s, "fallback_share": age.fallback_share,
        }  # fmt: skip
        for name, value in ages.items():
            if value is not None:
                yield _of_forecast(found, name, age.what, value)
    for error in found.errors:
        subject = f"{error.what}: {error.quantity}"
        if error.gate_loss:
            yield _of_forecast(found, "loss_ratio", subject, error.loss / error.gate_loss)
        yield _of_forecast(found, "coverage_80", subject, 1 - error.below - error.above)
        yield _of_forecast(found, "below_p10", subject, error.below)
        yield _of_forecast(found, "above_p90", subject, error.above)
    for drift in found.inputs:
        where = () if drift.district_id is None else (drift.district_id,)
        subject = f"{drift.what}: {drift.quantity}, {drift.noun}"
        yield _of_forecast(found, "input_psi", subject, drift.psi, where)


def _of_forecast(
    found: ModelWatch, name: str, subject: str, value: float, district_ids: tuple[str, ...] = ()
) -> Indicator:
    return Indicator(
        indicator_id=f"forecasts.{name}", subject=subject, as_of=found.now, value=value, district_ids=district_ids
    )


def _seen(one: Indicator, within: Collection[DistrictId] | None) -> bool:
    """The state of the models is everybody's; feeds, and what is of another district, are not."""
    if within is None:
        return True
    if one.district_ids:
        return all(DistrictId(district) in within for district in one.district_ids)
    return one.kind == "forecasts"
