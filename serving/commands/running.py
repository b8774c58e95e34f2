"""`city serve` and `city demo`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, terminal
from serving.terminal import answering


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: loopback only.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port; default: 3000.")] = None,
) -> None:
    """Serve forecasts, plans and checks over HTTP until Ctrl-C.

    A page for people is at /, the API's description at /docs and /openapi.json.

    Example: city serve --port 3000
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=False)
    with answering(speak):
        from serving.running import run_service

        code = run_service(desk.settings, host or desk.settings.host, port or desk.settings.port, speak.say)
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
        from serving.running import run_service

        summary = run_demo(desk, DemoSize(scale=scale, seed=seed, days=days, quick=quick), speak)
        speak.answer(summary)
        code = run_service(desk.settings, desk.settings.host, desk.settings.port, speak.say) if serve else 0
    raise typer.Exit(code)
