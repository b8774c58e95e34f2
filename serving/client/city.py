"""The client as a whole."""

import os
from types import TracebackType
from typing import Self

import httpx

from city.errors import InvalidValueError
from serving.client.complaints import Complaints
from serving.client.forecasts import Forecasts
from serving.client.imports import Imports, Quarantine
from serving.client.jobs import Jobs
from serving.client.outcomes import Outcomes
from serving.client.plan_life import Envelopes, RouteLife, Shadow, SignalLife
from serving.client.routes import Routes
from serving.client.service import Access, Maps, Models, Service
from serving.client.signals import Signals
from serving.client.wire import Wire

KEY = "CITY_KEY"
TIMEOUT_S = 150.0  # a little longer than the service lets a request take


class CityClient:
    """Speaks to one service with one key: the argument, else the environment variable CITY_KEY.

    Refusals are raised as ServiceError with the problem document; NoAnswerError where nobody answered. What was refused
    with Retry-After is asked again after that time, `patience_s` in all; requests are sent again after a broken
    connection only where nothing can happen twice.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        text = key if key is not None else os.environ.get(KEY, "")
        if not text.strip():
            raise InvalidValueError(
                subject="Client", field="key", found="none", expected=f"an argument, or {KEY} in the environment",
                todo="An administrator makes one with `city keys make`.",
            )  # fmt: skip
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {text.strip()}"},
            timeout=timeout_s,
            transport=transport,
        )
        wire = Wire(self._http, patience_s)
        self.forecasts = Forecasts(wire)
        self.signals = Signals(wire)
        self.routes = Routes(wire)
        self.signal_life = SignalLife(wire)
        self.route_life = RouteLife(wire)
        self.envelopes = Envelopes(wire)
        self.shadow = Shadow(wire)
        self.complaints = Complaints(wire)
        self.jobs = Jobs(wire)
        self.imports = Imports(wire)
        self.quarantine = Quarantine(wire)
        self.maps = Maps(wire)
        self.models = Models(wire)
        self.outcomes = Outcomes(wire)
        self.access = Access(wire)
        self.service = Service(wire)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CityClient({str(self._http.base_url)!r})"
