"""VROOM on an instance with one trip per vehicle. Its package, pyvroom, is optional; it knows wall time only."""

from datetime import timedelta
from typing import Any

import numpy as np
import vroom

from benchmarks.routing_instances import Answer, RoutingInstance, vehicles_to_plan_with

EXPLORATION = 5  # the most thorough level


def solve_with_vroom(
    instance: RoutingInstance, *, seconds: float, seed: int, cores: int = 1
) -> tuple[Answer, dict[str, float]]:
    """The seed is not used: VROOM has none. It stops by itself when its searches have ended."""
    problem = vroom.Input()
    durations = instance.duration if instance.timed else np.zeros_like(instance.cost)
    problem.set_durations_matrix(profile="car", matrix_input=durations)
    problem.set_costs_matrix(profile="car", matrix_input=instance.cost)
    fleet = [
        vroom.Vehicle(number, start=0, end=0, capacity=[instance.capacity], **_window(instance, 0, "time_window"))
        for number in range(vehicles_to_plan_with(instance))
    ]
    problem.add_vehicle(fleet)
    problem.add_job(
        [
            vroom.Job(
                node,
                location=node,
                delivery=[int(instance.demand[node])],
                default_service=int(instance.service[node]),
                **_window(instance, node, "time_windows"),
            )
            for node in range(1, instance.nodes)
        ]
    )
    solution = problem.solve(exploration_level=EXPLORATION, nb_threads=cores, timeout=timedelta(seconds=seconds))
    routes = solution.routes
    jobs = routes[routes["type"] == "job"]
    answer = tuple((tuple(int(stop) for stop in stops),) for _, stops in jobs.groupby("vehicle_id", sort=True)["id"])
    return answer, {"seed": float(seed)}


def _window(instance: RoutingInstance, node: int, name: str) -> dict[str, Any]:
    if not instance.timed:
        return {}
    window = vroom.TimeWindow(int(instance.opens[node]), int(instance.closes[node]))
    return {name: [window] if name == "time_windows" else window}
