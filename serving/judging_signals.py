"""Signal plans before they are stored: are they what was asked, do they keep every rule, what else is there."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from city.documents import from_json
from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all
from city.findings import CheckReport
from city.ids import JunctionId
from city.ledger import StoredPlan
from city.signal_plans import DayPlan, Provenance, SignalSchedule
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified
from optimization.signals.explaining import explain
from optimization.signals.planner import NOT_YET
from optimization.software import software
from serving.day_kinds import day_kind_of
from serving.desk import Desk
from serving.forecast_age import fallen_back, says_nothing_of
from serving.good_plans import good_plans
from serving.judging import Case, Found
from serving.plan_folder import models_of, new_plan_id, refuse_unsafe, unique, write_signals
from serving.plan_pages.writing import write_explained
from serving.planning_signals import ground_of, told
from serving.rungs import OPTIMISED_RUNGS, WORTH, WORTH_IN_PART, Rung
from serving.running_days import running_days
from serving.selection import SignalRequest
from serving.solving import SignalTask

DAYS_BACK = 28
MOST_TRIED = 8  # of stored plans
REACH: Final = timedelta(days=2)  # of a forecast of traffic


class SignalCase(Case[SignalSchedule]):
    def __init__(self, desk: Desk, request: SignalRequest) -> None:
        self.desk = desk.pinned()
        self.ground = ground_of(self.desk, request)
        self.scenarios = self.ground.scenarios()
        self.problem = self.ground.problem(self.scenarios)
        self.plan_id = new_plan_id("signals", self.ground.service_date)
        self.ids = tuple(junction.junction_id for junction in self.problem.junctions)
        self.fallen = fallen_back("congestion", self.ground.forecast, self.ground.moment)
        day, today = self.ground.service_date, self.desk.local_date(self.ground.moment.made_at)
        # A day that no forecast reaches is a slip of whoever asks; one that a fresh forecast would reach is not.
        if day <= today + REACH and says_nothing_of(self.ground.forecast, day, self.ground.time_zone):
            self.blind = (*self.fallen, f"The newest forecast says nothing of {day}.")
        self.provenance = Provenance(
            made_at=self.ground.moment.made_at,
            seed=request.seed,
            forecast_issued_at=self.ground.forecast["issued_at"][0],
            models=models_of(self.ground.forecast),
            history_versions=self.desk.history.versions(),
            software=software(),
        )

    def task(self) -> SignalTask:
        return SignalTask(problem=self.problem, plan_id=self.plan_id, provenance=self.provenance)

    def read(self, text: str) -> SignalSchedule:
        schedule = from_json(SignalSchedule, text, "What the planner sent")
        self._refuse_another(schedule)
        return schedule

    def judged(self, plan: SignalSchedule) -> Found[SignalSchedule]:
        self._refuse_unsafe(plan)
        in_part = sum(why == NOT_YET for _, why in plan.unchanged)
        said: tuple[str, ...] = ()
        if in_part:
            said = (f"{len(self.ids) - in_part} of {len(self.ids)} junctions were looked at before the time was up.",)
        rung = Rung.ON_FALLBACK if self.fallen else Rung.OPTIMISED
        return Found(
            plan=plan,
            report=self._report(plan),
            rung=rung,
            worth=WORTH_IN_PART if in_part else WORTH[rung],
            cost=-float(len(plan.day_plans)),
            said=(*self.fallen, *said),
        )

    def others(self) -> Iterator[Found[SignalSchedule]]:
        for stored in self._still_good():
            schedule = self._of_stored(stored)
            if schedule is not None and (report := self._report(schedule)).ok:
                said = f"This is plan {stored.plan_id}, made at {stored.made_at.isoformat(timespec='minutes')}"
                yield Found(
                    plan=schedule,
                    report=report,
                    rung=Rung.LAST_GOOD,
                    worth=WORTH[Rung.LAST_GOOD],
                    said=(f"{said} for {stored.service_date}, checked again for {self.problem.service_date}.",),
                )
        schedule = self._as_today()
        if schedule is not None and (report := self._report(schedule)).ok:
            yield Found(
                plan=schedule,
                report=report,
                rung=Rung.TIME_OF_DAY,
                worth=WORTH[Rung.TIME_OF_DAY],
                said=("Nothing new was planned: the junctions keep the plans that they run today.",),
            )

    def sealed(self, found: Found[SignalSchedule], said: tuple[str, ...]) -> SignalSchedule:
        planned = found.rung in OPTIMISED_RUNGS
        complete = planned and found.worth != WORTH_IN_PART
        said = () if complete else said
        schedule = replace(found.plan, degraded=unique(found.said, said, found.plan.degraded))
        schedule = told(self.desk, self.ground, schedule, ladder=said, planned=planned)
        schedule = replace(schedule, rung=found.rung.value)
        report = self._report(schedule)
        refuse_unsafe(schedule.plan_id, report)
        return certified(schedule, self.problem.junctions, self.problem.corridors, report)

    def write_first(self, plan: SignalSchedule, report: CheckReport) -> None:
        """None: a signal plan is checked again against the junctions in the history."""

    def write_rest(self, plan: SignalSchedule, report: CheckReport) -> None:
        folder = write_signals(self.desk.settings.plans, plan, report, self.problem.junctions, self.problem.corridors)
        write_explained(folder, plan, self.problem, explain(plan, self.problem, self.scenarios))

    def _report(self, schedule: SignalSchedule) -> CheckReport:
        return check_schedule(schedule, self.problem.junctions, self.problem.corridors)

    def _refuse_unsafe(self, schedule: SignalSchedule) -> None:
        refuse_unsafe(schedule.plan_id, self._report(schedule))

    def _refuse_another(self, schedule: SignalSchedule) -> None:
        """A plan may keep every rule and yet be of another day, of other junctions or made from something else."""
        given, own = schedule.provenance, self.provenance
        pairs = {
            "plan_id": (schedule.plan_id, self.plan_id),
            "kind": (schedule.kind, "signals"),
            "service_date": (schedule.service_date, self.problem.service_date),
            "time_zone": (schedule.time_zone, self.problem.time_zone),
            "district_ids": (sorted(schedule.district_ids), sorted({j.district_id for j in self.problem.junctions})),
            "junctions": (sorted(_named(schedule)), sorted(self.ids)),
            "corridor_ids": (
                sorted(set(schedule.corridor_ids) - {c.corridor_id for c in self.problem.corridors}),
                [],
            ),
            "measures": (sorted({m.junction_id for m in schedule.measures} - set(self.ids)), []),
            "made_at": (given.made_at, own.made_at),
            "seed": (given.seed, own.seed),
            "forecast_issued_at": (given.forecast_issued_at, own.forecast_issued_at),
            "models": (given.models, own.models),
            "history_versions": (given.history_versions, own.history_versions),
        }
        errors: list[CityError] = [
            InvalidValueError(subject="What the planner sent", field=name, found=str(found), expected=str(expected))
            for name, (found, expected) in pairs.items()
            if found != expected
        ]
        if not schedule.day_plans:
            errors.append(BrokenRuleError(subject="What the planner sent", problem="it plans no junction"))
        raise_all("What the planner sent", errors)

    def _still_good(self) -> Iterator[StoredPlan]:
        """Stored plans for this date, then for the newest days of the same kind."""
        tried = 0
        for back in range(DAYS_BACK + 1):
            day = self.problem.service_date - timedelta(days=back)
            if back and not self._same_kind(day):
                continue
            for one in good_plans(self.desk, "signals", day, most=MOST_TRIED - tried):
                tried += 1
                yield one
            if tried >= MOST_TRIED:
                return

    def _same_kind(self, day: date) -> bool:
        made_at = self.ground.moment.made_at
        own, _ = day_kind_of(self.desk, self.problem.service_date, known_at=made_at)
        other, _ = day_kind_of(self.desk, day, known_at=made_at)
        return own is other

    def _of_stored(self, stored: StoredPlan) -> SignalSchedule | None:
        """The part of it that was asked for, for this date; None where it does not cover that."""
        try:
            schedule = from_json(SignalSchedule, stored.document, f"Plan {stored.plan_id}")
        except CityError:
            return None
        if schedule.rung not in OPTIMISED_RUNGS or not set(self.ids) <= set(_named(schedule)):
            return None
        known = {corridor.corridor_id for corridor in self.problem.corridors}
        return self._schedule(
            [day for day in schedule.day_plans if day.junction_id in self.ids],
            replace(
                schedule,
                corridor_ids=tuple(one for one in schedule.corridor_ids if one in known),
                measures=tuple(one for one in schedule.measures if one.junction_id in self.ids),
                unchanged=tuple(pair for pair in schedule.unchanged if pair[0] in self.ids),
                provenance=replace(schedule.provenance, made_at=self.provenance.made_at),
            ),
        )

    def _as_today(self) -> SignalSchedule | None:
        """The running plans, as far as each keeps the rules by itself; the rest is left alone."""
        blank = SignalSchedule(
            plan_id=self.plan_id,
            service_date=self.problem.service_date,
            time_zone=self.problem.time_zone,
            district_ids=(),
            corridor_ids=(),
            day_plans=(),
            measures=(),
            provenance=replace(self.provenance, forecast_issued_at=None, models=()),
        )
        kept, left = [], []
        running = {day.junction_id: day for day in running_days(self.problem.junctions)}
        for junction_id in self.ids:
            day = running.get(junction_id)
            report = None if day is None else self._report(self._schedule([day], blank))
            if day is not None and report is not None and report.ok:
                kept.append(day)
            else:
                why = "no running plan is recorded" if report is None else report.findings[0].sentence
                left.append((junction_id, f"it runs on as it does today: {why}"))
        return self._schedule(kept, replace(blank, unchanged=tuple(left))) if kept else None

    def _schedule(self, day_plans: Iterable[DayPlan], base: SignalSchedule) -> SignalSchedule:
        return replace(
            base,
            plan_id=self.plan_id,
            service_date=self.problem.service_date,
            time_zone=self.problem.time_zone,
            district_ids=tuple(dict.fromkeys(junction.district_id for junction in self.problem.junctions)),
            day_plans=tuple(day_plans),
            assumed=(),
            degraded=(),
            certificate=None,
        )


def _named(schedule: SignalSchedule) -> tuple[JunctionId, ...]:
    return (*(day.junction_id for day in schedule.day_plans), *(junction_id for junction_id, _ in schedule.unchanged))
