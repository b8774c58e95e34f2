"""Freed memory goes back to the system between the stages of a training."""

import ctypes
import sys


def give_back() -> None:
    """The C library keeps what each worker thread freed for that thread: hundreds of MB that the next stage needs."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
