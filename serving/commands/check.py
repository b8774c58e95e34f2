"""`city check`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from city.signal_plans import SignalSchedule
from serving.commands.opening import AsJson, desk_of, shown_path, terminal
from serving.terminal import REFUSED, Terminal, answering

if TYPE_CHECKING:
    from serving.checking import Checked
    from serving.desk import Desk


def check(
    context: typer.Context,
    plan_file: Annotated[
        Path,
        typer.Argument(help="plan.json as `city plan` wrote it, or changed by hand; routes: routes.xlsx too."),
    ],
    greens_follow: Annotated[
        bool,
        typer.Option("--greens-follow", help="Signals: only splits or offsets were changed; greens follow from them."),
    ] = False,
    clocks_follow: Annotated[
        bool,
        typer.Option("--clocks-follow", help="Routes: only who serves what in which order was changed in plan.json."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File for the whole plan where greens or clocks follow: .json; routes: .xlsx."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a plan file against the junctions or the collection problem of its time.

    The check knows no solver: it recomputes conflicts, clearances, loads, clocks and cost. Exit code 1 if a rule is
    broken. The certificate says whether anything was changed since the plan was made; without this program at hand,
    verify_plan.py beside the plan checks it with Python alone. A signal plan is scored as well, beside the stored one
    at the same flows: so a plan changed by hand shows at once what it breaks and what it costs.

    Routes changed by hand in the workbook, or in a plan.json without clocks, get the clocks, breaks, loads and cost
    that follow from the order; what they break is named, and the cost stands beside that of the plan before.

    Example: city check var/plans/signals-2026-04-01-ab12cd/plan.json

    Example: city check changed.json --greens-follow --out whole.json

    Example: city check routes.xlsx --out routes-checked.xlsx
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.checking import check_file

        checked = check_file(desk, plan_file, greens_from_splits=greens_follow, clocks_follow=clocks_follow)
        if out is not None:
            _write_whole(speak, checked, out, greens_follow=greens_follow)
        speak.answer(_shown(desk, speak, checked))
        if not checked.report.ok:
            raise typer.Exit(REFUSED)


def _shown(desk: "Desk", speak: Terminal, checked: "Checked") -> dict[str, Any]:
    """Everything for a person, and the same as a document."""
    from serving.plan_documents import certificate_document
    from serving.rescoring import rescore
    from serving.showing_indicators import show_by_hand, show_indicators
    from serving.showing_plans import show_certificate, show_check
    from serving.showing_scores import show_scores

    if checked.by_hand is not None:
        show_by_hand(speak, checked.by_hand)
    show_check(speak, checked.plan.plan_id, checked.report)
    show_certificate(speak, checked.certificate)
    show_indicators(speak, checked.indicators)
    scores = rescore(desk, checked.plan) if isinstance(checked.plan, SignalSchedule) else None
    if scores is not None:
        show_scores(speak, scores)
    made = checked.by_hand
    extra = {
        "scores": scores,
        "indicators": checked.indicators,
        "plan": made.plan if made is not None else None,
        "cost_before": dict(made.before.cost) if made is not None and made.before is not None else None,
    }
    return {
        "plan_id": checked.plan.plan_id,
        "ok": checked.report.ok,
        "check": checked.report,
        "certificate": certificate_document(checked.certificate),
        **{name: value for name, value in extra.items() if value is not None},
    }


def _write_whole(speak: Terminal, checked: "Checked", out: Path, *, greens_follow: bool) -> None:
    from city.documents import to_json
    from serving.plans_by_hand import write_by_hand

    if checked.by_hand is not None:
        write_by_hand(checked.by_hand, out)
    elif greens_follow:
        out.write_text(to_json(checked.plan), encoding="utf-8")
    else:
        raise _nothing_to_write()
    speak.say(f"Wrote {shown_path(out)}.")


def _nothing_to_write() -> typer.BadParameter:
    return typer.BadParameter("it goes with --greens-follow, --clocks-follow or a workbook", param_hint="--out")
