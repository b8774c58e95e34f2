"""Models on the wire: which serve, how old they are, what the gate said of them, and who changed that."""

from typing import Literal

from pydantic import Field

from serving.schemas.status import ModelStatus
from serving.schemas.wire import Moment, Quantity, Wire

Reason = Field(min_length=1, max_length=1000, description="why; it stays in the log", examples=["the works are over"])


class ModelNow(ModelStatus):
    """The champion that answers, how old what it learned is, and what the gate found."""

    learned_at: Moment | None = Field(default=None, description="nothing known later was learned from")
    age_s: int | None = Field(default=None, description="since then, by the real clock, s")
    gate: Literal["passed", "refused", ""] = Field(default="", description="what the gate said when it was made")
    figures: dict[str, Quantity] = Field(
        default_factory=dict, description="what the gate decided on; differences are shares, below 0 is better"
    )


class ModelsNow(Wire):
    models: list[ModelNow]


class ModelVersion(Wire):
    """A training run and the version that was made of it."""

    version: str | None = Field(description="null where the run made none")
    run_id: str
    is_champion: bool = Field(description="true for the one that serves")
    is_previous: bool = Field(description="true for the one that a rollback lets serve again")
    began_at: Moment
    ended_at: Moment
    learned_at: Moment | None = Field(description="nothing known later was learned from")
    gate: Literal["passed", "refused", ""]
    reason: str = Field(description="what the gate said, as a sentence")
    figures: dict[str, Quantity] = Field(description="what the gate decided on")
    model_hash: str = Field(description="SHA-256 over the saved files")
    commit: str | None = Field(description="commit of the program that trained it")


class ModelLogLine(Wire):
    """A promotion, refusal or rollback."""

    version: str
    previous: str | None = Field(description="what served before")
    action: Literal["promoted", "refused", "rolled_back"]
    reason: str
    at: Moment
    who: str = Field(description="empty for the gate itself")
    figures: dict[str, Quantity]


class ModelDetail(Wire):
    """Every version of one model and everything that happened to them, each oldest first."""

    name: str = Field(examples=["congestion"])
    versions: list[ModelVersion]
    log: list[ModelLogLine]


class Promote(Wire):
    """Let this version serve, against the gate too."""

    version: str = Field(min_length=1, max_length=40, description="as the model's versions name it", examples=["3"])
    reason: str = Reason


class RollBack(Wire):
    """Let the version serve again that the champion replaced."""

    reason: str = Reason


class MovedDocument(Wire):
    """What serves since."""

    model: str
    version: str
    previous: str | None
    reason: str
    who: str
    gate: str = Field(description="what the gate had said of it")
