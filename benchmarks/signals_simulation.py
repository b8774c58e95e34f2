"""One run of a scenario in SUMO, in a process of its own: delays of all vehicles, and the lamps judged every second.

Delay per vehicle = (sum over departed of timeLoss + departDelay, unfinished included, + sum over never inserted of
end - planned departure) / all vehicles loaded. No teleports.
"""

import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import numpy as np

from benchmarks.signals_lamps import LampJudge, LampRules
from benchmarks.signals_pressure import MaxPressure, Passage
from benchmarks.signals_stages import Staging
from city.errors import BrokenRuleError

PROCESSES: Final = 2
SAID: Final = 8
NEAR_M: Final = 50.0  # before the line, where MaxPressure counts


@dataclass(frozen=True, kw_only=True)
class PressureControl:
    staging: Staging
    passages: tuple[Passage, ...]
    permissive_weight: float
    lost_by_a_change_veh: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """`program` is an additional file with the controller's programs, as text; `pressure` controls by itself.

    Vehicles that were planned to depart before `judged_from_s` do not count.
    """

    key: tuple[str, ...]
    net: Path
    routes: tuple[Path, ...]
    additional: tuple[Path, ...]
    begin_s: int
    end_s: int
    judged_from_s: int
    seed: int
    scale: float
    rules: tuple[LampRules, ...]
    program: str = ""
    pressure: tuple[PressureControl, ...] = ()
    vehroutes: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    key: tuple[str, ...]
    seed: int
    delay_s: float
    p95_s: float
    stops: float
    vehicles: int
    unfinished: int
    violations: int
    said: tuple[str, ...]
    cpu_s: float
    walks: int = 0
    walk_wait_s: float | None = None  # standing, per person on foot; None where nobody walks


def run_all(runs: Iterable[Run], advance: Any) -> list[Outcome]:  # noqa: ANN401 -- a callable of one count
    """Two at a time; `advance(outcome)` as each is done."""
    found = []
    # SUMO keeps state in its process: a run after another one in the same process is not quite the same run.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for future in as_completed([pool.submit(simulate, run) for run in runs]):
            found.append(future.result())
            advance(found[-1])
    return found


def simulate(run: Run) -> Outcome:
    import libsumo  # noqa: PLC0415 -- the extra `sim`, and only in the process that runs it

    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        trips = Path(folder) / "trips.xml"
        libsumo.start(_command(run, Path(folder), trips))
        judges = [LampJudge(rules=rules) for rules in run.rules]
        try:
            _step_through(libsumo, run, judges)
        finally:
            libsumo.close()
        delays, stops, unfinished = _trips(trips, run)
        waits = walk_waits_s(trips, run)
    if not delays:
        raise BrokenRuleError(subject=f"Run {' '.join(run.key)}", problem="no vehicle was loaded")
    said = tuple(sentence for judge in judges for sentence in judge.said)
    return Outcome(
        key=run.key,
        seed=run.seed,
        delay_s=round(float(np.mean(delays)), 3),
        p95_s=round(float(np.percentile(delays, 95)), 2),
        stops=round(float(np.mean(stops)), 3),
        vehicles=len(delays),
        unfinished=unfinished,
        violations=sum(judge.count for judge in judges),
        said=said[:SAID],
        cpu_s=round(time.process_time() - began, 2),
        walks=len(waits),
        walk_wait_s=round(float(np.mean(waits)), 3) if waits else None,
    )


def _command(run: Run, folder: Path, trips: Path) -> list[str]:
    additional = list(map(str, run.additional))
    if run.program:
        program = folder / "program.add.xml"
        program.write_text(run.program, encoding="utf-8")
        additional.append(str(program))
    command = ["sumo", "-n", str(run.net), "-r", ",".join(map(str, run.routes)), "-b", str(run.begin_s)]
    command += ["-e", str(run.end_s), "--seed", str(run.seed), "--scale", str(run.scale), "--time-to-teleport", "-1"]
    command += ["--no-step-log", "--no-warnings", "--duration-log.disable", "--ignore-route-errors"]
    command += ["--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished"]
    command += ["--tripinfo-output.write-undeparted"]
    if additional:
        command += ["-a", ",".join(additional)]
    if run.vehroutes is not None:
        command += ["--vehroute-output", str(run.vehroutes), "--vehroute-output.exit-times"]
        command += ["--vehroute-output.write-unfinished", "--vehroute-output.intended-depart"]
    return command


def _step_through(libsumo: Any, run: Run, judges: list[LampJudge]) -> None:  # noqa: ANN401
    controls = [
        (
            control.staging.junction.junction_id,
            MaxPressure(
                staging=control.staging,
                passages=control.passages,
                permissive_weight=control.permissive_weight,
                lost_by_a_change_veh=control.lost_by_a_change_veh,
            ),
        )
        for control in run.pressure
    ]
    state = libsumo.trafficlight.getRedYellowGreenState
    for second in range(run.begin_s, run.end_s):
        if controls:
            # Several lights ask for the same lanes.
            near = cache(lambda lane: _near_the_line(libsumo, lane))
            jammed = cache(lambda lane: float(libsumo.lane.getLastStepHaltingNumber(lane)))
            for light_id, control in controls:
                libsumo.trafficlight.setRedYellowGreenState(light_id, control.show(near, jammed))
        libsumo.simulationStep()
        for judge in judges:
            judge.see(second, state(judge.rules.light_id))


def _near_the_line(libsumo: Any, lane: str) -> float:  # noqa: ANN401
    length_m = float(libsumo.lane.getLength(lane))
    vehicles = libsumo.lane.getLastStepVehicleIDs(lane)
    if length_m <= NEAR_M:
        return float(len(vehicles))
    return float(sum(length_m - libsumo.vehicle.getLanePosition(one) <= NEAR_M for one in vehicles))


def _trips(path: Path, run: Run) -> tuple[list[float], list[float], int]:
    """Delay and stops of each vehicle loaded, and how many had not arrived at the end."""
    delays, stops, unfinished = [], [], 0
    for _, element in ET.iterparse(path, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag != "tripinfo":
            continue
        own: Mapping[str, str] = element.attrib
        late_s = float(own["departDelay"])
        departed = float(own["depart"]) >= 0
        planned_s = float(own["depart"]) - late_s if departed else run.end_s - late_s
        if planned_s >= run.judged_from_s - 1e-6:
            lost_s = float(own["timeLoss"]) if departed else 0.0
            delays.append(lost_s + late_s)
            stops.append(float(own["waitingCount"]) if departed else 1.0)
            unfinished += float(own["arrival"]) < 0
        element.clear()
    return delays, stops, unfinished


def walk_waits_s(path: Path, run: Run) -> list[float]:
    """Seconds that each person on foot stood still, those still on their way included."""
    waits = []
    for _, element in ET.iterparse(path, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag == "personinfo" and float(element.attrib["depart"]) >= run.judged_from_s:
            waits.append(float(element.attrib["waitingTime"]))
    return waits
