"""One traffic light of a SUMO net as a junction: movements, relations, intergreens, stages and the plan it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from city.errors import BrokenRuleError
from city.ids import DistrictId, GroupId, JunctionId, LinkId, MovementId, StageId
from city.national import NationalProfile, national_profile
from city.signal_parts import LeftPolicy, Movement, MovementKind, OnRed, Relation, SignalGroup, Turn
from city.signals import Junction, stage_greens_s
from optimization.signals.stage_proposals import with_proposals
from optimization.signals.sumo_net_geometry import Arm, arms_of, length_m
from optimization.signals.sumo_net_lanes import LaneUse, lane_uses
from optimization.signals.sumo_net_reading import Program, TrafficLight
from optimization.signals.sumo_net_relations import meetings
from optimization.signals.sumo_net_rules import Stages, drawn_conflicts, intergreens, shown_gaps_s, walk_conflicts
from optimization.signals.sumo_net_running import plan_as_shown, plan_with_splits
from optimization.signals.sumo_net_stages import Bundle, Stream, runs, streams_and_bundles, windows, yellow_s
from optimization.signals.sumo_net_walks import ImpliedWalk, implied_walks

NO_DISTRICT: Final = DistrictId("net")


class RuleSet(StrEnum):
    PUBLISHED = "published"  # the net's own yellow, no all-red, no crossings but those it draws
    COMPLETED = "completed"  # yellow, intergreens and crossings from the national profile and the geometry


@dataclass(frozen=True, slots=True, kw_only=True)
class NetRules:
    """What a net does not say. `flow_ped_h` is assumed on every crossing; `cycle_max_s` is raised where it must be."""

    rule_set: RuleSet = RuleSet.PUBLISHED
    national_profile: str = "DE"
    left_policy: LeftPolicy = LeftPolicy.KEEP_PROTECTED
    cycle_min_s: int = 30
    cycle_max_s: int = 120
    flow_ped_h: float = 30.0
    saturation_pcu_h: float | None = None  # of a lane straight on, where measured; else the profile's
    district_id: DistrictId = NO_DISTRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class NetJunction:
    junction: Junction
    links: Mapping[MovementId, tuple[int, ...]]
    without_crossing: tuple[str, ...]  # arms over which no stage of the net lets people walk


class JunctionOfNet:
    """Everything that is needed to build one junction. Raises BrokenRuleError where it cannot be mapped."""

    def __init__(self, net: Any, light: TrafficLight, rules: NetRules, flows: Mapping[tuple[str, str], float]) -> None:  # noqa: ANN401
        if light.program is None:
            raise BrokenRuleError(subject=f"Junction {light.light_id}", problem=light.refused)
        self.light, self.rules = light, rules
        self.program: Program = light.program
        self.profile: NationalProfile = national_profile(rules.national_profile)
        self.streams, self.bundles = self._served(*streams_and_bundles(light, self.program))
        self.windows = windows(light, self.bundles)
        self.arms: tuple[Arm, ...] = arms_of(net, light)
        self.meetings = meetings(light, self.streams)
        wanted = {k: flows.get((s.from_edge, s.to_edge), 0.0) for k, s in enumerate(self.streams)} if flows else {}
        self.uses: Mapping[int, LaneUse] = lane_uses(
            net, light, self.streams, wanted, rules.saturation_pcu_h or float(self.profile.saturation_pcu_h)
        )
        self.walks, self.without_crossing = self._walks()
        self.movement_ids = self._movement_ids()
        self.group_ids = self._group_ids()
        self.stage_ids = tuple(StageId(f"S{k + 1}") for k in range(len(self.windows)))

    def _served(
        self, streams: tuple[Stream, ...], bundles: tuple[Bundle, ...]
    ) -> tuple[tuple[Stream, ...], tuple[Bundle, ...]]:
        dark = [stream for stream in streams if "G" not in stream.lamps]
        if dark:
            raise BrokenRuleError(
                subject=f"Junction {self.light.light_id}",
                problem=f"its program never shows green from {dark[0].from_edge} to {dark[0].to_edge}",
            )
        return streams, bundles

    def _walks(self) -> tuple[tuple[ImpliedWalk, ...], tuple[str, ...]]:
        if self.rules.rule_set is RuleSet.PUBLISHED or any(stream.walks for stream in self.streams):
            return (), ()
        return implied_walks(self.arms, self.streams, self.windows)

    def _arm_name(self, edge: str) -> str:
        return next((arm.name for arm in self.arms if arm.in_edge == edge), edge)

    def _movement_ids(self) -> tuple[MovementId, ...]:
        used: dict[str, int] = {}
        found = []
        for stream in self.streams:
            turn = "walk" if stream.walks else "u-turn" if stream.u_turn else stream.turn
            name = f"{stream.to_edge.lstrip(':') if stream.walks else self._arm_name(stream.from_edge)}-{turn}"
            used[name] = used.get(name, 0) + 1
            found.append(MovementId(name if used[name] == 1 else f"{name}-{used[name]}"))
        return tuple(found)

    def _group_ids(self) -> tuple[GroupId, ...]:
        """Named by the approach where it holds the way straight on, else by approach and turn."""
        used: dict[str, int] = {}
        found = []
        for bundle in self.bundles:
            leading = min(bundle.streams, key=lambda k: (self.streams[k].turn is not Turn.THROUGH, k))
            through = self.streams[leading].turn is Turn.THROUGH and not bundle.walks
            name = self._arm_name(self.streams[leading].from_edge) if through else str(self.movement_ids[leading])
            used[name] = used.get(name, 0) + 1
            found.append(GroupId(name if used[name] == 1 else f"{name}-{used[name]}"))
        return tuple(found)

    def built(self) -> NetJunction:
        completed = self.rules.rule_set is RuleSet.COMPLETED
        groups = self._groups()
        movements = (*self._drawn(), *self._walking())
        conflicts = (
            *drawn_conflicts(
                self.light, self.streams, self.meetings, self.movement_ids, self.profile if completed else None
            ),
            *walk_conflicts(self.light, self.streams, self.walks, self.movement_ids),
        )
        group_of = {movement.movement_id: movement.group_id for movement in movements}
        lamps = {group.group_id: group for group in groups}
        gaps = shown_gaps_s(self.bundles, self.group_ids)
        matrix = intergreens(conflicts, group_of, lamps, self.profile, gaps)
        stages = Stages(self.streams, self.bundles, self.windows, self.walks).built(
            self.stage_ids,
            self.group_ids,
            lamps,
            {(i.from_group_id, i.to_group_id): i.seconds for i in matrix},
            as_shown=not completed,
        )
        longest = max(range(len(stages)), key=lambda k: (self.windows[k].split_s, -k))
        junction = Junction(
            junction_id=JunctionId(self.light.light_id),
            district_id=self.rules.district_id,
            name=self.light.light_id,
            lon=self.light.lon,
            lat=self.light.lat,
            national_profile=self.rules.national_profile,
            movements=movements,
            groups=groups,
            stages=stages,
            stage_chain=self.stage_ids,
            coordinated_stage_id=self.stage_ids[longest],
            conflicts=conflicts,
            intergreens=matrix,
            cycle_min_s=self.rules.cycle_min_s,
            cycle_max_s=240,
            left_policy=self.rules.left_policy,
            permitted_yields=tuple(
                (c.from_movement_id, c.to_movement_id) for c in conflicts if c.relation is Relation.YIELDS
            ),
        )
        junction = with_proposals(self._with_running_plan(self._with_cycle_bounds(junction), longest))
        links = {
            movement_id: tuple(sorted({self.light.links[p].index for p in stream.positions}))
            for movement_id, stream in zip(self.movement_ids, self.streams, strict=True)
        }
        return NetJunction(junction=junction, links=links, without_crossing=self.without_crossing)

    def _with_cycle_bounds(self, junction: Junction) -> Junction:
        most_s = max(self.rules.cycle_max_s, self.program.cycle_s, sum(stage_greens_s(junction).values()))
        limit_s = max(self.profile.max_red_s, most_s)
        groups = tuple(replace(group, max_red_s=limit_s) for group in junction.groups)
        return replace(junction, cycle_max_s=min(most_s, junction.controller.max_cycle_s), groups=groups)

    def _with_running_plan(self, junction: Junction, coordinated: int) -> Junction:
        splits = {stage_id: w.split_s for stage_id, w in zip(self.stage_ids, self.windows, strict=True)}
        zero_s = self.windows[coordinated].start_s
        if self.rules.rule_set is RuleSet.PUBLISHED:
            shown = {g: runs(b.lamps) for g, b in zip(self.group_ids, self.bundles, strict=True)}
            plan = plan_as_shown(junction, splits, shown, zero_s=zero_s, offset_s=self.program.offset_s)
        else:
            plan = plan_with_splits(junction, splits, self.program.offset_s + zero_s)
        return replace(junction, running_plan=plan)

    def _drawn(self) -> tuple[Movement, ...]:
        group_of = {k: self.group_ids[n] for n, bundle in enumerate(self.bundles) for k in bundle.streams}
        return tuple(
            self._movement(k, stream, group_of[k]) if not stream.walks else self._crossing(k, stream, group_of[k])
            for k, stream in enumerate(self.streams)
        )

    def _movement(self, k: int, stream: Stream, group_id: GroupId) -> Movement:
        use = self.uses[k]
        return Movement(
            movement_id=self.movement_ids[k],
            group_id=group_id,
            kind=MovementKind.VEHICLE,
            turn=stream.turn,
            approach=self._arm_name(stream.from_edge),
            lanes=use.lanes,
            saturation_pcu_h=use.saturation_pcu_h,
            from_link_id=LinkId(stream.from_edge),
            to_link_id=LinkId(stream.to_edge),
            shared_lane=use.shared,
            lane_numbers=use.lane_numbers,
            pocket_m=use.pocket_m,
            storage_m=use.storage_m,
            speed_kmh=use.speed_kmh,
            on_red=OnRed.ALLOWED if "s" in stream.letters else OnRed.FORBIDDEN,
        )

    def _crossing(self, k: int, stream: Stream, group_id: GroupId) -> Movement:
        way = self.light.links[stream.positions[0]].way
        return self._walk(str(self.movement_ids[k]), group_id, str(self.movement_ids[k]), length_m(way))

    def _walking(self) -> tuple[Movement, ...]:
        return tuple(
            self._walk(f"{w.arm.name}-walk", GroupId(f"{w.arm.name}-walk"), w.arm.name, w.arm.width_m)
            for w in self.walks
        )

    def _walk(self, name: str, group_id: GroupId, approach: str, crossing_m: float) -> Movement:
        return Movement(
            movement_id=MovementId(name),
            group_id=group_id,
            kind=MovementKind.PEDESTRIAN,
            turn=Turn.CROSSING,
            approach=approach,
            crossing_m=round(crossing_m, 1),
            occupancy=1.0,
            speed_kmh=5.0,
            flow_ped_h=self.rules.flow_ped_h,
        )

    def _groups(self) -> tuple[SignalGroup, ...]:
        found = [
            self._walk_group(group_id) if bundle.walks else self._drive_group(group_id, bundle)
            for group_id, bundle in zip(self.group_ids, self.bundles, strict=True)
        ]
        return (*found, *(self._walk_group(GroupId(f"{w.arm.name}-walk")) for w in self.walks))

    def _walk_group(self, group_id: GroupId) -> SignalGroup:
        return SignalGroup(group_id=group_id, kind=MovementKind.PEDESTRIAN, min_green_s=self.profile.min_walk_s)

    def _drive_group(self, group_id: GroupId, bundle: Bundle) -> SignalGroup:
        speed = max(self.uses[k].speed_kmh for k in bundle.streams if k in self.uses)
        completed = self.rules.rule_set is RuleSet.COMPLETED
        shortest = min(end - start for start, end in runs(bundle.lamps))
        legal_s = self.profile.yellow_s(speed)
        return SignalGroup(
            group_id=group_id,
            kind=MovementKind.VEHICLE,
            min_green_s=self.profile.min_green_s if completed else min(self.profile.min_green_s, shortest),
            yellow_s=legal_s if completed else yellow_s(bundle, self.bundles, legal_s),
            red_amber_s=self.profile.red_amber_s if completed else 0,
        )
