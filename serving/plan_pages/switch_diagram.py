"""A switch from plan to plan, second by second, as the check judged it."""

from collections.abc import Iterator
from typing import Any

from city.clock import DAY_S, clock_text
from city.signal_parts import SignalGroup
from city.signals import Junction
from optimization.signals.check_switch import Switch, switch_timeline
from serving.plan_pages.stage_diagram import Lamp, lamp_figure


def switch_title(switch: Switch) -> str:
    """At 06:30 from plan 2 to plan 3: two cycles of 82 s."""
    when = "At midnight" if switch.midnight else f"At {clock_text(switch.asked_s % DAY_S)}"
    lengths = [end - start for _, start, end in _cycles(switch)[1:-1]]
    if not switch.steps and not switch.dwell_s:
        how = "at once"
    elif switch.steps:
        how = f"{'one cycle' if len(lengths) == 1 else f'{len(lengths)} cycles'} of {', '.join(map(str, lengths))} s"
    else:
        how = f"the coordinated stage is held, cycles of {', '.join(map(str, lengths))} s"
    return f"{when} from plan {switch.before.plan_number} to plan {switch.after.plan_number}: {how}"


def switch_diagram(junction: Junction, switch: Switch) -> dict[str, Any]:
    """The last cycle of the plan that ends, the cycles on the way, and the first of the plan as it then goes on.

    Second 0 is where the new plan begins.
    """
    timeline = switch_timeline(junction, switch)
    begins_s = 2 * switch.before.cycle_s
    named = _cycles(switch)
    first_s, last_s = named[0][1], named[-1][2]
    shown = {}
    for group in junction.groups:
        spans = [(start - begins_s, end - begins_s) for start, end in timeline.spans(group.group_id)]
        shown[group.group_id] = list(_lamps(spans, group, first_s, last_s))
    return lamp_figure(junction, shown, named, "s after the new plan begins")


def _cycles(switch: Switch) -> list[Lamp]:
    """Stretches of time around the begin of the new plan."""
    before, after = switch.before, switch.after
    if switch.steps:
        between = [(f"step {k}", step.cycle_s) for k, step in enumerate(switch.steps, start=1)]
    else:
        first_s = -(-switch.dwell_s // 2)
        holds = (first_s, switch.dwell_s - first_s)
        between = [("held" if held_s else f"plan {after.plan_number}", after.cycle_s + held_s) for held_s in holds]
    lengths = [(f"plan {before.plan_number}", before.cycle_s), *between, (f"plan {after.plan_number}", after.cycle_s)]
    found, start_s = [], -before.cycle_s
    for words, length_s in lengths:
        found.append((f"{words} {length_s} s", start_s, start_s + length_s))
        start_s += length_s
    return found


def _lamps(spans: list[tuple[int, int]], group: SignalGroup, first_s: int, last_s: int) -> Iterator[Lamp]:
    """Every lamp between two seconds."""
    lit: list[Lamp] = []
    for start_s, end_s in spans:
        flash_s = max(start_s, end_s - group.green_flash_s)
        lit += [
            ("red-amber", start_s - group.red_amber_s, start_s),
            ("green", start_s, flash_s),
            ("green flash", flash_s, end_s),
            ("yellow", end_s, end_s + group.yellow_s),
        ]
    at_s = first_s
    for name, start_s, end_s in lit:
        start, end = max(start_s, at_s), min(end_s, last_s)
        if end <= start:
            continue
        if start > at_s:
            yield "red", at_s, start
        yield name, start, end
        at_s = end
    if at_s < last_s:
        yield "red", at_s, last_s
