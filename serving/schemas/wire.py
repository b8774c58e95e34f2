"""What all documents on the wire share."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, NoReturn

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from city.clock import zone

MOST_IDS = 500
MOMENT_TEXT = "expected a time with its offset, such as 2026-03-31T07:00:00+08:00"
DAY_TEXT = "expected a date such as 2026-03-31"
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Ids = Annotated[list[Id], Field(max_length=MOST_IDS)]
SecondOfDay = Annotated[int, Field(strict=True, ge=0, le=3 * 86_400, description="whole seconds after local midnight")]
# In a body a number is a number: "5" is none, and neither is true.
Whole = Annotated[int, Field(strict=True)]
Quantity = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]


def _moment(value: object) -> object:
    """ISO 8601 alone: a bare number would pass as seconds since 1970."""
    if not isinstance(value, str):
        return value if isinstance(value, datetime) else _refuse(MOMENT_TEXT)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return _refuse(MOMENT_TEXT)
    return found if found.tzinfo is not None and _lies_in_time(found) else _refuse(MOMENT_TEXT)


def _lies_in_time(moment: datetime) -> bool:
    """Hours before the year 1, or after 9999, by UTC: no clock of ours can tell them."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) != len("2026-03-31"):
        return _refuse(DAY_TEXT)
    try:
        return date.fromisoformat(value)
    except ValueError:
        return _refuse(DAY_TEXT)


def _refuse(expected: str) -> NoReturn:
    raise ValueError(expected)


def _known_zone(name: str) -> str:
    zone(name)
    return name


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Day = Annotated[date, BeforeValidator(_day)]
TimeZone = Annotated[str, AfterValidator(_known_zone), Field(examples=["Asia/Shanghai"])]


class Wire(BaseModel):
    """Unknown fields are refused: a misspelt option must not pass for its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Fault(Wire):
    """One thing that is wrong with the request."""

    pointer: str = Field(
        description="JSON pointer (RFC 6901) to the body's field as a URI fragment, or `query`/`path` and its name",
        examples=["#/service_date", "query/from"],
    )
    detail: str = Field(description="what was found and what was expected", examples=["expected a date"])
    found: Any = Field(default=None, description="the value that was found, if it is short")


class Problem(Wire):
    """RFC 9457 problem details: the one form of every error."""

    type: str = Field(
        description="kind of problem, explained at this address", examples=["/docs#problem-invalid-value"]
    )
    title: str = Field(examples=["A value is not what it must be"])
    status: int = Field(examples=[422])
    code: str = Field(description="the same kind, for machines", examples=["invalid-value"])
    detail: str = Field(description="a sentence for a person: which id, what was found, what to do")
    instance: str = Field(description="the path that was asked for", examples=["/v1/signals/plans"])
    errors: list[Fault] = Field(default_factory=list, description="every fault, with the field that holds it")
