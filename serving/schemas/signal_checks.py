"""What a signal plan's check answers on the wire: findings, the certificate's state, and the scores."""

from pydantic import Field

from serving.schemas.plans import CheckDocument
from serving.schemas.wire import Flag, Id, Quantity, Wire


class CertificateState(Wire):
    """Whether anything was changed since the plan passed its check."""

    holds: Flag
    broken: list[str] = Field(description="what does not belong together, as sentences")
    notes: list[str] = Field(default_factory=list, description="what breaks nothing but should be known")


class DelayDocument(Wire):
    """Control delay per vehicle at little, the expected and much traffic, with levels of service."""

    low_s: Quantity = Field(description="at the forecast's p10, s")
    expected_s: Quantity = Field(description="at its p50, s")
    high_s: Quantity = Field(description="at its p90, s")
    levels: tuple[str, str, str] = Field(description="A to F, in the same order", examples=[["C", "C", "D"]])


class JunctionScoreDocument(Wire):
    junction_id: Id
    given: DelayDocument = Field(description="of the plan that was sent")
    stored: DelayDocument | None = Field(description="of the stored plan of this id, else of the newest of its day")
    now: DelayDocument | None = Field(description="of the plan that runs today")
    given_x: Quantity | None = Field(description="largest degree of saturation")
    stored_x: Quantity | None


class ScoresDocument(Wire):
    """The plan that was sent beside the stored one, at the same flows."""

    junctions: list[JunctionScoreDocument]
    compared_with: Id | None = Field(description="id of the stored plan")
    said: list[str] = Field(description="why something is not scored")


class SignalCheckDocument(CheckDocument):
    """What the independent check says of a signal plan, and how it scores."""

    certificate: CertificateState
    scores: ScoresDocument
