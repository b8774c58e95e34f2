"""How well an area's plans work together: delays with platoons, and delay against offset for each pair."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from city.ids import JunctionId
from city.signal_plans import SignalPlan
from optimization.signals.areas import Area, Feed
from optimization.signals.delay import Array, capacity_pcu_h, effective_green_s, uniform_delay_s
from optimization.signals.platoons import ROBERTSON, Dispersion, disperse, opened, queue
from optimization.signals.streams import Performance, Streams, greens_s, performance

Plans = Mapping[JunctionId, SignalPlan]
Flow = Callable[[Streams], Array]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """An area with the streams of its junctions."""

    area: Area
    streams: Mapping[JunctionId, Streams]
    dispersion: Dispersion = ROBERTSON

    def platoon(self, feed: Feed, plan: SignalPlan, flow: Array) -> Array:
        """What a way brings, seen at its end on the clock of the junction it starts from: (columns, cycle), pcu/s."""
        streams = self.streams[feed.from_junction_id]
        total = np.zeros((flow.shape[1], plan.cycle_s))
        for movement_id in feed.from_movement_ids:
            position = streams.position(movement_id)
            arrivals = np.repeat(flow[position][:, None] / 3600, plan.cycle_s, axis=1)
            open_share = opened(plan, streams.groups[position], streams.profile)
            departures, _ = queue(arrivals, open_share, float(streams.saturation[position]))
            share = float(np.mean(streams.share[movement_id]))
            total += share * departures
        return disperse(total, feed.travel_s, self.dispersion)

    def received(self, feed: Feed, flow: Array) -> dict[int, Array]:
        """Lane groups that a way feeds, with the share of the platoons that each takes."""
        streams = self.streams[feed.to_junction_id]
        positions = sorted({streams.position(movement_id) for movement_id in feed.to_movement_ids})
        total = np.maximum(flow[positions].sum(axis=0), 1e-9)
        return {position: flow[position] / total for position in positions}

    def evaluate(self, plans: Plans, flow_of: Flow) -> dict[JunctionId, Performance]:
        """Delay of every junction at the flows that `flow_of` picks, with platoons where neighbours share a cycle."""
        met: dict[JunctionId, dict[int, tuple[Array, Array]]] = {junction_id: {} for junction_id in self.streams}
        for (junction_id, position), arrivals in self._arrivals(plans, flow_of).items():
            streams, plan = self.streams[junction_id], plans[junction_id]
            met[junction_id][position] = self._met(streams, plan, position, arrivals)
        return {j: performance(s, plans[j], flow_of(s), met[j]) for j, s in self.streams.items()}

    def _arrivals(self, plans: Plans, flow_of: Flow) -> dict[tuple[JunctionId, int], Array]:
        found: dict[tuple[JunctionId, int], Array] = {}
        for feed in self.area.feeds:
            start, end = plans[feed.from_junction_id], plans[feed.to_junction_id]
            if start.cycle_s != end.cycle_s:
                continue
            flow = flow_of(self.streams[feed.to_junction_id])
            platoon = self.platoon(feed, start, flow_of(self.streams[feed.from_junction_id]))
            shifted = np.roll(platoon, start.offset_s - end.offset_s, axis=1)
            for position, share in self.received(feed, flow).items():
                found[feed.to_junction_id, position] = mixed(shifted * share[:, None], flow[position])
        return found

    @staticmethod
    def _met(streams: Streams, plan: SignalPlan, position: int, arrivals: Array) -> tuple[Array, Array]:
        group_id = streams.groups[position]
        saturation = float(streams.saturation[position])
        _, delay = queue(arrivals, opened(plan, group_id, streams.profile), saturation)
        effective = effective_green_s(greens_s(plan).get(group_id, 0), streams.profile)
        flow = arrivals.sum(axis=1) * 3600 / plan.cycle_s
        x = flow / capacity_pcu_h(saturation, effective, plan.cycle_s)
        return delay, uniform_delay_s(plan.cycle_s, effective, x)

    def pair_tables(self, plans: Plans, flow_of: Flow) -> dict[tuple[JunctionId, JunctionId], Array]:
        """Waiting of platoons, person-s per h, for each offset of the second junction after the first, 0 .. cycle - 1.

        Columns of `flow_of` are averaged; both directions of a street are one pair.
        """
        tables: dict[tuple[JunctionId, JunctionId], Array] = {}
        for feed in self.area.feeds:
            a, b = feed.from_junction_id, feed.to_junction_id
            table = self._feed_table(feed, plans, flow_of)
            if (b, a) in tables:
                tables[b, a] = tables[b, a] + np.roll(table[::-1], 1)
            else:
                tables[a, b] = tables.get((a, b), np.zeros(len(table))) + table
        return tables

    def _feed_table(self, feed: Feed, plans: Plans, flow_of: Flow) -> Array:
        streams, plan = self.streams[feed.to_junction_id], plans[feed.to_junction_id]
        flow = flow_of(streams)
        platoon = self.platoon(feed, plans[feed.from_junction_id], flow_of(self.streams[feed.from_junction_id]))
        table = np.zeros(plan.cycle_s)
        seconds = np.arange(plan.cycle_s)
        turned = (seconds[:, None] + seconds) % plan.cycle_s  # a row per offset
        for position, share in self.received(feed, flow).items():
            open_share = opened(plan, streams.groups[position], streams.profile)
            for column in range(flow.shape[1]):
                arrivals = mixed(platoon[column : column + 1] * share[column], flow[position, column : column + 1])
                _, delay = queue(arrivals[0][turned], open_share, float(streams.saturation[position]))
                weight = flow[position, column] * float(streams.occupancy[position]) / flow.shape[1]
                table += weight * delay
        return table


def mixed(platoon: Array, flow_pcu_h: Array) -> Array:
    """Arrivals that add up to the lane group's own flow: platoons scaled down where they exceed it, the rest even."""
    cycle_s = platoon.shape[1]
    mean = platoon.mean(axis=1)
    wanted = flow_pcu_h / 3600
    scale = np.minimum(1.0, wanted / np.maximum(mean, 1e-12))
    rest = np.maximum(wanted - mean * scale, 0.0)
    return np.asarray(platoon * scale[:, None] + np.repeat(rest[:, None], cycle_s, axis=1))
