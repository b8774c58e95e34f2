"""A folder of files that belong together: `metadata.json` names each with its hash, and is hashed itself. No pickle."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from city.documents import canonical_json, decode, encode, parse_json, to_json
from city.errors import CityError
from models.bundle import METADATA, RefusedModelError

Note = TypeVar("Note")
Array = NDArray[Any]


def seal(folder: Path, kind: str, note: object) -> str:
    """Write the note beside the files that are already there, those of folders in it too.

    Returns the hash of the model: it covers the note and the hashes of all files.
    """
    files = {
        file.relative_to(folder).as_posix(): file_hash(file) for file in sorted(folder.rglob("*")) if file.is_file()
    }
    document = {"kind": kind, "files": files, "note": encode(note)}
    model_hash = _hash(document)
    (folder / METADATA).write_text(to_json({"hash": model_hash, **document}), encoding="utf-8")
    return model_hash


def unseal(folder: Path, kind: str, note: type[Note], *, expected_hash: str | None = None) -> Note:
    """Raises RefusedModelError where a file, the note or the expected hash does not agree with what was sealed."""
    document = read_metadata(folder)
    found = document.get("kind")
    if found != kind:
        raise RefusedModelError(model=folder.name, problem=f"it is of kind {found!r}, expected {kind!r}")
    said, files = document.pop("hash", None), document.get("files")
    if said != _hash(document) or not isinstance(files, dict):
        raise RefusedModelError(model=folder.name, problem=f"{METADATA} was changed after it was saved")
    if expected_hash is not None and said != expected_hash:
        raise RefusedModelError(
            model=folder.name, problem=f"its hash is {said[:12]}, the registry says {expected_hash[:12]}"
        )
    for name, digest in files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise RefusedModelError(model=folder.name, problem=f"file {name} is missing or was changed")
    try:
        return decode(note, document["note"], METADATA)
    except CityError as cause:
        raise RefusedModelError(model=folder.name, problem=f"{METADATA} cannot be read ({cause})") from cause


def read_metadata(folder: Path) -> dict[str, Any]:
    file = folder / METADATA
    if not file.is_file():
        raise RefusedModelError(model=folder.name, problem=f"it has no {METADATA}")
    try:
        document = parse_json(file.read_bytes(), METADATA)
    except CityError as cause:
        raise RefusedModelError(model=folder.name, problem=f"{METADATA} cannot be read ({cause})") from cause
    if not isinstance(document, dict):
        raise RefusedModelError(model=folder.name, problem=f"{METADATA} holds no object")
    return document


def write_arrays(file: Path, arrays: Mapping[str, Array]) -> None:
    with file.open("wb") as out:
        np.savez(out, allow_pickle=False, **dict(arrays))


def read_arrays(file: Path) -> dict[str, Array]:
    # Opened here: what numpy opens itself it leaves open when the file is not whole.
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        return {name: np.asarray(arrays[name]) for name in arrays.files}


def file_hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _hash(document: Mapping[str, object]) -> str:
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()
