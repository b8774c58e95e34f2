"""A warning as a value: what is wrong, why, since when, how bad, and who knows of it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, get_args

Source = Literal["feeds", "models", "signals", "forecasts", "plans", "audit", "effects"]
SOURCES: tuple[Source, ...] = get_args(Source)
Event = Literal["opened", "worse", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One thing that is wrong. `district_id` is None for the whole city, `since` None where nobody can tell.

    What is still ahead has `begins_at` and `ends_at`: when it is expected. `warning_id` stays the same as long as the
    same thing is wrong with the same subject. `parts` are the things that it holds together, such as forty points of a
    district. A step of `worse_by` in `severity` makes it worse; 0: nothing does. `opens` is false for what keeps a
    warning alive that is open already, and would not begin one.
    """

    warning_id: str
    source: Source
    cause: str
    subject: str
    sentence: str
    todo: str
    district_id: str | None = None
    since: datetime | None = None
    at_least: bool = False  # it began before what was looked at
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    figures: tuple[tuple[str, float], ...] = ()
    parts: tuple[str, ...] = ()
    severity: float = 0.0
    worse_by: float = 0.0
    opens: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    person: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One time that a warning held. `missing_since`: looks since then did not find it; soon it has ended."""

    number: int
    warned: Warned
    first_seen: datetime
    last_seen: datetime
    is_acknowledged: bool = False
    missing_since: datetime | None = None
    ended_at: datetime | None = None
    acknowledgements: tuple[Acknowledgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What became of a warning at one look."""

    event: Event
    episode: Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """News for one receiver by name; `body` is JSON."""

    receiver: str
    body: str


def id_of(*parts: str) -> str:
    """The same for the same words, in any process."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:12]
