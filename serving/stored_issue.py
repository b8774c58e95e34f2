"""The newest issue of a forecast that existed at a moment."""

from datetime import datetime
from typing import TypeVar

import polars as pl

from city.forecasts import ForecastRow
from serving.desk import Desk

F = TypeVar("F", bound=ForecastRow)


def newest_issue(desk: Desk, contract: type[F], now: datetime) -> pl.DataFrame:
    """Empty where none was issued by then."""
    issues = [issued_at for issued_at in desk.history.issues(contract) if issued_at <= now]
    if not issues:
        return contract.create_empty()
    return desk.history.read_forecast(contract, issued_at=max(issues))
