"""Complaints that came in, with what is proposed: category, priority, department, and the point that each is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from city.complaint_work import SANITATION, WASTE, Order, OrderState, Proposal
from city.errors import MissingInputError
from city.frames import ComplaintEvents
from city.ids import DistrictId
from city.progress import Progress, silent
from city.waste import CollectionPoint
from features.complaint_places import FURTHEST_M, NearbyPoints
from features.complaint_text import Told, told_of
from models.publishing import champion_or_reason
from models.registry import Registry
from models.triage import NAME, Answer, TriageModel
from models.triage_reasons import in_words
from serving.desk import Desk

NOBODY = "nobody (no model)"
CAUTIOUS = "normal"
"""The priority of a complaint of which nobody is sure that it can wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """What one reading of the complaints proposed. `orders` are those that are new or said anew."""

    at: datetime
    model: str
    looked_at: int
    proposed: int
    unsure: int
    orders: tuple[Order, ...]
    notes: tuple[str, ...] = ()


def triage_complaints(
    desk: Desk,
    *,
    asked: datetime | None = None,
    days: int = 14,
    within: tuple[DistrictId, ...] | None = None,
    progress: Progress = silent,
) -> Triaged:
    """Complaints that were opened in the last days and are not closed, as far as nobody has decided them.

    Only those `within` these districts, where any are named.
    """
    moment = desk.moment(ComplaintEvents, asked)
    events: pl.DataFrame = desk.history.read(ComplaintEvents, as_of=moment.at, since=moment.at - timedelta(days=days))
    if within is not None:
        events = events.filter(pl.col("district_id").is_in(list(within)))
    opened = still_open(events)
    if events.is_empty():
        raise MissingInputError(
            step="The triage of complaints",
            missing=(f"single complaints of the {days} days before {moment.at.isoformat()}",),
            todo="Import them with `city import --mapping M.toml`: counts per day do not say what they are about.",
        )
    model, label, notes = _model(desk)
    with progress("Reading complaints", 2) as advance:
        proposals = proposals_of(desk, opened, model, label, moment.made_at)
        advance(1)
        orders = desk.ledger.orders.propose(proposals)
        advance(1)
    unsure = sum(order.state is OrderState.UNSURE for order in orders)
    return Triaged(
        at=moment.at,
        model=label,
        looked_at=opened.height,
        proposed=len(orders) - unsure,
        unsure=unsure,
        orders=orders,
        notes=(*moment.assumed, *notes, *_without_text(opened)),
    )


def still_open(events: pl.DataFrame) -> pl.DataFrame:
    closed = events.filter(pl.col("event") == "closed").select("complaint_id")
    first = events.filter(pl.col("event") == "opened").sort("at").unique("complaint_id", keep="first")
    return first.join(closed, on="complaint_id", how="anti").sort("at", "complaint_id")


def proposals_of(
    desk: Desk, opened: pl.DataFrame, model: TriageModel | None, label: str, known_at: datetime
) -> tuple[Proposal, ...]:
    points = NearbyPoints(desk.history.entities(CollectionPoint, as_of=known_at))
    told = told_of(opened, desk.zone().key, points.beside(opened))
    answers = [()] * len(told) if model is None else model.answers(told)
    rows = opened.select("at", "lon", "lat", "category", "department", "priority").iter_rows(named=True)
    return tuple(
        _proposal(one, dict(row), said, points, label) for one, row, said in zip(told, rows, answers, strict=True)
    )


def _proposal(
    told: Told, row: dict[str, object], answers: Sequence[Answer], points: NearbyPoints, label: str
) -> Proposal:
    said = {answer.question: answer for answer in answers}
    routed = [said[name] for name in ("category", "department") if name in said]
    sure = bool(routed) and all(answer.sure for answer in routed)
    category, department = str(row["category"]), _department(said, row)
    if sure:
        category = said["category"].answer
    reasons = {answer.question: in_words(answer.terms) for answer in answers}
    meant = _meant(told, row, points) if category == WASTE or department == SANITATION else None
    if meant is not None:
        reasons["point"] = (f"{meant[1]:.0f} m away",)
    return Proposal(
        complaint_id=told.complaint_id,
        district_id=DistrictId(told.district_id),
        opened_at=told.at,
        category=category,
        priority=_priority(said, row),
        department=department,
        sure=sure,
        confidence=min((answer.probability for answer in routed), default=0.0),
        reasons=reasons,
        model=label,
        first_department=_text(row["department"]),
        point_id=None if meant is None else meant[0].point_id,
        stream=None if meant is None else meant[0].stream,
    )


def _department(said: dict[str, Answer], row: dict[str, object]) -> str | None:
    """As it reads; where no department was ever named, waste is the sanitation department's and the rest nobody's."""
    if "department" in said:
        return said["department"].answer
    if row["department"] is not None:
        return str(row["department"])
    category = said["category"].answer if "category" in said else row["category"]
    return SANITATION if category == WASTE else None


def _priority(said: dict[str, Answer], row: dict[str, object]) -> str:
    """Only who is sure may let a complaint wait, and nobody overlooks what somebody called urgent."""
    answer = said.get("priority")
    if answer is None:
        return _text(row["priority"]) or CAUTIOUS
    if row["priority"] == "urgent" and not answer.sure:
        return "urgent"
    return CAUTIOUS if answer.answer == "low" and not answer.sure else answer.answer


def _meant(told: Told, row: dict[str, object], points: NearbyPoints) -> tuple[CollectionPoint, float] | None:
    lon, lat = row["lon"], row["lat"]
    if not isinstance(lon, float) or not isinstance(lat, float):
        return None
    return points.meant(lon, lat, told.text)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _model(desk: Desk) -> tuple[TriageModel | None, str, tuple[str, ...]]:
    champion, why_not = champion_or_reason(Registry(desk.settings), NAME)
    if champion is None or not isinstance(champion.model, TriageModel):
        note = f"A person reads every complaint: {why_not or 'what serves is no triage'}. `city complaints train`."
        return None, NOBODY, (note,)
    return champion.model, champion.label, ()


def _without_text(opened: pl.DataFrame) -> tuple[str, ...]:
    empty = opened.filter(pl.col("text").fill_null("").str.strip_chars() == "").height
    if not empty:
        return ()
    return (
        f"{empty} of {opened.height} complaints have no text: map the column, or a person has to ask what they are.",
    )


WHY_NO_POINT = (
    f"No collection point lies within {FURTHEST_M:.0f} m of where it was reported: name one when accepting "
    "(`--point P00012/residual`), or send somebody."
)
