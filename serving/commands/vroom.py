"""`city vroom`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from city.errors import CityError
from serving.commands.opening import AsJson, desk_of, shown_path, terminal
from serving.terminal import REFUSED, Column, Terminal, answering

if TYPE_CHECKING:
    from serving.desk import Desk

FROM_STDIN = Path("-")


def vroom(
    context: typer.Context,
    problem_file: Annotated[Path, typer.Argument(help="A problem in the shape of VROOM's API; - reads stdin.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the answer; without it stdout.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long to look for better routes, s.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same routes.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Solve a problem in the shape of VROOM's API with the planner of collection routes, and answer in VROOM's shape.

    Jobs with pickups or deliveries of up to two kinds of amounts, skills, priorities and time windows; vehicles with
    capacity, hours, one break, max_tasks, costs and speed_factor; matrices of one profile. What the planner has no
    word for (shipments, several breaks, max_travel_time, ...) is refused by its name, never ignored. docs/routes.md
    says what becomes what.

    Example: city vroom problem.json --out solution.json --seconds 10
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json or out is None)
    with answering(speak):
        try:
            answer = _solved(desk, speak, problem_file, seed, seconds)
        except CityError as error:
            from optimization.collection.vroom_reading import refusals

            if out is None:
                speak.answer(refusals(error))
                speak.say(str(error), style="red")
                raise typer.Exit(REFUSED) from None
            _write(out, refusals(error))
            raise
        for sentence in answer.get("assumed", []):
            speak.note(sentence)
        if out is None:
            speak.answer(answer)
            return
        _write(out, answer)
        _show(speak, answer)
        speak.say(f"Wrote {shown_path(out)}.")
        speak.answer(answer)


def _solved(desk: "Desk", speak: Terminal, path: Path, seed: int, seconds: float) -> dict[str, Any]:
    from city.documents import parse_json
    from city.errors import UnreadableInputError
    from optimization.collection.vroom import solve_vroom

    try:
        text = sys.stdin.buffer.read() if path == FROM_STDIN else path.read_bytes()
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
    name = "standard input" if path == FROM_STDIN else path.name
    document = parse_json(text, name)
    made_at = desk.clock()
    return solve_vroom(document, name, made_at=made_at, seed=seed, seconds=seconds, progress=speak.progress).answer


def _write(out: Path, answer: dict[str, Any]) -> None:
    from city.errors import UnreadableInputError

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as cause:
        raise UnreadableInputError(source=str(out), problem=f"it cannot be written ({cause.strerror})") from cause


def _show(speak: Terminal, answer: dict[str, Any]) -> None:
    columns = (
        Column("vehicle"),
        Column("jobs", number=True),
        Column("cost", number=True),
        Column("driving", "s", number=True),
        Column("waiting", "s", number=True),
    )
    rows = [
        (route["vehicle"], sum(step["type"] == "job" for step in route["steps"]), route["cost"], route["duration"],
         route["waiting_time"])
        for route in answer["routes"]
    ]  # fmt: skip
    summary = answer["summary"]
    title = f"{summary['routes']} routes cost {summary['cost']:,}; {summary['unassigned']} jobs are not assigned"
    speak.table(title, columns, rows)
