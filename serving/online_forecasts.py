"""The newest congestion forecast said again on request, by the model that serves, from what its tick kept ready.

Nothing is read from the history: a request costs what the learners cost. Where the model and what was kept do not
belong together the stored forecast is told instead, and the answer says so.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from city.errors import CityError
from city.forecasts import CongestionForecasts
from city.settings import Settings
from serving.champions import Loaded
from serving.desk import STALE_AFTER, Desk
from serving.forecast_documents import known
from serving.shelf import Shelf

if TYPE_CHECKING:
    from models.congestion_model import CongestionModel
    from models.congestion_ready import ReadyForecast

logger = logging.getLogger("chengyun.forecasts")
NAME = "congestion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Of a stored issue: the district of each detector, and its steps in seconds of UTC."""

    version: int
    issued_at: datetime
    places: dict[str, str]
    first_s: int
    last_s: int
    step_s: int

    @classmethod
    def of(cls, stored: pl.DataFrame, version: int) -> Self:
        pairs = stored.select("detector_id", "district_id").unique().sort("detector_id")
        ends = stored.select(
            pl.col("valid_at").min().dt.epoch("s").alias("first"), pl.col("valid_at").max().dt.epoch("s").alias("last")
        )
        return cls(
            version=version,
            issued_at=stored["issued_at"][0],
            places=dict(pairs.iter_rows()),
            first_s=ends["first"][0],
            last_s=ends["last"][0],
            step_s=stored["step_s"][0],
        )

    def step_of(self, now: datetime) -> int:
        """When the step of now begins; the first one where now lies in none of them."""
        now_s = int(now.timestamp())
        within = self.first_s <= now_s < self.last_s + self.step_s
        return now_s - (now_s - self.first_s) % self.step_s if within else self.first_s


def ready_file(settings: Settings) -> Path:
    return settings.ready / "congestion.npz"


def keep_ready(desk: Desk, ready: "ReadyForecast | None") -> None:
    """What the newest issue was made from; an issue of an earlier time leaves the newer one alone.

    A forecast that was stored counts, whether or not this could be written: who asks is told then.
    """
    from models.congestion_ready_file import write_ready  # noqa: PLC0415  -- seconds of imports; see champions

    if ready is None or datetime.fromtimestamp(ready.issued_s, UTC) < max(desk.history.issues(CongestionForecasts)):
        return
    try:
        write_ready(ready_file(desk.settings), ready)
    except OSError as error:
        logger.warning("what the forecast was made from could not be kept ready: %s", error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an answer is made from; without `model` and `ready` from the stored forecast alone, `said` says why."""

    stored: pl.DataFrame
    index: Index
    said: tuple[str, ...]
    model: "CongestionModel | None" = None
    ready: "ReadyForecast | None" = None
    label: str = ""
    until: float = 0.0

    @property
    def version(self) -> str:
        """Another one where anything that an answer holds is another."""
        parts = (*self.said, "" if self.ready is None else f"{self.ready.issued_s} {self.ready.model_hash}", self.label)
        return f"{self.index.version}-{sha256('|'.join(parts).encode()).hexdigest()[:16]}"


@dataclass(slots=True)
class Online:
    """What was kept ready is read once, and again when another process has written it anew."""

    desk: Desk
    shelf: Shelf
    _stamp: tuple[int, int] | None = None
    _ready: "ReadyForecast | None" = None
    _refused: str = ""
    _index: Index | None = None
    _is_limited: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def standing(self, champions: Sequence[Loaded]) -> Standing:
        """Raises NotFoundError where nothing was ever issued."""
        stored, version = self.shelf.forecast(CongestionForecasts)
        known(stored, "detector_id", "detector", ())
        loaded = next((one for one in champions if one.name == NAME), None)
        with self._lock:
            self._look()
            ready, refused, index = self._ready, self._refused, self._indexed(stored, version)
        why = _unfit(loaded, ready, index, refused)
        cut_off = self.shelf.cut_off(CongestionForecasts)
        until = self.shelf.good_until(CongestionForecasts, None, version)
        model = _model_of(loaded)
        if why or loaded is None or model is None or ready is None:
            told = f"Nothing was computed now, the stored forecast is told: {why}."
            return Standing(stored=stored, index=index, said=(told, *cut_off), until=until)
        return Standing(
            stored=stored,
            index=index,
            said=(*ready.said, *_aged(self.desk, ready), *cut_off),
            model=model,
            ready=ready,
            label=f"{loaded.name} v{loaded.version}",
            until=until,
        )

    def _look(self) -> None:
        file = ready_file(self.desk.settings)
        try:
            found = file.stat()
        except OSError:
            self._stamp, self._ready, self._refused = None, None, "nothing was kept ready by the last tick"
            return
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp == self._stamp:
            return
        from models.congestion_ready_file import read_ready  # noqa: PLC0415  -- as above

        try:
            self._ready, self._refused = read_ready(file), ""
        except CityError as error:
            logger.warning("what was kept ready cannot be used: %s", error)
            self._ready, self._refused = None, f"{error}".rstrip(".")
        self._stamp = stamp
        self._limit()

    def _limit(self) -> None:
        """Two BLAS threads on small matrices mostly wait for each other; setting that for each request costs more."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

        if not self._is_limited:
            threadpool_limits(1)
            self._is_limited = True

    def _indexed(self, stored: pl.DataFrame, version: int) -> Index:
        if self._index is None or self._index.version != version:
            self._index = Index.of(stored, version)
        return self._index


def _unfit(loaded: Loaded | None, ready: "ReadyForecast | None", index: Index, refused: str) -> str:
    """Why the model cannot speak from what was kept; empty if it can."""
    if loaded is None or loaded.champion is None:
        return (loaded.reason if loaded is not None else "").rstrip(".") or "no congestion model serves"
    sealed = getattr(_model_of(loaded), "sealed", "")
    if ready is None:
        return refused
    if not sealed or sealed != ready.model_hash:
        return (
            f"what was kept ready belongs to {ready.label} (seal {ready.model_hash[:12]}), and {loaded.name} "
            f"v{loaded.version} (seal {sealed[:12] or 'none'}) serves; the next tick makes it anew"
        )
    issued_at = datetime.fromtimestamp(ready.issued_s, UTC)
    if issued_at != index.issued_at:
        return f"what was kept ready is of {issued_at.isoformat()}, the newest issue of {index.issued_at.isoformat()}"
    return ""


def _model_of(loaded: Loaded | None) -> "CongestionModel | None":
    """A `Champion` holds it; only who has loaded one has imported its type."""
    found: CongestionModel | None = getattr(None if loaded is None else loaded.champion, "model", None)
    return found


def _aged(desk: Desk, ready: "ReadyForecast") -> tuple[str, ...]:
    age = desk.clock() - datetime.fromtimestamp(ready.newest_s, UTC)
    if age <= STALE_AFTER:
        return ()
    until = datetime.fromtimestamp(ready.newest_s, UTC).isoformat()
    return (f"stale: the newest count that it knows of ended {age.total_seconds() / 3600:.0f} h ago, at {until}.",)
