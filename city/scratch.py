"""Folders for a while, which the next start finds and removes where whoever made them was killed.

A folder is held by a lock on a file in it. The system drops the lock with the last process that holds it, however that
ends; a process number would tell nothing once it is given to another process.
"""

import os
import shutil
import stat
import sys
import time
import weakref
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final, Self

if sys.platform != "win32":
    import fcntl

HELD: Final = ".held"
LEAST_AGE_S: Final = 60.0
"""Between making a folder and holding it lies a moment in which nobody holds it."""


class Scratch:
    """A folder `city-PURPOSE-...` below the system's folder for such things; gone when it is closed.

    Where somebody else holds it too, it is left for them, and for the next sweep.
    """

    def __init__(self, purpose: str) -> None:
        self.folder = Path(mkdtemp(prefix=f"city-{purpose}-"))
        self.lock = _shared(self.folder / HELD)
        self.close = weakref.finalize(self, _given_up, self.folder, self.lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def hold_temporary_folder() -> int | None:
    """Hold the folder that this process was given for such things, if somebody made it with `Scratch`.

    The lock, to be kept open: without it the folder would be swept while this process goes on and its maker is dead.
    """
    held = Path(gettempdir(), HELD)
    return _shared(held) if held.exists() else None


def sweep() -> tuple[Path, ...]:
    """Remove what was made with `Scratch` and is held by nobody any more; which folders."""
    found = (one for one in Path(gettempdir()).glob("city-*") if _is_ours(one) and _is_old(one / HELD))
    return tuple(folder for folder in found if _removed_unheld(folder))


def _given_up(folder: Path, lock: int | None) -> None:
    if lock is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    os.close(lock)
    _removed_unheld(folder)


def _removed_unheld(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    try:
        lock = os.open(folder / HELD, os.O_RDWR)
    except OSError:  # somebody else sweeps too
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # it is held
        return False
    finally:
        os.close(lock)
    return True


def _shared(held: Path) -> int | None:
    if sys.platform == "win32":  # nothing is swept there
        return None
    lock = os.open(held, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _is_ours(folder: Path) -> bool:
    """A folder of this user, and no link to another one: others may write into the same place."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())


def _is_old(held: Path) -> bool:
    try:
        return time.time() - held.lstat().st_mtime >= LEAST_AGE_S
    except OSError:
        return False
