"""Drift of inputs: the last week of each quantity against the five weeks that the champion learned from last.

Of the whole city, and of each district: half a city that moved drowns in the other half. Weather is not watched so: a
week of spring is never like the five weeks before it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl

from city.errors import CityError
from city.frames import BinReadings, HistoryRow, TrafficCounts, Weighings
from features.complaint_history import gather_complaints
from models.drift import Drift, drift_by_group, drift_of
from serving.desk import Desk
from serving.model_findings import InputCheck, ModelFinding, Trouble
from serving.watched_series import WEEK, Quantity, series

FORMER_WEEKS = 5
WEEK_S = 7 * 86_400
WATCHED: dict[str, tuple[type[HistoryRow], ...]] = {"congestion": (TrafficCounts,), "waste": (BinReadings, Weighings)}
UNIT_TOLERANCE = 0.04
MOST_MOVED = 0.6
MORE_THAN_ONE = 2
RETRAIN = "If the city itself has changed (holiday, road works, new rounds), train anew: `city retrain {what}`."


def input_checks(
    desk: Desk, what: str, now: datetime, learned_at: datetime | None
) -> Iterator[tuple[InputCheck, ModelFinding | None]]:
    """Each quantity with enough values, and the finding if it drifted."""
    end = min(now - WEEK, learned_at) if learned_at is not None else now - WEEK
    if what == "complaints":
        yield from _complaints(desk, now, end)
        return
    for contract in WATCHED[what]:
        former = series(desk, contract, end - FORMER_WEEKS * WEEK, end)
        recent = series(desk, contract, now - WEEK, now)
        for (quantity, before), (_, after) in zip(former, recent, strict=True):
            found = _drift(before, after, end, _district_of(desk, contract, quantity, now))
            if found is not None:
                yield from _all_checked(what, quantity, *found)


def _district_of(desk: Desk, contract: type[HistoryRow], quantity: Quantity, now: datetime) -> dict[str, str]:
    rows = desk.history.read(contract, as_of=now, since=now - WEEK, until=now)
    named = rows.select(sensor=quantity.sensor.cast(pl.String), district=pl.col("district_id")).unique("sensor")
    return dict(named.drop_nulls().iter_rows())


def _drift(
    before: pl.DataFrame, after: pl.DataFrame, end: datetime, district_of: dict[str, str]
) -> tuple[Drift, dict[str, Drift]] | None:
    """Of all, and of each district where there are several."""
    rows = pl.concat(
        [
            before.with_columns(week=(pl.lit(end) - pl.col("at")).dt.total_seconds() // WEEK_S + 1),
            after.with_columns(week=pl.lit(0, pl.Int64)),
        ]
    )
    sensors = rows.get_column("sensor").cast(pl.String)
    if not len(sensors):
        return None
    names, number = np.unique(sensors.to_numpy(), return_inverse=True)
    values, week = rows.get_column("value").cast(pl.Float64).to_numpy(), rows.get_column("week").to_numpy()
    whole = drift_of(values, number.astype(np.int64), week)
    if whole is None:
        return None
    districts = sorted(set(district_of.values()))
    if len(districts) < MORE_THAN_ONE:
        return whole, {}
    place = {district: number for number, district in enumerate(districts)}
    group = np.array([place.get(district_of.get(str(name), ""), -1) for name in names], np.int64)[number]
    found = drift_by_group(values, number.astype(np.int64), week, group)
    return whole, {districts[one]: drift for one, drift in found.items()}


def _complaints(desk: Desk, now: datetime, end: datetime) -> Iterator[tuple[InputCheck, ModelFinding | None]]:
    """Counts per day: the last four weeks against the weeks before, because a week of few series tells nothing."""
    try:
        days = gather_complaints(desk.history, as_of=now, days=(now - end).days + 7 * 26)
    except CityError:
        return
    held = np.argwhere(np.isfinite(days.reports))
    newest = int(held[:, 0].max())
    cut = newest - 28 - max(0, (now - end).days - 28)
    week = np.where(held[:, 0] > newest - 28, 0, np.where(held[:, 0] <= cut, 1 + (cut - held[:, 0]) // 28, -1))
    kept = week >= 0
    values = days.reports[held[kept, 0], held[kept, 1]]
    found = drift_of(values, held[kept, 1].astype(np.int64), week[kept].astype(np.int64))
    if found is not None:
        yield _checked("complaints", Quantity(column="reports", noun="district", sensor=pl.lit("")), found)


def _all_checked(
    what: str, quantity: Quantity, whole: Drift, districts: dict[str, Drift]
) -> Iterator[tuple[InputCheck, ModelFinding | None]]:
    """A drift of the whole city names its districts; one of a district alone is a finding of its own."""
    moved = tuple(district for district, drift in districts.items() if drift.large)
    check, finding = _checked(what, quantity, whole)
    if finding is not None and moved:
        where = "in every district" if len(moved) == len(districts) else f"in {', '.join(moved)}"
        finding = replace(finding, sentence=f"{finding.sentence} It moved {where}.")
    yield check, finding
    for district, drift in districts.items():
        own, alone = _checked(what, quantity, drift, district)
        yield own, alone if finding is None else None


def _checked(
    what: str, quantity: Quantity, drift: Drift, district: str | None = None
) -> tuple[InputCheck, ModelFinding | None]:
    check = InputCheck(
        what=what,
        quantity=quantity.column,
        noun=quantity.noun,
        values=drift.values,
        psi=drift.psi,
        usual_psi=drift.usual_psi,
        ks=drift.ks,
        ratio=drift.ratio,
        district_id=district,
    )
    return check, _finding(what, quantity, drift, district) if drift.large else None


def _finding(what: str, quantity: Quantity, drift: Drift, district: str | None) -> ModelFinding:
    cause, todo = _cause(what, quantity, drift)
    place = "" if district is None else f" in {district}"
    return ModelFinding(
        trouble=Trouble.INPUT_DRIFT,
        what=what,
        subject=f"{quantity.column} of {quantity.noun}s{place}",
        sentence=f"{quantity.column} ({quantity.noun}s{place}) is not what the {what} model was taught on: "
        f"PSI {drift.psi:.2f}, former weeks usually differ by {drift.usual_psi:.2f}. {cause}",
        todo=todo,
        figures=(("psi", drift.psi), ("usual_psi", drift.usual_psi), ("ks", drift.ks), ("ratio", drift.ratio)),
        district_id=district,
    )


def _cause(what: str, quantity: Quantity, drift: Drift) -> tuple[str, str]:
    unit = next((one for one in quantity.factors if abs(drift.ratio / one - 1.0) < UNIT_TOLERANCE), None)
    retrain = RETRAIN.format(what=what)
    if unit is not None and drift.moved > MOST_MOVED:
        told = f"Cause: values are {drift.ratio:.3g} times what they were, as after a change of unit."
        return told, "Ask the department what it changed and set the column's `unit` in the mapping from that day on."
    if drift.moved > MOST_MOVED:
        told = f"Cause: {drift.moved:.0%} of the {quantity.noun}s moved, the middle one to {drift.ratio:.2f} times."
        return told, f"See whether this is the city or the feed: `city watch feeds`. {retrain}"
    if drift.moved > 0:
        told = f"Cause: {drift.moved:.0%} of the {quantity.noun}s moved, the others did not."
        return told, f"Look at these {quantity.noun}s first: `city watch feeds`. {retrain}"
    told = f"Cause: no {quantity.noun}'s mean moved; values spread differently, or other {quantity.noun}s send now."
    return told, f"Compare which {quantity.noun}s send: `city watch feeds`. {retrain}"
