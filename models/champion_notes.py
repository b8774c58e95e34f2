"""What each champion's run noted: its cutoff and its losses on the gate, to hold later days against."""

from dataclasses import dataclass
from datetime import UTC, datetime

from city.settings import Settings
from models.registry import Registry
from models.registry_reading import trained_models


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionNotes:
    """`metrics` are of its gate window; `learned_at` is the time whose knowledge it learned from."""

    name: str
    version: str
    learned_at: datetime
    metrics: dict[str, float]


class _Reader(Registry):
    def metrics(self, run_id: str) -> dict[str, float]:
        return dict(self._client.get_run(run_id).data.metrics)


def champion_notes(settings: Settings) -> dict[str, ChampionNotes]:
    """By model; none where nothing was ever promoted (no store is made)."""
    reader = _Reader(settings)
    return {
        model.name: ChampionNotes(
            name=model.name,
            version=str(model.version),
            learned_at=_moment(model.as_of) or model.began_at,
            metrics=reader.metrics(model.run_id),
        )
        for model in trained_models(settings)
        if model.is_champion
    }


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None
