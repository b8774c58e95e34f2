"""Complaint propensity: told apart from dirt, shrunk to the city, wide where little is known, never a reason to cut."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from city.errors import MissingInputError
from city.ids import DistrictId, PointId
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Stream
from features.audited_visits import AUDITS
from features.complaint_exposure import Exposure
from features.sources.synthetic.stepper import CityStepper
from features.sources.synthetic.world import TIME_ZONE
from models.complaint_propensity import Propensities, fit_propensity

NO_AUDITS = pl.DataFrame(schema=AUDITS)
FIRST = date(2026, 1, 5)
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)
"""Local midnight of FIRST, a Monday."""


def lived(seed: int, days: int, scale: float) -> tuple[Exposure, list[float]]:
    """The demo city's visits and complaints, and its districts' hidden propensities."""
    stepper = CityStepper(seed=seed, scale=scale)
    outcomes = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        outcomes.append(stepper.day(day, stepper.usual_actions(day)))
    opened = pl.concat([one.complaints for one in outcomes]).filter(pl.col("category") == "waste")
    visits = pl.concat([one.readings for one in outcomes]).filter(pl.col("method") == "visit")
    world = stepper.world
    exposure = Exposure.of(
        opened=opened.with_columns(at=_utc("opened_at")),
        visits=visits.with_columns(read_at=_utc("read_at")),
        points=world.points.points,
        audits=NO_AUDITS,
        time_zone=TIME_ZONE,
        since=MIDNIGHT,
        until=MIDNIGHT + timedelta(days=days),
    )
    hidden = {str(district.district_id): district.propensity for district in world.districts}
    return exposure, [hidden[name] for name in exposure.districts]


def _utc(column: str) -> pl.Expr:
    return pl.col(column).dt.replace_time_zone(TIME_ZONE).dt.convert_time_zone("UTC")


def estimates(found: Propensities) -> list[float]:
    return [one.propensity for one in found.districts]


@pytest.mark.parametrize("seed", [2, 5])
def test_the_demo_citys_hidden_order_is_found(seed: int) -> None:
    exposure, hidden = lived(seed, days=30, scale=2.25)
    found = fit_propensity(exposure)

    assert len(hidden) == 6
    assert spearmanr(estimates(found), hidden).statistic >= 0.7
    assert exposure.counted > 0
    assert exposure.left_out > 0


def made_up(
    propensity: list[float], days: int, *, seed: int, per_point: float = 0.03, per_hour: float = 0.1
) -> Exposure:
    """Complaints drawn from the model itself: twenty points a district, overflow now and then."""
    random = np.random.default_rng(seed)
    shape = (days, len(propensity))
    points, hours = np.full(shape, 20.0), random.gamma(0.3, 20.0, shape)
    mean = np.array(propensity) * (per_point * points + per_hour * hours)
    return Exposure(
        districts=tuple(f"D{number}" for number in range(len(propensity))),
        first_day=0,
        complaints=random.poisson(mean).astype(np.float64),
        points=points,
        overflow_h=hours,
        counted=1,
        left_out=0,
    )


def test_a_dirty_district_that_rarely_complains_is_no_clean_one() -> None:
    """The same number of complaints, four times the overflow: a quarter of the readiness."""
    exposure = made_up([1.0, 1.0], 200, seed=3, per_point=0.0001)
    dirtier = exposure.overflow_h * np.array([1.0, 4.0])
    clean, dirty = estimates(fit_propensity(replace(exposure, overflow_h=dirtier)))

    assert clean / dirty == pytest.approx(4.0, rel=0.25)


def test_the_interval_holds_nine_times_in_ten() -> None:
    random = np.random.default_rng(11)
    held = []
    for number in range(60):
        drawn = random.gamma(4.0, 0.25, 8)
        found = fit_propensity(made_up(drawn.tolist(), 56, seed=number))
        # Levels are told against the city, weighed by what there was to complain about.
        due = np.array([one.expected for one in found.districts])
        relative = drawn / float(drawn @ due / due.sum())
        held += [one.low <= truth <= one.high for one, truth in zip(found.districts, relative, strict=True)]

    assert np.mean(held) == pytest.approx(0.9, abs=0.05)


def test_a_few_complaints_say_nothing_and_the_interval_admits_it() -> None:
    propensity = [0.25, 0.5, 1.0, 2.2]
    little = fit_propensity(made_up(propensity, 7, seed=5, per_point=0.002, per_hour=0.005))
    much = fit_propensity(made_up(propensity, 300, seed=5))

    assert sum(one.complaints for one in little.districts) < 10
    assert not any(one.informative for one in little.districts)
    assert all(one.low < 0.8 and one.high > 1.2 for one in little.districts)
    assert all(one.informative for one in much.districts)
    assert estimates(much) == sorted(estimates(much))


def test_silence_everywhere_ranks_nobody() -> None:
    quiet = made_up([1.0, 1.0, 1.0], 14, seed=1)
    found = fit_propensity(replace(quiet, complaints=np.zeros_like(quiet.complaints)))

    assert len(set(np.round(estimates(found), 6))) == 1
    assert not any(one.informative for one in found.districts)


def test_clustered_complaints_count_as_fewer() -> None:
    even = made_up([0.5, 1.0, 2.0], 140, seed=7)
    random = np.random.default_rng(8)
    drawn = random.poisson(even.complaints.mean(axis=0) / 5, even.complaints.shape).astype(np.float64)
    clustered = replace(even, complaints=5.0 * drawn)
    narrow, wide = fit_propensity(even), fit_propensity(clustered)

    assert narrow.dispersion < 1.5
    assert wide.dispersion == pytest.approx(5.0, rel=0.3)
    assert all(
        (two.high - two.low) / two.propensity > 1.5 * (one.high - one.low) / one.propensity
        for one, two in zip(narrow.districts, wide.districts, strict=True)
    )


def test_six_days_are_too_few_and_the_sentence_says_so() -> None:
    with pytest.raises(MissingInputError, match="7 whole days of complaints"):
        fit_propensity(made_up([1.0, 2.0], 6, seed=1))


def point(name: str, kind: ServiceKind) -> CollectionPoint:
    rule = ServiceRule(kind=kind, weekdays=(0, 3) if kind is ServiceKind.FIXED_DAYS else ())
    return CollectionPoint(
        point_id=PointId(name), stream=Stream.RESIDUAL, district_id=DistrictId("north"), lon=0.0, lat=0.0,
        capacity_m3=1.0, density_kg_m3=100.0, service_s=60, rule=rule,
    )  # fmt: skip


def visits(*rows: tuple[str, float, float]) -> pl.DataFrame:
    """(point, hours after FIRST's midnight, fill found)."""
    return pl.DataFrame(
        [(name, "residual", MIDNIGHT + timedelta(hours=hour), fill, True) for name, hour, fill in rows],
        schema={
            "point_id": pl.String, "stream": pl.String, "read_at": pl.Datetime("us", "UTC"), "fill_level": pl.Float64,
            "emptied": pl.Boolean,
        },
        orient="row",
    )  # fmt: skip


def exposed(rows: pl.DataFrame, *points: CollectionPoint, audits: pl.DataFrame = NO_AUDITS) -> Exposure:
    opened = pl.DataFrame(schema={"district_id": pl.String, "at": pl.Datetime("us", "UTC")})
    return Exposure.of(
        opened=opened, visits=rows, points=points, audits=audits, time_zone=TIME_ZONE, since=MIDNIGHT,
        until=MIDNIGHT + timedelta(days=7),
    )  # fmt: skip


def test_overflow_is_laid_on_the_hours_before_the_visit() -> None:
    # Emptied at 10:00; full after 40 h of 48, so above the brim for the last 8: 2 h of Tuesday, 6 h of Wednesday.
    found = exposed(visits(("P", 6.0, 0.5), ("P", 54.0, 1.2)), point("P", ServiceKind.DAILY))

    assert found.overflow_h[:4, 0].tolist() == pytest.approx([0.0, 2.0, 6.0, 0.0])
    assert (found.counted, found.left_out) == (2, 0)


def test_visits_that_a_complaint_may_have_caused_are_left_out() -> None:
    rows = visits(
        ("daily", 10.0, 0.5), ("daily", 15.0, 1.2),  # the second of a day: somebody called
        ("call", 10.0, 1.2), ("fill", 10.0, 1.2),
        ("fixed", 10.0, 0.4), ("fixed", 34.0, 1.2),  # Monday is its day, Tuesday is not
    )  # fmt: skip
    kinds = {
        "daily": ServiceKind.DAILY, "call": ServiceKind.ON_CALL, "fill": ServiceKind.BY_FILL,
        "fixed": ServiceKind.FIXED_DAYS,
    }  # fmt: skip
    found = exposed(rows, *(point(name, kind) for name, kind in kinds.items()))

    assert (found.counted, found.left_out) == (2, 4)
    assert found.overflow_h.sum() == 0.0


def test_an_audit_speaks_for_the_points_that_were_skipped() -> None:
    rows = visits(("fill", 2.0, 0.5), ("fill", 62.0, 1.2))
    audits = pl.DataFrame([("fill", "residual", MIDNIGHT + timedelta(hours=61), 0.02)], schema=AUDITS, orient="row")
    found = exposed(rows, point("fill", ServiceKind.BY_FILL), audits=audits)

    # Above the brim for 10 h before Wednesday 14:00, all on that day; fifty points like it.
    assert found.overflow_h[:4, 0].tolist() == pytest.approx([0.0, 0.0, 500.0, 0.0])
    assert (found.counted, found.left_out) == (1, 1)
