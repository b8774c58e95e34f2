"""The report of a simulated life: for a screen, for machines, and as files in its folder."""

from pathlib import Path

from city.documents import to_json
from serving.simulation.document import document_of, sum_rows
from serving.simulation.page import page_of
from serving.simulation.scores import Scores
from serving.terminal import Column, Terminal

JSON, PAGE = "report.json", "report.html"


def write_report(scores: Scores, folder: Path) -> dict[str, Path]:
    files = {name: folder / name for name in (JSON, PAGE)}
    files[JSON].write_text(to_json(document_of(scores)), encoding="utf-8")
    files[PAGE].write_text(page_of(scores), encoding="utf-8")
    return files


def show_report(speak: Terminal, scores: Scores, files: dict[str, Path]) -> None:
    days = scores.lived.days
    speak.say(f"\n{len(days)} simulated days, {days[0].day} to {days[-1].day}.\n", style="bold")
    columns = (Column("target"), Column("reached", number=True), Column("wanted"), Column(""))
    verdict = {True: "met", False: "missed", None: "too few values"}
    rows = [
        (one.sentence, None if one.figure is None else f"{one.figure:.3f}", one.wanted, verdict[one.reached])
        for one in scores.targets()
    ]
    speak.table("Targets", columns, rows)
    compared = (Column("over all days"), Column("forecast and planned", number=True), Column("fixed", number=True))
    speak.table("What it came to", compared, sum_rows(scores))
    _forecasts(speak, scores)
    for sentence in (sentence for day in days for sentence in day.said):
        speak.note(sentence)
    for file in files.values():
        speak.say(f"  {file}")


def _forecasts(speak: Terminal, scores: Scores) -> None:
    columns = (
        Column("forecast"),
        Column("values", number=True),
        Column("in 10-90 %", number=True),
        Column("error", number=True),
        Column("simple rule's", number=True),
    )
    rows = [
        (
            one.what,
            one.values,
            f"{one.coverage:.3f}",
            one.error_beside / max(one.simple_values, 1),
            one.simple_error / max(one.simple_values, 1),
        )
        for one in scores.skills()
    ]
    speak.table("Forecasts beside a simple rule", columns, rows)
