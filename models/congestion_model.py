"""The congestion model: one dense learner per measure, forecasts for any lead between its anchors, any quantile."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import polars as pl

from city.errors import InvalidValueError
from features.arrays import DAY_S, HOUR_S, Floats, Ints, Narrow
from features.congestion_around import AroundTraffic
from features.dense.recipe import Shown
from features.free_flow import FreeFlow
from models.bundle import RefusedModelError
from models.congestion_doubt import Doubt, target_hours
from models.dense import DenseModel
from models.dense_saving import load_dense, save_dense
from models.dense_settings import QUANTILES
from models.leads import between
from models.signed_folder import read_metadata, seal, unseal

KIND = "congestion"
FREE_FLOW = "free_flow.parquet"
NOTHING: Floats = np.empty((0, 0, len(QUANTILES)))
LEAST_SPREAD = 0.1
"""In sd of the detector: where days hardly ever stray a ratio to it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Flow or speed: its learner, and how wide its forecasts have to be."""

    dense: DenseModel
    doubt: Doubt

    def raw(self, view: AroundTraffic, measure: str, origins: Ints, leads: Ints) -> Floats:
        """Origins x sensors x leads x (p10, p50, p90) as the learner says them.

        At a lead between two anchors the deviation from the profile and both half-widths are linear in the lead, in
        units of how far days usually stray at that time of day; profile and spread are those of the very step.
        """
        return self.raw_of(self.show(view, measure, origins, leads), origins, leads)

    def show(self, view: AroundTraffic, measure: str, origins: Ints, leads: Ints) -> Shown:
        """What forecasts at these origins may look at."""
        reach = max(int(leads.max()), self.dense.settings.horizons[-1])
        return self.dense.show(view.traffic.dense(measure), outside=view, reach=reach, origins=origins)

    def raw_of(self, shown: Shown, origins: Ints, leads: Ints) -> Floats:
        at = self.dense.settings.horizons
        said = self.dense.predict(shown, origins)
        usual, spread = self.usual(shown, origins, np.array(at))
        off = (np.stack([said[h] for h in at], axis=2) - usual[..., None]) / spread[..., None]
        usual, spread = self.usual(shown, origins, leads)
        found: Floats = usual[..., None] + spread[..., None] * between(at, off, leads)
        return found

    def usual(self, shown: Shown, origins: Ints, leads: Ints) -> tuple[Floats, Floats]:
        """What is usual at the leads, and how far days usually stray there: both origins x sensors x leads."""
        unusual = shown.unusual
        spread = np.nan_to_num(as_known(shown, unusual.spread, origins, leads), nan=1.0)
        return as_known(shown, unusual.usual, origins, leads), np.maximum(spread, LEAST_SPREAD)


def as_known(shown: Shown, versions: tuple[Narrow, ...], origins: Ints, leads: Ints) -> Floats:
    """A profile so many steps after each origin, as the origin's day knows it: origins x sensors x leads."""
    grid = shown.grid
    begun = (origins - shown.skipped)[:, None]
    target = begun + leads
    back = np.minimum(grid.day(target) - grid.day(begun), len(versions) - 1)
    found = np.empty((*target.shape, grid.sensors))
    for days in np.unique(back):
        found[back == days] = versions[int(days)][target[back == days]]
    return np.swapaxes(found, 1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureNote:
    name: str
    hash: str
    doubt: Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class CongestionNote:
    """What the metadata says beside the learners."""

    name: str
    cutoff: str
    horizon_s: int
    seed: int
    threads: int
    step_s: int
    first_lead: int
    start_day: int
    detectors: tuple[str, ...]
    districts: tuple[str, ...]
    told: tuple[str, ...]
    measures: tuple[MeasureNote, ...]
    about: dict[str, str]
    free_flow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CongestionModel:
    """`detectors` are its columns, `start_day` (days since 1970) the first day of its clock, `told` what it heard of.

    It speaks of steps up to `horizon_s` after the newest known count was known.
    """

    format: ClassVar[str] = KIND

    name: str
    cutoff: str
    horizon_s: int
    seed: int
    threads: int
    step_s: int
    first_lead: int
    start_day: int
    detectors: tuple[str, ...]
    districts: tuple[str, ...]
    told: tuple[str, ...]
    measures: dict[str, Measure]
    about: dict[str, str]
    free_flow: FreeFlow | None = None
    """Over which its index is; None where no speed is measured."""
    sealed: str = field(default="", compare=False)
    """The hash of the files that it was read from; empty for one that was not saved yet."""

    def view(self, around: AroundTraffic) -> AroundTraffic:
        """What is known now, on the model's clock and columns, with the sources that it has learned to read."""
        traffic = around.traffic
        if traffic.clock.step_s != self.step_s:
            raise InvalidValueError(
                subject="Congestion forecast",
                field="step of the feed",
                found=f"{traffic.clock.step_s} s",
                expected=f"the {self.step_s} s that the model of {self.cutoff} was trained on",
                todo="Train it anew: `city train congestion`.",
            )
        laid = traffic.seen_since(self.start_day).seen_by(self.detectors, self.districts)
        return around.seen_by(laid, self.told)

    def predict(
        self,
        view: AroundTraffic,
        measure: str,
        origins: Ints,
        leads: Ints,
        *,
        quantiles: tuple[float, ...] = QUANTILES,
    ) -> Floats:
        """Origins x sensors x leads x quantiles (ascending, any between 0 and 1), not below 0, never crossing."""
        require_quantiles(quantiles)
        one = self.measures[measure]
        raw = one.raw(view, measure, origins, leads)
        return widened(one.doubt, raw, origins, leads, self.step_s, quantiles=quantiles)

    def furthest_lead(self) -> int:
        return self.first_lead - 1 + self.horizon_s // self.step_s

    def save(self, folder: Path) -> str:
        """Write into an empty folder; returns the hash that names the model."""
        folder.mkdir(parents=True, exist_ok=False)
        if self.free_flow is not None:
            self.free_flow.table().write_parquet(folder / FREE_FLOW)
        notes = [
            MeasureNote(name=name, hash=save_dense(one.dense, folder / name), doubt=one.doubt)
            for name, one in self.measures.items()
        ]
        note = CongestionNote(
            name=self.name,
            cutoff=self.cutoff,
            horizon_s=self.horizon_s,
            seed=self.seed,
            threads=self.threads,
            step_s=self.step_s,
            first_lead=self.first_lead,
            start_day=self.start_day,
            detectors=self.detectors,
            districts=self.districts,
            told=self.told,
            measures=tuple(notes),
            about=self.about,
            free_flow=self.free_flow is not None,
        )
        return seal(folder, KIND, note)

    @classmethod
    def load(cls, folder: Path, *, expected_hash: str | None = None) -> Self:
        """Read back. Raises RefusedModelError when anything is not what was saved."""
        note = unseal(folder, KIND, CongestionNote, expected_hash=expected_hash)
        measures = {
            one.name: Measure(dense=load_dense(folder / one.name, expected_hash=one.hash), doubt=one.doubt)
            for one in note.measures
        }
        if not measures:
            raise RefusedModelError(model=note.name, problem="it holds no measure")
        return cls(
            name=note.name,
            cutoff=note.cutoff,
            horizon_s=note.horizon_s,
            seed=note.seed,
            threads=note.threads,
            step_s=note.step_s,
            first_lead=note.first_lead,
            start_day=note.start_day,
            detectors=note.detectors,
            districts=note.districts,
            told=note.told,
            measures=measures,
            about=note.about,
            free_flow=FreeFlow.from_table(pl.read_parquet(folder / FREE_FLOW)) if note.free_flow else None,
            sealed=str(read_metadata(folder)["hash"]),
        )

    def importances(self) -> dict[str, dict[str, float]]:
        """Per measure the share of the gain of all boosters that each feature brought, largest first."""
        return {name: _importances(one.dense) for name, one in self.measures.items()}


def require_quantiles(quantiles: tuple[float, ...]) -> None:
    if not quantiles or not all(low < high for low, high in pairwise((0.0, *quantiles, 1.0))):
        raise InvalidValueError(
            subject="Congestion forecast",
            field="quantiles",
            found=quantiles,
            expected="ascending numbers between 0 and 1, such as (0.1, 0.5, 0.9)",
        )


def widened(
    doubt: Doubt, raw: Floats, origins: Ints, leads: Ints, step_s: int, *, quantiles: tuple[float, ...] = QUANTILES
) -> Floats:
    """`raw` is origins x sensors x leads x (p10, p50, p90); not below 0."""
    lead_h = np.broadcast_to(leads * (step_s / HOUR_S), raw.shape[:3]).reshape(-1)
    hour = np.broadcast_to(target_hours(origins, leads, DAY_S // step_s)[:, None], raw.shape[:3]).reshape(-1)
    said = doubt.apply(raw.reshape(-1, len(QUANTILES)), lead_h, quantiles, hour=hour)
    return np.maximum(said, 0.0).reshape(*raw.shape[:3], len(quantiles))


def _importances(dense: DenseModel) -> dict[str, float]:
    gain: dict[str, float] = {}
    for several in dense.trees.values():
        for trees in several:
            own = trees.booster.feature_importance("gain")
            for name, value in zip(trees.features, own / max(float(own.sum()), 1e-12), strict=True):
                gain[name] = gain.get(name, 0.0) + float(value)
    total = max(sum(gain.values()), 1e-12)
    return {name: gain[name] / total for name in sorted(gain, key=lambda name: (-gain[name], name))}
