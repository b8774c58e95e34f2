"""Stops moved by a person, on the wire."""

from pydantic import ConfigDict, Field

from city.waste import Stream
from serving.schemas.collection_plans import CollectionPlanDocument
from serving.schemas.plan_life import Reason
from serving.schemas.plans import CheckDocument
from serving.schemas.wire import Flag, Id, Quantity, Whole, Wire

MOST_MOVES = 200
Number = Whole


class TargetDocument(Wire):
    truck_id: Id
    position: Number | None = Field(
        default=None, ge=1, le=10_000, description="place in the truck's day, from 1; null: the last of its last trip"
    )
    trip: Number | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="from 1; one more than there are is a new trip. Null: between two trips the later one",
    )


class MoveDocument(Wire):
    """One stop put elsewhere. A point that nobody serves is put on a truck."""

    point_id: Id
    stream: Stream
    from_truck_id: Id | None = Field(default=None, description="needed where the point is visited several times")
    from_position: Number | None = Field(default=None, ge=1, le=10_000, description="in the truck's day, from 1")
    to: TargetDocument | None = Field(default=None, description="null: taken off its truck")


class MovesRequest(Wire):
    """Moves, each after the one before it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"moves": [{"point_id": "P017", "stream": "residual", "to": {"truck_id": "T2", "position": 4}}]}
            ]
        },
    )

    moves: list[MoveDocument] = Field(min_length=1, max_length=MOST_MOVES)
    keep: Flag = Field(default=False, description="store it as a draft of your own; else nothing is stored")
    reason: Reason | None = Field(default=None, description="needed to keep it: everyone who reads the plan reads it")


class MovesDocument(Wire):
    """The whole plan after the moves, timed anew, and what the independent check finds in it."""

    old_plan_id: Id
    plan: CollectionPlanDocument
    check: CheckDocument
    sentences: list[str] = Field(description="one for each move")
    truck_ids: list[Id] = Field(description="trucks whose route is another one now")
    km: Quantity = Field(description="new less old")
    truck_h: Quantity = Field(description="new less old")
    cost: Quantity = Field(description="new less old, in the unit of the trucks' costs")
    kept: Flag = Field(description="true: the plan is stored as a draft")
