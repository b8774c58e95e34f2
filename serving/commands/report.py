"""`city report`: the month's report that a city could publish."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, shown_path, terminal
from serving.terminal import answering

app = typer.Typer(no_args_is_help=True, help="Reports for the public.")


@app.callback()
def report() -> None:
    """Reports for the public."""


@app.command("month")
def month(
    context: typer.Context,
    which: Annotated[
        str | None, typer.Option("--month", help="Such as 2026-03; default: the month of the last compared day.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write into; default: reports in the home folder.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Write the month's report, as HTML and as PDF: what was planned, what came, where we were wrong.

    It is made from what `city compare` stored. It holds no personal data. Without weasyprint there is no PDF, and a
    sentence says how to get one.

    Example: city report month --month 2026-03 --out reports --language zh
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.loop.month import month_report, newest_month
        from serving.loop.report_files import language_of, write_report

        found = month_report(desk, which or newest_month(desk))
        folder = out or desk.settings.home / "reports"
        written = write_report(found, folder, language_of(language), desk.zone())
        for sentence in written.said:
            speak.note(sentence)
        for file in written.files:
            speak.say(f"Wrote {shown_path(file)}.")
        speak.answer({"report": found, "files": [str(file) for file in written.files], "said": written.said})
