"""The champion models, loaded once and kept."""

from dataclasses import dataclass
from typing import Literal

from city.settings import Settings
from serving.schemas.status import ModelStatus

MODEL_NAMES = ("congestion", "waste")
WITHOUT_CHAMPION: dict[str, Literal["ha_ar1", "seasonal_naive"]] = {"congestion": "ha_ar1", "waste": "seasonal_naive"}
"""The rung that answers where no model was ever promoted."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A champion's label, or the reason why there is none. The model itself stays in memory for whoever forecasts."""

    name: str
    champion: object | None
    version: str | None
    run_id: str | None
    reason: str

    def status(self) -> ModelStatus:
        return ModelStatus(
            name=self.name,
            version=self.version,
            run_id=self.run_id,
            rung="champion" if self.champion is not None else WITHOUT_CHAMPION.get(self.name, "seasonal_naive"),
            reason=self.reason,
        )


def load_champions(settings: Settings) -> tuple[Loaded, ...]:
    # Seconds of imports that only a worker needs: the process that starts the workers loads no model.
    from models.publishing import champion_or_reason  # noqa: PLC0415
    from models.registry import Registry  # noqa: PLC0415

    registry = Registry(settings)
    loaded = []
    for name in MODEL_NAMES:
        champion, reason = champion_or_reason(registry, name)
        loaded.append(
            Loaded(
                name=name,
                champion=champion,
                version=None if champion is None else champion.version,
                run_id=None if champion is None else champion.run_id,
                reason=reason,
            )
        )
    return tuple(loaded)
