"""`city complaints`: what to do with complaints that came in, and what became of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from city.errors import InvalidValueError
from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.terminal import answering

if TYPE_CHECKING:
    from city.access import Caller
    from city.complaint_work import Order, OrderState
    from serving.desk import Desk

app = typer.Typer(
    no_args_is_help=True,
    help="Complaints: read and propose, decide, follow until the work is done.\n\n"
    "Example: city complaints train, then city complaints triage, then city complaints accept C202603290012",
)
Complaint = Annotated[str, typer.Argument(metavar="COMPLAINT", help="Its id; `city complaints list` shows them.")]
Why = Annotated[str, typer.Option("--reason", help="Why; everyone who reads the complaint's story reads it.")]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Your key, which says who you are; better in CITY_KEY, which other users cannot see."),
]
At = Annotated[str | None, typer.Option("--at", help="With what was known at this time; default: now.")]


@app.command("train")
def train(context: typer.Context, as_of: At = None, as_json: AsJson = False) -> None:
    """Learn categories, departments and priorities from complaints that were closed; let it serve if it is better.

    Three windows in a row: learn, calibrate and choose when to ask a person, and a gate that decides. Kept by MLflow as
    the other models are: `city models`, `city promote triage` and `city rollback triage` work.

    Example: city complaints train
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_models import show_training
        from serving.triage.training import train as run

        trained = run(desk, asked=moment_of(desk, as_of, "--at"), progress=speak.progress)
        show_training(speak, trained)
        speak.answer(trained)


@app.command("triage")
def triage(
    context: typer.Context,
    at: At = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How far back open complaints are read.")] = 14,
    as_json: AsJson = False,
) -> None:
    """Read complaints that nobody has closed, and propose category, priority, department and point, with reasons.

    What a person has decided stays as it is. Where nobody can be sure the complaint waits for a person.

    Example: city complaints triage --days 7
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_complaints import show_settled, show_triaged
        from serving.triage.documents import triaged_document
        from serving.triage.proposing import triage_complaints
        from serving.triage.settling import settle

        asked = moment_of(desk, at, "--at")
        show_settled(speak, settle(desk))
        found = triage_complaints(desk, asked=asked, days=days, progress=speak.progress)
        show_triaged(speak, found, desk.zone())
        speak.answer(triaged_document(found))


@app.command("list")
def list_complaints(
    context: typer.Context,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="unsure, proposed, refused, rerouted, accepted, planned or done (repeatable)."),
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help="Only what this department has.")] = None,
    district: Annotated[list[str] | None, typer.Option("--district", help="Only of this district.")] = None,
    text: Annotated[bool, typer.Option("--text", help="With the masked texts, for whoever decides.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List complaints with what is proposed for each and why, those due first at the top.

    Example: city complaints list --state unsure --text
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.complaint_work import OrderQuery
        from city.ids import DistrictId
        from serving.showing_complaints import show_complaints
        from serving.triage.deciding import texts_of
        from serving.triage.documents import list_document

        query = OrderQuery(
            states=tuple(map(_state, state or ())),
            districts=tuple(map(DistrictId, district)) if district else None,
            department=department,
            limit=limit + 1,
        )
        found = desk.ledger.orders.find(query)
        shown = found[:limit]
        texts = texts_of(desk, [order.complaint_id for order in shown]) if text else {}
        show_complaints(speak, shown, desk.zone(), texts)
        if not found:
            speak.say("There is none. `city complaints triage` reads what came in.")
        speak.answer(list_document(found, limit) | ({"texts": texts} if text else {}))


@app.command("accept")
def accept(
    context: typer.Context,
    complaints: Annotated[list[str] | None, typer.Argument(metavar="COMPLAINT...", help="One or several ids.")] = None,
    all_sure: Annotated[
        bool, typer.Option("--all-sure", help="Everything surely proposed to sanitation that lies at a point.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, where something has to be said.")] = "",
    priority: Annotated[
        str | None, typer.Option("--priority", help="urgent, normal or low, if not as proposed.")
    ] = None,
    due: Annotated[str | None, typer.Option("--due", help="By when, if not as its priority says.")] = None,
    point: Annotated[str | None, typer.Option("--point", help="The point it is about, as P00012/residual.")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make orders of complaints: the next plan takes them as stops, priced by their priority and due time.

    Example: city complaints accept C202603290012 --priority urgent --due 2026-03-30T14:00
    """
    desk = desk_of(context)
    due_at = moment_of(desk, due, "--due")
    if bool(complaints) == all_sure:
        raise _which()

    def decide(caller: "Caller") -> "tuple[Order, ...]":
        from serving.triage.deciding import accept as step
        from serving.triage.deciding import accept_sure

        if all_sure:
            return accept_sure(desk, caller)
        return tuple(
            step(desk, one, caller, why=reason, priority=priority, due_at=due_at, point=point)
            for one in complaints or ()
        )

    _decide(desk, key, decide, as_json=as_json)


@app.command("refuse")
def refuse(context: typer.Context, complaint: Complaint, reason: Why, key: Key = None, as_json: AsJson = False) -> None:
    """Say that nothing is to be done, and why.

    Example: city complaints refuse C202603290012 --reason "was emptied before it was reported"
    """
    desk = desk_of(context)

    def decide(caller: "Caller") -> "tuple[Order, ...]":
        from serving.triage.deciding import refuse as step

        return (step(desk, complaint, caller, why=reason),)

    _decide(desk, key, decide, as_json=as_json)


@app.command("reroute")
def reroute(
    context: typer.Context,
    complaint: Complaint,
    to: Annotated[str, typer.Option("--to", help="The department that is responsible.")],
    reason: Why,
    category: Annotated[str | None, typer.Option("--category", help="The right category, if that is wrong.")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Send a complaint to another department. What comes to sanitation still has to be accepted.

    Example: city complaints reroute C202603290012 --to police --reason "neighbours"
    """
    desk = desk_of(context)

    def decide(caller: "Caller") -> "tuple[Order, ...]":
        from serving.triage.deciding import reroute as step

        return (step(desk, complaint, caller, department=to, why=reason, category=category),)

    _decide(desk, key, decide, as_json=as_json)


@app.command("orders")
def orders(context: typer.Context, as_json: AsJson = False) -> None:
    """Show accepted orders: planned by which plan, done, or why they wait.

    Example: city complaints orders
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_complaints import show_orders, show_settled
        from serving.triage.documents import list_document
        from serving.triage.settling import settle

        settled = settle(desk)
        done = tuple(order for order in settled.orders if not order.is_open)
        found = (*desk.ledger.orders.open(), *done)
        show_settled(speak, settled)
        show_orders(speak, found, desk.zone())
        speak.answer(list_document(found, max(len(found), 1)))


@app.command("replan")
def replan(
    context: typer.Context,
    at: Annotated[str, typer.Option("--at", help="The clock of the service date, such as 10:40.")],
    plan: Annotated[str | None, typer.Option("--plan", help="A stored route plan; default: the newest.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Store the new plan as a draft.")] = False,
    as_json: AsJson = False,
) -> None:
    """Repair a plan that is being driven so that it serves the urgent orders of its day.

    Example: city complaints replan --at 10:40 --accept
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.ids import PlanId
        from serving.showing_replans import show_replan
        from serving.triage.urgent import urgent_replan

        found = urgent_replan(desk, None if plan is None else PlanId(plan), at, accept=accept)
        show_replan(speak, found)
        speak.answer(found)


@app.command("routing")
def routing(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=7, max=3_650, help="How many days to look back.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Show per month how many complaints were sent to the wrong department, at first and by what was proposed.

    Example: city complaints routing --days 90
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_complaints import show_routing
        from serving.triage.documents import routing_document
        from serving.triage.measuring import routed_by_month

        months = routed_by_month(desk, days=days)
        show_routing(speak, months)
        speak.answer(routing_document(months))


def _which() -> typer.BadParameter:
    return typer.BadParameter("name complaints, or --all-sure", param_hint="COMPLAINT")


def _state(text: str) -> "OrderState":
    from city.complaint_work import OrderState

    if text not in set(OrderState):
        raise InvalidValueError(
            subject="Complaints", field="--state", found=text, expected=f"one of {', '.join(OrderState)}"
        )
    return OrderState(text)


def _decide(desk: "Desk", key: str | None, decide: "Callable[[Caller], tuple[Order, ...]]", *, as_json: bool) -> None:
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_complaints import show_decided
        from serving.triage.documents import list_document
        from serving.who import acting

        caller, notes = acting(desk, key)
        for note in notes:
            speak.note(note)
        found = decide(caller)
        show_decided(speak, found, desk.zone())
        if not found:
            speak.say("Nothing was waiting that is sure and lies at a point.")
        speak.answer(list_document(found, max(len(found), 1)))
