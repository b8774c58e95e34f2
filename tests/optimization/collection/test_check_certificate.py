"""A collection plan's certificate says that nothing was changed since the check; verify_plan.py says so anywhere."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from city.collection_documents import problem_from_json, problem_to_json
from city.collection_problem import CollectionProblem
from city.documents import from_json, to_json
from city.errors import BrokenRuleError
from city.fingerprints import fingerprint, sources_of
from city.speed_profiles import SpeedProfiles
from city.waste_plans import CollectionPlan
from optimization.collection.build_verifier import COMMITTED, verifier_text
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certificate_report, certified, check_sha256
from optimization.collection.check_rules import RULES
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import MADE_AT, PLAN, made_up_city

Tamper = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def problem() -> CollectionProblem:
    return made_up_city(25, 4, seed=5)


@pytest.fixture(scope="module")
def plan(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return certified(result.plan, problem, check_plan(result.plan, problem))


def broken(plan: CollectionPlan, problem: CollectionProblem) -> tuple[str, ...]:
    return certificate_report(plan, problem, check_plan(plan, problem)).broken


def test_a_certificate_survives_being_written_and_read(plan: CollectionPlan, problem: CollectionProblem) -> None:
    assert plan.certificate is not None
    assert plan.certificate.rules == RULES
    assert dict(plan.certificate.measures)["stops"] == sum(len(route.stops) for route in plan.routes)

    again = from_json(CollectionPlan, to_json(plan), "plan.json")

    assert broken(again, problem_from_json(problem_to_json(problem), "problem.json")) == ()


def test_a_certificate_tells_a_changed_plan_from_a_changed_problem(
    plan: CollectionPlan, problem: CollectionProblem
) -> None:
    assert plan.certificate is not None
    slower = replace(problem, trucks=tuple(replace(truck, wash_s=600) for truck in problem.trucks))
    paced = SpeedProfiles(classes=("all",), borders_s=(0, 86_400), factors=((1.0,),))
    timed = replace(problem, travel=problem.travel.with_profiles(paced, [0] * len(problem.travel.places)))
    forged = replace(plan.certificate, measures=(("stops", 1.0),))

    assert broken(replace(plan, degraded=("a word",)), problem) == ("The plan was changed after it was certified.",)
    assert broken(plan, slower) == ("The plan was certified against another problem than this one.",)
    assert broken(plan, timed) == ("The plan was certified against another problem than this one.",)
    assert broken(replace(plan, certificate=forged), problem)[0].startswith("The certificate itself was changed")
    assert broken(replace(plan, certificate=None), problem) == ("The plan carries no certificate.",)


def test_a_plan_that_breaks_a_rule_is_not_certified(plan: CollectionPlan, problem: CollectionProblem) -> None:
    wrong = replace(plan, routes=plan.routes[:-1])

    with pytest.raises(BrokenRuleError, match="only a plan that breaks none"):
        certified(wrong, problem, check_plan(wrong, problem))


def test_a_number_is_the_same_with_and_without_a_point() -> None:
    assert fingerprint({"kg": [5, 1]}, by_amount=True) == fingerprint({"kg": [5.0, 1.0]}, by_amount=True)
    assert fingerprint({"kg": 5.5}, by_amount=True) != fingerprint({"kg": 5}, by_amount=True)


def test_every_rule_that_the_check_can_break_has_a_name() -> None:
    """optimization/collection/check_rules.py lists them."""
    trees = [
        ast.parse(text)
        for name, text in sources_of("optimization.collection.check").items()
        if name.startswith("optimization.collection.check") and not name.endswith("check_rules")
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = [node.args[0] for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".find")]
    named = {first.value for first in found if isinstance(first, ast.Constant)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}

    assert named <= set(RULES)
    assert set(RULES) <= texts
    assert len(set(RULES)) == len(RULES)


def test_the_committed_verifier_is_built_from_these_sources() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == verifier_text(), (
        "run `python -m optimization.collection.build_verifier`"
    )


def verified(folder: Path, plan: str, problem: CollectionProblem) -> tuple[int, str]:
    (folder / "verify_plan.py").write_text(verifier_text(), encoding="utf-8")
    (folder / "plan.json").write_text(plan, encoding="utf-8")
    (folder / "problem.json").write_text(problem_to_json(problem), encoding="utf-8")
    # -I and -S: neither this repository nor any installed package can be imported.
    words = [sys.executable, "-I", "-S", "verify_plan.py", "plan.json", "problem.json"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_verifier_needs_nothing_but_python(
    tmp_path: Path, plan: CollectionPlan, problem: CollectionProblem
) -> None:
    assert plan.certificate is not None

    code, said = verified(tmp_path, to_json(plan), problem)

    assert code == 0, said
    assert f"Plan {PLAN} breaks no rule: {len(plan.routes)} trucks" in said
    assert f"certificate {plan.certificate.sha256} holds" in said
    assert check_sha256()[:12] in said


def _trip(document: dict[str, Any]) -> Any:  # noqa: ANN401  -- JSON is anything
    return document["routes"][0]["trips"][0]


def _swap_stops(document: dict[str, Any]) -> None:
    stops = _trip(document)["stops"]
    stops[0]["point_id"], stops[1]["point_id"] = stops[1]["point_id"], stops[0]["point_id"]


def _lighter(document: dict[str, Any]) -> None:
    _trip(document)["stops"][0]["kg"] -= 5


def _earlier(document: dict[str, Any]) -> None:
    _trip(document)["stops"][1]["arrive_s"] -= 1


def _dropped(document: dict[str, Any]) -> None:
    del document["unserved"][:]
    del document["routes"][0]


def _empty_tip(document: dict[str, Any]) -> None:
    _trip(document)["tip"] = None


@pytest.mark.parametrize(
    ("tamper", "rules"),
    [
        (_swap_stops, {"drive_time", "stop_load"}),
        (_lighter, {"stop_load", "load"}),
        (_earlier, {"drive_time"}),
        (_dropped, {"accounted"}),
        (_empty_tip, {"end_loaded"}),
    ],
)
def test_the_verifier_names_the_rule_that_a_change_breaks(
    tmp_path: Path, plan: CollectionPlan, problem: CollectionProblem, tamper: Tamper, rules: set[str]
) -> None:
    document = json.loads(to_json(plan))
    tamper(document)

    code, said = verified(tmp_path, json.dumps(document), problem)

    assert code == 1, said
    assert rules & {line.partition(":")[0] for line in said.splitlines()}
    assert "Do not run it." in said
    assert "The plan was changed after it was certified." in said


@pytest.mark.parametrize("text", ["{}", "not JSON", '{"routes": NaN}'])
def test_the_verifier_says_what_it_cannot_read(tmp_path: Path, problem: CollectionProblem, text: str) -> None:
    code, said = verified(tmp_path, text, problem)

    assert code == 2
    assert "plan.json" in said
    assert "Traceback" not in said
