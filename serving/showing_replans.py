"""A replanned day for a person: what changes for whom, why, and at what cost."""

from serving.replanning import ReplannedRoutes
from serving.terminal import Column, Terminal, show_sentences

STATUS = {
    "no_change": "The plan stays as it is.",
    "repaired": "The smallest repair is the best that was found.",
    "improved": "Better than the smallest repair.",
}


def show_replan(speak: Terminal, done: ReplannedRoutes) -> None:
    speak.say(f"At {done.at}: {'; '.join(done.events)}.")
    for change in done.difference.changes:
        speak.say(f"  {change.sentence}")
    differs = done.difference
    columns = (Column("replanned"), Column("value", number=True))
    rows: list[tuple[object, ...]] = [
        ("stops still to do", differs.pending),
        ("that keep truck, order and time", differs.kept),
        ("hit by nothing", differs.untouched),
        ("of these keep truck and order [%]", 100 * differs.untouched_share),
        ("way [km]", f"{differs.km:+.1f}"),
        ("truck-hours [h]", f"{differs.truck_h:+.2f}"),
        ("cost, in the unit of the trucks' costs", f"{differs.cost:+.1f}"),
        ("disturbed stops at their price", dict(done.plan.cost).get("disturbance_cost", 0.0)),
        ("better than the smallest repair by", done.floor - done.objective),
    ]
    speak.table(f"{STATUS[done.status]} ({done.runtime_s:.1f} s)", columns, rows)
    broken = [f"{one.point_id} ({one.stream}): {one.sentence}" for one in done.plan.unserved if one.mandatory]
    show_sentences(speak, "Not served although a rule asks for it", broken, "are in the answer of --json")
    show_sentences(speak, "Assumed", done.said, "are in the answer of --json")
