"""A small feed-forward network with one learned vector per sensor, in numpy: seeded, repeatable, saved without pickle.

Loss: weighted pinball over all outputs, each output belonging to a quantile. Adam with decoupled weight decay
(Kingma and Ba 2015; Loshchilov and Hutter 2019) and a cosine rate. A truth that is NaN teaches nothing.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from city.errors import BrokenRuleError, UnreadableInputError
from features.arrays import Floats, Ints, Narrow

Weights = dict[str, Narrow]
Chunk = tuple[Narrow, Ints, Narrow, Narrow]
"""Features, sensors, truths (rows x outputs, NaN where none) and weight of each row."""

FARTHEST = 6.0
BETA_1, BETA_2, TINY = np.float32(0.9), np.float32(0.999), np.float32(1e-8)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkShape:
    """How the network is built and trained. The seed belongs to it; one thread does the sums."""

    outputs: tuple[float, ...]
    """The quantile that each output is trained for."""
    hidden: int = 128
    embedding: int = 24
    batch_rows: int = 1_024
    rate: float = 2e-3
    decay: float = 1e-4
    embedding_decay: float = 3e-4
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    shape: NetworkShape
    center: Narrow
    scale: Narrow
    weights: Weights = field(repr=False)

    @classmethod
    def train(
        cls, shape: NetworkShape, sensors: int, chunks: Callable[[int], Iterator[Chunk]], *, epochs: int, steps: int
    ) -> Self:
        """`chunks(epoch)` gives rows in the order they are learned from; `steps` is the number of batches in all."""
        rng = np.random.default_rng(shape.seed)
        trainer: _Adam | None = None
        started: Self | None = None
        for epoch in range(epochs):
            for features, sensor, truth, weight in chunks(epoch):
                if started is None or trainer is None:
                    started = cls._start(shape, sensors, features, rng)
                    trainer = _Adam.of(started.weights, shape, steps)
                ready = started.standardised(features)
                for first in range(0, len(ready), shape.batch_rows):
                    part = slice(first, first + shape.batch_rows)
                    trainer.step(started.gradients(ready[part], sensor[part], truth[part], weight[part]))
        if started is None:
            raise BrokenRuleError(subject="The network", problem="it was given no rows to learn from")
        return started

    @classmethod
    def _start(cls, shape: NetworkShape, sensors: int, features: Narrow, rng: np.random.Generator) -> Self:
        """He's initialisation; centre and scale of each column from the first rows."""
        center = np.nan_to_num(_of_column(np.nanmean, features))
        scale = np.nan_to_num(_of_column(np.nanstd, features))
        width, hidden = features.shape[1] + shape.embedding, shape.hidden

        def layer(inputs: int, outputs: int, gain: float) -> Narrow:
            drawn: Narrow = (rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs) * gain).astype(np.float32)
            return drawn

        weights = {
            "sensor": (rng.standard_normal((sensors, shape.embedding)) * 0.3).astype(np.float32),
            "w1": layer(width, hidden, 1.0),
            "b1": np.zeros(hidden, np.float32),
            "w2": layer(hidden, hidden, 1.0),
            "b2": np.zeros(hidden, np.float32),
            "w3": layer(hidden, len(shape.outputs), 0.1),
            "b3": np.zeros(len(shape.outputs), np.float32),
        }
        safe = np.where(scale > 1e-6, scale, 1.0).astype(np.float32)
        return cls(shape=shape, center=center.astype(np.float32), scale=safe, weights=weights)

    def standardised(self, features: Narrow) -> Narrow:
        ready: Narrow = np.clip((features - self.center) / self.scale, -FARTHEST, FARTHEST)
        return np.nan_to_num(ready, copy=False)

    def _forward(self, ready: Narrow, sensor: Ints) -> tuple[Narrow, Narrow, Narrow, Narrow]:
        w = self.weights
        rows = np.concatenate([ready, w["sensor"][sensor]], axis=1)
        first = np.maximum(rows @ w["w1"] + w["b1"], 0)
        second = np.maximum(first @ w["w2"] + w["b2"], 0)
        return rows, first, second, second @ w["w3"] + w["b3"]

    def predict(self, features: Narrow, sensor: Ints) -> Narrow:
        """Rows x outputs."""
        return self._forward(self.standardised(features), sensor)[3]

    def gradients(self, ready: Narrow, sensor: Ints, truth: Narrow, weight: Narrow) -> Weights:
        """Of the weighted mean pinball loss. d/df of max(q (y - f), (q - 1) (y - f)) is 1 - q above y, -q below."""
        w = self.weights
        rows, first, second, said = self._forward(ready, sensor)
        quantile = np.array(self.shape.outputs, np.float32)
        slope = np.where(said > truth, 1 - quantile, np.where(said < truth, -quantile, 0)).astype(np.float32)
        slope *= 2 * weight[:, None] / np.float32(len(rows))
        back_2 = (slope @ w["w3"].T) * (second > 0)
        back_1 = (back_2 @ w["w2"].T) * (first > 0)
        to_sensor = back_1 @ w["w1"][-self.shape.embedding :].T
        sensor_gradient = np.zeros_like(w["sensor"])
        np.add.at(sensor_gradient, sensor, to_sensor)
        return {
            "sensor": sensor_gradient,
            "w1": rows.T @ back_1,
            "b1": back_1.sum(axis=0),
            "w2": first.T @ back_2,
            "b2": back_2.sum(axis=0),
            "w3": second.T @ slope,
            "b3": slope.sum(axis=0),
        }

    def content(self) -> bytes:
        """Everything that decides a forecast, as bytes of an npz without dates."""
        buffer = io.BytesIO()
        arrays = {"center": self.center, "scale": self.scale, **self.weights}
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @property
    def hash(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self.shape), sort_keys=True).encode())
        for name, array in sorted({"center": self.center, "scale": self.scale, **self.weights}.items()):
            digest.update(name.encode() + str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """`network.npz` and `network.json` with the hash of the weights."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "network.npz").write_bytes(self.content())
        text = json.dumps({"shape": asdict(self.shape), "sha256": self.hash}, indent=2)
        (folder / "network.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Refuses weights that are not those that were saved."""
        try:
            described = json.loads((folder / "network.json").read_text(encoding="utf-8"))
            with np.load(folder / "network.npz", allow_pickle=False) as arrays:
                weights = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
            shape = NetworkShape(**{**described["shape"], "outputs": tuple(described["shape"]["outputs"])})
            center, scale = weights.pop("center"), weights.pop("scale")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableInputError(source=str(folder), problem=f"no network can be read: {error}") from error
        network = cls(shape=shape, center=center, scale=scale, weights=weights)
        if network.hash != described.get("sha256"):
            raise UnreadableInputError(
                source=str(folder),
                problem="the weights are not those that were saved (their hash differs)",
                todo="Restore the folder or train anew.",
            )
        return network


def _of_column(measure: Callable[..., Floats], features: Narrow) -> Floats:
    """Per column over its finite values; NaN for a column without any."""
    told = np.isfinite(features).any(axis=0)
    found = np.full(features.shape[1], np.nan)
    if told.any():
        found[told] = measure(features[:, told].astype(np.float64), axis=0)
    return found


@dataclass(slots=True, kw_only=True)
class _Adam:
    """Changes `weights` in place."""

    weights: Weights
    shape: NetworkShape
    steps: int
    first: Weights
    second: Weights
    done: int = 0

    @classmethod
    def of(cls, weights: Weights, shape: NetworkShape, steps: int) -> Self:
        zeros = {name: np.zeros_like(array) for name, array in weights.items()}
        again = {name: np.zeros_like(array) for name, array in weights.items()}
        return cls(weights=weights, shape=shape, steps=max(steps, 1), first=zeros, second=again)

    def step(self, gradients: Weights) -> None:
        self.done += 1
        share = min(self.done / self.steps, 1.0)
        rate = np.float32(self.shape.rate * 0.5 * (1.0 + np.cos(np.pi * share)))
        correct_1 = np.float32(1.0 - float(BETA_1) ** self.done)
        correct_2 = np.float32(1.0 - float(BETA_2) ** self.done)
        for name, gradient in gradients.items():
            first, second, weight = self.first[name], self.second[name], self.weights[name]
            first *= BETA_1
            first += (1 - BETA_1) * gradient
            second *= BETA_2
            second += (1 - BETA_2) * gradient * gradient
            change = (first / correct_1) / (np.sqrt(second / correct_2) + TINY)
            decay = self._decay(name)
            weight -= rate * (change + decay * weight) if decay else rate * change

    def _decay(self, name: str) -> np.float32:
        if name == "sensor":
            return np.float32(self.shape.embedding_decay)
        return np.float32(self.shape.decay if name.startswith("w") else 0.0)
