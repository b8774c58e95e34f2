"""`city replan routes`."""

from pathlib import Path
from typing import Annotated

import typer

from city.ids import PlanId
from serving.commands.opening import AsJson, desk_of, shown_path, terminal
from serving.terminal import answering

app = typer.Typer(no_args_is_help=True, help="Repair a plan that is being driven, after something went wrong.")

Events = Annotated[
    list[str],
    typer.Option(
        "--event",
        help="What went wrong: breakdown:T3, closure:P17, closure:P17:11:00-13:00, urgent:P30:by=14:00, late:T2:45min "
        "or site-shut:S1:12:00-15:00; a point with several streams is P30/kitchen. Repeatable.",
    ),
]


@app.callback()
def replan() -> None:
    """Repair a plan that is being driven, after something went wrong."""


@app.command("routes")
def routes(
    context: typer.Context,
    at: Annotated[str, typer.Option("--at", help="The time now, on the service date: 10:40, or 02:00+1 at night.")],
    events: Events,
    plan_id: Annotated[str | None, typer.Option("--plan", help="The stored plan; default: the newest.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Store the new plan as a draft; else nothing is.")] = False,
    price: Annotated[
        float | None,
        typer.Option(min=0, help="Per disturbed stop, in the unit of the trucks' costs; default: 5 min of a truck."),
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0, help="A stop that moves by no more is not disturbed, min.")] = 15,
    keep: Annotated[
        float,
        typer.Option(min=0, max=100, help="Of the stops that nothing hit, so many keep truck and order at least, %."),
    ] = 90,
    seconds: Annotated[float, typer.Option(min=0.5, max=600, help="How long to look for better repairs, s.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the search.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Say what changes in today's routes after a breakdown, a closure, a complaint, a delay or a shut site.

    What has begun by --at stays as it is; trucks go on from where they are with what they have loaded. The answer is
    the difference to the plan: which stops move to which truck and why, what is dropped, what comes later, and what it
    costs. Each disturbed stop has its price, so that crews keep their stops unless it pays. "No change" is an answer.

    Example: city replan routes --at 10:40 --event breakdown:T3 --event urgent:P30:by=14:00

    Example: city replan routes --plan routes-2026-03-31-ab12cd --at 10:40 --event late:T2:45min --accept
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from optimization.collection.replan import Wishes
        from serving.replanning import ReplanRequest, replan_routes
        from serving.showing_replans import show_replan

        request = ReplanRequest(
            plan_id=None if plan_id is None else PlanId(plan_id),
            at=at,
            events=tuple(events),
            accept=accept,
            wishes=Wishes(
                seconds=seconds, price=price, tolerance_s=round(tolerance * 60), least_kept=keep / 100, seed=seed
            ),
        )
        with speak.progress("Replanning routes", 1):
            done = replan_routes(desk, request)
        show_replan(speak, done)
        if done.folder is not None:
            where = shown_path(Path(done.folder))
            speak.say(f"Plan {done.plan.plan_id} passed its check and is stored as a draft; its files are in {where}.")
        else:
            speak.say("Nothing was stored." if accept else "Nothing was stored; --accept stores it as a draft.")
        speak.answer(done)
