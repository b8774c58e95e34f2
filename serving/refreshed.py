"""What takes seconds to find out, kept for some minutes; who asks later gets the old while the new is made."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

T = TypeVar("T")
logger = logging.getLogger("chengyun.watch")
GOOD_FOR_S = 300.0
AFTER_A_FAILURE_S = 30.0


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    value: T
    made_at: datetime
    good_until: float


@dataclass(slots=True)
class Refreshed(Generic[T]):
    """The first to ask waits; one at a time makes it anew. What cannot be made anew stays, and is tried again."""

    name: str
    make: Callable[[], T]
    good_for_s: float = GOOD_FOR_S
    timer: Callable[[], float] = time.monotonic
    _kept: Kept[T] | None = None
    _is_making: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def get(self) -> Kept[T]:
        kept = self._kept
        if kept is None:
            with self._making:
                return self._kept or self._made()
        if self.timer() > kept.good_until:
            self._refresh()
        return kept

    def renew(self) -> Kept[T]:
        """Made anew while the caller waits, however new the old is."""
        with self._making:
            return self._made()

    @property
    def is_making(self) -> bool:
        return self._is_making

    def _made(self) -> Kept[T]:
        kept = Kept(self.make(), datetime.now(UTC), self.timer() + self.good_for_s)
        self._kept = kept
        return kept

    def _refresh(self) -> None:
        with self._lock:
            if self._is_making:
                return
            self._is_making = True
        threading.Thread(target=self._in_background, name=f"refresh {self.name}", daemon=True).start()

    def _in_background(self) -> None:
        try:
            with self._making:
                self._made()
        except Exception:  # the old stays; the log says why
            logger.exception("%s could not be made anew", self.name)
            kept = self._kept
            if kept is not None:
                self._kept = Kept(kept.value, kept.made_at, self.timer() + AFTER_A_FAILURE_S)
        finally:
            self._is_making = False
