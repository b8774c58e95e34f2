"""Why a point is not served today, with the numbers, and the easiest single change that would let it be served."""

import math
from dataclasses import dataclass
from typing import Final

from city.clock import clock_text
from city.collection_problem import CollectionProblem, Due, PointDemand, PointKey
from city.waste_plans import Reason, Relaxation, Unserved
from city.waste_plans import RelaxationKind as Kind
from optimization.collection.advice import Advisor
from optimization.collection.advice_looking import Advice
from optimization.collection.advice_words import (
    NOT_LOOKED,
    NOTHING_HELPS,
    dearer,
    price_of,
    relaxation_of,
    sentence_of,
)
from optimization.collection.reasons_never import Why, impossible
from optimization.collection.solution import Solution
from optimization.patience import Patience

ENDED: Final = "the search ended before it was placed: plan again with more seconds"
LIMITS: Final = frozenset({Kind.MAX_STOPS, Kind.DAILY_KG, Kind.DAILY_M3})
LOADS: Final = frozenset({Kind.PAYLOAD, Kind.VOLUME, Kind.SITE_CAP, Kind.SITE_THROUGHPUT})
UNTOLD: Final = frozenset({None, Kind.TRUCK})  # advice that does not say what is short


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A reason, and what is known of serving the point all the same."""

    reason: Reason
    sentence: str
    relaxation: Relaxation | None = None
    extra_km: float | None = None
    extra_min: float | None = None


def reasons_for(
    problem: CollectionProblem, solution: Solution, *, seconds: float = math.inf, patience: Patience | None = None
) -> tuple[Unserved, ...]:
    """One entry for each point that is left, wholly or in part.

    After `seconds`, or when `patience` ends, nobody looks any more for what would help, and the entries say so. What a
    rule asks for comes first, then what is dearest to leave.
    """
    return _Reasons(problem, solution, patience or Patience(seconds)).entries()


class _Reasons:
    def __init__(self, problem: CollectionProblem, solution: Solution, patience: Patience) -> None:
        self.problem = problem
        self.solution = solution
        self.patience = patience
        self.advisor = Advisor(solution)
        self.left: dict[PointKey, list[int]] = {}
        for number in sorted(solution.left):
            point = solution.terrain.tasks[number].visit.point
            self.left.setdefault((point.point_id, point.stream), []).append(number)

    def entries(self) -> tuple[Unserved, ...]:
        demands = self.problem.demand_of
        keys = [key for key in demands if key in self.left or not self.problem.visits(key)]
        ordered = sorted(keys, key=lambda key: (demands[key].due is not Due.MUST, -demands[key].skip_price))
        entry_of = {key: self._entry(key, demands[key]) for key in ordered}
        return tuple(entry_of[key] for key in keys)

    def _late(self) -> bool:
        return self.patience.over()

    def _entry(self, key: PointKey, demand: PointDemand) -> Unserved:
        tasks = self.left.get(key, [])
        found = self._why(key, demand, tasks)
        sentence = found.sentence
        asked = max(1, len(self.problem.visits(key)))
        if 0 < len(tasks) < asked:
            sentence = f"{asked - len(tasks)} of {asked} visits are planned. {sentence}"
        return Unserved(
            point_id=key[0],
            stream=key[1],
            reason=found.reason,
            sentence=sentence,
            mandatory=demand.due is Due.MUST,
            relaxation=found.relaxation,
            extra_km=found.extra_km,
            extra_min=found.extra_min,
        )

    def _why(self, key: PointKey, demand: PointDemand, tasks: list[int]) -> _Found:
        if demand.due is Due.NOT_TODAY:
            why = _audit_dropped(self.problem, key) if demand.audit_drawn else (Reason.NOT_DUE, demand.why)
            return _Found(reason=why[0], sentence=why[1])
        never = impossible(self.problem, self.problem.point_of[key])
        if never is None and self._late():
            return self._unlooked(demand, tasks[0])
        fits = None if never else self._that_fits(tasks)
        if fits is not None:
            return self._priced(demand, fits)
        advice = None if self._late() else self.advisor.advice(tasks[0], self.patience)
        if advice is not None and advice.change is None and never is None:
            return self._priced(demand, advice)
        return self._advised(never or self._no_place(tasks[0], advice), advice)

    def _that_fits(self, tasks: list[int]) -> Advice | None:
        return next((one for task in tasks if (one := self.advisor.fits(task, self.patience)) is not None), None)

    def _unlooked(self, demand: PointDemand, number: int) -> _Found:
        if demand.due is not Due.MUST:
            said = f"There was no time to look at what serving it would cost; {_price(demand)}."
            return _Found(reason=Reason.NOT_WORTH_IT, sentence=said)
        room = self.advisor.spots.has_room(number)
        said = f"No truck was found that can take it beside its other work. {NOT_LOOKED}"
        return _Found(reason=Reason.NO_TIME if room else Reason.NO_CAPACITY, sentence=said)

    def _advised(self, why: Why, advice: Advice | None) -> _Found:
        """The reason with the easiest change that would help, of those that there was time to look at."""
        reason, sentence = why
        if advice is None:
            return _Found(reason=reason, sentence=f"{sentence} {NOT_LOOKED if self._late() else NOTHING_HELPS}")
        terrain = self.solution.terrain
        return _Found(
            reason=reason,
            sentence=f"{sentence} {sentence_of(advice, terrain)}",
            relaxation=relaxation_of(advice, terrain),
            extra_km=advice.extra_km,
            extra_min=advice.extra_min,
        )

    def _priced(self, demand: PointDemand, fits: Advice) -> _Found:
        """It could be served beside the rest: for which price, and why it is not."""
        more = f"{fits.extra_cost:.1f} more ({price_of(fits)})"
        gap = fits.extra_cost - demand.skip_price
        if demand.due is Due.MUST or gap <= 0:
            price = "" if demand.due is Due.MUST else f"; {_price(demand)}"
            said = f"It still fits, for {more}{price}, but {ENDED}."
            return _Found(reason=Reason.NO_TIME, sentence=said, extra_km=fits.extra_km, extra_min=fits.extra_min)
        said = (
            f"Serving it today would cost {more}, in the unit of the trucks' costs; {_price(demand)}. Serving it costs "
            f"{gap:.2f} more than leaving it."
        )
        return _Found(
            reason=Reason.NOT_WORTH_IT,
            sentence=said,
            relaxation=dearer(fits, gap, self.solution.terrain, demand.point_id),
            extra_km=fits.extra_km,
            extra_min=fits.extra_min,
        )

    def _no_place(self, number: int, advice: Advice | None) -> Why:
        """No truck can take it beside what the plan gives it to do."""
        solution, task, able = self.solution, self.solution.terrain.tasks[number], self.solution.able(number)
        if not able:
            return Reason.NO_WAY, "Of the trucks that may take it, none has a way to it from its depot."
        latest = clock_text(max(vehicle.last_s for vehicle in able))
        if not solution.fits_alone(number):
            return Reason.NO_TIME, (
                f"None of {len(able)} trucks can reach it, work {task.service_s} s, tip and be back by its shift's end "
                f"(the latest at {latest}), even with nothing else to do."
            )
        kind = advice.change.kind if advice is not None and advice.change is not None else None
        if kind in LIMITS:
            return Reason.NO_CAPACITY, (
                f"{len(able)} trucks may serve it, but beside their other work their limits of the day (stops, kg, m3) "
                "leave no room for it."
            )
        if kind in LOADS or (kind in UNTOLD and not self._has_room(number)):
            return Reason.NO_CAPACITY, (
                f"Its {task.kg:.0f} kg and {task.m3:.1f} loose m3 fit into no trip any more, and there is no time, or "
                f"no site, for another trip ({len(able)} trucks may serve it)."
            )
        return Reason.NO_TIME, (
            f"{len(able)} trucks may serve it, but beside their other work none has the time to reach it, work "
            f"{task.service_s} s, tip and be back by the end of its shift (the latest at {latest})."
        )

    def _has_room(self, number: int) -> bool:
        """Whether time, not load, is short; by a look at the loads alone where there is no time for more."""
        if self._late():
            return self.advisor.spots.has_room(number)
        return not self.solution.fits_without_load(number)


def _price(demand: PointDemand) -> str:
    return (
        f"leaving it is priced {demand.skip_price:.1f} (overflow by the next visit {demand.overflow_probability:.0%})"
    )


def _audit_dropped(problem: CollectionProblem, key: PointKey) -> Why:
    demand = problem.demand_of[key]
    never = impossible(problem, problem.point_of[key])
    why = never[1] if never else "No truck that is on the road today can take it beside its other work."
    return Reason.AUDIT_DROPPED, (
        f"{demand.why} It was drawn for an audit visit (by a lot of {demand.audit_probability:.0%}), which was "
        f"dropped. {why}"
    )
