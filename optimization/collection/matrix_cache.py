"""Matrices of ways kept on disk: computed once per road network and set of places, found again by their content.

A file's name is the hash of all that went into it, so a changed network or place is another file and nothing is ever
out of date. What has not been used for a while is deleted.
"""

import os
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Matrices = tuple[Floats, ...]

FORMAT = "ways-1"  # changed whenever the same input would give other numbers
KEPT = 20
UNUSED_S = 60 * 86_400


def content_hash(parts: Iterable[npt.NDArray[np.generic] | str]) -> str:
    """Of arrays by type, shape and bytes, and of texts, in their order."""
    digest = sha256(FORMAT.encode())
    for part in parts:
        if isinstance(part, str):
            digest.update(f"|{len(part)}|{part}".encode())
        else:
            digest.update(f"|{part.dtype.str}{part.shape}|".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def kept(folder: Path | None, key: str, compute: Callable[[], Matrices]) -> Matrices:
    """What `compute` gives, from `folder` if it was computed before; without a folder it is computed."""
    if folder is None:
        return compute()
    path = folder / f"{key}.npz"
    found = _read(path)
    if found is None:
        found = compute()
        _write(path, found)
        _sweep(folder)
    return found


def _read(path: Path) -> Matrices | None:
    """None where there is no file, or one that was cut off."""
    try:
        # Opened here: of a file that was cut off, numpy would leave its own open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            matrices = tuple(stored[name] for name in sorted(stored.files))
        os.utime(path)
    except (OSError, ValueError, BadZipFile, EOFError):
        return None
    return matrices


def _write(path: Path, matrices: Matrices) -> None:
    """A full disk or a folder that is not ours costs time at the next plan, not this plan."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            np.savez(file, allow_pickle=False, **{f"m{number:03d}": one for number, one in enumerate(matrices)})
        Path(file.name).replace(path)
    except OSError:
        return


def _sweep(folder: Path) -> None:
    """Delete what was not used for long, all but the newest few, and pieces that a killed process left."""
    now = time.time()
    used = sorted(((path.stat().st_mtime, path) for path in folder.glob("*.npz")), reverse=True)
    stale = [path for number, (at, path) in enumerate(used) if number >= KEPT or now - at > UNUSED_S]
    stale += [path for path in folder.glob("*.part") if now - path.stat().st_mtime > UNUSED_S / 60]
    for path in stale:
        path.unlink(missing_ok=True)
