"""Warnings and indicators over the API: the figures of plans and watches, and nobody else's."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from city.ids import DistrictId
from features.health.findings import Fault, FeedFinding, FeedHealth
from serving.api.state import Office
from serving.indicator_catalogue import BY_ID, DEFINITIONS
from serving.model_findings import AgeCheck, ErrorCheck, InputCheck, ModelFinding, Trouble
from serving.refreshed import Refreshed
from serving.warnings_found import Found, Warned, seen_by
from serving.watching import Watch
from serving.watching_models import ModelWatch
from tests.serving.asking import Door, refused
from tests.serving.conftest import DemoHome

NOW = datetime(2026, 3, 31, 7, tzinfo=UTC)


def feed_finding(subject: str, district: str, since: datetime = NOW) -> FeedFinding:
    return FeedFinding(
        fault=Fault.STALE, feed="counts", subject=subject, district_id=district, since=since,
        sentence=f"{subject} has said nothing for 5 h.", todo="Ask the department.", figures=(("silent_h", 5.0),),
    )  # fmt: skip


def model_finding(trouble: Trouble, district: str | None = None) -> ModelFinding:
    return ModelFinding(
        trouble=trouble, what="congestion", subject=f"flow{district or ''}", sentence=f"Drift in {district}.",
        todo="`city retrain congestion`", district_id=district,
    )  # fmt: skip


FEEDS = Watch(
    now=NOW,
    since=NOW,
    feeds=(
        FeedHealth(
            feed="counts", quantity="flow_veh_h", noun="detector", sensors=12, values=9_000, step_s=900, delay_s=0,
            first_at=NOW, last_at=datetime(2026, 3, 31, 6, tzinfo=UTC),
            findings=(
                feed_finding("DET1", "D01", datetime(2026, 3, 31, 1, tzinfo=UTC)),
                feed_finding("DET2", "D02", datetime(2026, 3, 31, 2, tzinfo=UTC)),
                feed_finding("counts", "*", datetime(2026, 3, 31, 3, tzinfo=UTC)),
            ),
        ),
    ),
)  # fmt: skip
MODELS = ModelWatch(
    now=NOW,
    inputs=(
        InputCheck(what="congestion", quantity="flow_veh_h", noun="detector", values=9, psi=0.3, usual_psi=0.1, ks=0.2,
                   ratio=1.4, district_id="D02"),
    ),
    errors=(
        ErrorCheck(what="congestion", quantity="flow_veh_h", rows=900, days=7, loss=12.0, gate_loss=8.0, below=0.15,
                   above=0.05),
    ),
    ages=(AgeCheck(what="congestion", forecast_age_s=3600, champion="congestion v1", champion_age_s=86_400,
                   fallback_share=0.25),),
    findings=(model_finding(Trouble.CHAMPION_OLD), model_finding(Trouble.INPUT_DRIFT),
              model_finding(Trouble.INPUT_DRIFT, "D02")),
    not_judged=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def door(demo_home: DemoHome) -> Door:
    """The demo city, in which the watches have found what stands above."""
    made = Door(demo_home.folder)
    watched(made.office)
    return made


def watched(office: Office) -> None:
    office.watches.feeds = Refreshed("feeds", lambda: FEEDS)
    office.watches.models = Refreshed("models", lambda: MODELS)
    office.watches.signals = Refreshed("signals", lambda: "No controller's log was imported.")
    for name in ("forecasts", "plans", "audit", "effects"):
        setattr(office.watches, name, Refreshed(name, Found))


def subjects(client: TestClient, **asked: str | list[str]) -> list[str]:
    """Of the watches that are set here: what the demo city really warns of is in its book too."""
    params = {"source": ["feeds", "models"], **asked}
    return [one["subject"] for one in client.get("/v1/warnings", params=params).json()["warnings"]]


def values(client: TestClient, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/indicators", params=asked).json()["values"]
    return found


def figures(told: Iterable[dict[str, Any]], kind: str) -> dict[str, float]:
    return {one["indicator_id"]: one["value"] for one in told if one["indicator_id"].startswith(kind)}


def test_what_is_wrong_is_told_with_cause_and_since_when(door: Door) -> None:
    told = door.caller().get("/v1/warnings").json()

    by_subject = {one["subject"]: one for one in told["warnings"]}
    assert list(by_subject)[:3] == ["counts", "DET2", "DET1"]
    first = by_subject["DET1"]
    assert (first["source"], first["cause"], first["district_id"]) == ("feeds", "stale", "D01")
    assert first["since"] == "2026-03-31T01:00:00+00:00"
    assert first["figures"] == {"silent_h": 5.0}
    assert by_subject["counts"]["district_id"] is None
    assert {one["cause"] for one in told["warnings"] if one["source"] == "models"} == {"champion-old", "input-drift"}


def test_a_watch_that_cannot_look_says_why(door: Door) -> None:
    states = {one["source"]: one for one in door.caller().get("/v1/warnings").json()["watches"]}

    assert states["signals"]["failed"] == "No controller's log was imported."
    assert states["feeds"]["failed"] == ""


def test_the_same_thing_keeps_its_id_and_another_has_another(door: Door) -> None:
    client = door.caller()
    first, second = (client.get("/v1/warnings").json()["warnings"] for _ in range(2))

    assert [one["warning_id"] for one in first] == [one["warning_id"] for one in second]
    assert len({one["warning_id"] for one in first}) == len(first)


def test_somebody_of_a_district_sees_its_warnings_and_what_holds_for_all(door: Door) -> None:
    client = door.caller("signals:read", districts=["D01"])

    assert set(subjects(client)) == {"DET1", "flow"}
    assert "D02" not in client.get("/v1/warnings", params={"source": ["feeds", "models"]}).text
    assert subjects(client, district_id="D02") == []


@pytest.mark.parametrize(
    ("source", "cause", "district", "seen"),
    [
        ("feeds", "stale", "D01", True),
        ("feeds", "stale", "D02", False),
        ("feeds", "stale", None, False),
        ("models", "champion-old", None, True),
        ("models", "input-drift", None, False),
        ("signals", "another-plan", None, False),
    ],
)
def test_who_sees_which_warning(source: Any, cause: str, district: str | None, *, seen: bool) -> None:  # noqa: ANN401
    warning = Warned(
        warning_id="a", source=source, cause=cause, subject="x", sentence="x", todo="x", district_id=district
    )

    assert seen_by(warning, {DistrictId("D01")}) is seen
    assert seen_by(warning, None)


def test_sources_are_asked_for_by_name(door: Door) -> None:
    client = door.caller()

    assert set(subjects(client, source="feeds")) == {"DET1", "DET2", "counts"}
    refused(client.get("/v1/warnings", params={"source": "weather"}), 422, "invalid-request")
    refused(door.caller("audit:read").get("/v1/warnings"), 403, "forbidden")


def of_newest(door: Door, kind: str) -> tuple[str, dict[str, float]]:
    """A plan that is told of, whichever tests have planned before, and its figures."""
    told = values(door.caller(), kind=kind)
    plan_id: str = told[0]["subject"]
    return plan_id, figures((one for one in told if one["subject"] == plan_id), f"{kind}.")


def test_the_figures_of_a_plan_are_those_that_lie_beside_it(door: Door) -> None:
    plan_id, told = of_newest(door, "routes")
    path = door.office.desk.settings.plans / plan_id / "indicators.json"
    beside = json.loads(path.read_text(encoding="utf-8"))

    for name in ("km", "t", "hours", "co2_kg", "stops"):
        assert told[f"routes.{name}"] == pytest.approx(beside[name], abs=1e-5)


def test_delays_are_weighted_by_flow(door: Door) -> None:
    plan_id, told = of_newest(door, "signals")
    measures = door.caller().get(f"/v1/signals/plans/{plan_id}").json()["plan"]["measures"]
    flow = sum(one["flow_pcu_h"] for one in measures)
    expected = sum(one["flow_pcu_h"] * one["delay_s"] for one in measures) / flow

    assert told["signals.delay_s"] == pytest.approx(expected, abs=1e-5)
    assert told["signals.largest_x"] == max(one["largest_x"] for one in measures)


def test_skill_and_coverage_come_from_the_watch_of_models(door: Door) -> None:
    told = figures(values(door.caller(), kind="forecasts"), "forecasts.")

    assert told["forecasts.loss_ratio"] == 1.5
    assert told["forecasts.coverage_80"] == pytest.approx(0.8)
    assert told["forecasts.fallback_share"] == 0.25
    assert told["forecasts.age_s"] == 3600


def test_feeds_are_counted(door: Door) -> None:
    told = figures(values(door.caller(), kind="feeds"), "feeds.")

    assert told == {
        "feeds.sensors": 12, "feeds.values": 9000, "feeds.findings": 3, "feeds.age_s": 3600, "feeds.step_s": 900,
    }  # fmt: skip


def test_every_figure_has_its_definition_beside_it(door: Door) -> None:
    told = door.caller().get("/v1/indicators").json()

    named = {one["indicator_id"] for one in told["definitions"]}
    assert named == {one["indicator_id"] for one in told["values"]}
    assert all(one["definition"] and one["name"] for one in told["definitions"])
    assert len(BY_ID) == len(DEFINITIONS)


def test_each_sees_the_kinds_that_their_scopes_are_about(door: Door) -> None:
    def kinds(client: TestClient) -> set[str]:
        return {one["indicator_id"].split(".")[0] for one in values(client)}

    assert kinds(door.caller("routes:read")) == {"routes", "forecasts"}
    assert kinds(door.caller("signals:read")) == {"signals", "forecasts"}
    assert kinds(door.caller("data:import")) == {"feeds", "forecasts"}


def test_somebody_of_a_district_sees_no_figure_of_another(door: Door) -> None:
    told = values(door.caller(districts=["D01"]))

    assert {district for one in told for district in one["district_ids"]} <= {"D01"}
    assert "feeds.sensors" not in figures(told, "feeds.")
    assert "forecasts.age_s" in figures(told, "forecasts.")


def test_a_watch_that_failed_does_not_hide_the_plans(demo_home: DemoHome) -> None:
    door = Door(demo_home.folder)
    watched(door.office)
    door.office.watches.models = Refreshed("models", lambda: "The registry cannot be reached.")

    told = door.caller().get("/v1/indicators").json()

    assert told["not_told"] == ["The registry cannot be reached."]
    assert figures(told["values"], "routes.")
