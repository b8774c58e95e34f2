"""The recipe of a plan: what it was made from, gathered when all of it has been read."""

from datetime import UTC, datetime
from typing import Final

from city.documents import encode
from city.forecasts import CongestionForecasts, CongestionIndexForecasts, FillForecasts, ForecastRow
from city.ledger_reading import document_sha256
from city.pinned import PinnedHistory
from city.recipes import Asked, Recipe
from optimization.collection.planner import usable_cores
from optimization.software import code_sha256, packages, platform_name
from serving.desk import Desk
from serving.selection import RollingRequest, RouteRequest, SignalRequest

PLANNER_OF: Final[dict[type, str]] = {
    SignalRequest: "optimization.signals.planner",
    RollingRequest: "optimization.signals.rolling",
    RouteRequest: "optimization.collection.planner",
}
FORECASTS_OF: Final[dict[type, tuple[type[ForecastRow], ...]]] = {
    SignalRequest: (CongestionForecasts,),
    RollingRequest: (CongestionForecasts,),
    RouteRequest: (FillForecasts, CongestionIndexForecasts),
}


def recipe_of(
    desk: Desk, request: SignalRequest | RollingRequest | RouteRequest, ladder: tuple[str, ...] | None = None
) -> Recipe | None:
    """None at a desk whose history does not stand still: nobody could read the same again."""
    history, usual = desk.history, desk.reading.usual_plan
    if not isinstance(history, PinnedHistory):
        return None
    models: dict[str, str] = {}
    for contract in FORECASTS_OF[type(request)]:
        if contract in history.read_issues:
            models |= history.models_of(contract)
    return Recipe(
        request=_asked(request),
        read_at=history.moment,
        tables=history.looked_at(),
        imports=desk.reading.imports,
        usual_plan_id=None if usual is None else usual.plan_id,
        usual_plan_sha256="" if usual is None else document_sha256(usual),
        index_issued_at=history.read_issues.get(CongestionIndexForecasts),
        models=tuple(sorted(models.items())),
        ladder=ladder,
        cores=usable_cores(),
        platform=platform_name(),
        packages=packages(),
        code_sha256=code_sha256(PLANNER_OF[type(request)]),
        orders=desk.reading.ordered,
        fairness=desk.reading.fairness if isinstance(request, RouteRequest) else None,
    )


def _asked(request: SignalRequest | RollingRequest | RouteRequest) -> dict[str, Asked]:
    """As plain values; a time in UTC, so that one request is written in one way."""
    given = encode(request)
    if isinstance(request.at, datetime):
        given["at"] = request.at.astimezone(UTC).isoformat()
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
