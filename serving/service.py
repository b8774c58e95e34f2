"""The BentoML service: workers, health and build. The public API is mounted at "/", one layer of ours around it."""

import asyncio
import contextlib
import gc
import logging
import sys
from typing import Any

import anyio
import anyio.to_thread
import bentoml
from starlette.types import ASGIApp

from city.scratch import hold_temporary_folder, sweep
from city.settings import Settings
from serving.api import metrics
from serving.api.app import build_api
from serving.api.front import Front
from serving.api.quick import file_stamp
from serving.api.request_log import write_json_lines
from serving.api.state import Office
from serving.champions import ChampionWatch, load_champions, registry_of
from serving.desk import Desk
from serving.model_gauges import ModelGauges
from serving.readiness import readiness
from serving.rolling_pulse import RollingPulse
from serving.warnings_pulse import WarningsPulse

logger = logging.getLogger("chengyun.service")
LOOK_EVERY_S = 1.0
SWITCH_EVERY_S = 0.001
api = build_api()


class Fronted(bentoml.Service[Any]):  # type: ignore[misc]
    """A service whose requests meet our own layer first."""

    def to_asgi(self, is_main: bool = True) -> ASGIApp:  # noqa: FBT001, FBT002  -- as BentoML calls it
        return Front(api, super().to_asgi(is_main=is_main))


# BentoML's own metrics make a series of every path that anybody asks for, and its log writes each path down; its
# tracing would cost every request though nobody collects it.
@bentoml.service(
    name="city",
    service_class=Fronted,
    workers=Settings.from_environment().workers,
    threads=8,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": [".*"]},
)
@bentoml.asgi_app(api, path="/")
class City:
    """Forecasts, signal plans, routes and plan checks of one city."""

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    async def open(self) -> None:
        write_json_lines()
        metrics.forget_dead_workers()
        # Held as long as this worker lives, also where whoever started it is gone.
        self.temporary = hold_temporary_folder()
        await asyncio.to_thread(sweep)
        settings = Settings.from_environment()
        office = Office(Desk(settings), champions=await asyncio.to_thread(load_champions, settings))
        await asyncio.to_thread(office.desk.ledger.hold_open)
        api.state.office = office
        for champion in office.champions:
            logger.info("%s: %s", champion.name, champion.version or champion.reason)
        self.gauges = ModelGauges(office.desk, metrics.gauge)
        self.gauges.start()
        self.warnings = WarningsPulse(office.desk, office.watches)
        self.warnings.start()
        self.rolling = RollingPulse(office.desk, office.asides.run)
        self.rolling.start()
        office.planning.start()
        watch = ChampionWatch(registry_of(settings), office.champions, file_stamp(settings.tracking_uri))
        self.watching = asyncio.create_task(keep_current(office, watch))
        stay_responsive()

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    async def close(self) -> None:
        self.gauges.stop()
        self.warnings.stop()
        self.rolling.stop()
        await asyncio.to_thread(api.state.office.planning.close)
        await asyncio.to_thread(api.state.office.asides.close)
        self.watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.watching
        await asyncio.to_thread(api.state.office.desk.ledger.close)

    async def __is_ready__(self) -> bool:
        """Ready when the history can be read, and the ledger and the home folder written."""
        office: Office = api.state.office
        return (await anyio.to_thread.run_sync(readiness, office.probes, office.champions)).ready


async def keep_current(office: Office, watch: ChampionWatch) -> None:
    """What was promoted serves within seconds: requests under way keep the models that they began with."""
    await asyncio.to_thread(office.shelf.fill)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        office.champions = await asyncio.to_thread(watch.look)


def stay_responsive() -> None:
    """What is loaded by now stays; searching it for garbage again and again costs tail latency (200-300 ms).

    And a thread that computes hands the interpreter over sooner, so that short requests need not wait for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(SWITCH_EVERY_S)
