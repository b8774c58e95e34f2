"""Plans along a day: what each quarter of an hour leaves to the next one, whichever plan then runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from city.ids import JunctionId
from optimization.signals.carried_queues import course
from optimization.signals.coordination import Flow, Network, Plans
from optimization.signals.delay import Array
from optimization.signals.problem import SLOT_S
from optimization.signals.streams import Performance, Streams

Judged = Mapping[JunctionId, Performance]
Part = tuple[Judged, Sequence[int]]  # and the slots of the day that its columns are
Queues = Mapping[JunctionId, Array]


def carried(streams: Streams, found: Performance, begins: Array | None = None) -> tuple[Performance, Array]:
    """With the queues that slots leave to each other, slots being one after another; and those left at the end.

    `begins` are the queues of the pools before the first slot; nothing by default.
    """
    if not streams.movements:
        return found, np.zeros(0)
    every = np.arange(found.arrivals.shape[1])
    start = None if begins is None else begins[None]
    passed = course(found.arrivals.T[None], found.capacity.T[None], every, start)
    waits_s = streams.mean_by_group(passed.waits_s[0] @ streams.queues.pool_of.T, found.flow)
    persons = found.flow * streams.occupancy[:, None]
    cost = found.cost + (waits_s * persons).sum(axis=0) * SLOT_S / 3600
    return replace(found, delay_s=found.delay_s + waits_s, cost=cost), passed.left[0]


def slots_of(runs: Sequence[int]) -> dict[int, list[int]]:
    """Where each plan runs, if plan `runs[n]` runs in slot n."""
    return {p: [slot for slot, q in enumerate(runs) if q == p] for p in sorted(set(runs))}


def judged_at(network: Network, plans: Plans, flow: Flow, slots: Sequence[int]) -> dict[JunctionId, Performance]:
    """Only these slots, each begun without a queue."""
    return network.evaluate(plans, lambda streams: flow(streams)[:, slots])


def within(judged: Judged, slots: Sequence[int]) -> dict[JunctionId, Performance]:
    """Of all slots only these."""
    return {j: _joined([one], np.asarray(slots)) for j, one in judged.items()}


def lived(streams: Mapping[JunctionId, Streams], parts: Sequence[Part]) -> dict[JunctionId, Performance]:
    """The junctions' day, of which each part is what some plans do in some slots; it begins without a queue."""
    order = np.argsort([slot for _, slots in parts for slot in slots])
    return {j: carried(one, _joined([judged[j] for judged, _ in parts], order))[0] for j, one in streams.items()}


def person_s(found: Judged) -> Array:
    """Per slot, of all junctions."""
    return np.asarray(sum(one.cost for one in found.values()))


def costs_by_slot(
    streams: Mapping[JunctionId, Streams], candidates: Sequence[Judged], periods: Sequence[range]
) -> Array:
    """Person-s of each candidate in each slot, (candidates, slots).

    A period begins with the queues that the best candidate of the period before left.
    """
    found = np.zeros((len(candidates), periods[-1].stop))
    queues: Queues = {j: np.zeros(one.queues.pools.shape[1]) for j, one in streams.items() if one.movements}
    for slots in periods:
        left: list[Queues] = []
        for p, judged in enumerate(candidates):
            part = within(judged, slots)
            passed = {j: carried(one, part[j], queues.get(j)) for j, one in streams.items()}
            found[p, slots] = person_s({j: one for j, (one, _) in passed.items()})
            left.append({j: queue for j, (_, queue) in passed.items()})
        queues = left[int(found[:, slots].sum(axis=1).argmin())]
    return found


def _joined(parts: Sequence[Performance], order: np.ndarray) -> Performance:
    """Slots of all parts, one after another, of which those at `order` are taken."""

    def columns(of: Sequence[Array]) -> Array:
        return np.concatenate(of, axis=-1)[..., order]

    return Performance(
        flow=columns([one.flow for one in parts]),
        delay_s=columns([one.delay_s for one in parts]),
        x=columns([one.x for one in parts]),
        wait_s=columns([one.wait_s for one in parts]),
        cost=columns([one.cost for one in parts]),
        arrivals=columns([one.arrivals for one in parts]),
        capacity=columns([one.capacity for one in parts]),
    )
