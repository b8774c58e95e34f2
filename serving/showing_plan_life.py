"""Plans' lives as tables and sentences for a person."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from city.plan_life import Life
from city.plan_list import PlanSummary
from serving.plan_life import PlanState
from serving.terminal import Column, Terminal

COLUMNS = (
    Column("plan"),
    Column("for"),
    Column("service date"),
    Column("state"),
    Column("valid until"),
    Column("districts"),
    Column("made"),
)


def show_plan_list(speak: Terminal, plans: Sequence[PlanSummary], clock: ZoneInfo) -> None:
    rows = [
        (
            plan.plan_id,
            plan.kind,
            plan.service_date,
            plan.status.replace("_", " "),
            "-" if plan.valid_until is None else f"{plan.valid_until.astimezone(clock):%Y-%m-%d %H:%M}",
            ", ".join(plan.district_ids),
            f"{plan.made_at.astimezone(clock):%Y-%m-%d %H:%M}",
        )
        for plan in plans
    ]
    speak.table(f"Plans ({clock.key})", COLUMNS, rows)
    if not rows:
        speak.say("There is none. `city plan signals` and `city plan routes` make plans.")


def show_story(speak: Terminal, life: Life, clock: ZoneInfo) -> None:
    rows = [
        (
            f"{event.at.astimezone(clock):%Y-%m-%d %H:%M}",
            event.action.replace("_", " "),
            event.person,
            event.key_id,
            event.reason,
        )
        for event in life.events
    ]
    columns = (Column("when"), Column("step"), Column("who"), Column("key"), Column("why"))
    speak.table(f"Plan {life.plan_id} ({clock.key})", columns, rows)
    if not rows:
        speak.say("Nobody has taken a step with it yet.")


def show_state(speak: Terminal, state: PlanState, clock: ZoneInfo) -> None:
    word = state.status.replace("_", " ")
    if state.status == "published" and state.valid_until is not None:
        word += f" until {state.valid_until.astimezone(clock):%Y-%m-%d %H:%M}"
    speak.say(f"Plan {state.plan_id} is {word}.")
    if state.status == "draft" and state.approved_by:
        who = " and ".join(state.approved_by)
        speak.say(f"{who} approved it; {state.approvals_missing} more person must.")
    for sentence in state.said:
        speak.say(sentence)
    for sentence in state.hindrances:
        speak.note(f"Cannot be published yet: {sentence}")
