"""PyVRP on a routing instance: its own default parameters, stopped by CPU time; several trips by reload depots."""

import time
from typing import Any, cast

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, Route, VehicleType, solve

from benchmarks.routing_instances import Answer, RoutingInstance


def solve_with_pyvrp(instance: RoutingInstance, *, seconds: float, seed: int) -> tuple[Answer, dict[str, float]]:
    until = time.process_time() + seconds
    # Wall time would count what others do on the machine.
    result = solve(data_of(instance), lambda _: time.process_time() >= until, seed=seed, collect_stats=False)
    work = {"iterations": float(result.num_iterations), "feasible": float(result.is_feasible())}
    return tuple(_trips(route) for route in result.best.routes()), work


def data_of(instance: RoutingInstance) -> ProblemData:
    rows = range(instance.nodes)
    durations = instance.duration if instance.timed else np.zeros_like(instance.cost)
    clients = [
        Client(
            location=node,
            delivery=[int(instance.demand[node])],
            service_duration=int(instance.service[node]),
            release_time=int(instance.release[node]),
            tw_early=int(instance.opens[node]),
            tw_late=_latest(instance, node),
        )
        for node in rows[1:]
    ]
    fleet = VehicleType(
        num_available=instance.vehicles or instance.nodes - 1,
        capacity=[instance.capacity],
        reload_depots=[0] if instance.kind == "multitrip" else [],
        tw_early=int(instance.opens[0]),
        tw_late=_latest(instance, 0),
    )
    return ProblemData(
        locations=[Location(x=0, y=0) for _ in rows],
        clients=clients,
        depots=[Depot(location=0)],
        vehicle_types=[fleet],
        distance_matrices=[cast("Any", instance.cost)],  # its stubs predate numpy's types of shapes
        duration_matrices=[cast("Any", durations)],
    )


def _latest(instance: RoutingInstance, node: int) -> int:
    # Its own largest number tells PyVRP that there are no windows, and to save their evaluation.
    return int(instance.closes[node]) if instance.timed else int(np.iinfo(np.int64).max)


def _trips(route: Route) -> tuple[tuple[int, ...], ...]:
    trips: list[list[int]] = [[]]
    for activity in route:
        if activity.is_depot():
            trips.append([])
        else:
            trips[-1].append(int(activity.idx) + 1)
    return tuple(tuple(trip) for trip in trips if trip)
