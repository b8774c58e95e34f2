"""A what-if for a person: the same day with a change, by today's plan, by the stored one, and planned anew."""

from serving.showing_explained import delay_words
from serving.showing_plans import left_as_it_is, show_caveats
from serving.terminal import Column, Terminal, show_sentences
from serving.what_ifs import WhatIf


def show_what_if(speak: Terminal, done: WhatIf) -> None:
    unit = "s per vehicle, level, p10 to p90"
    columns = (
        Column("junction"),
        Column("today's plan, as it is", unit),
        Column("today's plan, changed", unit),
        Column("stored plan, changed", unit),
        Column("planned anew, changed", unit),
    )
    rows = [
        (one.junction_id, *map(delay_words, (one.today, one.running, one.stored, one.planned)))
        for one in done.junctions
    ]
    speak.table(f"What if: {'; '.join(done.changes)} ({done.plan.service_date})", columns, rows)
    if done.stored_plan_ids:
        speak.say(f"Stored: {', '.join(done.stored_plan_ids)}.")
    show_sentences(speak, "What if", done.said, "are in the answer of --json")
    show_sentences(speak, "Left as it is", left_as_it_is(done.plan), "are in the answer of --json")
    show_caveats(speak, done.plan.assumed, done.plan.degraded)
