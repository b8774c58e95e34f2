"""OR-Tools routing on an instance with one trip per vehicle: guided local search over registered matrices."""

import time

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.routing_instances import Answer, RoutingInstance, vehicles_to_plan_with

PATIENCE = 4.0  # times the CPU budget, of wall time: a machine that others use must not hold a run for ever


def solve_with_ortools(instance: RoutingInstance, *, seconds: float, seed: int) -> tuple[Answer, dict[str, float]]:
    """The seed is not used: this search has none."""
    began = time.process_time()
    fleet = vehicles_to_plan_with(instance)
    manager = pywrapcp.RoutingIndexManager(instance.nodes, fleet, 0)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(instance.cost.tolist()))
    load = routing.RegisterUnaryTransitVector(instance.demand.tolist())
    routing.AddDimension(load, 0, instance.capacity, True, "load")  # noqa: FBT003
    if instance.timed:
        _clocks(routing, manager, instance)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(seconds * PATIENCE * 1000))
    limit = routing.solver().CustomLimit(lambda: time.process_time() - began > seconds)
    routing.AddSearchMonitor(limit)
    assignment = routing.SolveWithParameters(parameters)
    work = {"seed": float(seed), "branches": float(routing.solver().Branches())}
    if assignment is None:
        return (), work
    return tuple(_trip(routing, manager, assignment, vehicle) for vehicle in range(fleet)), work


def _clocks(routing: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, instance: RoutingInstance) -> None:
    passed = instance.duration + instance.service[:, np.newaxis]
    horizon = int(instance.closes[0])
    routing.AddDimension(routing.RegisterTransitMatrix(passed.tolist()), horizon, horizon, False, "time")  # noqa: FBT003
    clock = routing.GetDimensionOrDie("time")
    for node in range(1, instance.nodes):
        window = int(instance.opens[node]), min(horizon, int(instance.closes[node]))
        clock.CumulVar(manager.NodeToIndex(node)).SetRange(*window)
    for vehicle in range(manager.GetNumberOfVehicles()):
        clock.CumulVar(routing.Start(vehicle)).SetMin(int(instance.opens[0]))


def _trip(
    routing: pywrapcp.RoutingModel,
    manager: pywrapcp.RoutingIndexManager,
    assignment: pywrapcp.Assignment,
    vehicle: int,
) -> tuple[tuple[int, ...], ...]:
    stops = []
    index = assignment.Value(routing.NextVar(routing.Start(vehicle)))
    while not routing.IsEnd(index):
        stops.append(int(manager.IndexToNode(index)))
        index = assignment.Value(routing.NextVar(index))
    return (tuple(stops),) if stops else ()
