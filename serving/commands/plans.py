"""`city plans`: what is stored, and the steps of a plan's life."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from city.errors import InvalidValueError
from serving.commands.opening import AsJson, date_of, desk_of, moment_of, terminal
from serving.commands.signing import Key, signing
from serving.terminal import answering

if TYPE_CHECKING:
    from serving.plan_life import PlanState, PlanSteps
    from serving.terminal import Terminal

app = typer.Typer(
    no_args_is_help=True,
    help="Stored plans: list and read them, approve, refuse, publish, end them, roll them back.\n\n"
    'Example: city plans approve signals-2026-03-31-ab12cd --reason "compared with last Tuesday"',
)
PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="A plan's id; `city plans list` shows them.")]
Why = Annotated[str, typer.Option("--reason", help="Why; everyone who reads the plan's story reads it.")]


@app.command("list")
def list_plans(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option("--kind", help="signals or routes; default: both.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Only plans of this service date.")] = None,
    district: Annotated[
        list[str] | None, typer.Option("--district", help="Only plans that touch this district (repeatable).")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List stored plans, newest first, and how each stands.

    Example: city plans list --kind signals --date 2026-03-31
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.ids import DistrictId
        from city.plan_list import PlanQuery
        from serving.showing_plan_life import show_plan_list

        if kind not in (None, "signals", "routes"):
            raise InvalidValueError(subject="Plans", field="--kind", found=kind, expected="signals or routes")
        touching = tuple(map(DistrictId, district or ()))
        query = PlanQuery(kind=kind, service_date=date_of(date), touching=touching, limit=limit)
        found = desk.ledger.list.find(query)
        show_plan_list(speak, found, desk.zone())
        speak.answer({"plans": found})


@app.command("show")
def show(context: typer.Context, plan_id: PlanId, as_json: AsJson = False) -> None:
    """Tell a plan's story: who took which step, when and why, and what stands in the way of publishing it.

    Example: city plans show signals-2026-03-31-ab12cd
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.ids import PlanId as Name
        from serving.plan_life import state_of
        from serving.rechecking import hindrances, plan_in
        from serving.showing_plan_life import show_state, show_story

        stored = desk.ledger.plan(Name(plan_id))
        life = desk.ledger.life.of(stored.plan_id)
        blocked = hindrances(desk, plan_in(stored)) if life.status in ("draft", "approved") else ()
        state = state_of(life, blocked)
        show_story(speak, life, desk.zone())
        show_state(speak, state, desk.zone())
        speak.answer({"state": state, "events": life.events})


@app.command("approve")
def approve(context: typer.Context, plan_id: PlanId, reason: Why, key: Key = None, as_json: AsJson = False) -> None:
    """Answer for a plan. It is checked again first, against what is known today.

    A signal plan takes two different persons, a route plan one. Persons count, not keys.

    Example: city plans approve signals-2026-03-31-ab12cd --reason "compared with last Tuesday"
    """
    _step(context, key, as_json, lambda steps: steps.approve(plan_id, reason))


@app.command("refuse")
def refuse(context: typer.Context, plan_id: PlanId, reason: Why, key: Key = None, as_json: AsJson = False) -> None:
    """Refuse a draft or an approved plan. It stays readable with the reason, and is never published.

    Example: city plans refuse routes-2026-03-31-ab12cd --reason "truck T3 is in the workshop"
    """
    _step(context, key, as_json, lambda steps: steps.refuse(plan_id, reason))


@app.command("publish")
def publish(
    context: typer.Context,
    plan_id: PlanId,
    reason: Why,
    until: Annotated[
        str | None, typer.Option("--until", help="Until this time (the city's clock); default: the end of its day.")
    ] = None,
    measure: Annotated[
        Path | None, typer.Option("--measure", help="JSON file of a measure that is declared with it.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Publish an approved plan. The former one over the same junctions or trucks expires.

    Refused while a junction is unverified, in shadow mode, in manual mode or in fault, and where the plan does not pass
    its check today. With --measure what it will be judged by is declared in the same step: measure_id, name, unit,
    pilot, controls, before_from, after_from, after_until (docs/outcomes.md).

    Example: city plans publish signals-2026-03-31-ab12cd --reason "for tomorrow"
    """
    desk = desk_of(context)

    def take(steps: "PlanSteps") -> "PlanState":
        from city.ids import PlanId as Name
        from serving.loop.declaring import measure_in

        declared = None if measure is None else measure_in(measure, desk.ledger.plan(Name(plan_id)).kind)
        return steps.publish(plan_id, reason, moment_of(desk, until, "--until"), declared)

    _step(context, key, as_json, take)


@app.command("expire")
def expire(
    context: typer.Context,
    plan_id: Annotated[str | None, typer.Argument(metavar="[PLAN]", help="A published plan.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it ends before its time.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Write down which published plans' time is over.")] = False,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """End a published plan before its time. Nothing takes its place; `roll-back` returns the former plan.

    A plan whose time is over counts as expired without this; --due only writes it into the plans' stories.

    Example: city plans expire signals-2026-03-31-ab12cd --reason "roadworks begin today"
    """
    if due == (plan_id is not None):
        raise _plan_or_due()
    if plan_id is not None:
        if reason is None:
            raise _no_reason()
        _step(context, key, as_json, lambda steps: steps.expire(plan_id, reason))
        return
    speak, steps = _open(context, key, as_json)
    with answering(speak):
        noted = steps().note_lapsed()
        speak.say(f"{len(noted)} plan(s) have expired: {', '.join(noted)}." if noted else "No plan's time is over.")
        speak.answer({"expired": noted})


@app.command("roll-back")
def roll_back(context: typer.Context, plan_id: PlanId, reason: Why, key: Key = None, as_json: AsJson = False) -> None:
    """Take a published plan back: the former one holds again, if it is still valid and passes its check; else none.

    Example: city plans roll-back signals-2026-03-31-ab12cd --reason "queues at J012"
    """
    _step(context, key, as_json, lambda steps: steps.roll_back(plan_id, reason))


def _open(context: typer.Context, key: str | None, as_json: bool) -> "tuple[Terminal, Callable[[], PlanSteps]]":
    """The terminal, and who acts: looked up inside `answering`, where a refusal becomes a sentence."""
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)

    def steps() -> "PlanSteps":
        from serving.plan_life import PlanSteps

        return PlanSteps(desk, signing(desk, key, speak))

    return speak, steps


def _step(context: typer.Context, key: str | None, as_json: bool, take: "Callable[[PlanSteps], PlanState]") -> None:
    speak, steps = _open(context, key, as_json)
    with answering(speak):
        from serving.showing_plan_life import show_state

        acting = steps()
        state = take(acting)
        show_state(speak, state, acting.desk.zone())
        speak.answer(state)


def _plan_or_due() -> typer.BadParameter:
    return typer.BadParameter("name a plan, or --due", param_hint="PLAN")


def _no_reason() -> typer.BadParameter:
    return typer.BadParameter("say why it ends before its time", param_hint="--reason")
