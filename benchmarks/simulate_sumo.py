"""Three peak hours of a simulated life in SUMO: the same vehicles before the same lamps as in the queues that judge.

Each junction stands alone on streets of 600 m, all of them in one net (simulate_net.py). Both simulations begin empty
a quarter of an hour before the hour; incidents and weather are left out of both, nobody turns off, and all plans run as
fixed lamps, whatever the records say of traffic. Delay in SUMO: time lost on the way and before entering it, of all
that were to come in the hour; those who had not arrived at the end have lost the time until then. SUMO's default
driver; nothing of it was fitted to the queues.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.simulate_net import WARM_S, Cut, SumoNet
from city.errors import MissingInputError
from city.ids import JunctionId
from city.signal_plans import SignalSchedule
from features.sources.synthetic import Actions
from serving.rechecking import plan_in
from serving.simulation.delays import Judge, Traffic
from serving.simulation.lamps import Lamps, lamps_of_day, lamps_of_plan
from serving.simulation.living import Simulated
from serving.simulation.opponents import kind_of
from serving.simulation.queue_day import QueueStreets, came_of, waited

PEAK_HOURS: Final = (7, 8, 17, 18)
SAMPLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    day: date
    starts_s: int

    @property
    def window(self) -> tuple[int, int]:
        return self.starts_s - WARM_S, self.starts_s + 3600


def compared(done: Simulated) -> list[dict[str, Any]]:
    lived = done.scores.lived
    judge = Judge.of(lived.start.world)
    stepper = lived.start.fork()
    sampled = sampled_hours([day.day for day in lived.days], lived.size.seed)
    schedules = _schedules(done)
    rows = []
    for day in [one.day for one in lived.days]:
        truth = stepper.day(day, Actions()).truth
        for hour in (one for one in sampled if one.day == day):
            traffic = judge.traffic(day, truth, {})
            policies = {"ours": schedules.get(day), "fixed": lived.programs.on(day)}
            rows.append(_row(judge, traffic, hour, policies, lived.programs.junction_ids))
    return rows


def sampled_hours(days: Sequence[date], seed: int) -> list[Hour]:
    """Of workdays, by the seed; of whatever there is if they are too few."""
    rng = np.random.default_rng(seed)
    working = [day for day in days if kind_of(day) == "workday"] or list(days)
    every = [Hour(day=day, starts_s=hour * 3600) for day in working for hour in PEAK_HOURS]
    chosen = rng.choice(len(every), size=min(SAMPLES, len(every)), replace=False)
    return [every[k] for k in sorted(chosen)]


def _schedules(done: Simulated) -> dict[date, SignalSchedule]:
    plans = [plan_in(stored) for stored in done.desk.ledger.plans(kind="signals")]
    return {plan.service_date: plan for plan in plans if isinstance(plan, SignalSchedule)}


def _row(
    judge: Judge,
    traffic: Traffic,
    hour: Hour,
    policies: Mapping[str, SignalSchedule | None],
    among: Sequence[JunctionId],
) -> dict[str, Any]:
    begin_s, end_s = hour.window
    cut = {junction_id: _cut(traffic, junction_id, begin_s, end_s) for junction_id in among}
    row: dict[str, Any] = {
        "hour": f"{hour.day} {hour.starts_s // 3600:02d}:00",
        "vehicles": sum(int((seconds >= WARM_S).sum()) for seconds, _ in cut.values()),
    }
    with tempfile.TemporaryDirectory() as folder:
        streets = [judge.streets[junction_id] for junction_id in among]
        net = SumoNet.built(Path(folder), streets)
        for name, schedule in policies.items():
            lamps = {one: _lamps(judge.streets[one], schedule, begin_s, end_s) for one in among}
            queues_s = _in_queues(streets, lamps, cut)
            sumo_s = net.run(lamps, cut, end_s - begin_s)
            row[name] = {"queues_s": round(queues_s, 2), "sumo_s": round(sumo_s, 2)}
    return row | {
        f"{kind}_ratio": round(row["ours"][f"{kind}_s"] / row["fixed"][f"{kind}_s"], 4) for kind in ("queues", "sumo")
    }


def _cut(traffic: Traffic, junction_id: JunctionId, begin_s: int, end_s: int) -> Cut:
    came = traffic.came[junction_id]
    inside = (came.second >= begin_s) & (came.second < end_s)
    return came.second[inside] - begin_s, came.movement[inside]


def _lamps(street: QueueStreets, schedule: SignalSchedule | None, begin_s: int, end_s: int) -> Lamps:
    junction = street.junction
    plans = {} if schedule is None else {one.junction_id: one for one in schedule.day_plans}
    day_plan = plans.get(junction.junction_id)
    if day_plan is not None:
        shown = lamps_of_day(junction, day_plan)
    elif junction.running_plan is not None:
        shown = lamps_of_plan(junction, junction.running_plan)
    else:
        raise MissingInputError(step="SUMO", missing=(f"a plan of junction {junction.junction_id}",), todo="")
    return {group_id: lit[begin_s:end_s] for group_id, lit in shown.items()}


def _in_queues(
    streets: Sequence[QueueStreets], lamps: Mapping[JunctionId, Lamps], cut: Mapping[JunctionId, Cut]
) -> float:
    """Mean delay of those who came in the hour itself; slots of a quarter of an hour begin with the warm-up."""
    delay_s, vehicles = 0.0, 0
    for street in streets:
        junction_id = street.junction.junction_id
        patient = street.streets._replace(longest=np.full_like(street.streets.longest, 1_000_000))
        own = replace(street, streets=patient)
        seconds, movement = cut[junction_id]
        slots = len(next(iter(lamps[junction_id].values()))) // 900
        share = np.ones((len(street.arms), slots))
        found = waited(own, lamps[junction_id], came_of(seconds, movement, len(street.movements)), share)
        first = WARM_S // 900
        delay_s += float(found.delay_s[:, first:].sum())
        vehicles += int(found.came[:, first:].sum())
    return delay_s / max(vehicles, 1)
