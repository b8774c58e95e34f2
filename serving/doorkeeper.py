"""Keys that were shown a moment ago, so that not every request asks the ledger."""

import time
from dataclasses import dataclass, field
from hashlib import sha256

from city.keys import ApiKey, Keys

KEPT_S = 1.0
MOST_KEPT = 1000


@dataclass(slots=True)
class Doorkeeper:
    """Keys as they were within the last second: a revoked one is refused everywhere by then."""

    keys: Keys
    _seen: dict[bytes, tuple[float, ApiKey | None]] = field(default_factory=dict)

    def recent(self, text: str) -> tuple[bool, ApiKey | None]:
        """Whether the key was looked up within the last second, and what was found."""
        kept = self._seen.get(_digest(text))
        if kept is None or time.monotonic() - kept[0] > KEPT_S:
            return False, None
        return True, kept[1]

    def look_up(self, text: str) -> ApiKey | None:
        found = self.keys.find(text)
        if len(self._seen) >= MOST_KEPT:
            self._seen.clear()
        self._seen[_digest(text)] = (time.monotonic(), found)
        return found


def _digest(text: str) -> bytes:
    # The key itself is not kept in memory longer than the request.
    return sha256(text.encode()).digest()
