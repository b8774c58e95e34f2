"""The greens of one plan second by second, and how a finding names the plan."""

from city.findings import Finding
from city.ids import GroupId
from city.signal_plans import SignalPlan
from city.signals import Junction


def shown(junction: Junction, plan: SignalPlan) -> dict[GroupId, int]:
    """The green seconds of one cycle, from the start of the coordinated stage on, as bits."""
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    for green in plan.greens:
        bits[green.group_id] |= turned_bits(green.start_s, green.end_s - green.start_s, plan.cycle_s)
    return bits


def turned_bits(start_s: int, seconds: int, cycle_s: int) -> int:
    """`seconds` seconds from `start_s` on, as bits of a cycle; what passes its end comes back at its start."""
    whole = (1 << cycle_s) - 1
    if seconds <= 0 or cycle_s <= 0:
        return 0
    lit = (1 << min(seconds, cycle_s)) - 1
    lit <<= start_s % cycle_s
    return (lit | lit >> cycle_s) & whole


def plan_subject(plan: SignalPlan) -> str:
    return f"Plan {plan.plan_number} of junction {plan.junction_id}"


def plan_finding(plan: SignalPlan, rule: str, sentence: str) -> Finding:
    return Finding(rule=rule, subject=plan_subject(plan), sentence=f"{plan_subject(plan)}: {sentence}")
