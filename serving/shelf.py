"""What is stored, ready to be read by many: the latest forecasts as frames, kept until a newer table version exists."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

import polars as pl

from city.errors import CityError, StoreUnreachableError
from city.forecasts import FORECASTS, ForecastRow
from serving.desk import Desk

F = TypeVar("F", bound=ForecastRow)
logger = logging.getLogger("chengyun.service")
LOOK_EVERY_S = 0.5
GOOD_FOR_S = 1.0
NOTHING_STORED = -1
MOST_KEPT = 16
CUT_OFF = "The history cannot be reached: this is the issue that the service read last; a newer one may exist."


@dataclass(slots=True)
class _Kept:
    version: int
    frame: pl.DataFrame
    looked_at: float
    is_cut_off: bool = False


@dataclass(slots=True)
class Shelf:
    """The version of a table is looked up at most twice a second; its rows are read once per version."""

    desk: Desk
    timer: Callable[[], float] = time.monotonic
    _kept: dict[tuple[type[Any], datetime | None], _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fill(self) -> None:
        """Read the latest issues before anybody asks: a history that goes away later does not take them along."""
        for contract in FORECASTS:
            try:
                self.forecast(contract)
            except CityError as error:
                logger.warning("not read at the start: %s", error)

    def good_until(self, contract: type[F], issued_at: datetime | None, version: int) -> float:
        """Until when this version counts as the newest, by the timer; 0 once a newer one was seen."""
        kept = self._kept.get((contract, issued_at))
        return kept.looked_at + GOOD_FOR_S if kept is not None and kept.version == version else 0.0

    def cut_off(self, contract: type[F], issued_at: datetime | None = None) -> tuple[str, ...]:
        """What to say of an issue that is told from memory."""
        kept = self._kept.get((contract, issued_at))
        return (CUT_OFF,) if kept is not None and kept.is_cut_off else ()

    def forecast(self, contract: type[F], issued_at: datetime | None = None) -> tuple[pl.DataFrame, int]:
        """One issue (by default the latest; empty if there is none) and the version of the table it was read from.

        While the history cannot be reached an issue that was read before is told from memory: see `cut_off`.
        """
        key = (contract, issued_at)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self.timer() - kept.looked_at < LOOK_EVERY_S:
                return kept.frame, kept.version
            kept = self._looked_up(contract, issued_at, kept)
            kept.looked_at = self.timer()
            self._kept = {key: kept} if len(self._kept) > MOST_KEPT else {**self._kept, key: kept}
        return kept.frame, kept.version

    def _looked_up(self, contract: type[F], issued_at: datetime | None, kept: _Kept | None) -> _Kept:
        history = self.desk.history
        try:
            version = history.forecast_version(contract)
            version = NOTHING_STORED if version is None else version
            if kept is None or kept.version != version:
                return _Kept(version, history.read_forecast(contract, issued_at=issued_at), 0.0)
        except StoreUnreachableError:
            held = kept or self._latest_if(contract, issued_at)
            if held is None or held.frame.is_empty():
                raise
            return replace(held, is_cut_off=True)
        kept.is_cut_off = False
        return kept

    def _latest_if(self, contract: type[F], issued_at: datetime | None) -> _Kept | None:
        """The latest issue, where it is the one that is asked for by its time."""
        latest = self._kept.get((contract, None))
        is_it = latest is not None and not latest.frame.is_empty() and latest.frame["issued_at"][0] == issued_at
        return latest if is_it else None
