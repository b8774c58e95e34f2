"""Forecast skill over time: against theory, nothing known too early, and nobody told of others' districts."""

import statistics
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from city.frames import TrafficCounts
from city.ids import DistrictId
from city.settings import Settings
from serving.api.skill import router
from serving.desk import Desk
from serving.model_findings import ModelFinding, Trouble
from serving.refreshed import Kept
from serving.schemas.skill import SkillDocument, SkillQuery
from serving.skill import Skill, skill_of, standing
from serving.skill_documents import experiments_document, skill_document
from serving.skill_rows import BANDS_H, band, losses, pinball, summed
from serving.skill_simple import with_simple
from serving.watching_errors import error_checks, judged
from serving.watching_models import ModelWatch, watch_models
from tests.serving.asking import Door, refused
from tests.serving.test_watching import DAYS, END, detectors
from tests.serving.test_watching import desk as desk  # noqa: PLC0414  -- the fixture
from tests.serving.test_watching_models import forecasts, roads

NOW = END + timedelta(minutes=5)
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
FIRST = MONDAY.date()


def row(truth: float, *, hours: float = 1, district: str = "north", day: date = FIRST) -> dict[str, object]:
    """Said to lie between 10 and 30, with 20 in the middle, so many hours before."""
    return {
        "truth": truth, "p10": 10.0, "p50": 20.0, "p90": 30.0, "day": day, "series": "d0", "district_id": district,
        "issued_at": MONDAY - timedelta(hours=hours), "valid_at": MONDAY,
    }  # fmt: skip


def test_the_loss_of_a_quantile_is_its_level_times_how_far_the_truth_lies_above_it() -> None:
    """By hand: 0.1 * 15, 0.5 * 5 above p10 and p50, and 0.1 * 5 below p90; a third of each."""
    (loss,) = pinball(np.array([25.0]), np.array([[10.0, 20.0, 30.0]]))

    assert loss == pytest.approx((0.1 * 15 + 0.5 * 5 + 0.1 * 5) / 3)


@given(st.floats(0, 400))
def test_every_horizon_lies_in_the_smallest_band_that_holds_it(hours: float) -> None:
    found = pl.select(band(pl.lit(timedelta(hours=hours)))).item()
    exact = timedelta(hours=hours)

    assert found == next((one for one in BANDS_H if exact <= timedelta(hours=one)), -1)


def test_sums_count_both_sides_and_keep_days_horizons_and_districts_apart() -> None:
    rows = losses(pl.DataFrame([row(5), row(20), row(35, hours=10), row(20, district="south")]))

    assert summed(rows, "district_id").select("district_id", "rows", "below", "above").rows() == [
        ("north", 3, pytest.approx(1 / 3), pytest.approx(1 / 3)),
        ("south", 1, 0.0, 0.0),
    ]
    assert summed(rows, "band").select("band", "rows").rows() == [(1, 3), (24, 1)]


def test_truths_that_equal_a_quantile_fall_to_either_side_alike() -> None:
    rows = losses(pl.DataFrame([row(10.0)] * 4_000))

    assert rows["below"].mean() == pytest.approx(0.5, abs=0.03)
    assert not rows["above"].any()


def test_rows_without_truth_are_not_judged() -> None:
    frame = pl.DataFrame([row(20), {**row(20), "truth": None}])

    assert losses(frame).height == 1


def test_skill_counts_the_very_rows_that_the_watch_judges(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk)

    (found,) = skill_of(desk).quantities

    ((check, _),) = error_checks(desk, "congestion", NOW, {})
    assert (found.what, found.quantity) == ("congestion", "flow_veh_h")
    assert found.by_day["rows"].sum() == check.rows
    assert (found.by_day["loss"] * found.by_day["rows"]).sum() / check.rows == pytest.approx(check.loss)
    assert (found.by_district["below"] * found.by_district["rows"]).sum() / check.rows == pytest.approx(check.below)


def test_forecasts_that_were_made_as_well_as_they_say_cover_four_fifths(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk)

    (found,) = skill_of(desk).quantities

    inside = 1 - found.by_district["below"] - found.by_district["above"]
    assert inside.to_list() == [pytest.approx(0.8, abs=0.03)]


def test_what_a_simple_rung_said_is_no_news_of_the_champion(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk, rung="ha_ar1")

    assert skill_of(desk).quantities == ()


def test_the_simple_forecast_is_the_middle_of_former_same_weekdays_that_were_known(desk: Desk) -> None:
    """Beside a plain loop over the history; and what comes after the issue changes nothing of it."""
    detectors(desk, roads())
    forecasts(desk, issued_h=30)
    one = next(judged(desk, "congestion", NOW))
    asked = one.rows.sort("series", "valid_at").gather_every(97)

    told = with_simple(desk, "flow_veh_h", asked, NOW)

    known = desk.history.read(TrafficCounts, as_of=NOW)
    value = {(r["detector_id"], r["start_at"]): r for r in known.iter_rows(named=True)}
    for line in told.iter_rows(named=True):
        former = [value.get((line["series"], line["valid_at"] - timedelta(weeks=week))) for week in range(1, 9)]
        heard = [f["flow_veh_h"] for f in former if f is not None and f["known_at"] <= line["issued_at"]]
        assert len(heard) >= (DAYS - 4) // 7
        assert line["simple_p50"] == pytest.approx(statistics.median(heard))
        assert line["simple_p10"] < line["simple_p50"] < line["simple_p90"]


def test_a_week_that_was_not_yet_known_is_not_looked_at(desk: Desk) -> None:
    """Asked nine days ahead, the weekday of the week before has not come yet when the forecast is issued."""
    detectors(desk, roads())
    last = desk.history.read(TrafficCounts, as_of=NOW).filter(pl.col("detector_id") == "d0").tail(1).row(0, named=True)
    ahead = pl.DataFrame(
        [{"series": "d0", "issued_at": last["start_at"] - timedelta(days=9), "valid_at": last["start_at"]}]
    )

    (told,) = with_simple(desk, "flow_veh_h", ahead, NOW).iter_rows(named=True)

    known = desk.history.read(TrafficCounts, as_of=NOW).filter(pl.col("detector_id") == "d0")
    at = {r["start_at"]: r["flow_veh_h"] for r in known.iter_rows(named=True)}
    heard = [at[moment] for week in range(2, 9) if (moment := last["start_at"] - timedelta(weeks=week)) in at]
    assert told["simple_p50"] == pytest.approx(statistics.median(heard))


def watch(*findings: ModelFinding, not_judged: tuple[str, ...] = ()) -> ModelWatch:
    return ModelWatch(now=NOW, inputs=(), errors=(), ages=(), findings=findings, not_judged=not_judged)


def test_the_verdict_says_what_the_watch_says(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk, issued_h=24)
    found = watch_models(desk)

    told = standing(found, "congestion", lambda _: True)
    assert told.state == "good"
    assert told.sentences[0] == "Nothing is wrong with what could be judged."
    assert standing(found, "waste", lambda _: True).state == "none"


def test_a_finding_of_another_district_is_neither_told_nor_held_against_the_model(desk: Desk) -> None:
    detectors(desk, roads())
    detectors(desk, {"s0": roads(2.0)["d0"]}, district="south")
    found = watch_models(desk)
    (finding,) = found.findings
    assert finding.trouble is Trouble.INPUT_DRIFT

    def told(*districts: str) -> SkillDocument:
        kept: Kept[Skill | str] = Kept(skill_of(desk), NOW, 0.0)
        within = frozenset(map(DistrictId, districts)) or None
        return SkillDocument.model_validate(skill_document(kept, found, SkillQuery(), within, refreshing=False))

    assert [one.state for one in told().models if one.name == "congestion"] == ["look"]
    north = told("north")
    assert [one.state for one in north.models if one.name == "congestion"] == ["not-judged"]
    assert {one.district_id for one in north.drift} == {None, "north"}
    assert "south" not in north.model_dump_json()


def test_districts_are_told_apart_and_only_those_that_may_be_seen(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk)
    kept: Kept[Skill | str] = Kept(skill_of(desk), NOW, 0.0)

    def districts(query: SkillQuery, within: frozenset[DistrictId] | None) -> list[str]:
        document = SkillDocument.model_validate(skill_document(kept, watch(), query, within, refreshing=False))
        (one,) = document.quantities
        return [district.district_id for district in one.districts]

    assert districts(SkillQuery(), None) == ["north"]
    assert districts(SkillQuery(), frozenset({DistrictId("south")})) == []
    assert districts(SkillQuery(district_id=["north"]), frozenset({DistrictId("south")})) == []


@pytest.mark.parametrize(
    ("uri", "address", "command"),
    [
        ("https://ops:secret@mlflow.city.example/team?token=x", "https://mlflow.city.example/team", None),
        ("http://[::1]:5000", "http://[::1]:5000", None),
        ("sqlite:///mlruns/mlflow.db", None, "mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db"),
        ("postgresql://ops:secret@db/mlflow", None, "mlflow ui --backend-store-uri the tracking URI of this service"),
    ],
)
def test_where_experiments_are_is_told_without_passwords(uri: str, address: str | None, command: str | None) -> None:
    settings = Settings.from_environment({"MLFLOW_TRACKING_URI": uri})

    told = experiments_document(settings)

    assert (told["address"], told["command"]) == (address, command)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "var")


def test_a_city_without_anything_answers_with_sentences(door: Door) -> None:
    told = SkillDocument.model_validate(door.caller("routes:read").get("/v1/skill").json())

    assert told.quantities == []
    assert [one.state for one in told.models] == ["none", "none", "none"]
    assert router.prefix == "/v1"


def test_skill_is_refused_to_whoever_reads_neither_forecasts_nor_feeds(door: Door) -> None:
    refused(door.caller("audit:read").get("/v1/skill"), 403, "forbidden")
    refused(door.caller("signals:read").get("/v1/experiments"), 403, "forbidden")
    refused(door.caller("signals:read").get("/v1/skill?what=weather"), 422, "invalid-request")


def test_a_log_that_somebody_rewrote_is_told_so_and_where(door: Door) -> None:
    reader = door.caller("audit:read")
    well = reader.get("/v1/audit/chain").json()
    assert well["ok"]
    assert well["lines"] >= 1

    engine = create_engine(door.office.desk.settings.ledger_url)
    with engine.begin() as connection:
        for deed in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_lines_stay_{deed}"))
        connection.execute(text("UPDATE audit_lines SET person = 'nobody' WHERE number = 1"))

    broken = reader.get("/v1/audit/chain").json()
    assert not broken["ok"]
    assert broken["first_broken"] == 1
    assert "Line 1 was changed" in broken["problem"]
