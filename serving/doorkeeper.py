"""Keys, sessions and drivers' links that were shown a moment ago, so that not every request asks the ledger."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Generic, TypeVar

from city.driver_links import DriverLink, DriverLinks
from city.keys import ApiKey, Keys
from city.sessions import PageSession, Sessions

KEPT_S = 1.0
MOST_KEPT = 1000
Found = TypeVar("Found")


class Recent(Generic[Found]):
    """What a secret opens, as it was within the last second: one that was revoked is refused everywhere by then."""

    def __init__(self, find: Callable[[str], Found | None]) -> None:
        self._find = find
        self._seen: dict[bytes, tuple[float, Found | None]] = {}

    def recent(self, text: str) -> tuple[bool, Found | None]:
        """Whether it was looked up within the last second, and what was found."""
        kept = self._seen.get(_digest(text))
        if kept is None or time.monotonic() - kept[0] > KEPT_S:
            return False, None
        return True, kept[1]

    def look_up(self, text: str) -> Found | None:
        # Counted from before the question: what is answered may have changed by the time that it is.
        asked = time.monotonic()
        found = self._find(text)
        if len(self._seen) >= MOST_KEPT:
            self._seen.clear()
        self._seen[_digest(text)] = (asked, found)
        return found

    def forget(self, text: str) -> None:
        self._seen.pop(_digest(text), None)


@dataclass(slots=True)
class Doorkeeper:
    """Asks the ledger at most once a second for each secret; `recent` and `look_up` are those of keys."""

    keys: Keys
    sessions: Sessions
    links: DriverLinks
    by_key: Recent[ApiKey] = field(init=False)
    by_cookie: Recent[PageSession] = field(init=False)
    by_link: Recent[DriverLink] = field(init=False)

    def __post_init__(self) -> None:
        self.by_key = Recent(self.keys.find)
        self.by_cookie = Recent(self.sessions.find)
        self.by_link = Recent(self.links.find)

    def recent(self, text: str) -> tuple[bool, ApiKey | None]:
        return self.by_key.recent(text)

    def look_up(self, text: str) -> ApiKey | None:
        return self.by_key.look_up(text)


def _digest(text: str) -> bytes:
    # The secret itself is not kept in memory longer than the request.
    return sha256(text.encode()).digest()
