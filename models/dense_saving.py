"""A trained `DenseModel` as files: LightGBM's own text, arrays, and JSON with the hash of everything. No pickle."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from features.arrays import Narrow
from features.dense.analogs import Analogs
from features.dense.components import Components
from features.dense.neighbours import NeighbourRidge, Neighbours
from features.dense.profile import Profile
from features.dense.recipe import DenseState
from features.dense.residuals import Residuals
from models.bundle import RefusedModelError
from models.dense import DenseModel
from models.dense_networks import DayNetwork
from models.dense_settings import DenseSettings
from models.dense_trees import Trees
from models.dense_workshop import Blend
from models.network_mlp import Network, NetworkShape
from models.signed_folder import Array, read_arrays, seal, unseal, write_arrays

import lightgbm as lgb  # isort: skip

KIND = "dense"
STATE, NETWORKS = "state.npz", "networks.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreesNote:
    horizon: int
    guess: str
    features: tuple[str, ...]
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNote:
    horizons: tuple[int, ...]
    shape: NetworkShape
    weights: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendNote:
    horizon: int
    blend: Blend


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseNote:
    """Everything about the model that is neither a tree nor an array."""

    settings: DenseSettings
    rows: int
    cutoff: int
    profile: Profile
    analogs: Analogs
    trees: tuple[TreesNote, ...]
    networks: tuple[NetworkNote, ...]
    blends: tuple[BlendNote, ...]


def save_dense(model: DenseModel, folder: Path) -> str:
    """Write into an empty folder; returns the hash that names the model."""
    folder.mkdir(parents=True, exist_ok=False)
    notes = []
    for horizon, several in model.trees.items():
        for number, trees in enumerate(several):
            file = f"trees_{horizon:04d}_{number}.txt"
            (folder / file).write_text(trees.booster.model_to_string(), encoding="utf-8")
            notes.append(TreesNote(horizon=horizon, guess=trees.guess, features=trees.features, file=file))
    write_arrays(folder / NETWORKS, _network_arrays(model))
    write_arrays(folder / STATE, _state_arrays(model.state))
    note = DenseNote(
        settings=model.settings,
        rows=model.rows,
        cutoff=model.state.cutoff,
        profile=model.profile,
        analogs=model.state.analogs,
        trees=tuple(notes),
        networks=tuple(
            NetworkNote(horizons=one.horizons, shape=one.network.shape, weights=tuple(one.network.weights))
            for one in model.networks
        ),
        blends=tuple(BlendNote(horizon=horizon, blend=blend) for horizon, blend in model.blends.items()),
    )
    return seal(folder, KIND, note)


def load_dense(folder: Path, *, expected_hash: str | None = None) -> DenseModel:
    """Read back. Raises RefusedModelError when a file, the metadata or the expected hash does not agree."""
    note = unseal(folder, KIND, DenseNote, expected_hash=expected_hash)
    try:
        state, networks = read_arrays(folder / STATE), read_arrays(folder / NETWORKS)
        return DenseModel(
            settings=note.settings,
            state=_state(note, state),
            trees=_trees(folder, note),
            networks=tuple(_network(number, one, networks) for number, one in enumerate(note.networks)),
            blends={one.horizon: one.blend for one in note.blends},
            rows=note.rows,
        )
    except (KeyError, ValueError, lgb.basic.LightGBMError) as cause:
        raise RefusedModelError(model=folder.name, problem=f"its files do not fit together ({cause})") from cause


def _network_arrays(model: DenseModel) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for number, one in enumerate(model.networks):
        network = one.network
        for name, array in {"center": network.center, "scale": network.scale, **network.weights}.items():
            arrays[f"{number}.{name}"] = array
    return arrays


def _network(number: int, note: NetworkNote, arrays: dict[str, Array]) -> DayNetwork:
    weights: dict[str, Narrow] = {name: arrays[f"{number}.{name}"] for name in note.weights}
    center, scale = arrays[f"{number}.center"], arrays[f"{number}.scale"]
    return DayNetwork(
        horizons=note.horizons, network=Network(shape=note.shape, center=center, scale=scale, weights=weights)
    )


def _trees(folder: Path, note: DenseNote) -> dict[int, tuple[Trees, ...]]:
    loaded = [
        Trees(
            horizon=one.horizon,
            guess=one.guess,
            features=one.features,
            booster=lgb.Booster(model_str=(folder / one.file).read_text(encoding="utf-8")),
        )
        for one in note.trees
    ]
    return {h: tuple(one for one in loaded if one.horizon == h) for h in note.settings.horizons}


def _state_arrays(state: DenseState) -> dict[str, Array]:
    arrays: dict[str, Array] = {
        "sd": state.residuals.sd,
        "top": state.residuals.top,
        "directions": state.components.directions,
        "scale": state.components.scale,
    }
    for horizon, near in state.neighbours.items():
        ridge = state.ridges[horizon]
        arrays[f"neighbours.{horizon}"] = near.index
        arrays[f"ridge_neighbours.{horizon}"] = ridge.neighbours.index
        arrays[f"ridge_folds.{horizon}"], arrays[f"ridge_whole.{horizon}"] = ridge.folds, ridge.whole
    return arrays


def _state(note: DenseNote, arrays: dict[str, Array]) -> DenseState:
    horizons = note.settings.horizons
    return DenseState(
        recipe=note.settings.recipe,
        cutoff=note.cutoff,
        residuals=Residuals(profile=note.profile, sd=arrays["sd"], top=arrays["top"]),
        neighbours={h: Neighbours(horizon=h, index=arrays[f"neighbours.{h}"].astype(np.int64)) for h in horizons},
        ridges={h: _ridge(note, arrays, h) for h in horizons},
        components=Components(directions=arrays["directions"], scale=arrays["scale"]),
        analogs=note.analogs,
    )


def _ridge(note: DenseNote, arrays: dict[str, Array], horizon: int) -> NeighbourRidge:
    return NeighbourRidge(
        cutoff=note.cutoff,
        neighbours=Neighbours(horizon=horizon, index=arrays[f"ridge_neighbours.{horizon}"].astype(np.int64)),
        folds=arrays[f"ridge_folds.{horizon}"],
        whole=arrays[f"ridge_whole.{horizon}"],
    )
