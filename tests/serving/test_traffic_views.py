"""What plans are decided on: reviews, time-space diagrams, changes by hand, and what may be signed."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from city.access import SCOPES
from city.audit_log import AuditQuery
from city.documents import from_json
from city.ids import PlanId
from city.settings import Settings
from city.signal_plans import SignalSchedule
from optimization.signals.measured_again import measured_again
from optimization.signals.problem import SignalProblem
from serving.api.app import build_api
from serving.api.state import Office
from serving.checking import records_of
from serving.desk import Desk
from serving.explained_plans import scenarios_of
from serving.stored_forecasts import latest_congestion
from serving.traffic_views import explained_of, gain_document
from tests.serving.conftest import DemoHome
from tests.serving.fronted import problem

FAIR = "The fair begins at nine."
ONCE = {"Idempotency-Key": "once-and-no-more"}


@dataclass(frozen=True)
class Centre:
    desk: Desk
    client: TestClient
    plan_id: str
    headers: dict[str, str]

    def get(self, path: str) -> Any:  # noqa: ANN401  -- JSON is anything
        answer = self.client.get(f"/v1/signals{path}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Response:
        return self.client.post(f"/v1/signals/plans/{self.plan_id}{path}", json=body, headers=self.headers | headers)

    def fullest(self) -> tuple[str, dict[str, Any]]:
        """The longest plan of the first junction."""
        junction_id = self.get(f"/plans/{self.plan_id}/review")["junctions"][0]["junction_id"]
        junction = self.get(f"/plans/{self.plan_id}/junctions/{junction_id}")
        return junction_id, max(junction["plans"], key=lambda one: one["cycle_s"])

    def change(self, moved_s: int) -> dict[str, Any]:
        """So many seconds of the first stage for the third."""
        junction_id, plan = self.fullest()
        first, _, third, *_ = plan["splits"]
        splits = [
            {"stage_id": first["stage_id"], "split_s": first["split_s"] - moved_s},
            {"stage_id": third["stage_id"], "split_s": third["split_s"] + moved_s},
        ]
        return {"changes": [{"junction_id": junction_id, "plan_number": plan["plan_number"], "splits": splits}]}

    def plans(self) -> list[str]:
        return [one.plan_id for one in self.desk.ledger.plans(kind="signals")]

    @property
    def schedule(self) -> SignalSchedule:
        return from_json(SignalSchedule, self.desk.ledger.plan(PlanId(self.plan_id)).document, self.plan_id)


@pytest.fixture(scope="module")
def centre(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    home = Path(shutil.copytree(demo_home.folder, tmp_path_factory.mktemp("centre") / "home"))
    now = datetime.fromisoformat(demo_home.day["files"]["now"])
    desk = Desk(Settings.from_environment({"CITY_HOME": str(home)}), clock=lambda: now)
    key = desk.ledger.keys.make(person="Li Na", scopes=SCOPES, districts=None, made_by="tests")
    with TestClient(build_api(Office(desk))) as client:
        plan_id = demo_home.plan_folder("signals").name
        yield Centre(desk, client, plan_id, {"authorization": f"Bearer {key.text}"})


@pytest.fixture(scope="module")
def signed(centre: Centre) -> Response:
    body = {**centre.change(1), "reason": FAIR}
    return centre.post("/edits", body, **ONCE)


def test_a_review_tells_gain_and_safety_and_a_line_per_junction(centre: Centre) -> None:
    review = centre.get(f"/plans/{centre.plan_id}/review")

    least, most = review["gain"]["share_between"]
    assert least <= review["gain"]["share"] <= most
    assert review["certificate"] == {"holds": True, "broken": [], "notes": []}
    assert review["check"]["ok"]
    assert review["rules"] > 50
    assert {one["junction_id"] for one in review["junctions"]} == {d.junction_id for d in centre.schedule.day_plans}


def test_a_plan_of_one_junction_gains_what_that_junction_gains(centre: Centre) -> None:
    schedule = centre.schedule
    one, *_ = explained_of(centre.desk, schedule, records_of(centre.desk, schedule))

    gain = gain_document(schedule, {one.junction_id: one})

    assert gain is not None
    assert one.now is not None
    assert gain["planned_s"] == [one.planned.low_s, one.planned.expected_s, one.planned.high_s]
    assert gain["share"] == pytest.approx(1 - one.planned.expected_s / one.now.expected_s, abs=1e-3)
    assert gain_document(schedule, {one.junction_id: replace(one, now=None)}) is None


def test_lamps_fill_the_cycle_and_show_green_where_the_plan_does(centre: Centre) -> None:
    for day_plan in centre.schedule.day_plans:
        shown = centre.get(f"/plans/{centre.plan_id}/junctions/{day_plan.junction_id}")
        for told in shown["plans"]:
            plan = day_plan.plan(told["plan_number"])
            for row in told["lamps"]:
                spans = row["spans"]
                assert [spans[0][1], spans[-1][2]] == [0, plan.cycle_s]
                assert all(a[2] == b[1] for a, b in pairwise(spans))
                lit = sum(end - start for lamp, start, end in spans if lamp.startswith("green"))
                assert lit == sum(one.end_s - one.start_s for one in plan.greens if one.group_id == row["group_id"])


def test_whoever_leaves_in_a_band_meets_green_all_the_way(centre: Centre) -> None:
    (corridor,) = centre.get(f"/plans/{centre.plan_id}/corridors")["corridors"]
    bands = 0

    for block in (*corridor["blocks"], corridor["now"]):
        plans = {one["junction_id"]: one for one in block["plans"]}
        for way, told in zip(corridor["directions"], block["directions"], strict=True):
            if told["band"] is None:
                continue
            bands += 1
            start, width, _ = told["band"]
            for second in range(start, start + width):
                for stop, spans in zip(way["stops"], told["greens_s"], strict=True):
                    plan = plans[stop["junction_id"]]
                    at = (second + round(stop["after_s"]) - plan["offset_s"]) % plan["cycle_s"]
                    assert any(a <= at < b or a <= at + plan["cycle_s"] < b for a, b in spans)
    assert bands


def test_congestion_in_columns_says_what_the_index_says(centre: Centre) -> None:
    hours = "from=2026-03-30T16:00:00Z&to=2026-03-31T00:00:00Z"
    path = f"/v1/forecasts/congestion-index?area_kind=segment&area_kind=city&{hours}"
    told = centre.client.get(path, headers=centre.headers).json()

    columns = centre.get(f"/congestion?{hours}")

    assert len(columns["times"]) == 32
    assert columns["levels"] == told["levels"]
    shown = {
        (area["area_id"], time): (low, middle, high)
        for area in columns["areas"]
        for time, low, middle, high in zip(
            columns["times"], area["index_p10"], area["index_p50"], area["index_p90"], strict=True
        )
        if middle is not None
    }
    assert shown == {
        (area["area_id"], one["valid_at"]): (one["index_p10"], one["index_p50"], one["index_p90"])
        for area in told["areas"]
        for one in area["values"]
    }
    unknown = centre.client.get("/v1/signals/congestion?district_id=D99", headers=centre.headers)
    assert "D99" in problem(unknown, 404, "unknown-id")["detail"]


def test_measures_made_anew_of_an_unchanged_plan_are_those_it_has(centre: Centre) -> None:
    schedule = centre.schedule
    records = records_of(centre.desk, schedule)
    junctions = records.junctions
    forecast = latest_congestion(centre.desk, schedule.provenance.made_at)
    day = {"service_date": schedule.service_date, "time_zone": schedule.time_zone}
    demand = scenarios_of(junctions, forecast, **day).planned  # type: ignore[arg-type]
    problem = SignalProblem(junctions=junctions, corridors=records.corridors, demand=demand, **day)  # type: ignore[arg-type]

    again = {(one.junction_id, one.plan_number): one for one in measured_again(schedule.day_plans, problem)}

    assert again.keys() == {(one.junction_id, one.plan_number) for one in schedule.measures}
    for one in schedule.measures:
        found = again[one.junction_id, one.plan_number]
        assert (found.delay_s, found.running_delay_s) == (one.delay_s, one.running_delay_s)
        assert (found.largest_x, found.flow_pcu_h) == (one.largest_x, one.flow_pcu_h)


def test_a_change_is_checked_and_scored_and_nothing_is_stored(centre: Centre) -> None:
    before = centre.plans()
    change = centre.change(2)
    junction_id = change["changes"][0]["junction_id"]

    tried = centre.post("/edits/check", change).json()

    assert tried["check"]["ok"], tried["check"]["findings"]
    assert len(tried["said"]) == 2
    (score,) = (one for one in tried["scores"]["junctions"] if one["junction_id"] == junction_id)
    assert score["given"] != score["stored"]
    (shown,) = tried["junctions"]
    after = {split["stage_id"]: split["split_s"] for split in change["changes"][0]["splits"]}
    splits = [one["splits"] for one in shown["plans"] if one["plan_number"] == change["changes"][0]["plan_number"]]
    assert after.items() <= {split["stage_id"]: split["split_s"] for split in splits[0]}.items()
    assert centre.plans() == before


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"splits": -40}, "group-served"),
        ({"splits": 200}, "cycle-range"),
    ],
)
def test_an_unsafe_change_is_named_by_its_rule_and_never_stored(
    centre: Centre, change: dict[str, int], rule: str
) -> None:
    before = centre.plans()
    junction_id, plan = centre.fullest()
    first = plan["splits"][0]
    splits = [{"stage_id": first["stage_id"], "split_s": max(1, first["split_s"] + change["splits"])}]
    body = {"changes": [{"junction_id": junction_id, "plan_number": plan["plan_number"], "splits": splits}]}

    tried = centre.post("/edits/check", body).json()
    signed = centre.post("/edits", {**body, "reason": FAIR})

    assert rule in {finding["rule"] for finding in tried["check"]["findings"]}
    assert signed.status_code in {409, 422}, signed.text
    assert junction_id in signed.json()["detail"]
    assert centre.plans() == before


def test_a_sound_change_is_signed_as_a_draft_of_its_own(centre: Centre, signed: Response) -> None:
    again = centre.post("/edits", {**centre.change(1), "reason": FAIR}, **ONCE)

    assert signed.status_code == 201, signed.text
    stored = signed.json()
    plan = stored["plan"]
    assert again.json()["plan_id"] == stored["plan_id"]
    assert (stored["status"], plan["rung"], plan["provenance"]["recipe"]) == ("draft", "by_hand", None)
    assert plan["assumed"][0] == f"By hand: Li Na changed plan {centre.plan_id}: {FAIR}"
    assert (
        plan["provenance"]["forecast_issued_at"]
        == centre.get(f"/plans/{centre.plan_id}")["plan"]["provenance"]["forecast_issued_at"]
    )
    judged = centre.client.post("/v1/signals/check", json=plan, headers=centre.headers).json()
    assert judged["ok"]
    assert judged["certificate"]["holds"]
    line, *_ = centre.desk.ledger.audit.lines(AuditQuery(action="plan.changed_by_hand"))
    assert (line.line.person, line.line.subject) == ("Li Na", stored["plan_id"])
    assert line.line.detail["from_plan_id"] == centre.plan_id
    measured = {(one["junction_id"], one["plan_number"]): one["delay_s"] for one in plan["measures"]}
    was = {(one.junction_id, one.plan_number): one.delay_s for one in centre.schedule.measures}
    assert measured.keys() == was.keys()
    assert measured != was


def test_what_does_not_fit_the_plan_is_refused_with_a_sentence(centre: Centre) -> None:
    junction_id, plan = centre.fullest()
    one = {"junction_id": junction_id, "plan_number": plan["plan_number"], "offset_s": plan["offset_s"]}

    unknown = centre.post("/edits/check", {"changes": [{**one, "junction_id": "J999"}]})
    other_plan = centre.post("/edits/check", {"changes": [{**one, "plan_number": 99}]})
    twice = centre.post("/edits/check", {"changes": [one, one]})
    stage = centre.post("/edits/check", {"changes": [{**one, "splits": [{"stage_id": "X", "split_s": 9}]}]})
    unchanged = centre.post("/edits", {"changes": [one], "reason": FAIR})

    assert "J999" in problem(unknown, 404, "unknown-id")["detail"]
    assert "99" in problem(other_plan, 404, "unknown-id")["detail"]
    assert "twice" in problem(twice, 422, "broken-rule")["detail"]
    assert "'X'" in problem(stage, 404, "unknown-id")["detail"]
    assert "nothing of it was changed" in problem(unchanged, 422, "broken-rule")["detail"]


def test_a_plan_waits_until_somebody_refuses_it(centre: Centre, signed: Response) -> None:
    plan_id = signed.json()["plan_id"]
    (waiting,) = (one for one in centre.get("/waiting")["plans"] if one["plan_id"] == plan_id)
    assert (waiting["passed"], waiting["approvals_missing"], waiting["rung"]) == (True, 2, "by_hand")
    assert FAIR in waiting["said"]

    refused = centre.client.post(
        f"/v1/signals/plans/{plan_id}/refuse", json={"reason": "Not today."}, headers=centre.headers
    )

    assert refused.status_code == 200, refused.text
    assert plan_id not in {one["plan_id"] for one in centre.get("/waiting")["plans"]}


def test_junctions_say_who_verified_them_and_what_is_doubtful(centre: Centre, demo_home: DemoHome) -> None:
    states = {one["junction_id"]: one for one in centre.get("/junctions")["junctions"]}
    audited = centre.get("/junctions/J001/audit")

    assert states["J003"]["mode"] == "manual"
    assert states["J001"]["verified_by"] == "Traffic department, survey group"
    assert states["J001"]["shadow"] is None
    assert audited["ok"]
    assert {one["weight"] for one in audited["doubts"]} <= {"wrong", "doubtful", "missing"}
    records = json.loads((demo_home.plan_folder("signals") / "junctions.json").read_text(encoding="utf-8"))
    assert {one["junction_id"] for one in records["junctions"]} <= states.keys()
