"""What training tells the one who asked for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One line for the ledger."""

    model: str
    version: str
    previous: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """Figures are of the gate window. `version` is None when the model was not good enough to be registered."""

    name: str
    version: str | None
    run_id: str
    model_hash: str
    promoted: bool
    reason: str
    metrics: dict[str, float]
    baseline: dict[str, float]
    seconds: float
    rows: int
    promotion: Promotion | None = None
