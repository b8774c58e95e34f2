"""How long to go on looking: until a moment, or exactly as far as it went before.

A search that stops by the clock asks `over()` again and again. How often the answer was "not yet" says where it
stopped, so that the same search can be stopped at the same place, on a machine of any speed.
"""

import math
import time
from collections.abc import Callable


class Patience:
    """Ends after `seconds` of `clock`, or after `most` answers that it is not over yet."""

    def __init__(
        self, seconds: float = math.inf, *, most: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self._most = most
        self._asked = 0
        self._ended = False

    @classmethod
    def as_before(cls, asked: float | None) -> "Patience":
        """As it went before: ended after so many answers, or, where that is None, not at all."""
        return cls(most=None if asked is None else int(asked))

    def over(self) -> bool:
        if not self._ended:
            self._ended = self._clock() > self._until if self._most is None else self._asked >= self._most
            self._asked += not self._ended
        return self._ended

    @property
    def asked(self) -> int | None:
        """After how many answers that it was not over yet it was; None as long as nobody heard that it was."""
        return self._asked if self._ended else None

    def noted(self, name: str) -> tuple[tuple[str, float], ...]:
        """As work under this name; nothing where the search came to its own end."""
        return () if self.asked is None else ((name, float(self.asked)),)
