"""What those ask who run the service: whether it is ready, and what it counts."""

import anyio
import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from city.documents import encode
from city.errors import CityError
from serving.api import metrics
from serving.api.documents import plain
from serving.api.problems import problem
from serving.api.state import AtOffice, Office
from serving.readiness import readiness
from serving.subjects import FRAMES_OF

router = APIRouter(include_in_schema=False)
AGE = "city_forecast_age_seconds"
# Threads of their own: a probe must not wait behind the requests whose backlog it is asked about.
_threads = anyio.CapacityLimiter(2)


@router.get("/readyz")
async def ready(request: Request, office: AtOffice) -> Response:
    """The history can be read, the ledger and the home folder written; and on which rung forecasts are made."""
    found = await anyio.to_thread.run_sync(readiness, office.probes, office.champions, limiter=_threads)
    if found.ready:
        return plain({"ready": True, **encode(found)})
    return problem("not-ready", found.sentence(), request.url.path, headers={"Retry-After": "5"})


@router.get("/metrics")
async def told(office: AtOffice) -> Response:
    """For Prometheus."""
    await anyio.to_thread.run_sync(_refresh, office, limiter=_threads)
    shown = await anyio.to_thread.run_sync(metrics.exposition, limiter=_threads)
    return Response(shown, media_type=metrics.CONTENT_TYPE_LATEST)


def _refresh(office: Office) -> None:
    """Ages grow between two looks of whoever watches the models."""
    gauge = metrics.gauge(AGE, "Age of the newest stored forecast, s", ("forecast",), multiprocess_mode="mostrecent")
    for what, contracts in FRAMES_OF.items():
        try:
            frame, _ = office.shelf.forecast(contracts[0])
        except CityError:  # what else is counted must be told all the same; readiness says that the history is gone
            continue
        if not frame.is_empty():
            gauge.labels(what).set((office.desk.clock() - frame["issued_at"][0]).total_seconds())
