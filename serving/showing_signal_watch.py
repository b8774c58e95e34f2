"""What controllers ran, and what drafts would have done, for a person."""

from collections import defaultdict

from city.ids import JunctionId
from serving.shadowing import Shadow, ShadowDay
from serving.showing_plans import changed
from serving.terminal import Column, Terminal, show_sentences
from serving.watching_signals import SignalWatch


def show_signal_watch(speak: Terminal, watch: SignalWatch) -> None:
    if not watch.logged:
        speak.say("No controller's log is stored: import one as a feed of contract SignalRuns (docs/signals.md).")
        return
    if watch.findings:
        for one in watch.findings:
            speak.say(one.sentence, style="red")
    else:
        speak.say(f"On {watch.day} every controller with a log ran what was to run.", style="green")
    for one in watch.notes:
        speak.note(one.sentence)
    if watch.unlogged:
        speak.note(f"Nobody logs what runs at {', '.join(watch.unlogged)}.")
    if watch.unplanned:
        speak.note(f"Of {', '.join(watch.unplanned)} nobody recorded what is to run.")


def show_shadow(speak: Terminal, found: Shadow) -> None:
    by_junction: defaultdict[JunctionId, list[ShadowDay]] = defaultdict(list)
    for one in found.days:
        by_junction[one.junction_id].append(one)
    columns = (
        Column("day"),
        Column("junction"),
        Column("ran", "s per vehicle", number=True),
        Column("draft", "s per vehicle", number=True),
        Column("change", "%", number=True),
        Column("largest x", "of the draft", number=True),
        Column("plan"),
    )
    rows = [
        (
            one.day.isoformat(),
            one.junction_id,
            one.running_s,
            one.shadow_s,
            changed(one.running_s, one.shadow_s),
            one.shadow_x,
            one.plan_id,
        )
        for own in by_junction.values()
        for one in own
    ]
    if rows:
        speak.table("Drafts in shadow mode, on the traffic that was counted", columns, rows)
        speak.say("Nothing of this was released: what ran is the running plan on record.")
    show_sentences(speak, "Not compared", found.said, "are in the answer of --json")
