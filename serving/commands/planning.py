"""`city plan`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from city.ids import CorridorId, DistrictId, JunctionId
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from serving.commands.opening import AsJson, date_of, desk_of, moment_of, shown_path, terminal
from serving.commands.rolling import EnvelopeName, PublishReason, plan_rolling
from serving.commands.signing import Key
from serving.selection import RouteRequest, SignalRequest
from serving.terminal import Terminal, answering

if TYPE_CHECKING:
    from serving.desk import Desk
    from serving.plan_folder import Planned


WhatIfs = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        help="Signals: demand:+20%, demand:-10%:J001, close-lane:J001:N-through:1 or add-crossing:J001:N:14 (m; "
        "and :200 people per hour); repeatable. Planned and compared with today's plan; nothing is stored.",
    ),
]
Keep = Annotated[bool, typer.Option("--keep", help="Store a what-if of demand alone as a draft of its day.")]


class PlanSubject(StrEnum):
    SIGNALS = "signals"
    ROUTES = "routes"
    ROLLING = "rolling"


def plan(
    context: typer.Context,
    what: Annotated[PlanSubject, typer.Argument(help="What to plan.")],
    day: Annotated[
        str | None, typer.Option("--date", help="Service date; default: tomorrow for signals, today for routes.")
    ] = None,
    junction: Annotated[
        list[str] | None, typer.Option("--junction", help="Signals: this junction (repeatable).")
    ] = None,
    corridor: Annotated[
        list[str] | None, typer.Option("--corridor", help="Signals: this corridor (repeatable).")
    ] = None,
    district: Annotated[list[str] | None, typer.Option("--district", help="Only this district (repeatable).")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Plan with what was known at this time; default: now.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same plan.")] = 1,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="Routes: how long to look for better ones, s.")] = 20,
    overflow_share: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Routes: at most this share of visits come after an overflow.")
    ] = 0.05,
    fairness_gap: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Routes: how far a district's expected overflows per by-fill point may exceed the city's, such as "
            "0.02. Planned without and with it (up to four times --seconds); the plan says what it costs.",
        ),
    ] = None,
    what_can: Annotated[
        bool,
        typer.Option("--what-can", help="Routes: set aside what has a fault, say so, and plan what can be planned."),
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for a copy of the plan's files.")] = None,
    what_if: WhatIfs = None,
    keep: Keep = False,
    envelope: EnvelopeName = None,
    publish: PublishReason = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Plan tomorrow's signals, today's routes, or the next hour of signals (rolling) from the newest forecast.

    The plan is checked, stored as a draft and written to a folder: JSON, SUMO programs for signals, GeoJSON and an
    Excel sheet per truck for routes. Without a choice, everything is planned. plan.html in the folder of a signal plan
    shows what it means: delay and level of service now and planned, the critical lanes, the rule that binds, stage and
    time-space diagrams.

    Example: city plan signals --corridor C1 --date 2026-04-01

    Example: city plan routes --what-can --overflow-share 0.03

    Rolling changes what runs today inside an envelope that two persons approved: splits by a few seconds, cycle and
    offsets at most every 30 minutes, and nothing unless it repays its switches.

    Example: city plan rolling --envelope E1 --publish "queues on the ring"

    Example: city plan signals --what-if demand:+20% --what-if close-lane:J001:N-through:1 --out what-if
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    service_date = date_of(day)
    if what is PlanSubject.ROUTES and (junction or corridor or what_if):
        raise _not_for_routes()
    if what_can and what is not PlanSubject.ROUTES:
        raise _only_for_routes()
    if keep and not what_if:
        raise _nothing_to_keep()
    with answering(speak):
        if what is PlanSubject.ROLLING:
            plan_rolling(desk, speak, envelope, at, publish, key)
            return
        moment = moment_of(desk, at, "--at")
        districts = tuple(map(DistrictId, district or ()))
        if what is PlanSubject.SIGNALS:
            wanted = SignalRequest(
                junction_ids=tuple(map(JunctionId, junction or ())),
                corridor_ids=tuple(map(CorridorId, corridor or ())),
                district_ids=districts,
                service_date=service_date,
                at=moment,
                seed=seed,
            )
            if what_if:
                _try_out(desk, speak, wanted, what_if, out, keep=keep)
            else:
                _plan_signals(desk, speak, wanted, out)
        else:
            request = RouteRequest(
                district_ids=districts,
                service_date=service_date,
                at=moment,
                seed=seed,
                seconds=seconds,
                what_can=what_can,
                overflow_share=overflow_share,
                fairness_gap=fairness_gap,
            )
            _plan_routes(desk, speak, request, out)


def _try_out(
    desk: "Desk", speak: Terminal, request: SignalRequest, changes: list[str], out: Path | None, *, keep: bool
) -> None:
    from serving.showing_what_ifs import show_what_if
    from serving.what_ifs import try_out

    done = try_out(desk, request, changes, out=out, keep=keep, progress=speak.progress)
    show_what_if(speak, done)
    if keep:
        speak.say(f"Plan {done.plan.plan_id} passed its check and is stored as a draft.")
    elif done.folder is None:
        speak.say("Nothing was stored; --out FOLDER writes the plan's files and pages.")
    if done.folder is not None:
        speak.say(f"Its files are in {shown_path(Path(done.folder))}.")
    speak.answer(done)


def _plan_signals(desk: "Desk", speak: Terminal, request: SignalRequest, out: Path | None) -> None:
    from serving.planning_signals import make_signal_plan
    from serving.showing_plans import show_signals

    planned = make_signal_plan(desk, request, progress=speak.progress)
    show_signals(speak, planned.plan, planned.explained)
    _hand_over(speak, planned, out)


def _plan_routes(desk: "Desk", speak: Terminal, request: RouteRequest, out: Path | None) -> None:
    from serving.noted_days import with_standing_notes
    from serving.planning_routes import make_route_plan
    from serving.showing_indicators import show_indicators
    from serving.showing_plans import show_routes

    planned = make_route_plan(desk, with_standing_notes(desk, request), progress=speak.progress)
    show_routes(speak, planned.plan)
    show_indicators(speak, planned.indicators)
    _hand_over(speak, planned, out)


def _hand_over(speak: Terminal, planned: "Planned[SignalSchedule] | Planned[CollectionPlan]", out: Path | None) -> None:
    from serving.plan_folder import copied

    folder = planned.folder if out is None else copied(planned.folder, out)
    speak.say(
        f"Plan {planned.plan.plan_id} passed its check and is stored as a draft; its files are in {shown_path(folder)}."
    )
    extra: dict[str, object] = {"explained": planned.explained} if planned.explained else {}
    if planned.indicators is not None:
        extra["indicators"] = planned.indicators
    speak.answer({"folder": str(folder), "plan": planned.plan, "check": planned.check, **extra})


def _not_for_routes() -> typer.BadParameter:
    return typer.BadParameter("routes are planned by district, not by junction, corridor or what-if", param_hint="what")


def _only_for_routes() -> typer.BadParameter:
    return typer.BadParameter("it goes with routes", param_hint="--what-can")


def _nothing_to_keep() -> typer.BadParameter:
    return typer.BadParameter("it goes with --what-if: other plans are stored anyhow", param_hint="--keep")
