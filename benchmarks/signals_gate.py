"""The planner's optional gate, run by SUMO: plans with other leeway, simulated with seeds that judge nothing else."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.signals_programs import MADE_AT
from benchmarks.signals_scenario import Scenario
from benchmarks.signals_simulation import Outcome, Run, run_all
from city.ids import PlanId
from city.signal_plans import SignalSchedule
from optimization.signals.gate import Answer, Gated, through_the_gate
from optimization.signals.planner import plan_signals
from optimization.signals.problem import Leeway, SignalProblem
from optimization.signals.sumo_net import NetImport

CHOOSING_SEEDS: Final = tuple(range(9001, 9006))
ProgramOf = Callable[[NetImport, SignalSchedule, int], str]  # what SUMO is to run, at a second of the day
Whole = Callable[[NetImport, SignalSchedule], SignalSchedule]


@dataclass(frozen=True, kw_only=True)
class SumoGate:
    """`whole` completes a plan by the programs of the lights that it leaves alone."""

    scenario: Scenario
    net: NetImport
    scale: float
    whole: Whole

    def choose(self, problem: SignalProblem, program: ProgramOf) -> Gated:
        def planned(leeway: Leeway) -> Answer:
            return plan_signals(replace(problem, leeway=leeway), plan_id=PlanId("plan"), made_at=MADE_AT)

        return through_the_gate(planned, lambda plans: self.delays(plans, program))

    def delays(self, plans: Sequence[SignalSchedule], program: ProgramOf) -> list[list[float]]:
        shown = [program(self.net, self.whole(self.net, plan), self.scenario.begin_s) for plan in plans]
        runs = [self._run(str(k), one, seed) for k, one in enumerate(shown) for seed in CHOOSING_SEEDS]
        done = 0

        def advance(_: Outcome) -> None:
            nonlocal done
            done += 1
            print(f"\r  the gate: {done} of {len(runs)} runs", end="", file=sys.stderr, flush=True)

        found = {(one.key[0], one.seed): one.delay_s for one in run_all(runs, advance)}
        print(file=sys.stderr)
        return [[found[str(k), seed] for seed in CHOOSING_SEEDS] for k in range(len(plans))]

    def _run(self, key: str, program: str, seed: int) -> Run:
        scenario = self.scenario
        return Run(
            key=(key,),
            net=scenario.net,
            routes=scenario.routes,
            additional=scenario.additional,
            begin_s=scenario.begin_s,
            end_s=scenario.end_s,
            judged_from_s=scenario.begin_s,
            seed=seed,
            scale=self.scale,
            rules=(),
            program=program,
        )


def named(leeway: Leeway) -> str:
    stages = "stages chosen" if leeway.stages_free else "stages as given"
    return stages + (f", cycle from {leeway.cycle_from_s} s" if leeway.cycle_from_s else "")
