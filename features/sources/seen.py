"""What earlier batches of one source held: its keys may repeat far apart, and a batch does not see the others.

Of each row two hashes are kept, in files as soon as there is a second batch: memory does not grow with the source.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from city.catalogue import TIME_COLUMN
from city.frames import HistoryRow
from features.sources.screen import content_of

_KEY, _CONTENT, _PLACE = "key", "content", "place"
_MOST_IDS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """`ids` are hashes of the key without its time; None where they are too many to keep."""

    hashes: Path
    first: Any
    last: Any
    ids: npt.NDArray[np.uint64] | None

    def may_hold(self, other: "_Batch") -> bool:
        if self.first is not None and other.first is not None and self.last is not None and other.last is not None:
            apart = self.last < other.first or other.last < self.first
            if apart:
                return False
        if self.ids is None or other.ids is None or self.ids is other.ids:
            return True
        return len(np.intersect1d(self.ids, other.ids, assume_unique=True)) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Rows of a batch by what earlier batches held: nothing like them, the very same, or another value."""

    fresh: pl.DataFrame
    contested: pl.DataFrame
    repeated: int
    keys: pl.Series  # hashes of the keys of `fresh`


class Seen:
    """The rows of one source so far. `folder` takes the files of hashes."""

    def __init__(self, contract: type[HistoryRow], folder: Path) -> None:
        self._contract = contract
        self._folder = folder
        self._time = TIME_COLUMN.get(contract)
        if self._time not in contract.primary_key():
            self._time = None
        self._batches: list[_Batch] = []
        self._last: pl.DataFrame | None = None  # of the newest batch, in memory

    def take(self, rows: pl.DataFrame) -> Again:
        """Compare a batch with those before, and remember it. Equal hashes of unequal keys only cost a second look."""
        key = self._contract.primary_key()
        hashes = pl.DataFrame(
            {_KEY: rows.select(key).hash_rows(), _CONTENT: rows.select(content_of(self._contract)).hash_rows()}
        )
        batch = self._described(rows)
        met = self._met(rows, hashes, batch)
        self._remember(batch, hashes)
        if met is None:
            return Again(fresh=rows, contested=rows.clear(), repeated=0, keys=hashes[_KEY])
        places, same = met[_PLACE], met["same"]
        is_met = pl.Series([False]).new_from_index(0, rows.height).scatter(places, True)  # noqa: FBT003
        return Again(
            fresh=rows.filter(~is_met),
            contested=rows[places.filter(~same)],
            repeated=int(same.sum()),
            keys=hashes[_KEY].filter(~is_met),
        )

    def _described(self, rows: pl.DataFrame) -> _Batch:
        named = [column for column in self._contract.primary_key() if column != self._time]
        ids = np.unique(rows.select(named).hash_rows().to_numpy()) if named else None
        times = rows[self._time] if self._time else None
        return _Batch(
            hashes=self._folder / f"{len(self._batches)}.npy",
            first=None if times is None else times.min(),
            last=None if times is None else times.max(),
            ids=None if ids is None or len(ids) > _MOST_IDS else self._shared(ids),
        )

    def _shared(self, ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Batches of the same detectors keep one list of them."""
        former = self._batches[-1].ids if self._batches else None
        return former if former is not None and np.array_equal(former, ids) else ids

    def _met(self, rows: pl.DataFrame, hashes: pl.DataFrame, batch: _Batch) -> pl.DataFrame | None:
        """PLACE of each row whose key was met, and whether with the same content."""
        numbered = hashes.with_row_index(_PLACE)
        found: list[pl.DataFrame] = []
        for earlier in self._batches:
            if not earlier.may_hold(batch):
                continue
            own = numbered
            if self._time and earlier.first is not None:
                own = numbered.filter(
                    rows.select(pl.col(self._time).is_between(earlier.first, earlier.last)).to_series()
                )
            held = self._last if earlier is self._batches[-1] and self._last is not None else _read(earlier.hashes)
            found.append(own.join(held, on=_KEY, how="inner", suffix="_before"))
        if not any(frame.height for frame in found):
            return None
        met = pl.concat(found)
        same = (pl.col(_CONTENT) == pl.col(f"{_CONTENT}_before")).any().alias("same")
        return met.group_by(_PLACE).agg(same).sort(_PLACE)

    def _remember(self, batch: _Batch, hashes: pl.DataFrame) -> None:
        if self._last is not None:
            np.save(self._batches[-1].hashes, self._last.to_numpy())
        self._batches.append(batch)
        self._last = hashes


def _read(path: Path) -> pl.DataFrame:
    return pl.DataFrame(np.load(path), schema={_KEY: pl.UInt64, _CONTENT: pl.UInt64}, orient="row")
