"""How long a plan may be waited for within one request."""

from typing import TypeVar

from city.errors import InvalidValueError
from serving.schemas.collection_plans import RoutePlanRequest
from serving.schemas.signal_plans import SignalPlanRequest

Request = TypeVar("Request", SignalPlanRequest, RoutePlanRequest)
LONGEST_MS = 100_000


def in_time(request: Request) -> Request:
    """The service answers longer deadlines with a job."""
    if request.deadline_ms > LONGEST_MS:
        raise InvalidValueError(
            subject="Plan", field="deadline_ms", found=request.deadline_ms, expected=f"at most {LONGEST_MS:,}",
            todo="submit_plan() takes longer ones, and jobs.wait() waits for them.",
        )  # fmt: skip
    return request
