"""`city watch models` on a home: drift with its cause, errors against the gate, ages, and an exit code for cron."""

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm
from typer.testing import CliRunner

from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.settings import Settings
from serving.cli import app
from serving.desk import Desk
from serving.model_findings import Trouble
from serving.model_gauges import gauges_of
from serving.watching_errors import error_checks
from serving.watching_models import watch_models
from tests.features.health.planted import Series, counts
from tests.serving.test_watching import DAYS, END, detectors
from tests.serving.test_watching import desk as desk  # noqa: PLC0414  -- the fixture

LAST_WEEK = (DAYS - 7) * 96


def roads(factor: float = 1.0, moved: int = 6) -> dict[str, Series]:
    """Six detectors; from the last week on the first `moved` of them count `factor` times as much."""
    found = {f"d{number}": counts(number).astype(np.float64) for number in range(6)}
    for number in range(moved):
        found[f"d{number}"][LAST_WEEK:] *= factor
    return found


def test_an_unshifted_feed_has_no_findings(desk: Desk) -> None:
    detectors(desk, roads())
    watch = watch_models(desk)

    assert watch.findings == ()
    assert [one.quantity for one in watch.inputs] == ["flow_veh_h"]
    assert watch.inputs[0].psi < 0.1
    assert any("Errors of congestion are not judged" in sentence for sentence in watch.not_judged)


def test_a_feed_in_another_unit_is_found_and_the_cause_named(desk: Desk) -> None:
    detectors(desk, roads(0.25))
    (finding,) = watch_models(desk).findings

    assert (finding.trouble, finding.what) == (Trouble.INPUT_DRIFT, "congestion")
    assert "0.249 times what they were, as after a change of unit" in finding.sentence
    assert "`unit` in the mapping" in finding.todo


def test_a_city_that_drives_more_is_no_change_of_unit(desk: Desk) -> None:
    detectors(desk, roads(1.9))
    (finding,) = watch_models(desk).findings

    assert "100% of the detectors moved, the middle one to 1.89 times" in finding.sentence
    assert "city retrain congestion" in finding.todo


def test_a_part_of_the_detectors_is_told_apart_from_all(desk: Desk) -> None:
    detectors(desk, roads(6.0, moved=3))
    (finding,) = watch_models(desk).findings

    assert "50% of the detectors moved, the others did not" in finding.sentence


def test_a_district_that_moved_is_found_though_the_city_hardly_did(desk: Desk) -> None:
    """One detector of seven doubles: too few for the city, all that its district has."""
    detectors(desk, roads())
    detectors(desk, {"s0": roads(2.0)["d0"]}, district="south")
    watch = watch_models(desk)

    (finding,) = watch.findings
    assert finding.subject == "flow_veh_h of detectors in south"
    assert "flow_veh_h (detectors in south) is not what the congestion model was taught on" in finding.sentence
    assert [one.district_id for one in watch.inputs] == [None, "north", "south"]
    assert watch.inputs[0].psi < 0.25
    named = {dict(gauge.labels).get("input") for gauge in gauges_of(watch)}
    assert named >= {"flow_veh_h, detector", "flow_veh_h, detector, south"}


def test_a_drift_of_the_whole_city_is_one_finding_that_says_where(desk: Desk) -> None:
    grown = roads(2.0)
    detectors(desk, {name: grown[name] for name in ("d0", "d1", "d2", "d3")})
    detectors(desk, {name: roads()[name] for name in ("d4",)}, district="south")

    (finding,) = watch_models(desk).findings

    assert finding.subject == "flow_veh_h of detectors"
    assert finding.sentence.endswith("It moved in north.")


def forecasts(desk: Desk, *, off: float = 0.0, issued_h: int = 60, rung: str = "champion") -> None:
    """Hourly steps up to the last truth; the truth is log-normal around p50, but for `off`."""
    known = desk.history.read(TrafficCounts, as_of=END + timedelta(hours=1), since=END - timedelta(hours=issued_h))
    rows = known.filter(pl.col("flow_veh_h") > 0)
    random, p90 = np.random.default_rng(1), np.exp(0.2 * norm.ppf(0.9))
    middle = rows["flow_veh_h"].to_numpy() * (1 + off) * np.exp(0.2 * random.standard_normal(rows.height))
    frame = pl.DataFrame(
        {
            "district_id": rows["district_id"], "issued_at": END - timedelta(hours=issued_h), "model": "congestion v1",
            "rung": rung, "detector_id": rows["detector_id"], "valid_at": rows["start_at"], "step_s": rows["step_s"],
            "flow_p10_veh_h": middle / p90, "flow_p50_veh_h": middle, "flow_p90_veh_h": middle * p90,
        }
    )  # fmt: skip
    missing = {
        name: pl.lit(None, pl.Float64) for name in CongestionForecasts.column_names() if name not in frame.columns
    }
    full = frame.with_columns(pl.col("issued_at").dt.cast_time_unit("us"), **missing)
    desk.history.append_forecast(CongestionForecasts, full.select(CongestionForecasts.column_names()))


def test_a_forecast_that_was_issued_again_counts_as_it_was_made_last(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk, rung="ha_ar1")
    (first,) = [age for age in watch_models(desk).ages if age.what == "congestion"]
    forecasts(desk, rung="champion")
    (again,) = [age for age in watch_models(desk).ages if age.what == "congestion"]

    assert (first.fallback_share, again.fallback_share) == (1.0, 0.0)


def test_errors_as_judged_are_no_finding_and_grown_ones_are(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk)
    now = END + timedelta(minutes=5)
    ((check, findings),) = error_checks(desk, "congestion", now, {})
    assert findings == ()
    assert check.rows > 1_000

    ((_, same),) = error_checks(desk, "congestion", now, {"flow_pinball": 0.9 * check.loss})
    ((_, grown),) = error_checks(desk, "congestion", now, {"flow_pinball": check.loss / 2})
    assert same == ()
    assert [one.trouble for one in grown] == [Trouble.ERRORS_GREW]
    assert "flow_veh_h are worse than they were judged" in grown[0].sentence


@pytest.mark.parametrize(("off", "side"), [(0.5, "below p10"), (-0.4, "above p90")])
def test_forecasts_that_lean_are_found_with_their_side(desk: Desk, off: float, side: str) -> None:
    detectors(desk, roads())
    forecasts(desk, off=off)
    ((_, findings),) = error_checks(desk, "congestion", END + timedelta(minutes=5), {})

    assert [one.trouble for one in findings] == [Trouble.QUANTILES_OFF]
    assert side in findings[0].sentence


def test_what_a_simple_rung_said_is_no_news_of_the_model(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk, off=0.5, rung="profile")

    assert list(error_checks(desk, "congestion", END + timedelta(minutes=5), {})) == []


def test_an_old_forecast_is_found_and_a_fresh_one_is_not(desk: Desk) -> None:
    detectors(desk, roads())
    forecasts(desk, issued_h=60)
    (finding,) = watch_models(desk).findings
    assert (finding.trouble, "60 h old" in finding.sentence) == (Trouble.FORECAST_OLD, True)

    forecasts(desk, issued_h=3)
    assert watch_models(desk).findings == ()


def test_the_command_answers_3_in_json_and_0_when_all_is_well(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    detectors(desk, roads(0.25))
    words = ["--home", str(desk.settings.home), "watch", "models", "--json", "--at", END.isoformat()]
    monkeypatch.setenv("CITY_MLRUNS", str(desk.settings.mlruns))
    wrong = CliRunner().invoke(app, words)

    assert wrong.exit_code == 3, wrong.output
    document = json.loads(wrong.stdout)
    assert document["findings"][0]["trouble"] == "input-drift"
    assert document["findings"][0]["todo"]


def test_an_empty_home_is_no_fault(desk: Desk) -> None:
    watch = watch_models(desk)

    assert (watch.findings, watch.inputs, watch.ages) == ((), (), ())
    assert Settings.from_environment({"CITY_HOME": str(desk.settings.home)}).mlruns.exists() is False


def test_the_same_figures_are_gauges(desk: Desk) -> None:
    detectors(desk, roads(0.25))
    forecasts(desk, issued_h=3)
    told = {(one.name, one.labels): one.value for one in gauges_of(watch_models(desk))}

    assert told["city_forecast_age_seconds", (("forecast", "congestion"),)] == pytest.approx(3 * 3600, abs=600)
    assert told["city_input_drift_psi", (("forecast", "congestion"), ("input", "flow_veh_h, detector"))] > 0.25
    assert told["city_model_findings", (("forecast", "congestion"), ("trouble", "input-drift"))] == 1.0
    assert told["city_model_findings", (("forecast", "congestion"), ("trouble", "errors-grew"))] == 0.0
