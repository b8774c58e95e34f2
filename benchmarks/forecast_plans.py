"""Days simulated, planned and judged for benchmarks.forecast_value: what each line of plans knows and gains."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.forecast_city import CountingCity, as_if_forecast, date_of, demand_on, with_detectors
from benchmarks.forecast_days import Counted, counted, kind_of, passing, write_day
from benchmarks.signals_lamps import rules_of_net
from benchmarks.signals_lines import own_candidates, planned_schedule
from benchmarks.signals_nets import Way, grid_net, turns_of, ways_of_net, ways_of_scenario
from benchmarks.signals_programs import fixed_program
from benchmarks.signals_scenario import Scenario
from benchmarks.signals_simulation import Outcome, Run, run_all
from city.clock import DAY_S
from optimization.signals.delay import Array
from optimization.signals.sumo_net import NetImport, NetRules, RuleSet, read_sumo_net
from optimization.signals.sumo_net_reading import open_net

LINES: Final = ("own", "fixed", "mean_day", "yesterday", "forecast", "perfect")
TARGET: Final = {"forecast_gain_share": 0.9, "beats_yesterday": True, "beats_fixed": True, "violations": 0}
FAR: Final = 100_000  # days before the first have seeds of their own
AWAKE: Final = slice(24, 84)  # 06:00 to 21:00, whose mean the one fixed plan is made for


@dataclass(frozen=True, kw_only=True)
class World:
    """Where days are simulated."""

    file: Path
    additional: tuple[Path, ...]
    ways: tuple[Way, ...]
    net: NetImport
    own_program: str
    work: Path
    seed: int

    @classmethod
    def at(cls, work: Path, arguments: argparse.Namespace) -> "World":
        seed, scale = arguments.seed, arguments.peak
        scenario = Scenario.read(arguments.scenario, work) if arguments.scenario is not None else None
        file = scenario.net if scenario is not None else grid_net(work, *arguments.grid)
        ways = (
            ways_of_scenario(scenario, scale=scale)
            if scenario is not None
            else ways_of_net(file, seed=seed, scale=scale)
        )  # fmt: skip
        net = read_sumo_net(file, NetRules(rule_set=RuleSet(arguments.rules)), flows=turns_of(ways))
        return cls(
            file=file,
            additional=scenario.additional if scenario is not None else (),
            ways=ways,
            net=net,
            own_program=own_candidates(net, RuleSet(arguments.rules))[0].program,
            work=work,
            seed=seed,
        )

    def routes(self, day: int) -> Path:
        """Written once: every line drives the same vehicles."""
        path = self.work / f"day{day}.rou.xml"
        if not path.is_file():
            write_day(self.ways, day % 7, path, seed=(self.seed, day % FAR))
        return path

    def earlier(self, days: int) -> Iterator[tuple[int, dict[str, Array]]]:
        """Days before the first one, by number, with what stop lines would have counted where nobody waited."""
        edges = open_net(self.file).getEdges(withInternal=False)
        free_s = {str(edge.getID()): edge.getLength() / edge.getSpeed() for edge in edges}
        for day in range(-days, 0):
            path = self.routes(day)
            yield day, self.approaches(passing(self.ways, path, free_s))
            path.unlink()

    def run(self, line: str, day: int, program: str) -> Run:
        return Run(
            key=(line, str(day)),
            net=self.file,
            routes=(self.routes(day),),
            additional=self.additional,
            begin_s=0,
            end_s=DAY_S,
            judged_from_s=0,
            seed=self.seed,
            scale=1.0,
            rules=rules_of_net(self.net) if line != "own" else (),  # its lamps are not ours to answer for
            program=program,
            vehroutes=self.work / f"day{day}.vehroutes.xml" if line == "own" else None,
        )

    def approaches(self, seen: Counted) -> dict[str, Array]:
        """Counts of the edges that end at a light; zeros where nothing came."""
        edges = seen.edges()
        ids = {str(m.from_link_id) for j in self.net.junctions for m in j.movements if m.from_link_id is not None}
        return {edge: edges.get(edge, np.zeros(DAY_S // 900)) for edge in sorted(ids)}


def simulated(runs: Sequence[Run], label: str) -> dict[tuple[str, int], Outcome]:
    done = 0

    def advance(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        print(
            f"  {label} [{done}/{len(runs)}]: day {int(outcome.key[1]) + 1} {outcome.key[0]} {outcome.delay_s:.1f} s",
            file=sys.stderr,
            flush=True,
        )

    return {(o.key[0], int(o.key[1])): o for o in run_all(runs, advance)}


def mean_of(days: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {edge: np.mean([day[edge] for day in days], axis=0) for edge in days[0]}


def flat(counts: Mapping[str, Array]) -> dict[str, Array]:
    return {edge: np.full(len(own), own[AWAKE].mean()) for edge, own in counts.items()}


def off_by(flows: pl.DataFrame, counts: Mapping[str, Array], day: int) -> float:
    """Sum of |median - counted| / sum of counted, over the day and all detectors."""
    truth = as_if_forecast(counts, day).select("detector_id", "valid_at", truth="flow_p50_veh_h")
    both = truth.join(flows.select("detector_id", "valid_at", "flow_p50_veh_h"), on=["detector_id", "valid_at"])
    apart = (both["truth"] - both["flow_p50_veh_h"]).abs()
    return float(apart.sum()) / max(float(both["truth"].sum()), 1e-9)


class Planning:
    """Plans of every line; junctions carry detectors and the turning shares of the days learned from."""

    def __init__(self, world: World, counts: Sequence[Mapping[str, Array]], survey: Counted, learn: int) -> None:
        self.net = replace(world.net, junctions=with_detectors(world.net.junctions, survey))
        self.counts = counts
        usual = mean_of(counts[:learn])
        self.once = {
            "fixed": self.program(as_if_forecast(flat(usual), learn), learn, "fixed"),
            "mean_day": self.program(as_if_forecast(usual, learn), learn, "mean_day"),
        }

    def program(self, flows: pl.DataFrame, day: int, line: str) -> str:
        print(f"  planning day {day + 1} from {line}", file=sys.stderr, flush=True)
        schedule, said, _ = planned_schedule(self.net, demand_on(self.net.junctions, flows, day))
        for sentence in said[:2]:
            print(f"    {sentence}", file=sys.stderr, flush=True)
        return fixed_program(self.net, schedule)

    def of_day(self, day: int, forecast: pl.DataFrame) -> dict[str, str]:
        """Programs by line."""
        return {
            **self.once,
            "yesterday": self.program(as_if_forecast(self.counts[day - 1], day), day, "yesterday"),
            "forecast": self.program(forecast, day, "forecast"),
            "perfect": self.program(as_if_forecast(self.counts[day], day), day, "perfect"),
        }


def measured(world: World, *, days: int, learn: int, earlier: int = 0) -> dict[str, Any]:
    own = simulated([world.run("own", day, world.own_program) for day in range(days)], "days counted")
    seen = [counted(world.work / f"day{day}.vehroutes.xml") for day in range(days)]
    counts = [world.approaches(one) for one in seen]
    city = CountingCity.at(world.work / "city", seed=world.seed)
    for day, drawn in (*world.earlier(earlier), *enumerate(counts[:learn])):
        city.bring(day, drawn)
    print("  training on the days counted", file=sys.stderr, flush=True)
    told = city.taught(learn)
    planning = Planning(world, counts, together(seen[:learn]), learn)
    runs, rows = [], []
    for day in range(learn, days):
        flows, rungs, said = city.forecast(day)
        runs += [world.run(line, day, program) for line, program in planning.of_day(day, flows).items()]
        rows.append({"day": day, "rungs": rungs, "said": list(said), "off_by": off_by_of(counts, flows, day, learn)})
        city.bring(day, counts[day])
    outcomes = own | simulated(runs, "days judged")
    judged = [described(row, outcomes) for row in rows]
    return {"target": TARGET, "reached": reached(judged), "rows": judged, "training": list(told)}


def together(days: Sequence[Counted]) -> Counted:
    turns = {turn for day in days for turn in day.turns}
    return Counted(turns={t: np.sum([day.turns[t] for day in days if t in day.turns], axis=0) for t in turns})


def off_by_of(counts: Sequence[Mapping[str, Array]], flows: pl.DataFrame, day: int, learn: int) -> dict[str, float]:
    guesses = {"forecast": flows, "yesterday": as_if_forecast(counts[day - 1], day)}
    guesses["mean_day"] = as_if_forecast(mean_of(counts[:learn]), day)
    return {line: round(off_by(guess, counts[day], day), 4) for line, guess in guesses.items()}


def described(row: Mapping[str, Any], outcomes: Mapping[tuple[str, int], Outcome]) -> dict[str, Any]:
    day = row["day"]
    own = {line: outcomes[line, day] for line in LINES}
    return {
        **row,
        "day": day + 1,
        "date": str(date_of(day)),
        "kind": kind_of(day % 7),
        "vehicles": own["own"].vehicles,
        "delay_s": {line: o.delay_s for line, o in own.items()},
        "delay_veh_h": {line: round(o.delay_s * o.vehicles / 3600, 2) for line, o in own.items()},
        "unfinished": {line: o.unfinished for line, o in own.items()},
        "violations": sum(o.violations for line, o in own.items() if line != "own"),
    }


def reached(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total = {line: sum(row["delay_veh_h"][line] for row in rows) for line in LINES}
    gain = {line: round(total["own"] - total[line], 2) for line in LINES if line != "own"}
    share = {line: round(own / gain["perfect"], 4) if gain["perfect"] > 0 else None for line, own in gain.items()}
    return {
        "forecast_gain_share": share["forecast"],
        "beats_yesterday": gain["forecast"] > gain["yesterday"],
        "beats_fixed": gain["forecast"] > gain["fixed"],
        "violations": sum(row["violations"] for row in rows),
        "delay_veh_h": {line: round(value, 2) for line, value in total.items()},
        "gain_veh_h": gain,
        "gain_share": share,
    }
