"""What a signal plan means, as a table and sentences for a person."""

from collections.abc import Sequence

from optimization.signals.explaining import Delay, JunctionExplained, PlanExplained
from serving.terminal import Column, Terminal, show_sentences


def show_explained(speak: Terminal, explained: Sequence[JunctionExplained]) -> None:
    """Of each junction the day's delay, and what binds in the plan in which its critical lanes are fullest."""
    if not explained:
        return
    columns = (
        Column("junction"),
        Column("now", "s per vehicle, level, p10 to p90"),
        Column("planned", "s per vehicle, level, p10 to p90"),
        Column("critical", "at the fullest"),
        Column("x", "flow / capacity", number=True),
    )
    worst = {one.junction_id: worst_plan(one) for one in explained}
    speak.table("What it means", columns, [_row(one, worst[one.junction_id]) for one in explained])
    sentences = [
        f"{junction_id}, plan {plan.plan_number}: {plan.binding.sentence}"
        for junction_id, plan in worst.items()
        if plan is not None and plan.binding is not None
    ]
    show_sentences(speak, "What binds", sentences, "are in explained.json")


def worst_plan(one: JunctionExplained) -> PlanExplained | None:
    """The plan in which the critical lanes are fullest."""
    return max(one.plans, key=lambda p: p.critical.x if p.critical is not None else 0.0, default=None)


def _row(one: JunctionExplained, worst: PlanExplained | None) -> tuple[object, ...]:
    critical = worst.critical if worst is not None else None
    names = ", ".join(critical.movement_ids) if critical is not None else "-"
    x = critical.x if critical is not None else None
    return one.junction_id, delay_words(one.now), delay_words(one.planned), names, x


def delay_words(delay: Delay | None) -> str:
    """37.1 s D (33 to 46)."""
    if delay is None:
        return "-"
    return f"{delay.expected_s:.1f} {delay.levels[1]} ({delay.low_s:.0f} to {delay.high_s:.0f})"
