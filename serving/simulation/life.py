"""One day after another: dawn import, forecast, plan, publish; the day; what crews say; the evening's comparison."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from city.errors import CityError
from city.frames import BinReadings
from city.progress import Progress, silent
from city.signal_plans import SignalSchedule
from city.signals import Junction
from city.waste_plans import CollectionPlan
from features.sources.synthetic import Actions, CityStepper, DayOutcome, capacity_factors_of, trips_of
from features.sources.synthetic.crews import driven, road_day
from features.sources.synthetic.traffic import Factors
from serving.desk import Desk
from serving.forecasting import issue
from serving.importing import import_files
from serving.loop.comparing import DayOutcome as Compared
from serving.loop.comparing import compare_day
from serving.plan_folder import PROBLEM
from serving.planning_routes import make_route_plan
from serving.problem_file import read_problem
from serving.selection import RouteRequest
from serving.simulation.bins import Bins, bins_of
from serving.simulation.breakdowns import replanned
from serving.simulation.delays import Delays, Judge
from serving.simulation.first_morning import FIRST_DAY, ONE_DAY, Beginning, begin, dawn, learn
from serving.simulation.opponents import FixedPrograms
from serving.simulation.own_home import Calendar, LifeSize
from serving.simulation.people import publish, report_stops, report_weights
from serving.simulation.rounds_km import Work, work_of
from serving.simulation.signal_worker import Asked, SignalWorker
from serving.simulation.skill import Skill, congestion_skill, fill_skill

RETRAINED_EVERY = 7
EVENING = timedelta(hours=17)  # after dawn


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedDay:
    """One judged day of our life. `planned_work` is None on a day on which the crews drove as of old."""

    day: date
    work: Work | None
    bins: Bins
    left_stops: int
    delays: dict[str, Delays]
    skills: tuple[Skill, ...]
    incidents: int
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    size: LifeSize
    days: tuple[LivedDay, ...]
    learned: tuple[tuple[str, str, bool, str], ...]  # day, what, promoted, why
    outcomes: tuple[Compared, ...]  # what the product's own comparison found, day by day
    seconds: dict[str, float]
    first_routes: CollectionPlan
    start: CityStepper  # on the first morning, as it was
    growth: dict[tuple[str, str], float]
    programs: FixedPrograms


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    judge: Judge
    programs: FixedPrograms

    def of(
        self, day: date, outcome: DayOutcome, factors: Factors, schedule: SignalSchedule | None
    ) -> dict[str, Delays]:
        """Of all policies on the same vehicles. `factors` are those under which the day came about."""
        traffic = self.judge.traffic(day, outcome.truth, factors)
        among, fixed = self.programs.junction_ids, self.programs.on(day)
        return {
            **self.judge.ours(traffic, schedule, among),
            "fixed": self.judge.delays(traffic, fixed, among, keep=str(fixed.plan_id)),
            "of old": self.judge.delays(traffic, None, among),
        }


def cpu_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


@dataclass(kw_only=True)
class Life:
    desk: Desk
    clock: Calendar
    size: LifeSize
    worker: SignalWorker
    progress: Progress = silent
    seconds: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    routes: dict[date, CollectionPlan] = field(default_factory=dict)
    schedules: dict[date, SignalSchedule] = field(default_factory=dict)
    counts: dict[date, pl.DataFrame] = field(default_factory=dict)
    learned: list[tuple[str, str, bool, str]] = field(default_factory=list)
    found: dict[tuple[str, str], float] = field(default_factory=dict)  # fill at the visits before the first day
    outcomes: list[Compared] = field(default_factory=list)

    def lived(self) -> Lived:
        with self.worker:
            return self._lived()

    def _lived(self) -> Lived:
        with self._timed("history and first learning"):
            beginning = begin(self.desk, self.size, self.clock, self.progress)
            self.counts |= beginning.counts
            self._learn(FIRST_DAY - ONE_DAY)
        with self._timed("fixed programs"):
            junctions = self.desk.history.entities(Junction)
            programs = FixedPrograms.of(self.desk, junctions, dawn(FIRST_DAY - ONE_DAY))
            growth = self._growth()
        self._forecast_and_signals(FIRST_DAY - ONE_DAY)
        self._take_signals(FIRST_DAY - ONE_DAY)
        stepper, start = beginning.stepper, beginning.stepper.fork()
        judging = Judging(judge=Judge.of(stepper.world), programs=programs)
        days: list[LivedDay] = []
        day = FIRST_DAY
        with self.progress("Living the simulated days", self.size.days) as advance:
            for number in range(self.size.days):
                day = FIRST_DAY + number * ONE_DAY
                delays = self._morning(day, number, beginning, judging)
                days.append(self._day(day, stepper, beginning, delays))
                advance(1)
            self._deliver(day + ONE_DAY, beginning)
            self._compare(day)
        return Lived(
            size=self.size,
            days=tuple(days),
            learned=tuple(self.learned),
            outcomes=tuple(self.outcomes),
            seconds=self.seconds,
            first_routes=next(iter(self.routes.values())),
            start=start,
            growth=growth,
            programs=programs,
        )

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), cpu_seconds()
        yield
        for kind, spent in ((name, time.perf_counter() - wall), (f"{name}, cpu", cpu_seconds() - cpu)):
            self.seconds[kind] = self.seconds.get(kind, 0.0) + spent

    def _learn(self, day: date) -> None:
        if not self.size.learning:
            return
        for what, promoted, why in learn(self.desk, dawn(day), self.size, silent):
            self.learned.append((day.isoformat(), what, promoted, why))

    def _growth(self) -> dict[tuple[str, str], float]:
        """Share of capacity that a day adds to each point on average, by what crews found until now."""
        emptied = self.desk.history.read(BinReadings, as_of=self.clock.now).filter(pl.col("emptied"))
        mean = emptied.group_by("point_id", "stream").agg(pl.col("fill_level").mean())
        self.found = {(point_id, stream): fill for point_id, stream, fill in mean.iter_rows()}
        found = emptied.group_by("point_id", "stream").agg(
            first=pl.col("read_at").min(),
            last=pl.col("read_at").max(),
            fill=pl.col("fill_level").sum(),
            before=pl.col("fill_level").sort_by("read_at").first(),
        )
        days = (pl.col("last") - pl.col("first")).dt.total_seconds() / 86_400
        rates = found.filter(days > 0).select("point_id", "stream", (pl.col("fill") - pl.col("before")) / days)
        return {(point_id, stream): rate for point_id, stream, rate in rates.iter_rows()}

    def _morning(self, day: date, number: int, beginning: Beginning, judging: Judging) -> dict[str, Delays]:
        """Tomorrow's signals are planned aside meanwhile, on another core than routes are looked for."""
        self.said = []
        preview = self._deliver(day, beginning)
        self._forecast_and_signals(day)
        if number:
            self._compare(day - ONE_DAY)
        with self._timed("queues"):
            # Trips change nothing in traffic: the preview's is the day's own.
            delays = judging.of(day, preview, self._factors(day), self.schedules.get(day))
        with self._timed("forecasts of waste"):
            issue(self.desk, "waste", asked=dawn(day))
        self._routes(day)
        if number and number % RETRAINED_EVERY == 0:  # what is learned serves from tomorrow's dawn on
            with self._timed("weekly learning"):
                self._learn(day)
        return delays

    def _deliver(self, day: date, beginning: Beginning) -> DayOutcome:
        """What the departments hand over at dawn; today as it would go on without trips."""
        self.clock.now = dawn(day)
        with self._timed("deliveries and import"):
            preview = beginning.stepper.fork().day(day, Actions(capacity_factors=self._factors(day)))
            local = self.clock.now.astimezone(self.desk.zone()).replace(tzinfo=None)
            folder = self.desk.settings.home / "departments" / day.isoformat()
            mapping = beginning.deliveries.write(folder, local, preview)
            import_files(self.desk, mapping, now=self.clock.now)
        return preview

    def _compare(self, day: date) -> None:
        with self._timed("comparison"):
            self.outcomes.append(compare_day(self.desk, day))

    def _forecast_and_signals(self, day: date) -> None:
        """Tomorrow's plan is made aside, and taken in the evening."""
        with self._timed("forecasts of congestion"):
            issue(self.desk, "congestion", asked=dawn(day))
        asked = Asked(
            settings=self.desk.settings, now=dawn(day), service_date=day + ONE_DAY, seed=self.size.seed
        )  # fmt: skip
        self.worker.ask(asked)

    def _take_signals(self, day: date) -> None:
        with self._timed("waiting for signal plans"):
            answer = self.worker.answer()
        if answer.schedule is None:
            self.said.append(answer.refusal)
        else:
            self.schedules[day + ONE_DAY] = answer.schedule

    def _routes(self, day: date) -> None:
        with self._timed("routes"):
            request = RouteRequest(
                at=dawn(day),
                service_date=day,
                seed=self.size.seed,
                seconds=self.size.route_seconds,
                overflow_share=self.size.overflow_share,
            )
            try:
                made = make_route_plan(self.desk, request)
                publish(self.desk, made.plan.plan_id, signals=False)
            except CityError as error:
                self.said.append(f"No routes for {day}, the crews drive as of old: {error}")
                return
            self.routes[day] = made.plan

    def _factors(self, day: date) -> Factors:
        schedule = self.schedules.get(day)
        return {} if schedule is None else capacity_factors_of(schedule, self.desk.history.entities(Junction))

    def _day(
        self,
        day: date,
        stepper: CityStepper,
        beginning: Beginning,
        delays: dict[str, Delays],
    ) -> LivedDay:
        plan, factors, world = self.routes.get(day), self._factors(day), stepper.world
        road = road_day(world.points, world.fleet, world.seed, day)
        planned = 0 if plan is None else sum(len(route.stops) for route in plan.routes)
        if plan is not None and road.broken:
            with self._timed("replanning"):
                mended = replanned(self.desk, self.clock, plan, road)
            plan, road = mended.plan, mended.road
            self.routes[day] = plan
            self.said += mended.said
        done = driven(trips_of(plan) if plan is not None else stepper.usual_actions(day).trips, road)
        outcome = stepper.day(day, Actions(trips=done.trips, capacity_factors=factors))
        beginning.deliveries.lived(outcome)
        self.counts[day] = outcome.counts
        self.clock.now = dawn(day) + EVENING
        with self._timed("feedback"):
            if plan is not None:
                report_stops(self.desk, plan, done)
            report_weights(self.desk, self.routes, outcome.tickets)
        with self._timed("comparison"):
            skills = (
                congestion_skill(self.desk, dawn(day), outcome, self.counts.get(day - 7 * ONE_DAY)),
                fill_skill(self.desk, dawn(day), day, outcome.readings, self.found),
            )
        self._take_signals(day)
        made = sum(len(trip.stops) for trip in done.trips)
        return LivedDay(
            day=day,
            work=None if plan is None else self._work(plan),
            bins=bins_of(world, outcome),
            left_stops=len(done.left) if plan is None else planned - made,
            delays=delays,
            skills=skills,
            incidents=outcome.truth.incidents.height,
            said=tuple(self.said),
        )

    def _work(self, plan: CollectionPlan) -> Work:
        return work_of(plan, read_problem(self.desk.settings.plans / plan.plan_id / PROBLEM))
