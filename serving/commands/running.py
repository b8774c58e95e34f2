"""`city serve` and `city demo`."""

from datetime import datetime
from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, moment_of, terminal
from serving.terminal import answering


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: loopback only.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port; default: 3000.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that answer; limits count in each. Default: 1.")
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(help="What time it shall be when the service starts, for a city whose data end in the past."),
    ] = None,
) -> None:
    """Serve forecasts, plans and checks over HTTP until Ctrl-C; requests under way are answered first.

    A page for people is at /, the API's description at /docs and /openapi.json.

    Example: city serve --port 3000 --workers 2
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=False)
    with answering(speak):
        from dataclasses import replace

        from serving.running import run_service, set_to

        settings = replace(desk.settings, workers=workers or desk.settings.workers)
        if (moment := moment_of(desk, clock, "--clock")) is not None:
            settings = set_to(settings, moment)
        code = run_service(settings, host or settings.host, port or settings.port, speak.say)
    raise typer.Exit(code)


def demo(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve at the end until Ctrl-C.")] = True,
    scale: Annotated[float, typer.Option(min=0.1, max=100, help="1 is 24 junctions and 300 collection points.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same city.")] = 1,
    days: Annotated[int, typer.Option(min=21, max=730, help="Days of history.")] = 90,
    quick: Annotated[bool, typer.Option("--quick", help="Train on fewer rows: worse forecasts, sooner.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build a small city and run one whole day through it: import, learn, forecast, plan, check, serve.

    What is there already is used again; nothing that is stored is lost.

    Example: city demo --no-serve
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.demo import DemoSize, run_demo
        from serving.running import run_service, set_to

        summary = run_demo(desk, DemoSize(scale=scale, seed=seed, days=days, quick=quick), speak)
        speak.answer(summary)
        # The demo's data end in the past: it is shown on the day that was planned, so that plans can be published.
        settings = set_to(desk.settings, datetime.fromisoformat(summary["files"]["now"]))
        code = run_service(settings, settings.host, settings.port, speak.say) if serve else 0
    raise typer.Exit(code)
