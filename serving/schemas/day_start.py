"""The dispatcher's morning, on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from city.waste import SiteKind, Stream
from serving.schemas.collection_plans import DayNoteText
from serving.schemas.wire import Day, Flag, Id, Moment, Quantity, SecondOfDay, Wire


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


class DayNoteRequest(Wire):
    """One note for one date."""

    service_date: Day
    text: DayNoteText = Field(
        description="absent:T3, workshop:T3, broken-bin:P17/kitchen, closed:P17:11:00-13:00, "
        "site-shut:S1:12:00-15:00 or site-hours:S1:08:00-16:00; a part without hours holds all day",
        examples=["absent:T3"],
    )


class DayNoteDocument(Wire):
    note_id: str
    service_date: Day
    text: str
    noted_at: Moment
    noted_by: str
    withdrawn_at: Moment | None = None
    withdrawn_by: str | None = None


class DayStartDocument(Wire):
    """What can be planned with, what stands noted for the date, and what its newest plan was made with."""

    service_date: Day
    trucks: list[TruckOfDay]
    sites: list[SiteOfDay]
    day_notes: list[str] = Field(description="those that stand, as POST /v1/routes/plans takes them")
    notes: list[DayNoteDocument] = Field(description="those that stand, with who wrote them down")
    noted_in: str | None = Field(description="the newest plan of the date that was planned from a request")
    noted_with: list[str] = Field(description="the notes that it was planned with")
