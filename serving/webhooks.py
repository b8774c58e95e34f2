"""Who is told of warnings: receivers that a file names, and what a letter to them says. No caller can name another."""

import logging
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from city.documents import canonical_json, encode
from city.errors import CityError, InvalidValueError, UnreadableInputError, raise_all
from city.warning_signs import SOURCES, Letter, News, Warned
from serving.desk import Desk

logger = logging.getLogger("chengyun.watch")
FIELDS: Final = {"url", "secret", "secret_file", "sources", "causes", "districts", "plain_http"}
LEAST_SECRET: Final = 16
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
TOLD: Final = (
    "warning_id", "source", "cause", "subject", "district_id", "sentence", "todo", "since", "begins_at", "ends_at",
    "parts",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One place that is told. Without sources, causes or districts it is told of all of them.

    `secret` signs every letter. Plain http is only for this machine, unless `plain_http` says otherwise.
    """

    name: str
    url: str = field(repr=False)  # some receivers put a token into it
    secret: str = field(repr=False)
    sources: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    plain_http: bool = False

    def __post_init__(self) -> None:
        raise_all(f"Receiver {self.name}", [*self._name_and_secret(), *self._address(), *self._known_sources()])

    def wants(self, warned: Warned) -> bool:
        return (
            (not self.sources or warned.source in self.sources)
            and (not self.causes or warned.cause in self.causes)
            and (not self.districts or warned.district_id in (None, *self.districts))
        )

    def _name_and_secret(self) -> Iterable[CityError]:
        if not _NAME.fullmatch(self.name):
            yield self._refusal("name", self.name, "small letters, digits and hyphens, at most 100")
        if len(self.secret) < LEAST_SECRET:
            yield self._refusal("secret", f"{len(self.secret)} characters", f"{LEAST_SECRET} or more")

    def _address(self) -> Iterable[CityError]:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            yield self._refusal("url", "no address", "an address such as https://hooks.example.org/city")
            return
        if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.fragment:
            yield self._refusal("url", f"{parts.scheme}://{host}", "http or https, a host, no user and no fragment")
        elif parts.scheme == "http" and not (self.plain_http or _is_here(host)):
            yield self._refusal("url", f"http://{host}", "https, or plain_http = true where the network is trusted")

    def _known_sources(self) -> Iterable[CityError]:
        for one in self.sources:
            if one not in SOURCES:
                yield self._refusal("sources", one, f"some of {', '.join(SOURCES)}")

    def _refusal(self, name: str, found: object, expected: str) -> CityError:
        return InvalidValueError(subject=f"Receiver {self.name}", field=name, found=found, expected=expected)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    all: tuple[Receiver, ...] = ()
    city: str = ""

    @classmethod
    def named(cls, desk: Desk) -> "Receivers":
        """Those of the settings' file; raises CityError with everything that is wrong in it."""
        path = desk.settings.webhooks
        if path is None:
            return cls()
        info = desk.city_or_none()
        return cls(all=read_receivers(path), city="" if info is None else info.name)

    def letters(self, news: News) -> Iterable[Letter]:
        """No personal data: who acknowledged what, and their notes, are never told."""
        wanted = [one for one in self.all if one.wants(news.episode.warned)]
        body = canonical_json(self._told(news)) if wanted else ""
        return tuple(Letter(receiver=one.name, body=body) for one in wanted)

    def _told(self, news: News) -> Mapping[str, Any]:
        episode = news.episode
        warned = encode(episode.warned)
        told = {name: warned[name] for name in TOLD}
        seen = {"first_seen": encode(episode.first_seen), "last_seen": encode(episode.last_seen)}
        warning = {**told, **seen, "figures": dict(episode.warned.figures)}
        return {"event": news.event, "city": self.city, "warning": warning}


def known_receivers(desk: Desk) -> Receivers:
    """None where their file is wrong: that must not keep warnings out of the book. The log says why."""
    try:
        return Receivers.named(desk)
    except CityError as refused:
        logger.warning("Nobody is told of warnings: %s", refused)
        return Receivers()


def read_receivers(path: Path) -> tuple[Receiver, ...]:
    source = f"Receivers of warnings ({path.name})"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        why = cause.strerror if isinstance(cause, OSError) else str(cause)
        raise UnreadableInputError(source=source, problem=f"it cannot be read as TOML ({why})") from cause
    found: list[Receiver] = []
    errors: list[CityError] = []
    for name, part in told.items():
        try:
            found.append(_receiver(name, part, path.parent))
        except CityError as refused:
            errors.append(refused)
    raise_all(source, errors)
    return tuple(found)


def _receiver(name: str, part: object, folder: Path) -> Receiver:
    if not isinstance(part, dict) or not part.keys() <= FIELDS:
        more = sorted(part.keys() - FIELDS) if isinstance(part, dict) else part
        raise InvalidValueError(
            subject=f"Receiver {name}", field="fields", found=more, expected=f"a table of {', '.join(sorted(FIELDS))}"
        )
    lists = {key: _words(name, key, part.get(key, [])) for key in ("sources", "causes", "districts")}
    return Receiver(
        name=name,
        url=_word(name, "url", part.get("url", "")),
        secret=_secret(name, part, folder),
        plain_http=part.get("plain_http") is True,
        **lists,
    )


def _secret(name: str, part: Mapping[str, Any], folder: Path) -> str:
    if "secret_file" not in part:
        return _word(name, "secret", part.get("secret", ""))
    path = folder / _word(name, "secret_file", part["secret_file"])
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as cause:
        raise UnreadableInputError(source=f"Receiver {name}", problem="its secret_file cannot be read") from cause


def _word(name: str, key: str, found: object) -> str:
    if isinstance(found, str):
        return found
    raise InvalidValueError(subject=f"Receiver {name}", field=key, found=type(found).__name__, expected="a text")


def _words(name: str, key: str, found: object) -> tuple[str, ...]:
    if isinstance(found, list):
        return tuple(_word(name, key, one) for one in found)
    raise InvalidValueError(subject=f"Receiver {name}", field=key, found=found, expected="a list of texts")
