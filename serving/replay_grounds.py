"""What a recipe names and whether it is still there: table versions, models, software."""

from pathlib import Path
from typing import Final

from city.catalogue import forecast_tables, history_tables
from city.errors import CityError
from city.recipes import Recipe
from city.store import History
from city.tables import Table
from optimization.software import code_sha256, packages, platform_name
from serving.desk import Desk
from serving.recipes import PLANNER_OF
from serving.selection import RouteRequest, SignalRequest

SHOWN: Final = 12


def missing_tables(history: History, recipe: Recipe) -> tuple[str, ...]:
    """A sentence for each table version that cannot be read any more."""
    tables = {table.name: table for table in (*history_tables(history.url).values(), *_forecasts(history))}
    return tuple(
        sentence for name, version in recipe.tables if (sentence := _gone(tables.get(name), name, version)) is not None
    )


def _forecasts(history: History) -> tuple[Table, ...]:
    return tuple(forecast_tables(history.url).values())


def _gone(table: Table | None, name: str, version: int) -> str | None:
    if table is None:
        return f"Table {name}, which it was made from, is not known to this release."
    try:
        files = table.files(version)["path"].to_list()
    except CityError as error:
        return f"Version {version} of table {name}, which it was made from, is gone: {error}"
    if not table.has_lock:  # by URL: whoever reads it will hear
        return None
    gone = [path for path in files if not Path(table.url, path).is_file()]
    return f"Version {version} of table {name} lacks {len(gone)} of its {len(files)} files." if gone else None


def models_now(desk: Desk, recipe: Recipe) -> tuple[str, ...]:
    """What became of the models behind the forecast. The forecast itself is read as it was stored."""
    if not recipe.models:
        return ()
    from models.labels import said_of  # noqa: PLC0415  -- seconds of imports

    return tuple(said_of(desk.settings, label, sha256) for label, sha256 in recipe.models)


def other_software(recipe: Recipe, kind: str) -> tuple[str, ...]:
    """A sentence for each thing that may make the same work come out otherwise here."""
    entry = PLANNER_OF[SignalRequest if kind == "signals" else RouteRequest]
    said = []
    if recipe.platform != platform_name():
        said.append(f"Another platform: made on {recipe.platform or 'an unknown one'}, replayed on {platform_name()}.")
    then, now = dict(recipe.packages), dict(packages())
    changed = [name for name in dict.fromkeys((*then, *now)) if then.get(name) != now.get(name)]
    if changed:
        told = ", ".join(f"{name} {then.get(name, 'none')} -> {now.get(name, 'none')}" for name in changed)
        said.append(f"Other package versions: {told}.")
    if recipe.code_sha256 != code_sha256(entry):
        said.append(
            f"Another planner: its sources were {recipe.code_sha256[:SHOWN]}, they are {code_sha256(entry)[:SHOWN]}."
        )
    return tuple(said)
