"""What training tells the one who asked for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A version that serves since, and what served before."""

    model: str
    version: str
    previous: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """`metrics` and `baseline` are of the gate window, `figures` and `districts` what the gate decided on.

    A model that was not promoted has a version too, which does not serve. `champion` is the version it was judged
    against; `notes` say what the one who asked should know.
    """

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
    champion: str | None = None
    figures: dict[str, float] = field(default_factory=dict)
    districts: dict[str, float] = field(default_factory=dict)
    tuned: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
