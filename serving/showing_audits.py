"""An audit as sentences for a person."""

from collections import Counter

from optimization.signals.doubts import Weight
from serving.auditing import Audited
from serving.terminal import Terminal

STYLES = {Weight.WRONG: "red", Weight.DOUBTFUL: "yellow", Weight.MISSING: ""}


def show_audit(speak: Terminal, audited: Audited) -> None:
    counted = Counter(one.weight for one in audited.doubts)
    told = ", ".join(f"{counted[weight]} {weight}" for weight in Weight if counted[weight])
    title = audited.junction_id if audited.name == audited.junction_id else f"{audited.junction_id} ({audited.name})"
    speak.say(f"\nJunction {title}: {told or 'nothing is wrong or doubtful'}.", style="bold")
    lead = f"Junction {audited.junction_id}: "
    for one in audited.doubts:
        sentence = one.sentence.removeprefix(lead)
        speak.say(f"  {one.weight:<9} {sentence[0].upper()}{sentence[1:]}", style=STYLES[one.weight])
        if one.cost:
            speak.say(f"  {'':<9} {one.cost}")
