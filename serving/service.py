"""The BentoML service: workers, health, metrics and build. The public API is mounted at "/"."""

import gc
import logging

import anyio.to_thread
import bentoml

from city.settings import Settings
from serving.api.app import build_api
from serving.api.state import Office
from serving.champions import load_champions
from serving.desk import Desk
from serving.model_gauges import ModelGauges

logger = logging.getLogger("chengyun.service")
LONGEST_REQUEST_S = 120
api = build_api()


@bentoml.service(name="city", workers=1, threads=8, traffic={"timeout": LONGEST_REQUEST_S})
@bentoml.asgi_app(api, path="/")
class City:
    """Forecasts, signal plans, routes and plan checks of one city."""

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    def open(self) -> None:
        settings = Settings.from_environment()
        office = Office(Desk(settings), champions=load_champions(settings))
        api.state.office = office
        for champion in office.champions:
            logger.info("%s: %s", champion.name, champion.version or champion.reason)
        # Imported only now: by then BentoML has said where workers share their metrics.
        from prometheus_client import Gauge  # noqa: PLC0415

        self.gauges = ModelGauges(office.desk, Gauge)
        self.gauges.start()
        calm_the_collector()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        self.gauges.stop()

    async def __is_ready__(self) -> bool:
        """Ready when the history and the ledger can be read."""
        return await anyio.to_thread.run_sync(_reachable, api.state.office)


def calm_the_collector() -> None:
    """What is loaded by now stays; searching it for garbage again and again costs tail latency (200-300 ms)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _reachable(office: Office) -> bool:
    try:
        office.desk.history.versions()
        office.desk.ledger.plans(service_date=None, kind="signals")
    except Exception:  # a probe answers no, whatever the reason
        logger.exception("The service is not ready")
        return False
    return True
