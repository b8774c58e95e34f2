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
LOOK_EVERY_S = 0.5
GOOD_FOR_S = 1.0
NOTHING_STORED = -1
MOST_KEPT = 16


@dataclass(slots=True)
class _Kept:
    version: int
    frame: pl.DataFrame
    looked_at: float


@dataclass(slots=True)
class Shelf:
    """The version of a table is looked up at most twice a second; its rows are read once per version."""

    desk: Desk
    timer: Callable[[], float] = time.monotonic
    _kept: dict[tuple[type[Any], datetime | None], _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def good_until(self, contract: type[F], issued_at: datetime | None, version: int) -> float:
        """Until when this version counts as the newest, by the timer; 0 once a newer one was seen."""
        kept = self._kept.get((contract, issued_at))
        return kept.looked_at + GOOD_FOR_S if kept is not None and kept.version == version else 0.0

    def forecast(self, contract: type[F], issued_at: datetime | None = None) -> tuple[pl.DataFrame, int]:
        """One issue (by default the latest; empty if there is none) and the version of the table it was read from."""
        key = (contract, issued_at)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self.timer() - kept.looked_at < LOOK_EVERY_S:
                return kept.frame, kept.version
            version = self.desk.history.forecast_version(contract)
            version = NOTHING_STORED if version is None else version
            if kept is None or kept.version != version:
                kept = _Kept(version, self.desk.history.read_forecast(contract, issued_at=issued_at), 0.0)
            kept.looked_at = self.timer()
            self._kept = {key: kept} if len(self._kept) > MOST_KEPT else {**self._kept, key: kept}
        return kept.frame, kept.version
