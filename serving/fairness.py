"""Service and forecast error per district, held against how readily each complains; and the worst district's gap."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from city.complaint_work import WASTE
from city.errors import CityError
from city.frames import BinReadings, ComplaintEvents
from city.ids import DistrictId
from city.waste import CollectionPoint
from features.audited_visits import visit_weights
from features.complaint_labels import labelled
from features.district_service import Share, completion, overflowing, response_hours
from serving.audits import ordered_audits
from serving.desk import Desk
from serving.propensity import PropensityReport, complaint_propensity

QUIET = 0.8
"""A propensity below this, with its whole interval below 1: people there complain less than elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictService:
    """A figure that could not be computed is None. `quiet`: its people complain less than those of the city."""

    district_id: DistrictId
    completion: float | None
    completion_rows: int
    overflow_rate: float | None
    overflow_low: float | None
    overflow_high: float | None
    overflow_rows: int
    response_median_h: float | None
    response_p90_h: float | None
    complaints: int
    propensity: float | None
    propensity_low: float | None
    propensity_high: float | None
    quiet: bool
    forecast_errors: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The worst district of a measure against the city. `beyond_chance` where its 90 % interval leaves the city out."""

    measure: str
    unit: str
    worst: DistrictId
    value: float
    city: float
    gap: float
    beyond_chance: bool | None
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessReport:
    since: datetime
    until: datetime
    districts: tuple[DistrictService, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]


def fairness(
    desk: Desk, *, asked: datetime | None = None, days: int = 28, within: tuple[DistrictId, ...] | None = None
) -> FairnessReport:
    """Over the last whole days. The city's figures are of all districts, whoever may see which."""
    until = desk.moment(BinReadings, asked).at
    since = until - timedelta(days=days)
    facts = _Facts(desk, since, until, days)
    names = sorted({str(point.district_id) for point in facts.points})
    rows = tuple(facts.of(DistrictId(name)) for name in names)
    seen = rows if within is None else tuple(row for row in rows if row.district_id in within)
    return FairnessReport(
        since=since, until=until, districts=seen, gaps=_gaps(rows, facts, within), notes=(*facts.notes, *_quiet(seen))
    )


class _Facts:
    def __init__(self, desk: Desk, since: datetime, until: datetime, days: int) -> None:
        self.points = desk.history.entities(CollectionPoint, as_of=until)
        visits = desk.history.read(BinReadings, as_of=until, since=since).filter(pl.col("method") == "visit")
        weighed = visits.with_columns(weight=pl.Series(visit_weights(visits, ordered_audits(desk.ledger))))
        zone = desk.zone().key
        first = (since.astimezone(desk.zone()) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        last = until.astimezone(desk.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
        whole = weighed.filter(
            (pl.col("read_at") >= first.astimezone(UTC)) & (pl.col("read_at") < last.astimezone(UTC))
        )
        self.completion = completion(whole, self.points, zone, max((last - first).days, 0))
        self.overflow = overflowing(weighed)
        events = desk.history.read(ComplaintEvents, as_of=until, since=since)
        own = events.filter(pl.col("category") == WASTE)
        self.response = response_hours(labelled(own))
        opened = own.filter(pl.col("event") == "opened").group_by("district_id").len()
        self.complaints: dict[str, int] = dict(opened.iter_rows())
        self.propensity, why_not = _propensity(desk, until, days)
        self.errors = _forecast_errors(desk, since, until)
        self.notes = (*why_not, *(() if self.errors else (NO_OUTCOMES,)))

    def of(self, district: DistrictId) -> DistrictService:
        made, over = self.completion.get(district), self.overflow.get(district)
        middle, late, _ = self.response.get(district, (None, None, 0))
        told = None if self.propensity is None else _of(self.propensity, district)
        return DistrictService(
            district_id=district,
            completion=None if made is None else made.value,
            completion_rows=0 if made is None else made.rows,
            overflow_rate=None if over is None else over.value,
            overflow_low=None if over is None else over.low,
            overflow_high=None if over is None else over.high,
            overflow_rows=0 if over is None else over.rows,
            response_median_h=middle,
            response_p90_h=late,
            complaints=self.complaints.get(district, 0),
            propensity=None if told is None else told[0],
            propensity_low=None if told is None else told[1],
            propensity_high=None if told is None else told[2],
            quiet=told is not None and told[0] < QUIET and told[2] < 1.0,
            forecast_errors=tuple(sorted(self.errors.get(district, {}).items())),
        )


NO_OUTCOMES = "No forecast has been compared with what happened in these days: `city compare` does it day by day."


def _propensity(desk: Desk, until: datetime, days: int) -> tuple[PropensityReport | None, tuple[str, ...]]:
    try:
        return complaint_propensity(desk, asked=until, days=max(days, 60)), ()
    except CityError as error:
        return None, (f"How readily districts complain is not known: {error}",)


def _of(report: PropensityReport, district: DistrictId) -> tuple[float, float, float] | None:
    return next(((one.propensity, one.low, one.high) for one in report.districts if one.district_id == district), None)


def _forecast_errors(desk: Desk, since: datetime, until: datetime) -> dict[str, dict[str, float]]:
    """Mean absolute errors by district and quantity over all horizons, of what the ledger has compared."""
    lines: list[tuple[str, str, float, int]] = [
        (str(line["district_id"]), f"{line['what']} {line['quantity']}", float(line["mae"]), int(line["rows"]))
        for outcome in desk.ledger.outcomes.newest(
            since=desk.local_date(since), until=desk.local_date(until), kind="forecasts"
        )
        for line in outcome.document.get("lines", ())
        if line.get("mae") is not None
    ]
    found: dict[str, dict[str, float]] = {}
    frame = pl.DataFrame(lines, schema=["district", "name", "mae", "rows"], orient="row")
    if not lines:
        return found
    means = frame.group_by("district", "name").agg((pl.col("mae") * pl.col("rows")).sum() / pl.col("rows").sum())
    for district, name, mae in means.iter_rows():
        found.setdefault(district, {})[name] = mae
    return found


def _gaps(rows: tuple[DistrictService, ...], facts: _Facts, within: tuple[DistrictId, ...] | None) -> tuple[Gap, ...]:
    completion_gap = _share_gap("collection_completion", rows, facts.completion, lower_is_worse=True)
    overflow_gap = _share_gap("overflow_rate", rows, facts.overflow, lower_is_worse=False)
    medians = {row.district_id: row.response_median_h for row in rows if row.response_median_h is not None}
    response = _value_gap("response_median", "h", rows, medians)
    errors = [
        _value_gap(
            f"error of {name}",
            "",
            rows,
            {row.district_id: dict(row.forecast_errors)[name] for row in rows if name in dict(row.forecast_errors)},
        )
        for name in sorted({name for row in rows for name, _ in row.forecast_errors})
    ]
    found = [gap for gap in (completion_gap, overflow_gap, response, *errors) if gap is not None]
    return tuple(gap for gap in found if within is None or gap.worst in within)


def _share_gap(
    measure: str, rows: tuple[DistrictService, ...], shares: Mapping[str, Share], *, lower_is_worse: bool
) -> Gap | None:
    total = sum(share.rows for share in shares.values())
    if len(shares) < 2 or not total:
        return None
    city = sum(share.value * share.rows for share in shares.values()) / total
    worst = (min if lower_is_worse else max)(shares, key=lambda name: shares[name].value)
    share = shares[worst]
    return Gap(
        measure=measure,
        unit="share",
        worst=DistrictId(worst),
        value=share.value,
        city=city,
        gap=abs(share.value - city),
        beyond_chance=share.high < city if lower_is_worse else share.low > city,
        quiet=any(row.quiet for row in rows if row.district_id == worst),
    )


def _value_gap(
    measure: str, unit: str, rows: tuple[DistrictService, ...], values: Mapping[DistrictId, float]
) -> Gap | None:
    """Against the median district: values of districts have no total of their own."""
    if len(values) < 2:
        return None
    worst = max(values, key=lambda name: values[name])
    middle = float(np.median(list(values.values())))
    quiet = any(row.quiet for row in rows if row.district_id == worst)
    return Gap(
        measure=measure, unit=unit, worst=worst, value=values[worst], city=middle, gap=values[worst] - middle,
        beyond_chance=None, quiet=quiet,
    )  # fmt: skip


def _quiet(rows: tuple[DistrictService, ...]) -> tuple[str, ...]:
    """Whether those who say little get less."""
    others = [row.overflow_rate for row in rows if not row.quiet and row.overflow_rate is not None]
    if not others:
        return ()
    usual = float(np.median(others))
    return tuple(
        f"District {row.district_id} complains little (propensity {row.propensity:.2f}, {row.complaints} complaints) "
        + (
            f"and its bins overflow more often ({row.overflow_rate:.1%} of visits, {usual:.1%} in the others): its few "
            "complaints do not show how it is served."
            if row.overflow_low is not None and row.overflow_low > usual
            else f"and is not served less for it: {row.overflow_rate:.1%} of visits find an overflow, {usual:.1%} in "
            "the others."
        )
        for row in rows
        if row.quiet and row.overflow_rate is not None
    )
