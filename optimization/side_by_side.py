"""Pieces of work that know nothing of each other, side by side, by Dask.

On threads of this process by default: whoever uses them works in code that lets other threads go on meanwhile (numba
without the interpreter's lock). Where an address is given, on that cluster; its workers have this package installed.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from dask.base import compute
from dask.delayed import delayed

from city.errors import StoreUnreachableError

if TYPE_CHECKING:
    from distributed import Client

Task = TypeVar("Task")
Done = TypeVar("Done")
REACHED_WITHIN_S = 10
LATE_S = 2.0  # what an answer may take on its way


class Hands(Protocol):
    """Does `work` for what each of `tasks` makes, on `cores` at once; the answers are in the order of the tasks.

    Work ends by itself at `end_at` (Unix time). Raises TimeoutError where a machine far away has not answered then.
    """

    @property
    def cores(self) -> int: ...

    def __call__(
        self, work: Callable[[Task], Done], tasks: Sequence[Callable[[], Task]], /, *, end_at: float = math.inf
    ) -> list[Done]: ...


@contextmanager
def hands(cores: int, scheduler: str | None = None) -> Iterator[Hands]:
    """`cores` threads, or the cluster whose scheduler answers at this address ('tcp://host:8786').

    Raises StoreUnreachableError where nobody answers there.
    """
    if scheduler is None:
        with ThreadPoolExecutor(cores) as pool:
            yield _Threads(pool, cores)
    else:
        client = _reached(scheduler)
        try:
            yield _Cluster(client)
        finally:
            client.close()  # type: ignore[no-untyped-call]


class _Threads:
    def __init__(self, pool: ThreadPoolExecutor, cores: int) -> None:
        self.pool, self.cores = pool, cores

    def __call__(
        self, work: Callable[[Task], Done], tasks: Sequence[Callable[[], Task]], /, *, end_at: float = math.inf
    ) -> list[Done]:
        del end_at

        # A task is made where it is worked on: all of them at once would lie in memory together.
        def one(number: int) -> Done:
            return work(tasks[number]())

        asked = [delayed(one, pure=False)(number) for number in range(len(tasks))]
        return cast("list[Done]", list(compute(*asked, scheduler="threads", pool=self.pool)))  # type: ignore[no-untyped-call]


class _Cluster:
    def __init__(self, client: "Client") -> None:
        self.client = client
        self.cores = max(1, sum(client.ncores().values()))  # type: ignore[no-untyped-call]

    def __call__(
        self, work: Callable[[Task], Done], tasks: Sequence[Callable[[], Task]], /, *, end_at: float = math.inf
    ) -> list[Done]:
        from distributed import wait  # noqa: PLC0415  -- see `_reached`

        futures = [self.client.submit(work, make(), pure=False) for make in tasks]
        left_s = None if end_at == math.inf else max(0.0, end_at - time.time()) + LATE_S
        with self.client.as_current():
            wait(futures, timeout=left_s)  # type: ignore[no-untyped-call]
        return cast("list[Done]", self.client.gather(futures))  # type: ignore[no-untyped-call]


def _reached(scheduler: str) -> "Client":
    from distributed import Client  # noqa: PLC0415  -- a second to import, for those who have a cluster

    try:
        return Client(scheduler, timeout=REACHED_WITHIN_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as cause:
        raise StoreUnreachableError(
            source=f"Dask scheduler {scheduler}", problem=f"nobody answers there ({type(cause).__name__})"
        ) from cause
