"""How readily each district complains, from the history and the plans' audits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from city.errors import MissingInputError, UnknownIdError
from city.frames import BinReadings, ComplaintEvents
from city.waste import CollectionPoint
from features.complaint_exposure import Exposure
from models.complaint_propensity import DistrictPropensity, fit_propensity
from serving.audits import ordered_audits
from serving.desk import Desk

WASTE = "waste"
NEVER_LOWERS = (
    "A propensity says how to read complaints. It never alone lowers a district's service: a quiet district's need is "
    "raised by it, a loud one's stays as it is."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PropensityReport:
    at: datetime
    days: int
    categories: tuple[str, ...]
    districts: tuple[DistrictPropensity, ...]
    visits_counted: int
    visits_left_out: int
    audits: int
    notes: tuple[str, ...]


def complaint_propensity(
    desk: Desk, *, asked: datetime | None = None, days: int = 180, categories: tuple[str, ...] = ()
) -> PropensityReport:
    moment = desk.moment(ComplaintEvents, asked).at
    since = moment - timedelta(days=days)
    opened = desk.history.read(ComplaintEvents, as_of=moment, since=since).filter(pl.col("event") == "opened")
    if opened.is_empty():
        raise MissingInputError(
            step="Complaint propensity",
            missing=(f"single complaints of the {days} days before {moment.isoformat()}",),
            todo="Import them with `city import --mapping M.toml`: counts per day do not say what they are about.",
        )
    chosen, notes = _chosen(opened, categories)
    visits = desk.history.read(BinReadings, as_of=moment, since=since).filter(pl.col("method") == "visit")
    audits = ordered_audits(desk.ledger).filter(pl.col("planned_at").is_between(since, moment))
    exposure = Exposure.of(
        opened=opened.filter(pl.col("category").is_in(chosen)),
        visits=visits,
        points=desk.history.entities(CollectionPoint, as_of=moment),
        audits=audits,
        time_zone=desk.zone().key,
        since=max(since, opened.select(pl.col("at").min()).item()),
        until=moment,
    )
    found = fit_propensity(exposure)
    wide = [one.district_id for one in found.districts if not one.informative]
    if wide:
        notes += (f"Too little is known of {', '.join(wide)}: the interval is too wide to rank by.",)
    return PropensityReport(
        at=moment,
        days=found.days,
        categories=chosen,
        districts=tuple(sorted(found.districts, key=lambda one: one.propensity)),
        visits_counted=exposure.counted,
        visits_left_out=exposure.left_out,
        audits=audits.height,
        notes=(*notes, NEVER_LOWERS),
    )


def _chosen(opened: pl.DataFrame, categories: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = tuple(opened["category"].unique().sort().to_list())
    for name in categories:
        if name not in known:
            raise UnknownIdError(subject="Complaint propensity", kind="category", found=name, known=known)
    if categories:
        return categories, ()
    if WASTE in known:
        return (WASTE,), ()
    return known, (
        f"No category is called {WASTE}: all are counted ({', '.join(known[:5])}). Name some by --category.",
    )
