"""Lamps second by second: what a stretch of greens may never show.

A timeline is a number of seconds and, for each signal group, the seconds in which it is green, as bits of a whole
number (bit t is second t). Greens and reds that the timeline cuts off are judged only for being too long.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from city.findings import Finding
from city.ids import GroupId, MovementId
from city.national import UserClass, national_profile
from city.signal_parts import Conflict, Countdown, MovementKind, Relation
from city.signals import Junction

_CLEARING = {
    MovementKind.VEHICLE: (UserClass.CAR, UserClass.HEAVY),
    MovementKind.CYCLE: (UserClass.CYCLE,),
    MovementKind.PEDESTRIAN: (UserClass.PEDESTRIAN,),
}
Pair = tuple[GroupId, GroupId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a junction asks of any timeline: forbidden pairs with the rule's name, and least intergreens, s."""

    junction: Junction
    forbidden: Mapping[Pair, str]
    intergreens_s: Mapping[Pair, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`subject` and `prefix` say in findings which stretch of which plan this is."""

    seconds: int
    shown: Mapping[GroupId, int]
    subject: str
    prefix: str = ""
    _spans: dict[GroupId, tuple[tuple[int, int], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def finding(self, rule: str, sentence: str) -> Finding:
        return Finding(rule=self.prefix + rule, subject=self.subject, sentence=f"{self.subject}: {sentence}")

    def spans(self, group_id: GroupId) -> tuple[tuple[int, int], ...]:
        """Unbroken greens as (start, end), s. Every rule asks for them: they are worked out once."""
        if group_id not in self._spans:
            self._spans[group_id] = tuple(_spans_of(self.shown.get(group_id, 0)))
        return self._spans[group_id]

    def reds(self, group_id: GroupId) -> list[int]:
        """Seconds between two greens."""
        spans = self.spans(group_id)
        return [later[0] - earlier[1] for earlier, later in pairwise(spans)]


def _spans_of(bits: int) -> Iterator[tuple[int, int]]:
    second = 0
    while bits:
        dark = (bits & -bits).bit_length() - 1
        bits >>= dark
        lit = (~bits & (bits + 1)).bit_length() - 1
        yield second + dark, second + dark + lit
        bits >>= lit
        second += dark + lit


_RULES: dict[int, Rules] = {}
_MOST_RULES = 2048
"""Junctions never change, and one is checked many times: its rules are kept, as long as it is the very same object."""


def rules_of(junction: Junction) -> Rules:
    known = _RULES.get(id(junction))
    if known is None or known.junction is not junction:
        if len(_RULES) >= _MOST_RULES:
            _RULES.clear()
        known = _RULES[id(junction)] = _rules_of(junction)
    return known


def _rules_of(junction: Junction) -> Rules:
    kinds = {m.movement_id: m.kind for m in junction.movements}
    group_of = {m.movement_id: m.group_id for m in junction.movements}
    forbidden: dict[Pair, str] = {}
    needed = {(i.from_group_id, i.to_group_id): i.seconds for i in junction.intergreens}
    for conflict in junction.conflicts:
        a, b = group_of[conflict.from_movement_id], group_of[conflict.to_movement_id]
        if _is_permitted(junction, conflict):
            continue
        prohibited = conflict.relation is Relation.PROHIBITED
        for pair in ((a, b), (b, a)):
            if prohibited or pair not in forbidden:
                forbidden[pair] = "prohibited-overlap" if prohibited else "unlisted-yield"
            least = junction.group(pair[0]).yellow_s + junction.group(pair[1]).red_amber_s
            needed[pair] = max(needed.get(pair, 0), least)
        formula_s = profile_intergreen_s(junction, conflict, kinds)
        needed[a, b] = max(needed.get((a, b), 0), formula_s)
    return Rules(
        junction=junction, forbidden=dict(sorted(forbidden.items())), intergreens_s=dict(sorted(needed.items()))
    )


def _is_permitted(junction: Junction, conflict: Conflict) -> bool:
    pair = (conflict.from_movement_id, conflict.to_movement_id)
    return conflict.relation is Relation.YIELDS and pair in junction.permitted_yields


def profile_intergreen_s(junction: Junction, conflict: Conflict, kinds: Mapping[MovementId, MovementKind]) -> int:
    """What the national profile asks for from the measured distances; 0 where nobody measured."""
    if conflict.clearing_m is None or _is_permitted(junction, conflict):
        return 0
    profile = national_profile(junction.national_profile)
    return max(
        profile.intergreen_s(
            clearing=clearing,
            entering=_CLEARING[kinds[conflict.to_movement_id]][0],
            clearing_m=conflict.clearing_m,
            entering_m=conflict.entering_m or 0.0,
            slow=junction.slow_walkers,
        )
        for clearing in _CLEARING[kinds[conflict.from_movement_id]]
    )


def timeline_findings(rules: Rules, timeline: Timeline) -> list[Finding]:
    found: list[Finding] = []
    for rule in (_overlaps, _intergreens, _green_lengths, _red_lengths, _lamps_fit):
        found += rule(rules, timeline)
    return found


def _overlaps(rules: Rules, timeline: Timeline) -> list[Finding]:
    found = []
    for (a, b), rule in rules.forbidden.items():
        both = timeline.shown.get(a, 0) & timeline.shown.get(b, 0)
        if a < b and both:
            first_s = (both & -both).bit_length() - 1
            sentence = (
                f"signal groups {a} and {b} are green together for {both.bit_count()} s, first at second {first_s}"
            )
            found.append(timeline.finding(rule, sentence))
    return found


def _intergreens(rules: Rules, timeline: Timeline) -> list[Finding]:
    spans = {group.group_id: timeline.spans(group.group_id) for group in rules.junction.groups}
    starts = {group_id: [start for start, _ in own] for group_id, own in spans.items()}
    found = []
    for (a, b), needed_s in rules.intergreens_s.items():
        shortest_s, begins = needed_s, starts[b]
        for _, end in spans[a]:
            following = bisect_left(begins, end)
            if following < len(begins) and begins[following] - end < shortest_s:
                shortest_s = begins[following] - end
        if shortest_s < needed_s:
            sentence = f"{shortest_s} s lie between the end of {a} and the start of {b}, {needed_s} s are needed"
            found.append(timeline.finding("intergreen", sentence))
    return found


def _green_lengths(rules: Rules, timeline: Timeline) -> list[Finding]:
    found = []
    for group in rules.junction.groups:
        walks = group.kind is MovementKind.PEDESTRIAN
        spans = timeline.spans(group.group_id)
        whole = [end - start for start, end in spans if start > 0 and end < timeline.seconds]
        if whole and min(whole) < group.min_green_s:
            rule = "pedestrian-minimum" if walks else "minimum-green"
            sentence = (
                f"signal group {group.group_id} is green for {min(whole)} s, at least {group.min_green_s} s are due"
            )
            found.append(timeline.finding(rule, sentence))
        longest_s = max((end - start for start, end in spans), default=0)
        if group.max_green_s is not None and longest_s > group.max_green_s:
            sentence = (
                f"signal group {group.group_id} is green for {longest_s} s, at most {group.max_green_s} s are allowed"
            )
            found.append(timeline.finding("maximum-green", sentence))
    return found


def _red_lengths(rules: Rules, timeline: Timeline) -> list[Finding]:
    profile = national_profile(rules.junction.national_profile)
    found = []
    for group in rules.junction.groups:
        reds = timeline.reds(group.group_id)
        if not reds:
            continue
        red_s = max(reds) - group.yellow_s
        limit_s = profile.max_red_s if group.max_red_s is None else group.max_red_s
        if red_s > limit_s:
            sentence = f"signal group {group.group_id} is red for {red_s} s, at most {limit_s} s are allowed"
            found.append(timeline.finding("maximum-red", sentence))
        if group.kind is MovementKind.PEDESTRIAN and red_s > profile.max_pedestrian_wait_s:
            sentence = (
                f"people at {group.group_id} wait up to {red_s} s, "
                f"profile {profile.name} allows {profile.max_pedestrian_wait_s} s"
            )
            found.append(timeline.finding("pedestrian-wait", sentence))
    return found


def _lamps_fit(rules: Rules, timeline: Timeline) -> list[Finding]:
    controller = rules.junction.controller
    counted_s = controller.countdown_s if controller.countdown is Countdown.LAST_SECONDS else 0
    found = []
    for group in rules.junction.groups:
        shortest_red_s = min(timeline.reds(group.group_id), default=timeline.seconds)
        lamps_s = group.yellow_s + group.red_amber_s
        if shortest_red_s < lamps_s:
            sentence = f"{shortest_red_s} s between greens of {group.group_id} do not hold its yellow, {lamps_s} s"
            found.append(timeline.finding("yellow-fits", sentence))
        spans = [end - start for start, end in timeline.spans(group.group_id) if start > 0 and end < timeline.seconds]
        shortest_s = min(spans, default=timeline.seconds)
        if group.green_flash_s and shortest_s <= group.green_flash_s:
            sentence = (
                f"green of {group.group_id}, {shortest_s} s, is not longer than its flash, {group.green_flash_s} s"
            )
            found.append(timeline.finding("green-flash", sentence))
        if shortest_s < counted_s:
            sentence = f"green of {group.group_id}, {shortest_s} s, is shorter than its countdown, {counted_s} s"
            found.append(timeline.finding("countdown", sentence))
    return found
