"""Stored forecasts."""

from dataclasses import dataclass

from serving.client.wire import Wire
from serving.schemas.congestion_index import CongestionIndex, IndexQuery
from serving.schemas.day_forecasts import (
    ComplaintForecast,
    ComplaintQuery,
    EmptyingForecast,
    PointDayQuery,
    WorkForecast,
)
from serving.schemas.forecasts import CongestionForecast, CongestionQuery, WasteForecast, WasteQuery
from serving.schemas.online_forecasts import OnlineForecast, OnlineQuery


@dataclass(frozen=True, slots=True)
class Forecasts:
    wire: Wire

    def congestion(self, query: CongestionQuery | None = None) -> CongestionForecast:
        return self.wire.get("/v1/forecasts/congestion", CongestionForecast, query=query)

    def congestion_now(self, query: OnlineQuery | None = None) -> OnlineForecast:
        return self.wire.get("/v1/forecasts/congestion/now", OnlineForecast, query=query)

    def congestion_index(self, query: IndexQuery | None = None) -> CongestionIndex:
        return self.wire.get("/v1/forecasts/congestion-index", CongestionIndex, query=query)

    def waste(self, query: WasteQuery | None = None) -> WasteForecast:
        return self.wire.get("/v1/forecasts/waste", WasteForecast, query=query)

    def complaints(self, query: ComplaintQuery | None = None) -> ComplaintForecast:
        return self.wire.get("/v1/forecasts/complaints", ComplaintForecast, query=query)

    def emptyings(self, query: PointDayQuery | None = None) -> EmptyingForecast:
        return self.wire.get("/v1/forecasts/emptyings", EmptyingForecast, query=query)

    def workload(self, query: PointDayQuery | None = None) -> WorkForecast:
        return self.wire.get("/v1/forecasts/workload", WorkForecast, query=query)
