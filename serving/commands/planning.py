"""`city plan` and `city check`."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from city.ids import CorridorId, DistrictId, JunctionId
from city.signal_plans import SignalSchedule
from city.waste_plans import CollectionPlan
from serving.commands.opening import AsJson, desk_of, moment_of, shown_path, terminal
from serving.selection import RouteRequest, SignalRequest
from serving.terminal import REFUSED, Terminal, answering

if TYPE_CHECKING:
    from serving.desk import Desk
    from serving.plan_folder import Planned


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
    as_json: AsJson = False,
) -> None:
    """Plan tomorrow's signals or today's routes from the newest forecast.

    The plan is checked, stored as a draft and written to a folder: JSON, SUMO programs for signals, GeoJSON and an
    Excel sheet per truck for routes. Without a choice, everything is planned.

    Example: city plan signals --corridor C1 --date 2026-04-01
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    service_date = _date(day)
    if what is PlanSubject.ROUTES and (junction or corridor):
        raise _not_for_routes()
    with answering(speak):
        moment = moment_of(desk, at, "--at")
        districts = tuple(map(DistrictId, district or ()))
        if what is PlanSubject.SIGNALS:
            _plan_signals(
                desk,
                speak,
                SignalRequest(
                    junction_ids=tuple(map(JunctionId, junction or ())),
                    corridor_ids=tuple(map(CorridorId, corridor or ())),
                    district_ids=districts,
                    service_date=service_date,
                    at=moment,
                    seed=seed,
                ),
                out,
            )
        else:
            request = RouteRequest(
                district_ids=districts, service_date=service_date, at=moment, seed=seed, seconds=seconds
            )
            _plan_routes(desk, speak, request, out)


def _plan_signals(desk: "Desk", speak: Terminal, request: SignalRequest, out: Path | None) -> None:
    from serving.planning_signals import make_signal_plan
    from serving.showing_plans import show_signals

    planned = make_signal_plan(desk, request, progress=speak.progress)
    show_signals(speak, planned.plan)
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
    speak.answer({"folder": str(folder), "plan": planned.plan, "check": planned.check})


def check(
    context: typer.Context,
    plan_file: Annotated[Path, typer.Argument(help="plan.json as `city plan` wrote it, or changed by hand.")],
    as_json: AsJson = False,
) -> None:
    """Check a plan file against the junctions or the collection problem of its time.

    The check knows no solver: it recomputes conflicts, clearances, loads, clocks and cost. Exit code 1 if a rule is
    broken. A signal plan's certificate says whether anything was changed since the plan was made; without this program
    at hand, verify_plan.py beside the plan checks it with Python alone.

    Example: city check var/plans/signals-2026-04-01-ab12cd/plan.json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.checking import check_file
        from serving.plan_documents import certificate_document
        from serving.showing_plans import show_certificate, show_check

        checked = check_file(desk, plan_file)
        show_check(speak, checked.plan.plan_id, checked.report)
        show_certificate(speak, checked.certificate)
        speak.answer(
            {
                "plan_id": checked.plan.plan_id,
                "ok": checked.report.ok,
                "check": checked.report,
                "certificate": certificate_document(checked.certificate),
            }
        )
        if not checked.report.ok:
            raise typer.Exit(REFUSED)


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _no_date(text) from None


def _no_date(text: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r} is no date; write 2026-03-31", param_hint="--date")


def _not_for_routes() -> typer.BadParameter:
    return typer.BadParameter("routes are planned by district, not by junction or corridor", param_hint="what")
