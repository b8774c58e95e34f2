"""The product's improvement engine on instances of the literature, which know less than a city does."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from benchmarks.routing_instances import Answer, RoutingInstance, vehicles_to_plan_with
from optimization.collection.engine import Chains, Engine
from optimization.collection.engine_board import FOREVER, NOBODY, NODE, SITE, TRUCK
from optimization.collection.engine_layout import Layout

UNBOUNDED = 1e18
NEVER_LEFT = 1e9  # price of a customer whom nobody serves
WARM_UP_S = 0.05


def solve(instance: RoutingInstance, *, seconds: float, seed: int, cores: int = 1) -> tuple[Answer, dict[str, float]]:
    """The best found in `seconds` of CPU time per core, each core with a seed of its own."""
    if cores == 1:
        answer, _, work = _search(instance, seconds, seed)
        return answer, work
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(_search, [instance] * cores, [seconds] * cores, range(seed, seed + cores)))
    answer, _, work = min(runs, key=lambda run: run[1])
    return answer, work


def _search(instance: RoutingInstance, seconds: float, seed: int) -> tuple[Answer, float, dict[str, float]]:
    layout = layout_of(instance)
    began = time.process_time()
    Engine(layout, seed=seed).run(WARM_UP_S, clock=time.process_time)
    warm_up_s = time.process_time() - began
    began = time.process_time()
    engine = Engine(layout, seed=seed)
    done = engine.run(seconds - (time.process_time() - began), clock=time.process_time)
    work = {"warm_up_s": warm_up_s, "iterations": float(done.iterations)}
    return answer_of(engine.chains()), engine.cost, work


def layout_of(instance: RoutingInstance) -> Layout:
    """Several trips are tips at a site that is the depot and takes no time."""
    customers, fleet = instance.nodes - 1, vehicles_to_plan_with(instance)
    trips = instance.kind == "multitrip"
    tasks = np.zeros(customers, dtype=NODE)
    tasks["row"] = np.arange(1, instance.nodes)
    tasks["kg"], tasks["busy"], tasks["release"] = instance.demand[1:], instance.service[1:], instance.release[1:]
    tasks["penalty"], tasks["usual"] = NEVER_LEFT, NOBODY
    trucks = np.zeros(fleet, dtype=TRUCK)
    trucks["payload"], trucks["m_price"] = instance.capacity, 1.0
    trucks["day_kg"] = trucks["day_m3"] = UNBOUNDED
    trucks["most_stops"] = FOREVER
    trucks["first_s"] = instance.opens[0]
    trucks["last_s"] = trucks["shift_s"] = min(int(instance.closes[0]), FOREVER)
    sites = np.zeros(1 if trips else 0, dtype=SITE)
    return Layout(
        tasks=tasks,
        task_windows=[
            ((int(opens), min(int(closes), FOREVER)),)
            for opens, closes in zip(instance.opens[1:], instance.closes[1:], strict=True)
        ],
        trucks=trucks,
        homes=np.zeros(fleet, dtype=np.int32),
        sites=sites,
        site_windows=[((0, FOREVER),)] * len(sites),
        seconds=instance.duration.astype(np.int32)[None] if instance.timed else np.zeros((1, 1, 1), dtype=np.int32),
        metres=instance.cost.astype(np.int32),
        room=np.full((fleet, 1), UNBOUNDED),
        body=np.zeros((fleet, 1), dtype=np.int32),
        accepts=np.ones((len(sites), 1), dtype=np.bool_),
        queues=np.zeros((len(sites), 24), dtype=np.int32),
        timed=instance.timed,
    )


def answer_of(chains: Chains) -> Answer:
    vehicles = []
    for chain in chains:
        trips: list[list[int]] = [[]]
        for entry in chain:
            if entry == NOBODY:
                trips.append([])
            else:
                trips[-1].append(entry + 1)
        kept = tuple(tuple(trip) for trip in trips if trip)
        if kept:
            vehicles.append(kept)
    return tuple(vehicles)
