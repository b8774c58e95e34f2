"""The `city` command."""

from pathlib import Path
from typing import Annotated

import typer

from city.errors import CityError
from city.settings import Settings
from serving.commands import (
    audit,
    check,
    compare,
    complaints,
    data,
    effects,
    envelopes,
    exports,
    fairness,
    feeds,
    history,
    index,
    indicators,
    keys,
    learning,
    lineage,
    models,
    planning,
    plans,
    propensity,
    quarantine,
    replanning,
    replay,
    report,
    running,
    shadow,
    simulate,
    vroom,
    warnings,
)

app = typer.Typer(
    name="city",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Forecast a city's congestion and waste, and plan its signals and garbage-truck routes.\n\n"
    "Example: city demo --no-serve",
    epilog="Exit codes: 0 done, 1 refused with reasons, 2 wrong usage; `watch` 3 when something is wrong.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from city.version import own_version

        typer.echo(f"city {own_version()}")
        raise typer.Exit


@app.callback()
def settings(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Folder of everything stored; default: CITY_HOME, else var. One city per home."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version
    try:
        found = Settings.from_environment()
        context.obj = found if home is None else found.at_home(home)
    except CityError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


app.command("demo")(running.demo)
app.command("import")(data.import_files)
app.add_typer(quarantine.app, name="quarantine")
app.command("train")(learning.train)
app.command("retrain")(learning.retrain)
app.command("models")(models.models)
app.command("promote")(models.promote)
app.command("rollback")(models.rollback)
app.command("forecast")(learning.forecast)
app.command("index")(index.index)
app.command("propensity")(propensity.propensity)
app.add_typer(complaints.app, name="complaints")
app.command("fairness")(fairness.fairness)
app.command("plan")(planning.plan)
app.add_typer(plans.app, name="plans")
app.command("check")(check.check)
app.add_typer(replanning.app, name="replan")
app.command("vroom")(vroom.vroom)
app.add_typer(audit.app, name="audit")
app.command("replay")(replay.replay)
app.command("simulate")(simulate.simulate)
app.add_typer(envelopes.app, name="envelopes")
app.add_typer(shadow.app, name="shadow")
app.command("lineage")(lineage.lineage)
app.command("affected-by")(lineage.affected_by)
app.add_typer(history.app, name="history")
app.add_typer(feeds.app, name="watch")
app.add_typer(warnings.app, name="warnings")
app.add_typer(indicators.app, name="indicators")
app.command("compare")(compare.compare)
app.add_typer(effects.app, name="effects")
app.add_typer(report.app, name="report")
app.command("export")(exports.export)
app.command("template")(data.template)
app.add_typer(keys.app, name="keys")
app.command("serve")(running.serve)


def main() -> None:
    app()
