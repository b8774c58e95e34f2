"""Stored plans without their documents: what lists and counts are made from."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from city.ids import DistrictId, PlanId
from city.ledger_rows import utc
from city.ledger_tables import PlanDistrict, PlanRow
from city.plan_life import PlanStatus, status_at
from city.plan_life_tables import PublicationRow

Chosen = TypeVar("Chosen", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    plan_id: PlanId
    kind: str
    status: PlanStatus
    service_date: date
    district_ids: tuple[DistrictId, ...]
    made_at: datetime
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuery:
    """Which plans. `seen` are the asker's districts: every district of a plan must be among them (None: all are).

    `touching` asks for plans that have one of these districts; an empty one asks for all.
    """

    kind: str | None = None
    service_date: date | None = None
    seen: Collection[DistrictId] | None = None
    touching: Collection[DistrictId] = ()
    but_not: Collection[str] = ()  # states as they were written down: a plan whose time is over is published there
    rung_begins: str | None = None  # of the fallback ladder, as it stands in the plan's document
    limit: int | None = None


class PlanList:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def find(self, query: PlanQuery) -> tuple[PlanSummary, ...]:
        """Newest first."""
        columns = (PlanRow.plan_id, PlanRow.kind, PlanRow.status, PlanRow.service_date, PlanRow.made_at)
        chosen = select(*columns, PublicationRow.valid_until).outerjoin(
            PublicationRow, PublicationRow.plan_id == PlanRow.plan_id
        )
        chosen = _narrowed(chosen, query).order_by(PlanRow.made_at.desc(), PlanRow.plan_id).limit(query.limit)
        with self._session() as session:
            found = session.execute(chosen).all()
            districts = _districts(session, [row.plan_id for row in found])
        now = self._clock()
        return tuple(
            PlanSummary(
                plan_id=PlanId(row.plan_id),
                kind=row.kind,
                status=status_at(cast("PlanStatus", row.status), _utc(row.valid_until), now),
                service_date=row.service_date,
                district_ids=tuple(districts[row.plan_id]),
                made_at=utc(row.made_at),
                valid_until=_utc(row.valid_until),
            )
            for row in found
        )

    def count(self, query: PlanQuery) -> dict[str, int]:
        """How many plans of each kind."""
        chosen = _narrowed(select(PlanRow.kind, func.count().label("number")), query).group_by(PlanRow.kind)
        with self._session() as session:
            return {row.kind: row.number for row in session.execute(chosen)}


def _narrowed(chosen: Chosen, query: PlanQuery) -> Chosen:
    if query.kind is not None:
        chosen = chosen.where(PlanRow.kind == query.kind)
    if query.service_date is not None:
        chosen = chosen.where(PlanRow.service_date == query.service_date)
    if query.seen is not None:
        others = PlanRow.districts.any(PlanDistrict.district_id.not_in(list(query.seen)))
        chosen = chosen.where(PlanRow.districts.any(), ~others)
    if query.but_not:
        chosen = chosen.where(PlanRow.status.not_in(list(query.but_not)))
    if query.rung_begins is not None:
        chosen = chosen.where(PlanRow.document.contains(f'"rung": "{query.rung_begins}', autoescape=True))
    if query.touching:
        chosen = chosen.where(PlanRow.districts.any(PlanDistrict.district_id.in_(list(query.touching))))
    return chosen


def _districts(session: Session, plan_ids: list[str]) -> dict[str, list[DistrictId]]:
    found: dict[str, list[DistrictId]] = {plan_id: [] for plan_id in plan_ids}
    for first in range(0, len(plan_ids), 500):  # databases bound how many values a statement may hold
        some = plan_ids[first : first + 500]
        query = (
            select(PlanDistrict.plan_id, PlanDistrict.district_id)
            .where(PlanDistrict.plan_id.in_(some))
            .order_by(PlanDistrict.district_id)
        )
        for plan_id, district_id in session.execute(query):
            found[plan_id].append(DistrictId(district_id))
    return found


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment)
