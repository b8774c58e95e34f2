"""`city plan` and `city check`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from city.ids import CorridorId, DistrictId, JunctionId
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from serving.commands.opening import AsJson, date_of, desk_of, moment_of, shown_path, terminal
from serving.selection import RouteRequest, SignalRequest
from serving.terminal import REFUSED, Terminal, answering

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
    out: Annotated[Path | None, typer.Option("--out", help="Folder for a copy of the plan's files.")] = None,
    what_if: WhatIfs = None,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Plan tomorrow's signals or today's routes from the newest forecast.

    The plan is checked, stored as a draft and written to a folder: JSON, SUMO programs for signals, GeoJSON and an
    Excel sheet per truck for routes. Without a choice, everything is planned. plan.html in the folder of a signal plan
    shows what it means: delay and level of service now and planned, the critical lanes, the rule that binds, stage and
    time-space diagrams.

    Example: city plan signals --corridor C1 --date 2026-04-01

    Example: city plan signals --what-if demand:+20% --what-if close-lane:J001:N-through:1 --out what-if
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    service_date = date_of(day)
    if what is PlanSubject.ROUTES and (junction or corridor or what_if):
        raise _not_for_routes()
    if keep and not what_if:
        raise _nothing_to_keep()
    with answering(speak):
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
                district_ids=districts, service_date=service_date, at=moment, seed=seed, seconds=seconds
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
    from serving.planning_routes import make_route_plan
    from serving.showing_plans import show_routes

    planned = make_route_plan(desk, request, progress=speak.progress)
    show_routes(speak, planned.plan)
    _hand_over(speak, planned, out)


def _hand_over(speak: Terminal, planned: "Planned[SignalSchedule] | Planned[CollectionPlan]", out: Path | None) -> None:
    from serving.plan_folder import copied

    folder = planned.folder if out is None else copied(planned.folder, out)
    speak.say(
        f"Plan {planned.plan.plan_id} passed its check and is stored as a draft; its files are in {shown_path(folder)}."
    )
    explained = {"explained": planned.explained} if planned.explained else {}
    speak.answer({"folder": str(folder), "plan": planned.plan, "check": planned.check, **explained})


def check(
    context: typer.Context,
    plan_file: Annotated[Path, typer.Argument(help="plan.json as `city plan` wrote it, or changed by hand.")],
    greens_follow: Annotated[
        bool,
        typer.Option("--greens-follow", help="Signals: only splits or offsets were changed; greens follow from them."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="With --greens-follow: file for the plan with its new greens.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a plan file against the junctions or the collection problem of its time.

    The check knows no solver: it recomputes conflicts, clearances, loads, clocks and cost. Exit code 1 if a rule is
    broken. A signal plan's certificate says whether anything was changed since the plan was made; without this program
    at hand, verify_plan.py beside the plan checks it with Python alone. A signal plan is scored as well, beside the
    stored one at the same flows: so a plan changed by hand shows at once what it breaks and what it costs.

    Example: city check var/plans/signals-2026-04-01-ab12cd/plan.json

    Example: city check changed.json --greens-follow --out whole.json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.documents import to_json
        from serving.checking import check_file
        from serving.plan_documents import certificate_document
        from serving.rescoring import rescore
        from serving.showing_plans import show_certificate, show_check
        from serving.showing_scores import show_scores

        checked = check_file(desk, plan_file, greens_from_splits=greens_follow)
        if greens_follow and out is not None:
            out.write_text(to_json(checked.plan), encoding="utf-8")
            speak.say(f"Wrote {shown_path(out)}.")
        show_check(speak, checked.plan.plan_id, checked.report)
        show_certificate(speak, checked.certificate)
        scores = rescore(desk, checked.plan) if isinstance(checked.plan, SignalSchedule) else None
        if scores is not None:
            show_scores(speak, scores)
        speak.answer(
            {
                "plan_id": checked.plan.plan_id,
                "ok": checked.report.ok,
                "check": checked.report,
                "certificate": certificate_document(checked.certificate),
                **({"scores": scores} if scores is not None else {}),
            }
        )
        if not checked.report.ok:
            raise typer.Exit(REFUSED)


def _not_for_routes() -> typer.BadParameter:
    return typer.BadParameter("routes are planned by district, not by junction, corridor or what-if", param_hint="what")


def _nothing_to_keep() -> typer.BadParameter:
    return typer.BadParameter("it goes with --what-if: other plans are stored anyhow", param_hint="--keep")
