"""What the rolling mode found, as a table and sentences for a person."""

from serving.rolling_plans import RollingAnswer
from serving.terminal import Column, Terminal

COLUMNS = (
    Column("junction"),
    Column("change"),
    Column("in force", "person-h", number=True),
    Column("rolled", "person-h", number=True),
    Column("switching", "person-h", number=True),
    Column("why"),
)


def show_rolling(speak: Terminal, answer: RollingAnswer) -> None:
    rows = [
        (
            verdict.junction_id,
            "yes" if verdict.changed else "no",
            _shown(verdict.in_force_h),
            _shown(verdict.rolled_h),
            _shown(verdict.transition_h),
            verdict.why.removeprefix("no change: "),
        )
        for verdict in answer.verdicts
    ]
    speak.table(f"Rolling inside envelope {answer.envelope_id}", COLUMNS, rows)
    for sentence in answer.degraded:
        speak.say(sentence)
    if answer.plan_id is None:
        speak.say("No change: what is in force goes on. Nothing was stored.")
        return
    changed = f"{answer.changed} of {len(answer.verdicts)} junctions"
    speak.say(f"Plan {answer.plan_id} passed its check; it changes {changed}.")
    if answer.published is None:
        speak.say("It is stored as a draft; `--publish` publishes what lies inside an approved envelope.")
    elif answer.published.published:
        speak.say("It lies inside the envelope and is published.")
    else:
        for sentence in answer.published.breaches:
            speak.say(sentence)
        speak.say("It lies outside the envelope and waits as a draft.")


def _shown(hours: float | None) -> str:
    return "-" if hours is None else f"{hours:.2f}"
