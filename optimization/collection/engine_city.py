"""A city's problem as a board for the engine, and the engine's chains as days."""

from itertools import groupby
from typing import Any

import numpy as np

from city.network import TravelTimes
from city.waste import Stream
from optimization.collection.engine import Chains
from optimization.collection.engine_board import FOREVER, NOBODY, NODE, SITE, TRUCK
from optimization.collection.engine_layout import Layout
from optimization.collection.terrain import Ground, Terrain, Vehicle
from optimization.collection.walk import Day, Draft

UNBOUNDED = 1e18


def layout_of(terrain: Terrain) -> Layout:
    """The board's records; tasks, trucks and streams have the positions that they have in the terrain."""
    streams = list(dict.fromkeys(task.stream for task in terrain.tasks))
    stream_of = {stream: number for number, stream in enumerate(streams)}
    grounds = _grounds(terrain)
    travel = terrain.problem.travel
    speeds = list(dict.fromkeys(vehicle.truck.speed_factor for vehicle in terrain.vehicles))
    seconds, metres = _matrices(travel, speeds)
    shape = (len(terrain.vehicles), max(1, len(streams)))
    room, body = np.zeros(shape), np.full(shape, NOBODY, dtype=np.int32)
    for number, vehicle in enumerate(terrain.vehicles):
        for stream, column in stream_of.items():
            if stream in vehicle.body:
                room[number, column], body[number, column] = vehicle.room_m3[stream], vehicle.body[stream]
    profiles = terrain.profiles
    paces: dict[str, Any] = {}
    if profiles is not None:
        paces = {
            "paces": np.array(profiles.cumulated, dtype=np.int64),
            "borders": np.array(profiles.borders_s, dtype=np.int64),
            # A copy, because the engine would be compiled once more for arrays that may not be written to.
            "class_of": np.frombuffer(terrain.class_of, dtype=np.uint8).copy(),
        }
    return Layout(
        tasks=_tasks(terrain, stream_of),
        task_windows=[task.place.hours for task in terrain.tasks],
        trucks=_trucks(terrain, speeds),
        homes=np.array([vehicle.depot_row for vehicle in terrain.vehicles], dtype=np.int32),
        sites=_sites(grounds),
        site_windows=[ground.place.hours for ground in grounds],
        seconds=seconds,
        metres=metres,
        room=room,
        body=body,
        accepts=np.array([[stream in ground.site.streams for stream in streams] or [False] for ground in grounds]),
        queues=np.array([ground.site.queue_s for ground in grounds], dtype=np.int32),
        may=_may(terrain),
        **paces,
    )


def chains_of(days: list[Day]) -> Chains:
    """Tasks in order, NOBODY for the tip that ends a trip."""
    return [[entry for draft in day for entry in (*draft.tasks, NOBODY)] for day in days]


def days_of(terrain: Terrain, chains: Chains) -> list[Day]:
    return [
        [
            Draft(stream=terrain.tasks[tasks[0]].stream, tasks=tasks)
            for is_tip, group in groupby(chain, key=lambda entry: entry == NOBODY)
            if not is_tip and (tasks := list(group))
        ]
        for chain in chains
    ]


def _grounds(terrain: Terrain) -> list[Ground]:
    return list({ground.site.site_id: ground for grounds in terrain.grounds.values() for ground in grounds}.values())


def _matrices(travel: TravelTimes, speeds: list[float]) -> tuple[np.ndarray, np.ndarray]:
    size = len(travel.places)
    free, metres = (np.frombuffer(flat, dtype=np.int32).reshape(size, size) for flat in travel.flat())
    driven = [
        free if speed == 1.0 else np.where(free < 0, free, np.ceil(np.round(free * speed, 6))).astype(np.int32)
        for speed in speeds
    ]
    return driven[0][np.newaxis] if len(driven) == 1 else np.stack(driven), metres


def _tasks(terrain: Terrain, stream_of: dict[Stream, int]) -> np.ndarray:
    price = terrain.problem.prices.moved_stop
    records = np.zeros(len(terrain.tasks), dtype=NODE)
    for record, task in zip(records, terrain.tasks, strict=True):
        record["row"], record["busy"], record["stream"] = task.place.row, task.service_s, stream_of[task.stream]
        record["kg"], record["m3"], record["penalty"] = task.kg, task.m3, task.penalty
        record["usual"] = NOBODY if task.usual is None else task.usual
        record["moved"] = 0.0 if task.usual is None else price
    records["may"] = np.arange(len(records))
    return records


def _trucks(terrain: Terrain, speeds: list[float]) -> np.ndarray:
    records = np.zeros(len(terrain.vehicles), dtype=TRUCK)
    likes: dict[object, int] = {}
    for record, vehicle in zip(records, terrain.vehicles, strict=True):
        truck, shift = vehicle.truck, vehicle.truck.shift
        record["kind"] = speeds.index(truck.speed_factor)
        record["idle_like"] = likes.setdefault(_likeness(vehicle), len(likes))
        record["first_s"], record["shift_s"], record["last_s"] = shift.start_s, shift.end_s, vehicle.last_s
        if shift.break_window is not None:
            record["break_s"] = shift.break_s
            record["break_from"], record["break_to"] = shift.break_window.start_s, shift.break_window.end_s
        record["wash_s"] = NOBODY if truck.wash_s is None else truck.wash_s
        record["most_stops"] = FOREVER if truck.max_stops is None else truck.max_stops
        record["payload"] = truck.payload_kg
        record["day_kg"] = UNBOUNDED if truck.daily_cap_kg is None else truck.daily_cap_kg
        record["day_m3"] = UNBOUNDED if truck.daily_cap_m3 is None else truck.daily_cap_m3
        record["m_price"], record["s_price"] = vehicle.km_price / 1000, vehicle.s_price
        record["over_price"], record["shift_price"] = vehicle.overtime_s_price, vehicle.shift_price
    return records


def _likeness(vehicle: Vehicle) -> tuple[object, ...]:
    """Trucks that are alike here cost and can the same."""
    truck = vehicle.truck
    return (
        (vehicle.depot_row, truck.shift, truck.payload_kg, truck.compartments, truck.speed_factor, truck.wash_s),
        (truck.daily_cap_kg, truck.daily_cap_m3, truck.max_stops),
        (vehicle.km_price, vehicle.s_price, vehicle.overtime_s_price, vehicle.shift_price),
        vehicle.may,
    )


def _sites(grounds: list[Ground]) -> np.ndarray:
    records = np.zeros(len(grounds), dtype=SITE)
    for record, ground in zip(records, grounds, strict=True):
        site = ground.site
        record["row"], record["tip_s"] = ground.place.row, site.tip_s
        record["limited"] = site.daily_cap_kg is not None or site.throughput_kg_h is not None
        record["cap_kg"] = UNBOUNDED if site.daily_cap_kg is None else site.daily_cap_kg
        record["hour_kg"] = UNBOUNDED if site.throughput_kg_h is None else site.throughput_kg_h
    return records


def _may(terrain: Terrain) -> np.ndarray:
    able = np.zeros((len(terrain.tasks), len(terrain.vehicles)), dtype=np.bool_)
    for number, vehicle in enumerate(terrain.vehicles):
        able[list(vehicle.may), number] = True
    return able if not able.all() else np.ones((0, 0), dtype=np.bool_)
