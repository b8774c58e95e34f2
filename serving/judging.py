"""What a checking process does: it prepares the case, checks every plan against it, and keeps the best.

It runs apart from whoever searches, and builds what plans are judged by itself: a planner that went wrong can tell it
nothing but a plan. Only what passed is stored.
"""

import logging
import pickle
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from city.errors import BrokenRuleError, CityError
from city.findings import CheckReport
from city.frames import TrafficCounts
from city.ids import PlanId
from city.ledger import Ledger
from city.settings import Settings
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.rungs import Rung
from serving.selection import RouteRequest, SignalRequest
from serving.told_errors import error_document
from serving.workbench_process import Report

logger = logging.getLogger("chengyun.judging")
Plan = TypeVar("Plan", SignalSchedule, CollectionPlan)
LONGEST_SAID = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`task` is the file for whoever searches."""

    settings: Settings
    request: SignalRequest | RouteRequest
    task: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[Plan]):
    """A plan that its check has passed. Of two, the worthier is kept, then the cheaper, then the later."""

    plan: Plan
    report: CheckReport
    rung: Rung
    worth: int
    cost: float = 0.0
    said: tuple[str, ...] = ()


class Case(ABC, Generic[Plan]):
    """One request, and all that its plans are judged by."""

    plan_id: PlanId
    blind: tuple[str, ...] = ()
    """Why no search can find anything, where that is known beforehand: what there is without one is answered."""

    @abstractmethod
    def task(self) -> object:
        """What whoever searches needs to know."""

    @abstractmethod
    def read(self, text: str) -> Plan:
        """A plan that answers what was asked. Raises CityError for any other, and for what is no plan."""

    @abstractmethod
    def judged(self, plan: Plan) -> Found[Plan]:
        """Raises CityError for a plan that breaks a rule."""

    @abstractmethod
    def others(self) -> Iterator[Found[Plan]]:
        """What there is without a search, best first."""

    @abstractmethod
    def sealed(self, found: Found[Plan], said: tuple[str, ...]) -> Plan:
        """As it is handed out: with its rung, what is to be said of it, and its certificate."""

    @abstractmethod
    def write_first(self, plan: Plan, report: CheckReport) -> None:
        """The files without which a stored plan cannot be checked again."""

    @abstractmethod
    def write_rest(self, plan: Plan, report: CheckReport) -> None: ...


@dataclass(slots=True)
class _Here:
    """The case that this process has open."""

    case: Case[Any] | None = None
    ledger: Ledger | None = None
    best: Found[Any] | None = None
    kept: tuple[Any, CheckReport] | None = None
    refused: list[str] = field(default_factory=list)

    def opened(self) -> Case[Any]:
        if self.case is None:  # cannot be: the ladder opens one first
            raise BrokenRuleError(subject="Checking process", problem="it has no case")
        return self.case

    def consider(self, found: Found[Any]) -> None:
        best = self.best
        if best is None or (found.worth, -found.cost) >= (best.worth, -best.cost):
            self.best = found


_here = _Here()


@cache
def _desk(settings: Settings) -> Desk:
    return Desk(settings)


def get_ready() -> None:
    """Import all that a case needs."""
    from optimization.collection.check_certificate import check_sha256 as of_routes  # noqa: PLC0415
    from optimization.signals.check_certificate import check_sha256 as of_signals  # noqa: PLC0415
    from serving import judging_fair_routes, judging_routes, judging_signals  # noqa: F401, PLC0415

    # Reading the check's own sources takes a while, once.
    of_routes()
    of_signals()


def look_around(settings: Settings, *, report: Report) -> None:  # noqa: ARG001
    """Open the history and the ledger as a case does: the first time takes longer."""
    from serving.planning_routes import known_parts  # noqa: PLC0415
    from serving.planning_signals import ground_of  # noqa: PLC0415

    desk = _desk(settings).pinned()
    moment = desk.moment(TrafficCounts)
    known_parts(desk, RouteRequest(), moment.made_at)
    ground_of(desk, SignalRequest()).scenarios()


def open_case(asked: Asked, *, report: Report) -> dict[str, Any]:  # noqa: ARG001  -- it is over in a moment
    """Prepare, and write the task. A request that cannot be planned is `refused`."""
    desk = _desk(asked.settings)
    _here.case, _here.best, _here.kept, _here.refused = None, None, None, []
    try:
        case = _case_of(desk, asked.request)
    except CityError as error:
        return {"refused": error_document(error)}
    asked.task.write_bytes(pickle.dumps(case.task()))
    _here.case, _here.ledger = case, desk.ledger
    return {"plan_id": case.plan_id, "blind": list(case.blind)}


def _case_of(desk: Desk, request: SignalRequest | RouteRequest) -> Case[Any]:
    from serving.judging_fair_routes import FairRouteCase  # noqa: PLC0415  -- they import this module
    from serving.judging_routes import RouteCase  # noqa: PLC0415
    from serving.judging_signals import SignalCase  # noqa: PLC0415

    if isinstance(request, SignalRequest):
        return SignalCase(desk, request)
    gap = request.fairness_gap
    return RouteCase(desk, request) if gap is None else FairRouteCase(desk, request, gap)


def fall_back(*, report: Report) -> dict[str, Any]:  # noqa: ARG001
    """Look for what could be answered if nothing better comes."""
    try:
        found = next(_here.opened().others(), None)
    except CityError as error:
        logger.warning("no older plan could be read: %s", error)
        return {"rung": None}
    if found is not None:
        _here.consider(found)
    return {"rung": None if found is None else found.rung}


def check(text: object, *, report: Report) -> dict[str, Any]:  # noqa: ARG001
    """Of what whoever searches has sent: whether it is a plan, answers what was asked and keeps every rule."""
    began, case = time.monotonic(), _here.opened()
    try:
        found = case.judged(case.read(_text(text)))
    except Exception as error:  # noqa: BLE001  -- what makes the check itself fail has not passed it
        said = (str(error) if isinstance(error, CityError) else f"the check failed on it ({error!r})")[:LONGEST_SAID]
        logger.warning("case %s: a plan was thrown away: %s", case.plan_id, said)
        _here.refused.append(said)
        return {"ok": False, "seconds": time.monotonic() - began}
    _here.consider(found)
    return {"ok": True, "worth": found.worth, "seconds": time.monotonic() - began}


def _text(sent: object) -> str:
    if isinstance(sent, str):
        return sent
    raise BrokenRuleError(subject="The planner", problem="it sent something that is no plan")


def keep(said: tuple[str, ...], until: float, *, report: Report) -> dict[str, Any]:  # noqa: ARG001
    """Store the best as a draft, unless nobody waits for it any more since `until` (Unix time).

    `plan_id` is None where there is nothing to keep.
    """
    began, case, best, ledger = time.monotonic(), _here.opened(), _here.best, _here.ledger
    thrown = tuple(f"A plan was thrown away, for it did not pass: {one}" for one in dict.fromkeys(_here.refused))
    if best is None or ledger is None or time.time() > until:
        return {"plan_id": None, "said": [*said, *thrown]}
    plan = case.sealed(best, (*said, *thrown))
    case.write_first(plan, best.report)
    ledger.save_plan(plan, best.report)
    _here.kept = plan, best.report
    return {
        "plan_id": plan.plan_id,
        "rung": plan.rung,
        "degraded": list(plan.degraded),
        "seconds": time.monotonic() - began,
    }


def finish(*, report: Report) -> None:  # noqa: ARG001
    """The other files of the plan that was kept: maps, sheets, tables, explanations."""
    if _here.kept is not None:
        _here.opened().write_rest(*_here.kept)
    _here.case = _here.best = _here.kept = None
