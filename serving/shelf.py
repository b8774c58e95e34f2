"""What is stored, ready to be read by many: the latest forecasts as frames, kept until a newer table version exists."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import polars as pl

from city.forecasts import ForecastRow
from serving.desk import Desk

F = TypeVar("F", bound=ForecastRow)
FRESH_S = 1.0
NOTHING_STORED = -1


@dataclass(slots=True)
class _Kept:
    version: int
    frame: pl.DataFrame
    looked_at: float


@dataclass(slots=True)
class Shelf:
    """The version of a table is looked up at most once a second; its rows are read once per version."""

    desk: Desk
    timer: Callable[[], float] = time.monotonic
    _kept: dict[tuple[type[Any], datetime | None], _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def forecast(self, contract: type[F], issued_at: datetime | None = None) -> tuple[pl.DataFrame, int]:
        """One issue (by default the latest; empty if there is none) and the version of the table it was read from."""
        key = (contract, issued_at)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self.timer() - kept.looked_at < FRESH_S:
                return kept.frame, kept.version
            version = self.desk.history.forecast_version(contract)
            version = NOTHING_STORED if version is None else version
            if kept is None or kept.version != version:
                kept = _Kept(version, self.desk.history.read_forecast(contract, issued_at=issued_at), 0.0)
            kept.looked_at = self.timer()
            self._kept = {key: kept} if issued_at is None and len(self._kept) > 16 else {**self._kept, key: kept}
        return kept.frame, kept.version
