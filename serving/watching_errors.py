"""Errors of the forecasts that were stored in the last days, against what happened and against the champion's gate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from city.forecasts import ComplaintForecasts, CongestionForecasts, FillForecasts, ForecastRow
from city.frames import BinReadings, TrafficCounts
from features.complaint_history import gather_complaints
from models.drift import Errors, errors_of
from serving.desk import Desk
from serving.model_findings import ErrorCheck, ModelFinding, Trouble

LOOK_BACK = timedelta(days=14)
LEAST_ROWS = 200
LEAST_DAYS = 2
GREW = 1.5
OUTER, OFF = 0.1, 0.05
SURE = 2.0
NEAR = timedelta(hours=1)
JUDGED_ON = ("truth", "p10", "p50", "p90", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A quantity with the prefix of its loss among the champion's metrics.

    Columns truth, p10, p50, p90 and day (local), and of what: series, district_id, issued_at, valid_at.
    """

    quantity: str
    metric: str
    rows: pl.DataFrame


def error_checks(
    desk: Desk, what: str, now: datetime, gate: dict[str, float]
) -> Iterator[tuple[ErrorCheck, tuple[ModelFinding, ...]]]:
    """Only rows of the champion: what a simple rung does is no news of the model."""
    for one in judged(desk, what, now):
        rows = one.rows.select(JUDGED_ON).drop_nulls()
        day = rows.get_column("day").to_physical().to_numpy().astype(np.int64)
        said = rows.select("p10", "p50", "p90").to_numpy().astype(np.float64)
        found = errors_of(rows.get_column("truth").to_numpy().astype(np.float64), said, day, seed=1)
        if found is not None and found.rows >= LEAST_ROWS and found.days >= LEAST_DAYS:
            yield _checked(what, one, found, gate.get(f"{one.metric}_pinball"))


def judged(desk: Desk, what: str, now: datetime, look_back: timedelta = LOOK_BACK) -> Iterator[Judged]:
    """The champion's forecasts of the last days beside their truth; nulls where a detector measures no such thing."""
    yield from _JUDGES[what](desk, now, look_back)


def _checked(
    what: str, judged: Judged, found: Errors, gate_loss: float | None
) -> tuple[ErrorCheck, tuple[ModelFinding, ...]]:
    check = ErrorCheck(
        what=what,
        quantity=judged.quantity,
        rows=found.rows,
        days=found.days,
        loss=found.loss,
        gate_loss=gate_loss,
        below=found.below,
        above=found.above,
    )
    return check, (*_grew(check), *_off(check, found))


def _grew(check: ErrorCheck) -> Iterator[ModelFinding]:
    if check.gate_loss is None or check.loss <= GREW * check.gate_loss:
        return
    yield ModelFinding(
        trouble=Trouble.ERRORS_GREW,
        what=check.what,
        subject=check.quantity,
        sentence=f"Forecasts of {check.quantity} are worse than they were judged: loss {check.loss:.3g} over "
        f"{check.rows:,} values of {check.days} days, {check.gate_loss:.3g} on the gate. Cause: what was learned no "
        "longer holds, or what comes in has changed (see input drift).",
        todo=f"Mend the feeds first (`city watch feeds`), then `city retrain {check.what}`; or go back a step with "
        f"`city rollback {check.what}`.",
        figures=(("loss", check.loss), ("gate_loss", check.gate_loss)),
    )


def _off(check: ErrorCheck, found: Errors) -> Iterator[ModelFinding]:
    sides = (("below p10", found.below, found.below_error), ("above p90", found.above, found.above_error))
    for side, share, error in sides:
        if share - SURE * error <= OUTER + OFF:
            continue
        leaning = "high" if side == "below p10" else "low"
        yield ModelFinding(
            trouble=Trouble.QUANTILES_OFF,
            what=check.what,
            subject=check.quantity,
            sentence=f"{share:.0%} of {check.quantity} came out {side}, 10 % should ({check.days} days). Cause: "
            f"forecasts lie too {leaning}, or are too sure of themselves.",
            todo=f"`city retrain {check.what}` calibrates anew on the newest days.",
            figures=(("share", share), ("standard_error", error)),
        )


def _stored(desk: Desk, contract: type[ForecastRow], now: datetime, look_back: timedelta) -> pl.DataFrame:
    """Rows of the champion's issues of the last days, each value as it was issued last."""
    recent = (pl.col("issued_at") > now - look_back) & (pl.col("issued_at") <= now)
    rows = desk.history.forecast_rows(contract).filter(recent & (pl.col("rung") == "champion")).collect()
    return rows.unique(contract.primary_key(), keep="last").select(contract.column_names())


def _congestion(desk: Desk, now: datetime, look_back: timedelta) -> Iterator[Judged]:
    said = _stored(desk, CongestionForecasts, now, look_back).filter(pl.col("valid_at") < now)
    if said.is_empty():
        return
    seen = desk.history.read(TrafficCounts, as_of=now, since=now - look_back, until=now)
    both = said.join(seen, left_on=["detector_id", "valid_at"], right_on=["detector_id", "start_at"])
    for measure, unit in (("flow", "veh_h"), ("speed", "kmh")):
        yield Judged(
            quantity=f"{measure}_{unit}",
            metric=measure,
            rows=both.select(
                truth=f"{measure}_{unit}",
                **{f"p{level}": f"{measure}_p{level}_{unit}" for level in (10, 50, 90)},
                day=_local_day(desk, "valid_at"),
                series="detector_id",
                district_id="district_id",
                issued_at="issued_at",
                valid_at="valid_at",
            ),
        )


def _fill(desk: Desk, now: datetime, look_back: timedelta) -> Iterator[Judged]:
    """Readings within an hour of the moment spoken of, where nobody emptied since the issue."""
    said = _stored(desk, FillForecasts, now, look_back).filter(pl.col("valid_at") < now)
    if said.is_empty():
        return
    seen = desk.history.read(BinReadings, as_of=now, since=now - look_back, until=now)
    key = ["point_id", "stream"]
    readings = seen.select(*key, "read_at", "fill_level").sort("read_at")
    emptied = seen.filter("emptied").select(*key, emptied_at="read_at").sort("emptied_at")
    near = said.sort("valid_at").join_asof(
        readings, left_on="valid_at", right_on="read_at", by=key, strategy="nearest", tolerance=NEAR,
        check_sortedness=False,
    ).drop_nulls("read_at")  # fmt: skip
    # What a crew finds when it empties is still the fill that was asked about.
    near = near.sort("read_at").join_asof(
        emptied, left_on="read_at", right_on="emptied_at", by=key, strategy="backward", allow_exact_matches=False,
        check_sortedness=False,
    )  # fmt: skip
    untouched = pl.col("emptied_at").is_null() | (pl.col("emptied_at") <= pl.col("issued_at"))
    yield Judged(
        quantity="fill",
        metric="fill",
        rows=near.filter(untouched).select(
            truth="fill_level",
            p10="fill_p10",
            p50="fill_p50",
            p90="fill_p90",
            day=_local_day(desk, "valid_at"),
            series=pl.concat_str("point_id", pl.col("stream").cast(pl.String), separator="/"),
            district_id="district_id",
            issued_at="issued_at",
            valid_at="valid_at",
        ),
    )


def _complaints(desk: Desk, now: datetime, look_back: timedelta) -> Iterator[Judged]:
    said = _stored(desk, ComplaintForecasts, now, look_back)
    if said.is_empty():
        return
    days = gather_complaints(desk.history, as_of=now, days=look_back.days + 8)
    held = np.argwhere(np.isfinite(days.reports))
    truth = pl.DataFrame(
        {
            "district_key": [days.keys[one][0] for one in held[:, 1]],
            "category": [days.keys[one][1] for one in held[:, 1]],
            "day": pl.Series(held[:, 0] + days.first_day).cast(pl.Int32).cast(pl.Date),
            "truth": days.reports[held[:, 0], held[:, 1]],
        }
    )
    both = said.join(truth, on=["district_key", "category", "day"])
    yield Judged(
        quantity="complaints",
        metric="complaints",
        rows=both.select(
            "truth",
            p10="reports_p10",
            p50="reports_p50",
            p90="reports_p90",
            day="day",
            series=pl.concat_str("district_key", "category", separator="/"),
            district_id="district_id",
            issued_at="issued_at",
            valid_at=_midnight(desk, "day"),
        ),
    )


def _local_day(desk: Desk, column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone(desk.zone().key).dt.date()


def _midnight(desk: Desk, column: str) -> pl.Expr:
    naive = pl.col(column).cast(pl.Datetime("us"))
    local = naive.dt.replace_time_zone(desk.zone().key, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


_JUDGES: dict[str, Callable[[Desk, datetime, timedelta], Iterator[Judged]]] = {
    "congestion": _congestion,
    "waste": _fill,
    "complaints": _complaints,
}
