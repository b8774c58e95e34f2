"""Planning on request: a worker thread at a time, a short queue, and a refusal beyond it."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from serving.api.problems import ProblemError
from serving.api.state import PLANNERS, WAITING, Office

Made = TypeVar("Made")
RETRY_AFTER_S = 15
REFUSALS = (  # what a planning request may be answered with instead of a plan
    "malformed-body",
    "body-too-large",
    "unsupported-media-type",
    "unknown-id",
    "missing-input",
    "infeasible",
    "overloaded",
)


async def planned(office: Office, make: Callable[[], Made]) -> Made:
    """Solvers release the interpreter and keep to their own limits; health and forecasts are answered meanwhile."""
    if office.waiting >= PLANNERS + WAITING:
        raise ProblemError(
            "overloaded",
            f"{office.waiting} planning requests are under way or waiting.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    if office.planners is None:
        office.planners = anyio.CapacityLimiter(PLANNERS)
    office.waiting += 1
    try:
        return await anyio.to_thread.run_sync(make, limiter=office.planners)
    finally:
        office.waiting -= 1
