"""`city indicators`: what each figure means, the figures over time, and as a file for other tools."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, shown_path, terminal
from serving.terminal import answering

if TYPE_CHECKING:
    from serving.desk import Desk
    from serving.indicator_answers import Question


class PeriodName(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


app = typer.Typer(
    no_args_is_help=True,
    help="Indicators over days, weeks and months, each by its definition.\n\n"
    "Example: city indicators show --period week --indicator waste.overflow_rate",
)
Only = Annotated[
    list[str] | None,
    typer.Option("--indicator", help="Only this one (repeatable); `city indicators catalogue` lists them."),
]
OfPeriod = Annotated[PeriodName, typer.Option("--period", help="How long a period is.")]
From = Annotated[str | None, typer.Option("--from", help="First day, such as 2026-03-01; default: some periods back.")]
To = Annotated[str | None, typer.Option("--to", help="Last day, included; default: the last that the feeds speak of.")]
At = Annotated[
    str | None, typer.Option("--at", help="As it could be known at this time (the city's clock); default: now.")
]
InDistrict = Annotated[list[str] | None, typer.Option("--district", help="Only of this district (repeatable).")]


@app.callback()
def indicators() -> None:
    """Indicators over days, weeks and months, each by its definition."""


@app.command("catalogue")
def catalogue(context: typer.Context, as_json: AsJson = False) -> None:
    """List what each indicator means: definition, unit, formula, source, owner, and which way is good.

    docs/indicators.md says the same.

    Example: city indicators catalogue --json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.indicator_catalogue import DEFINITIONS
        from serving.showing_series import show_catalogue
        from serving.watch_documents import definition_document

        show_catalogue(speak, DEFINITIONS)
        speak.answer({"definitions": [definition_document(one) for one in DEFINITIONS]})


@app.command("show")
def show(
    context: typer.Context,
    indicator: Only = None,
    period: OfPeriod = PeriodName.WEEK,
    since: From = None,
    until: To = None,
    at: At = None,
    district: InDistrict = None,
    as_json: AsJson = False,
) -> None:
    """Show indicators per district and for the whole city. What cannot be computed says why.

    Example: city indicators show --period day --from 2026-03-24 --to 2026-03-30 --district D01
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.indicator_answers import answer_series
        from serving.showing_series import show_series
        from serving.watch_documents import series_document

        question = _question(desk, indicator, period, (since, until, at), district)
        found = answer_series(desk, question, progress=speak.progress)
        show_series(speak, found)
        speak.answer(series_document(found))


@app.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .csv, .xlsx or .parquet.")],
    indicator: Only = None,
    period: OfPeriod = PeriodName.WEEK,
    since: From = None,
    until: To = None,
    at: At = None,
    district: InDistrict = None,
    as_json: AsJson = False,
) -> None:
    """Write indicators to a file for other tools: one row per indicator, district and period, with its unit.

    Texts that a spreadsheet would run as formulas get an apostrophe.

    Example: city indicators export --period month --from 2026-01-01 --to 2026-03-31 --out indicators.xlsx
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.exporting import known_ending, write_safely
        from serving.indicator_answers import answer_series
        from serving.indicator_table import table_of

        known_ending(out)
        question = _question(desk, indicator, period, (since, until, at), district)
        found = answer_series(desk, question, progress=speak.progress)
        rows = table_of(found)
        write_safely(rows, out)
        for one in found.not_told:
            speak.note(f"{one.indicator_id} is not in it: {one.why}")
        speak.say(f"Wrote {rows.height:,} rows to {shown_path(out)}.")
        speak.answer({"path": str(out), "rows": rows.height, "not_told": found.not_told})


def _question(
    desk: "Desk",
    indicator: list[str] | None,
    period: PeriodName,
    times: tuple[str | None, str | None, str | None],
    district: list[str] | None,
) -> "Question":
    from datetime import date

    from serving.indicator_answers import Question

    days: list[date | None] = []
    for text, option in zip(times[:2], ("--from", "--to"), strict=True):
        try:
            days.append(None if text is None else date.fromisoformat(text))
        except ValueError:
            raise _no_day(text, option) from None
    return Question(
        indicator_ids=tuple(indicator or ()),
        period=period.value,
        since=days[0],
        until=days[1],
        as_of=moment_of(desk, times[2], "--at"),
        districts=tuple(district or ()),
    )


def _no_day(text: str | None, option: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r} is no date; write 2026-03-31", param_hint=option)
