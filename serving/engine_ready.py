"""The route engine is compiled once per machine: most of a minute of one core, in which other work can go on."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COMPILE = "from optimization.collection.engine_work import warm_up; warm_up()"


@contextmanager
def compiled_meanwhile() -> Iterator[None]:
    """A process of its own compiles; what it has not finished when the work ends, the next user of the engine does."""
    words = [sys.executable, "-c", COMPILE]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:  # noqa: S603  -- ours
        try:
            yield
        finally:
            other.terminate()
