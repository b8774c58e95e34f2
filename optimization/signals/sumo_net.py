"""A SUMO net as junctions and corridors that can be planned, with the way back to the net's own links.

What the net does not say comes from `NetRules` and is listed in `assumed`. A light that cannot be mapped is in
`refused` with a sentence; it stays on its own program. Needs sumolib, the extra `sim`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from city.errors import CityError
from city.ids import JunctionId, MovementId
from city.signals import Corridor, Junction
from optimization.signals.sumo_net_junction import JunctionOfNet, NetJunction, NetRules, RuleSet
from optimization.signals.sumo_net_reading import TrafficLight, open_net, traffic_lights
from optimization.signals.sumo_net_ways import corridors_of

__all__ = ["NetImport", "NetRules", "RuleSet", "read_sumo_net"]

Turns = Mapping[tuple[str, str], float]
NO_FLOWS: Final[Turns] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetImport:
    """`links` holds each movement's indices in the light's states; crossings that are only implied have none."""

    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...]
    links: Mapping[JunctionId, Mapping[MovementId, tuple[int, ...]]]
    lights: Mapping[str, TrafficLight]
    refused: tuple[tuple[str, str], ...]
    assumed: tuple[str, ...]


def read_sumo_net(path: Path, rules: NetRules | None = None, *, flows: Turns = NO_FLOWS) -> NetImport:
    """Every traffic light of the net.

    Args:
        path: the .net.xml file.
        rules: what the net does not say.
        flows: vehicles per hour by (from edge, to edge); they divide shared lanes among their movements.

    Raises:
        MissingInputError: without sumolib or without the file. UnreadableInputError: where the file is no net.
    """
    chosen = rules if rules is not None else NetRules()
    net = open_net(path)
    lights = traffic_lights(net)
    found: list[NetJunction] = []
    refused = []
    for light in lights:
        try:
            found.append(JunctionOfNet(net, light, chosen, flows).built())
        except CityError as error:
            refused.append((light.light_id, str(error)))
    junctions = tuple(one.junction for one in found)
    return NetImport(
        junctions=junctions,
        corridors=corridors_of(net, junctions, chosen.district_id),
        links={one.junction.junction_id: one.links for one in found},
        lights={light.light_id: light for light in lights},
        refused=tuple(refused),
        assumed=_assumed(chosen, found),
    )


def _assumed(rules: NetRules, found: list[NetJunction]) -> tuple[str, ...]:
    said = [f"Lost times, saturation flows and paces are those of the profile {rules.national_profile}."]
    if rules.rule_set is RuleSet.COMPLETED:
        said.append(f"{rules.flow_ped_h:g} people per hour cross each arm; nobody counts them.")
    said += [
        f"Junction {one.junction.junction_id}: no stage lets people cross {', '.join(one.without_crossing)}."
        for one in found
        if one.without_crossing
    ]
    return tuple(said)
