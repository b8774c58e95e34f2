"""The network: gradients against differences, quantiles against theory, bytes against bytes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from city.errors import BrokenRuleError, UnreadableInputError
from features.arrays import Narrow
from models.network_mlp import Chunk, Network, NetworkShape

SHAPE = NetworkShape(outputs=(0.1, 0.5, 0.9), hidden=16, embedding=4, batch_rows=256, rate=1e-2)


def noisy(rows: int, seed: int) -> Chunk:
    """The law 3 x + 2 for sensor 1, 3 x - 2 for sensor 0, with noise of standard deviation 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (rows, 2)).astype(np.float32)
    sensor = rng.integers(0, 2, rows)
    truth = (3 * x[:, 0] + 4 * sensor - 2 + rng.normal(0, 1, rows)).astype(np.float32)
    return x, sensor, np.repeat(truth[:, None], 3, axis=1), np.ones(rows, np.float32)


def trained(seed: int = 1, epochs: int = 25) -> Network:
    def chunks(epoch: int) -> Iterator[Chunk]:
        yield noisy(4_096, epoch)

    return Network.train(replace(SHAPE, seed=seed), 2, chunks, epochs=epochs, steps=epochs * 16)


def loss(network: Network, rows: Chunk) -> float:
    features, sensor, truth, weight = rows
    off = truth - network.predict(features, sensor)
    quantile = np.array(network.shape.outputs)
    return float((2 * weight[:, None] * np.maximum(quantile * off, (quantile - 1) * off)).sum() / len(truth))


@pytest.mark.parametrize("name", ["sensor", "w1", "b1", "w2", "b2", "w3", "b3"])
def test_gradients_agree_with_differences(name: str) -> None:
    network, rows = trained(epochs=1), noisy(64, 7)
    features, sensor, truth, weight = rows
    gradient = network.gradients(network.standardised(features), sensor, truth, weight)[name]
    place = np.unravel_index(int(np.abs(gradient).argmax()), gradient.shape)

    def moved(by: float) -> float:
        weights: dict[str, Narrow] = {key: array.copy() for key, array in network.weights.items()}
        weights[name][place] += by
        return loss(replace(network, weights=weights), rows)

    assert (moved(1e-3) - moved(-1e-3)) / 2e-3 == pytest.approx(float(gradient[place]), rel=0.05, abs=2e-3)


def test_it_learns_the_law_of_each_sensor_and_its_noise() -> None:
    network = trained()
    x = np.zeros((2, 2), np.float32)

    said = network.predict(x, np.array([0, 1]))

    # The 10 % and 90 % quantiles of a normal law lie 1.28 standard deviations from its median.
    np.testing.assert_allclose(said[0], [-2 - 1.28, -2, -2 + 1.28], atol=0.35)
    np.testing.assert_allclose(said[1], [2 - 1.28, 2, 2 + 1.28], atol=0.35)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    assert trained(epochs=3).hash == trained(epochs=3).hash
    assert trained(epochs=3).hash != trained(epochs=3, seed=2).hash


def test_gaps_teach_nothing_and_break_nothing() -> None:
    def chunks(_epoch: int) -> Iterator[Chunk]:
        features, sensor, truth, weight = noisy(512, 1)
        features[::3, 1] = np.nan
        truth[::2] = np.nan
        yield np.concatenate([features, np.full((512, 1), np.nan, np.float32)], axis=1), sensor, truth, weight

    network = Network.train(SHAPE, 2, chunks, epochs=2, steps=4)

    assert all(np.isfinite(array).all() for array in network.weights.values())
    assert np.isfinite(network.predict(np.full((1, 3), np.nan, np.float32), np.array([0]))).all()


def test_no_rows_are_refused() -> None:
    def nothing(_epoch: int) -> Iterator[Chunk]:
        yield from ()

    with pytest.raises(BrokenRuleError, match="no rows"):
        Network.train(SHAPE, 2, nothing, epochs=1, steps=1)


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    network = trained(epochs=2)
    features, sensor, _, _ = noisy(20, 3)

    network.save(tmp_path)
    again = Network.load(tmp_path)

    np.testing.assert_array_equal(network.predict(features, sensor), again.predict(features, sensor))
    assert again.hash == network.hash


def test_other_weights_than_those_saved_are_refused(tmp_path: Path) -> None:
    trained(epochs=1).save(tmp_path)
    (tmp_path / "network.npz").write_bytes(trained(epochs=2).content())

    with pytest.raises(UnreadableInputError, match="hash differs"):
        Network.load(tmp_path)
    (tmp_path / "network.npz").write_bytes(b"nothing of the kind")
    with pytest.raises(UnreadableInputError, match="no network can be read"):
        Network.load(tmp_path)
