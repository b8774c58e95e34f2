"""A crossroads whose western approach begins with too little green, planned anew each night from what was counted."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import numpy as np

from benchmarks.forecast_city import as_if_forecast, demand_on, with_detectors
from benchmarks.forecast_days import Counted, counted, write_vehicles
from benchmarks.signals_lamps import rules_of_net
from benchmarks.signals_lines import planned_schedule
from benchmarks.signals_nets import Way, grid_net, turns_of, ways_of_net
from benchmarks.signals_programs import fixed_program, schedule_of
from benchmarks.signals_simulation import Outcome, Run, run_all
from city.ids import StageId
from city.signal_parts import Turn
from city.signal_plans import SignalPlan
from city.signals import Junction, stage_greens_s
from optimization.signals.censoring import running_capacity_pcu_h
from optimization.signals.delay import Array
from optimization.signals.problem import SLOT_S, SLOTS
from optimization.signals.sumo_net import NetImport, NetRules, RuleSet, read_sumo_net
from optimization.signals.sumo_net_running import plan_with_splits

STARVED: Final = "left0A0"  # where vehicles from the west enter
VEH_H: Final = {"left0A0": 900.0, "right0A0": 250.0, "top0A0": 500.0, "bottom0A0": 450.0}
FIRST_CYCLE_S: Final = 90
DAY_SLOTS: Final = 8
WARM_SLOTS: Final = 1
WITHIN: Final = 1.1  # of the delay under the plan for what truly comes
TARGET: Final = {"recovered_on_day": 14, "violations": 0}
NOON_S: Final = 12 * 3600


@dataclass(frozen=True, kw_only=True)
class Crossroads:
    file: Path
    ways: tuple[Way, ...]
    net: NetImport
    work: Path
    seed: int
    start_x: float

    @classmethod
    def at(cls, work: Path, *, rules: RuleSet, seed: int, start_x: float) -> "Crossroads":
        file = grid_net(work, 1, 1)
        found = ways_of_net(file, seed=seed)
        total = {entry: sum(w.peak_veh_h for w in found if w.edges[0] == entry) for entry in VEH_H}
        ways = tuple(
            replace(w, peak_veh_h=w.peak_veh_h * VEH_H[w.edges[0]] / total[w.edges[0]]) for w in found
        )  # fmt: skip
        net = read_sumo_net(file, NetRules(rule_set=rules), flows=turns_of(ways))
        truth = Counted(turns={turn: np.full(SLOTS, flow * SLOT_S / 3600) for turn, flow in turns_of(ways).items()})
        with_counts = replace(net, junctions=with_detectors(net.junctions, truth))
        return cls(file=file, ways=ways, net=with_counts, work=work, seed=seed, start_x=start_x)

    @property
    def junction(self) -> Junction:
        return self.net.junctions[0]

    def counts_of(self, turns: Mapping[tuple[str, str], float]) -> dict[str, Array]:
        """Veh/h by turn as a day of counts of each approach."""
        ids = {str(m.from_link_id) for m in self.junction.movements if m.from_link_id is not None}
        return {
            edge: np.full(SLOTS, sum(flow for turn, flow in turns.items() if turn[0] == edge) * SLOT_S / 3600)
            for edge in sorted(ids)
        }

    def planned(self, running: SignalPlan, counts: Mapping[str, Array], day: int) -> SignalPlan:
        """The product's answer to a day's counts where `running` runs; what runs stays if it says so."""
        net = replace(self.net, junctions=(replace(self.junction, running_plan=running),))
        demand = demand_on(net.junctions, as_if_forecast(counts, day), day)
        schedule, said, _ = planned_schedule(net, demand)
        for sentence in said[:1]:
            print(f"    {sentence}", file=sys.stderr, flush=True)
        return schedule.day_plans[0].plan_at(NOON_S)

    def x_of(self, plan: SignalPlan) -> float:
        """What truly comes straight on from the west over what the plan can serve."""
        junction = replace(self.junction, running_plan=plan)
        flows = turns_of(self.ways)
        through = next(m for m in junction.movements if m.turn is Turn.THROUGH and _is_starved(str(m.from_link_id)))
        flow = flows[str(through.from_link_id), str(through.to_link_id)]
        return flow / running_capacity_pcu_h(junction, through)

    def starving(self) -> SignalPlan:
        """The longest split of the west's stage with which x is still `start_x`; equal parts for the other stages."""
        junction = self.junction
        least_s = stage_greens_s(junction)
        groups = {m.group_id for m in junction.movements if _is_starved(str(m.from_link_id)) and m.turn is Turn.THROUGH}
        full = [s.stage_id for s in junction.stages if not s.protected_left]
        starved = next(s.stage_id for s in junction.stages if s.stage_id in full and groups & set(s.group_ids))
        left_s = FIRST_CYCLE_S - sum(least_s.values())
        plans = []
        for extra_s in range(left_s + 1):
            shares = _shared(left_s - extra_s, [stage_id for stage_id in full if stage_id != starved])
            splits = {s: seconds + shares.get(s, 0) + extra_s * (s == starved) for s, seconds in least_s.items()}
            plans.append(plan_with_splits(junction, splits, 0))
        return next((plan for plan in reversed(plans) if self.x_of(plan) >= self.start_x), plans[0])

    def routes(self, day: int) -> Path:
        path = self.work / f"day{day}.rou.xml"
        if not path.is_file():
            rng = np.random.default_rng((self.seed, day))
            write_vehicles(self.ways, [np.full(DAY_SLOTS, way.peak_veh_h) for way in self.ways], path, rng)
        return path

    def run(self, label: str, plan: SignalPlan, day: int) -> Run:
        schedule = schedule_of(self.net, {self.junction.junction_id: plan}, label)
        return Run(
            key=(label, str(day)),
            net=self.file,
            routes=(self.routes(day),),
            additional=(),
            begin_s=0,
            end_s=DAY_SLOTS * SLOT_S,
            judged_from_s=0,
            seed=self.seed,
            scale=1.0,
            rules=rules_of_net(self.net),
            program=fixed_program(self.net, schedule),
            vehroutes=self.work / f"{label}{day}.vehroutes.xml",
        )


def _shared(seconds: int, among: Sequence[StageId]) -> dict[StageId, int]:
    return {stage_id: seconds // len(among) + (k < seconds % len(among)) for k, stage_id in enumerate(among)}


def _is_starved(edge: str) -> bool:
    return edge == STARVED or edge.startswith(f"{STARVED}.")


def counted_veh_h(vehroutes: Path) -> dict[tuple[str, str], float]:
    """By turn, after the warm-up."""
    hours = (DAY_SLOTS - WARM_SLOTS) * SLOT_S / 3600
    return {turn: float(own[WARM_SLOTS:DAY_SLOTS].sum()) / hours for turn, own in counted(vehroutes).turns.items()}


def approach_delay_s(place: Crossroads, vehroutes: Path, routes: Path) -> float:
    """From planned departure to the stop line, less the quickest; until the end for those that are still before it.

    Of all vehicles from the west that were planned to depart after the warm-up.
    """
    passed: dict[str, float] = {}
    for _, element in ET.iterparse(vehroutes, events=("end",)):  # noqa: S314 -- written by SUMO just now
        route = element.find("route") if element.tag == "vehicle" else None
        if route is not None and "exitTimes" in route.attrib:
            lines = [k for k, edge in enumerate(route.attrib["edges"].split()) if _is_starved(edge)]
            exits = [float(second) for second in route.attrib["exitTimes"].split()]
            if lines and lines[-1] < len(exits) and exits[lines[-1]] >= 0:
                passed[element.attrib["id"]] = exits[lines[-1]]
    own = {f"w{k}" for k, way in enumerate(place.ways) if way.edges[0] == STARVED}
    planned = {
        vehicle.attrib["id"]: float(vehicle.attrib["depart"])
        for vehicle in ET.parse(routes).getroot().iter("vehicle")  # noqa: S314 -- written by us
        if vehicle.attrib["route"] in own and float(vehicle.attrib["depart"]) >= WARM_SLOTS * SLOT_S
    }
    took = [passed.get(one, DAY_SLOTS * SLOT_S) - depart for one, depart in planned.items()]
    return float(np.mean(took)) - float(np.min(took))


def measured(place: Crossroads, days: int) -> dict[str, Any]:
    known = place.counts_of(turns_of(place.ways))
    ideal = place.planned(place.starving(), known, 0)
    running, rows, violations = place.starving(), [], 0
    for day in range(days):
        outcomes = run_all([place.run("loop", running, day), place.run("ideal", ideal, day)], lambda _: None)
        files = {o.key[0]: place.work / f"{o.key[0]}{day}.vehroutes.xml" for o in outcomes}
        delays = {name: approach_delay_s(place, path, place.routes(day)) for name, path in files.items()}
        violations += sum(outcome.violations for outcome in outcomes)
        seen = counted_veh_h(files["loop"])
        rows.append(_row(place, day, running, seen, delays, outcomes))
        told = f"x {rows[-1]['x']:.2f}, {delays['loop']:.1f} s (known demand: {delays['ideal']:.1f} s)"
        print(f"  seed {place.seed} day {day + 1}: cycle {running.cycle_s} s, {told}", file=sys.stderr, flush=True)
        running = place.planned(running, place.counts_of(seen), day + 1)
    return {"seed": place.seed, "x_ideal": round(place.x_of(ideal), 3), "violations": violations, "days": rows} | {
        "recovered_on_day": recovered_on(rows)
    }


def _row(
    place: Crossroads,
    day: int,
    plan: SignalPlan,
    seen: Mapping[tuple[str, str], float],
    delays: Mapping[str, float],
    outcomes: Sequence[Outcome],
) -> dict[str, Any]:
    west = sum(flow for (edge, _), flow in seen.items() if _is_starved(edge) and edge != STARVED)
    through = next(m for m in place.junction.movements if m.turn is Turn.THROUGH and _is_starved(str(m.from_link_id)))
    green_s = sum(green.end_s - green.start_s for green in plan.greens if green.group_id == through.group_id)
    return {
        "day": day + 1,
        "cycle_s": plan.cycle_s,
        "green_s": green_s,
        "x": round(place.x_of(plan), 3),
        "counted_veh_h": round(west, 1),
        "delay_s": round(delays["loop"], 2),
        "ideal_delay_s": round(delays["ideal"], 2),
        "all_delay_s": {outcome.key[0]: outcome.delay_s for outcome in outcomes},
    }


def recovered_on(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The first day from which on every day is well; None where the last is not."""
    well = [row["x"] < 1 and row["delay_s"] <= WITHIN * row["ideal_delay_s"] for row in rows]
    ill = [k for k, one in enumerate(well) if not one]
    first = ill[-1] + 1 if ill else 0
    return rows[first]["day"] if first < len(rows) else None
