"""The stored forecasts that a plan is made from."""

from datetime import datetime
from typing import TypeVar, cast

import dataframely as dy

from city.errors import MissingInputError
from city.forecasts import CongestionForecasts, CongestionIndexForecasts, FillForecasts, ForecastRow
from serving.desk import Desk

F = TypeVar("F", bound=ForecastRow)


def latest_congestion(desk: Desk, moment: datetime) -> dy.DataFrame[CongestionForecasts]:
    return _latest(desk, CongestionForecasts, moment, "Planning signals", "congestion")


def latest_fill(desk: Desk, moment: datetime) -> dy.DataFrame[FillForecasts]:
    return _latest(desk, FillForecasts, moment, "Planning routes", "waste")


def latest_index(desk: Desk, moment: datetime) -> dy.DataFrame[CongestionIndexForecasts] | None:
    """None where there is no issue: routes can be planned without one."""
    if not any(issued_at <= moment for issued_at in desk.history.issues(CongestionIndexForecasts)):
        return None
    return _latest(desk, CongestionIndexForecasts, moment, "Planning routes", "congestion")


def _latest(desk: Desk, contract: type[F], moment: datetime, step: str, what: str) -> dy.DataFrame[F]:
    """The newest issue that existed at `moment`: a plan made for an earlier time must not see a later forecast."""
    issues = [issued_at for issued_at in desk.history.issues(contract) if issued_at <= moment]
    if not issues:
        raise MissingInputError(
            step=step,
            missing=(f"a forecast of {what} issued by {moment.isoformat()}",),
            todo=f"Run `city forecast {what}` first.",
        )
    return cast("dy.DataFrame[F]", desk.history.read_forecast(contract, issued_at=max(issues)))
