"""What `city watch models` finds, as numbers for /metrics: the same figures, kept current by the service."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from serving.desk import Desk
from serving.model_findings import Trouble
from serving.watching_models import ModelWatch, watch_models

logger = logging.getLogger("chengyun.watch")
EVERY_S = 1_800.0
HELP = {
    "city_forecast_age_seconds": "Age of the newest stored forecast, s",
    "city_champion_age_seconds": "Age of the newest knowledge that the champion learned from, s",
    "city_forecast_fallback_share": "Share of the newest forecast that no champion made, 0 to 1",
    "city_input_drift_psi": "Population stability index of the last week against the training weeks",
    "city_forecast_loss_ratio": "Loss of the last days' forecasts over the loss on the champion's gate",
    "city_forecast_below_p10_share": "Share of truths below p10 in the last days, 0.1 when calibrated",
    "city_forecast_above_p90_share": "Share of truths above p90 in the last days, 0.1 when calibrated",
    "city_model_findings": "Findings of `city watch models` by kind of trouble",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


def gauges_of(watch: ModelWatch) -> Iterator[Gauge]:
    for age in watch.ages:
        labels: tuple[tuple[str, str], ...] = (("forecast", age.what),)
        told = {
            "city_forecast_age_seconds": age.forecast_age_s,
            "city_champion_age_seconds": age.champion_age_s,
            "city_forecast_fallback_share": age.fallback_share,
        }
        yield from (Gauge(name=name, labels=labels, value=value) for name, value in told.items() if value is not None)
        for trouble in Trouble:
            count = sum(one.what == age.what and one.trouble is trouble for one in watch.findings)
            yield Gauge(name="city_model_findings", labels=(*labels, ("trouble", trouble.value)), value=float(count))
    for one in watch.inputs:
        place = "" if one.district_id is None else f", {one.district_id}"
        name = (("forecast", one.what), ("input", f"{one.quantity}, {one.noun}{place}"))
        yield Gauge(name="city_input_drift_psi", labels=name, value=one.psi)
    for error in watch.errors:
        labels = (("forecast", error.what), ("quantity", error.quantity))
        yield Gauge(name="city_forecast_below_p10_share", labels=labels, value=error.below)
        yield Gauge(name="city_forecast_above_p90_share", labels=labels, value=error.above)
        if error.gate_loss:
            yield Gauge(name="city_forecast_loss_ratio", labels=labels, value=error.loss / error.gate_loss)


class ModelGauges:
    """Sets them every half hour in a thread of its own, as long as the process lives."""

    def __init__(self, desk: Desk, make: Callable[..., Any], *, every_s: float = EVERY_S) -> None:
        """`make(name, help, labels, multiprocess_mode=...)` is the metrics client's gauge."""
        self._desk = desk
        self._make = make
        self._every_s = every_s
        self._made: dict[str, Any] = {}
        self._done = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="model gauges", daemon=True).start()

    def stop(self) -> None:
        self._done.set()

    def refresh(self) -> None:
        for gauge in gauges_of(watch_models(self._desk)):
            if gauge.name not in self._made:
                names = [label for label, _ in gauge.labels]
                # Each worker tells the same: the newest word counts, not the sum.
                self._made[gauge.name] = self._make(gauge.name, HELP[gauge.name], names, multiprocess_mode="mostrecent")
            self._made[gauge.name].labels(*(value for _, value in gauge.labels)).set(gauge.value)

    def _run(self) -> None:
        while True:
            try:
                self.refresh()
            except Exception:  # a gauge that cannot be told must not take the service down; the log says why
                logger.exception("Models could not be watched")
            if self._done.wait(self._every_s):
                return
