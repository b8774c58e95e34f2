"""The morning before the first judged day: the city's history is handed over and imported, and the models learn."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from city.clock import to_utc, zone
from city.progress import Progress
from features.sources.synthetic import CityStepper, build_demo_city
from features.sources.synthetic.build import NOW, SPIN_UP_DAYS, TODAY
from features.sources.synthetic.deliveries import Deliveries
from features.sources.synthetic.world import TIME_ZONE
from serving.desk import Desk
from serving.effort import Effort
from serving.importing import import_files
from serving.simulation.own_home import Calendar, LifeSize
from serving.training import train

LEARNED = ("congestion", "waste")
ONE_DAY = timedelta(days=1)
WEEK_DAYS = 7
FIRST_DAY = TODAY + ONE_DAY  # judged; the day before is still lived in the old way


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The city on the evening before the first judged day."""

    stepper: CityStepper
    deliveries: Deliveries
    counts: dict[date, pl.DataFrame]  # of the last week


def dawn(day: date) -> datetime:
    """In UTC: the hour at which the departments have handed over and the day is planned."""
    return to_utc(datetime.combine(day, NOW), zone(TIME_ZONE))


def begin(desk: Desk, size: LifeSize, clock: Calendar, progress: Progress) -> Beginning:
    folder = desk.settings.home / "departments"
    built = build_demo_city(
        folder / "history", seed=size.seed, scale=size.scale, days=size.history_days, progress=progress
    )
    clock.now = built.now
    import_files(desk, built.mapping, now=built.now, progress=progress)
    stepper = CityStepper(seed=size.seed, scale=size.scale)
    mapping = built.mapping.read_text(encoding="utf-8")
    deliveries = Deliveries(world=stepper.world, mapping=mapping, until=datetime.combine(TODAY, NOW))
    counts: dict[date, pl.DataFrame] = {}
    days = SPIN_UP_DAYS + size.history_days + 1
    with progress("Living the days before", days) as advance:
        for ago in range(days - 1, -1, -1):
            day = TODAY - ago * ONE_DAY
            outcome = stepper.day(day, stepper.usual_actions(day))
            deliveries.lived(outcome)
            if ago < WEEK_DAYS:
                counts[day] = outcome.counts
            advance(1)
    return Beginning(stepper=stepper, deliveries=deliveries, counts=counts)


def learn(desk: Desk, at: datetime, size: LifeSize, progress: Progress) -> list[tuple[str, bool, str]]:
    """Each model trained and judged against its champion by the product's gate: what, promoted, why."""
    found = []
    for what in LEARNED:
        trained = train(desk, what, asked=at, effort=Effort(quick=size.quick), progress=progress)
        found.append((what, trained.promoted, trained.reason))
    return found
