"""What every command begins with: the options that all share, the terminal, the desk."""

from datetime import date, datetime
from enum import StrEnum
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from city.clock import to_utc
from city.settings import Settings
from serving.terminal import Terminal

if TYPE_CHECKING:
    from serving.desk import Desk

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document; progress goes to stderr.")]


class Subject(StrEnum):
    CONGESTION = "congestion"
    WASTE = "waste"
    COMPLAINTS = "complaints"


def terminal(settings: Settings, *, as_json: bool) -> Terminal:
    return Terminal(as_json=as_json, log_folder=settings.home / "logs")


def desk_of(context: typer.Context) -> "Desk":
    """Opened by the command itself: tables and databases are not loaded for `city --help`."""
    from serving.desk import Desk

    found = context.obj
    return Desk(found if isinstance(found, Settings) else Settings.from_environment())


def moment_of(desk: "Desk", text: str | None, option: str) -> datetime | None:
    """A time with its offset, or wall-clock time of the city."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _no_time(text, option) from None
    if moment.tzinfo is not None:
        return moment
    return to_utc(moment, ZoneInfo(desk.zone().key))


def date_of(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _no_date(text) from None


def _no_date(text: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r} is no date; write 2026-03-31", param_hint="--date")


def _no_time(text: str, option: str) -> typer.BadParameter:
    expected = "write 2026-03-31T06:00 (the city's clock) or 2026-03-31T06:00:00+08:00"
    return typer.BadParameter(f"{text!r} is no time; {expected}", param_hint=option)


def person_here(by: str | None) -> str:
    """Who acts: as named, else the user of this machine."""
    if by and by.strip():
        return by.strip()
    try:
        return getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "somebody"


def shown_path(path: Path) -> str:
    """Relative to where the person stands, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
