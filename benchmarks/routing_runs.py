"""One solver on one instance: in a process of its own, with one thread, measured, and re-checked by whoever asked.

CPU time is that of the solving process with its children, from the read instance to the answer: imports and the
warm-up of compiled code are outside of it and told apart.
"""

import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import Any, Final

from benchmarks.routing_files import read_instance
from benchmarks.routing_instances import Source

SOLVERS: Final = ("city", "pyvrp", "vroom", "ortools")
ONE_THREAD: Final = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
GRACE_S: Final = 240.0  # imports, warm-up
PATIENCE: Final = 6.0  # times the CPU budget, of wall time: then a run is ended and said to have failed
_PACKAGE: Final = {"pyvrp": "pyvrp", "vroom": "vroom", "ortools": "ortools"}
_FAMILIES: Final = {"city": {"cvrp", "vrptw", "multitrip", "kim2006"}, "pyvrp": {"cvrp", "vrptw", "multitrip"},
                    "vroom": {"cvrp", "vrptw"}, "ortools": {"cvrp", "vrptw", "kim2006"}}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    source: Source
    solver: str
    seconds: float
    seed: int
    cores: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """`answer` is None where the solver failed or was ended; `work` holds what it said of itself."""

    answer: Any
    cpu_s: float
    wall_s: float
    work: dict[str, float] = field(default_factory=dict)
    failure: str = ""


def missing(solver: str) -> str:
    """A sentence where the solver's package is not installed; else nothing."""
    package = _PACKAGE.get(solver)
    if package is None or find_spec(package) is not None:
        return ""
    name = {"vroom": "pyvroom"}.get(package, package)
    return f"{solver} is left out: its package {name} is not installed (pip install {name})."


def takes(solver: str, kind: str) -> bool:
    """Whether the solver knows all rules of this kind of instance."""
    return kind in _FAMILIES[solver]


def solved(run: Run) -> Done:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    # Not a daemon: the product's planner starts a process of its own for its solver.
    process = context.Process(target=_work, args=(run, sender))
    began = time.monotonic()
    with _threads(run.cores):
        process.start()
    sender.close()
    try:
        wall = run.seconds * PATIENCE + GRACE_S
        if receiver.poll(wall):
            done: Done = receiver.recv()
            return done
        failure = f"it was ended after {wall:.0f} s"
    except EOFError:
        failure = "its process died"
    finally:
        process.join(5.0)
        if process.is_alive():
            process.kill()
        receiver.close()
    return Done(answer=None, cpu_s=0.0, wall_s=time.monotonic() - began, failure=failure)


@contextmanager
def _threads(cores: int) -> Iterator[None]:
    """What a process that starts meanwhile reads at its imports; ours keeps its own."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"), NUMBA_NUM_THREADS=str(cores))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(run: Run, sender: Connection) -> None:
    try:
        done = _measured(run)
    except Exception as fault:  # noqa: BLE001  -- whatever a solver dies of is its result, told in the table
        traceback.print_exc()
        done = Done(answer=None, cpu_s=0.0, wall_s=0.0, failure=f"{type(fault).__name__}: {fault}")
    sender.send(done)
    sender.close()


def _measured(run: Run) -> Done:
    solve = _prepared(run)
    cpu, wall = _cpu_s(), time.monotonic()
    answer, work = solve()
    cpu, wall = _cpu_s() - cpu, time.monotonic() - wall
    # A compiled solver warms up inside its call and says for how long.
    warm = work.get("warm_up_s", 0.0)
    return Done(answer=answer, cpu_s=max(0.0, cpu - warm), wall_s=max(0.0, wall - warm), work=work)


def _prepared(run: Run) -> Callable[[], tuple[Any, dict[str, float]]]:
    if run.source.family == "kim2006":
        from benchmarks.routing_kim_plan import planned, problem_of  # noqa: PLC0415

        problem = problem_of(run.source.path)
        return lambda: planned(problem, solver=run.solver, seconds=run.seconds, seed=run.seed)
    instance = read_instance(run.source)
    asked: dict[str, Any] = {"seconds": run.seconds, "seed": run.seed}
    if run.solver in {"city", "vroom"}:
        asked["cores"] = run.cores
    module = import_module(f"benchmarks.routing_{run.solver}")
    solve = module.solve if run.solver == "city" else getattr(module, f"solve_with_{run.solver}")
    return lambda: solve(instance, **asked)


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
