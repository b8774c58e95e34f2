"""A model as it is kept: LightGBM's own text, the state of its features as a table, JSON with the hash of everything.

No pickle. What was changed after it was saved is refused.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import polars as pl

from city.documents import canonical_json, decode, parse_json, to_json
from city.errors import CityError
from features.arrays import Floats
from models.calibration import Conformal, ProbabilityCurve
from models.quantile_gbm import QuantileForest, from_texts

if TYPE_CHECKING:
    from models.congestion_model import CongestionModel
    from models.triage import TriageModel

METADATA = "metadata.json"
STATE = "state.parquet"
FORMAT = 1


@dataclass(kw_only=True, eq=False)
class RefusedModelError(CityError):
    """A saved model is not what was saved."""

    code: ClassVar[str] = "refused-model"
    model: str
    problem: str

    def sentence(self) -> str:
        return f"Model {self.model} is refused: {self.problem}. Train it anew, or restore it from where it was copied."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One quantity: its boosters and the correction of their quantiles."""

    forest: QuantileForest
    conformal: Conformal
    curve: ProbabilityCurve = field(default_factory=ProbabilityCurve)

    def predict(self, features: pl.DataFrame, lead_h: Floats, *, threads: int = 1) -> Floats:
        """Rows x quantiles in the learner's unit, corrected, in order."""
        return self.conformal.apply(self.forest.predict(features, threads=threads), lead_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartNote:
    """What the metadata says of one part."""

    name: str
    features: tuple[str, ...]
    quantiles: tuple[float, ...]
    rounds: tuple[int, ...]
    calibration_edges_h: tuple[float, ...]
    calibration_shifts: tuple[tuple[float, ...], ...]
    probability_said: tuple[float, ...]
    probability_happened: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Everything about the model that is not a tree."""

    format: int
    name: str
    cutoff: str
    horizon_s: int
    seed: int
    threads: int
    parts: tuple[PartNote, ...]
    files: dict[str, str]
    about: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The metadata with its own hash, which is the hash of the model: it holds the hashes of all files."""

    hash: str
    model: Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A trained model of several parts. `state` is what its feature steps had learned by the cutoff."""

    name: str
    cutoff: str
    horizon_s: int
    seed: int
    threads: int
    parts: dict[str, Part]
    state: pl.DataFrame = field(repr=False)
    about: dict[str, str]

    def save(self, folder: Path) -> str:
        """Write into an empty folder; returns the hash that names the model."""
        folder.mkdir(parents=True, exist_ok=False)
        notes = []
        for name, part in self.parts.items():
            for quantile, booster in part.forest.boosters.items():
                (folder / _file(name, quantile)).write_text(booster.model_to_string(), encoding="utf-8")
            notes.append(_note(name, part))
        self.state.write_parquet(folder / STATE)
        metadata = Metadata(
            format=FORMAT,
            name=self.name,
            cutoff=self.cutoff,
            horizon_s=self.horizon_s,
            seed=self.seed,
            threads=self.threads,
            parts=tuple(notes),
            files={file.name: _sha256(file) for file in sorted(folder.iterdir())},
            about=self.about,
        )
        model_hash = _hash(metadata)
        (folder / METADATA).write_text(to_json(Signed(hash=model_hash, model=metadata)), encoding="utf-8")
        return model_hash

    @classmethod
    def load(cls, folder: Path, *, expected_hash: str | None = None) -> Self:
        """Read back. Raises RefusedModelError when a file, the metadata or the expected hash does not agree."""
        metadata, model_hash = _metadata(folder)
        if expected_hash is not None and model_hash != expected_hash:
            raise RefusedModelError(
                model=folder.name, problem=f"its hash is {model_hash[:12]}, the registry says {expected_hash[:12]}"
            )
        for name, digest in metadata.files.items():
            if not (folder / name).is_file() or _sha256(folder / name) != digest:
                raise RefusedModelError(model=metadata.name, problem=f"file {name} is missing or was changed")
        return cls(
            name=metadata.name,
            cutoff=metadata.cutoff,
            horizon_s=metadata.horizon_s,
            seed=metadata.seed,
            threads=metadata.threads,
            parts={note.name: _part(folder, note) for note in metadata.parts},
            state=pl.read_parquet(folder / STATE),
            about=metadata.about,
        )


def load_model(folder: Path, *, expected_hash: str | None = None) -> "Bundle | CongestionModel | TriageModel":
    """Whatever was saved there, by the kind that its metadata names. Raises RefusedModelError as `Bundle.load` does."""
    # Its learners are saved with the signatures of this file: at the top the two would import each other.
    from models.congestion_model import KIND, CongestionModel  # noqa: PLC0415
    from models.signed_folder import read_metadata  # noqa: PLC0415
    from models.triage import KIND as TRIAGE  # noqa: PLC0415
    from models.triage import TriageModel  # noqa: PLC0415

    kind = read_metadata(folder).get("kind")
    if kind == TRIAGE:
        return TriageModel.load(folder, expected_hash=expected_hash)
    if kind == KIND:
        return CongestionModel.load(folder, expected_hash=expected_hash)
    return Bundle.load(folder, expected_hash=expected_hash)


def _file(part: str, quantile: float) -> str:
    return f"{part}_p{round(100 * quantile):02d}.txt"


def _note(name: str, part: Part) -> PartNote:
    return PartNote(
        name=name,
        features=part.forest.features,
        quantiles=part.forest.quantiles,
        rounds=tuple(booster.num_trees() for booster in part.forest.boosters.values()),
        calibration_edges_h=part.conformal.edges,
        calibration_shifts=part.conformal.shifts,
        probability_said=part.curve.said,
        probability_happened=part.curve.happened,
    )


def _part(folder: Path, note: PartNote) -> Part:
    texts = {q: (folder / _file(note.name, q)).read_text(encoding="utf-8") for q in note.quantiles}
    return Part(
        forest=from_texts(texts, note.features),
        conformal=Conformal(edges=note.calibration_edges_h, shifts=note.calibration_shifts),
        curve=ProbabilityCurve(said=note.probability_said, happened=note.probability_happened),
    )


def _metadata(folder: Path) -> tuple[Metadata, str]:
    file = folder / METADATA
    if not file.is_file():
        raise RefusedModelError(model=folder.name, problem=f"it has no {METADATA}")
    try:
        signed = decode(Signed, parse_json(file.read_bytes(), METADATA), METADATA)
    except CityError as cause:
        raise RefusedModelError(model=folder.name, problem=f"{METADATA} cannot be read ({cause})") from cause
    if signed.model.format != FORMAT:
        raise RefusedModelError(model=signed.model.name, problem=f"format {signed.model.format} is not {FORMAT}")
    if signed.hash != _hash(signed.model):
        raise RefusedModelError(model=signed.model.name, problem=f"{METADATA} was changed after it was saved")
    return signed.model, signed.hash


def _hash(metadata: Metadata) -> str:
    return hashlib.sha256(canonical_json(metadata).encode()).hexdigest()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
