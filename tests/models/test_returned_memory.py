"""What a thread freed is the system's again."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.returned_memory import give_back

MB = 1_000_000


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, as only Linux has it")
def test_what_was_freed_between_things_that_stay_is_given_back() -> None:
    with ThreadPoolExecutor(1) as pool:
        arrays = pool.submit(lambda: [np.ones(10_000) for _ in range(1_500)]).result()
        # Every hundredth stays: the heap cannot shrink from its end.
        kept = arrays[99::100]
        del arrays
        before = resident_mb()

        give_back()

        assert resident_mb() < before - 50
        assert len(kept) == 15
