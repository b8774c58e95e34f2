"""The search of OR-Tools over the routing model, as work for a process of its own."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from city.collection_problem import CollectionProblem
from optimization.collection.arcs import Slot
from optimization.collection.model import RoutingModel
from optimization.collection.terrain import terrain
from optimization.collection.walk import Day, Draft

REPORT_EVERY_S = 0.5
PATIENCE_SHARE = 0.3  # of the seconds without a better solution, then the search ends
LEAST_PATIENCE_S = 2.0
Report = Callable[["Found"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTask:
    """What the solver's process is asked for: at most `seconds` of work, ended by `end_at` (Unix time)."""

    problem: CollectionProblem
    start: list[Day]
    seconds: float
    seed: int
    end_at: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A solution of the model, and the work it took."""

    days: list[Day]
    work: tuple[tuple[str, float], ...]


def improve_with_routing(task: RoutingTask, report: Report) -> None:
    """Search from the start by guided local search; report every better solution, at most twice a second."""
    began = time.monotonic()
    search = RoutingSearch(RoutingModel(terrain(task.problem), task.start), report)
    left = task.seconds - (time.monotonic() - began)
    if left > 0:
        search.run(task.start, left)


class RoutingSearch:
    """Runs the search and reports better solutions on the way, not more often than they can be of use."""

    def __init__(self, model: RoutingModel, report: Report) -> None:
        self.terrain = model.terrain
        self.arcs = model.arcs
        self.manager = model.manager
        self.routing = model.routing
        self.report = report
        self.began = time.monotonic()
        self.best = math.inf
        self.told = -math.inf
        self.improved = self.began
        self.patience_s = math.inf
        self.solutions = 0
        self.took_start = False

    def run(self, start: list[Day], seconds: float) -> None:
        self.patience_s = max(LEAST_PATIENCE_S, seconds * PATIENCE_SHARE)
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
        self.routing.CloseModelWithParameters(parameters)
        self.routing.AddAtSolutionCallback(self._look)
        warm = self.routing.ReadAssignmentFromRoutes(self._as_routes(start), True)  # noqa: FBT003
        self.took_start = warm is not None
        assignment = self.routing.SolveFromAssignmentWithParameters(warm, parameters) if self.took_start else None
        if assignment is None:
            assignment = self.routing.SolveWithParameters(parameters)
        if assignment is not None:
            self.report(
                Found(days=self._days(lambda index: assignment.Value(self.routing.NextVar(index))), work=self._work())
            )

    def _as_routes(self, start: list[Day]) -> list[list[int]]:
        unused = list(enumerate(self.arcs.slots, self.arcs.tasks))
        routes = []
        for vehicle, day in enumerate(start):
            route: list[int] = []
            for position, draft in enumerate(day):
                route += draft.tasks
                if position + 1 < len(day):
                    route.append(self._take_slot(unused, vehicle, draft, day[position + 1]))
            routes.append([self.manager.NodeToIndex(node) for node in route])
        return routes

    def _take_slot(self, unused: list[tuple[int, Slot]], vehicle: int, draft: Draft, then: Draft) -> int:
        """The nearest slot of the stream that is still free."""
        seconds = self.terrain.vehicles[vehicle].seconds
        origin = self.terrain.tasks[draft.tasks[-1]].place.row
        target = self.terrain.tasks[then.tasks[0]].place.row
        fitting = [entry for entry in unused if entry[1].stream is draft.stream]
        taken = min(
            fitting,
            key=lambda entry: seconds[origin][entry[1].ground.place.row] + seconds[entry[1].ground.place.row][target],
        )
        unused.remove(taken)
        return taken[0]

    def _days(self, following: Callable[[int], int]) -> list[Day]:
        days = []
        for vehicle in range(len(self.terrain.vehicles)):
            day: Day = []
            index = following(self.routing.Start(vehicle))
            open_trip = False
            while not self.routing.IsEnd(index):
                node = self.manager.IndexToNode(index)
                if node >= self.arcs.tasks:
                    open_trip = False
                elif open_trip:
                    day[-1].tasks.append(node)
                else:
                    day.append(Draft(stream=self.terrain.tasks[node].stream, tasks=[node]))
                    open_trip = True
                index = following(index)
            days.append(day)
        return days

    def _look(self) -> None:
        self.solutions += 1
        cost = self.routing.CostVar().Value()
        now = time.monotonic()
        if cost < self.best and now - self.told >= REPORT_EVERY_S:
            days = self._days(lambda index: self.routing.NextVar(index).Value())
            self.report(Found(days=days, work=self._work()))
            self.told = now
        if cost < self.best:
            self.best, self.improved = cost, now
        elif now - self.improved > self.patience_s:
            self.routing.CancelSearch()

    def _work(self) -> tuple[tuple[str, float], ...]:
        solver = self.routing.solver()
        return (
            ("start_taken", float(self.took_start)),
            ("solutions", float(self.solutions)),
            ("branches", float(solver.Branches())),
            ("search_s", time.monotonic() - self.began),
        )
