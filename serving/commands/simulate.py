"""`city simulate`."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson
from serving.terminal import Terminal, answering


def simulate(
    days: Annotated[int, typer.Option(min=1, max=120, help="Days to live; judged from the first on.")] = 30,
    scale: Annotated[float, typer.Option(min=0.1, max=10, help="1 is 24 junctions and 300 collection points.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same city and the same days.")] = 1,
    history: Annotated[int, typer.Option("--history", min=28, max=365, help="Days that lie before.")] = 90,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder of the simulated city; an earlier one is replaced."),
    ] = Path("var/simulation"),
    route_seconds: Annotated[
        float, typer.Option("--route-seconds", min=1, max=120, help="How long routes are looked for each morning.")
    ] = 4.0,
    quick: Annotated[bool, typer.Option("--quick", help="Train on fewer rows: worse forecasts, sooner.")] = False,
    learning: Annotated[
        bool,
        typer.Option("--learning/--no-learning", help="Without it the simple rules forecast that models must beat."),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Live days of the demo city by this software's own plans, beside fixed rounds and fixed signal programs.

    Each dawn departments' files are imported, forecasts issued, routes and signals planned, checked and published by
    named persons; then the day happens, with noise and incidents, and the evening compares. Writes report.json and
    report.html. It lives in a folder of its own and refuses any other; no real home is ever opened.

    Example: city simulate --days 30
    Example: city simulate --days 3 --scale 0.25 --quick --out /tmp/three-days
    """
    speak = Terminal(as_json=as_json, log_folder=out / "logs")
    with answering(speak):
        from serving.simulation.document import document_of
        from serving.simulation.living import simulate as run
        from serving.simulation.own_home import LifeSize
        from serving.simulation.report import show_report, write_report

        size = LifeSize(
            days=days,
            scale=scale,
            seed=seed,
            history_days=history,
            quick=quick,
            route_seconds=route_seconds,
            learning=learning,
        )
        scores = run(out, size, progress=speak.progress).scores
        show_report(speak, scores, write_report(scores, out))
        speak.answer(document_of(scores))
