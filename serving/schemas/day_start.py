"""The dispatcher's morning, on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from city.waste import SiteKind, Stream
from serving.schemas.wire import Day, Flag, Id, Quantity, SecondOfDay, Wire


class DayStartQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service_date: Day | None = Field(default=None, description="default: the date that would be planned now")


class HoursOfDay(Wire):
    start_s: SecondOfDay
    end_s: SecondOfDay


class TruckOfDay(Wire):
    truck_id: Id
    depot_id: Id
    streams: list[Stream]
    payload_kg: Quantity
    shift: HoursOfDay
    available: Flag = Field(description="as its record says; a note of the day may say otherwise")


class SiteOfDay(Wire):
    site_id: Id
    kind: SiteKind
    streams: list[Stream]
    windows: list[HoursOfDay]


class DayStartDocument(Wire):
    """What can be planned with, and what was noted for the newest plan of the date."""

    service_date: Day
    trucks: list[TruckOfDay]
    sites: list[SiteOfDay]
    day_notes: list[str] = Field(description="as POST /v1/routes/plans takes them")
    noted_in: str | None = Field(description="the plan that they were given for")
