"""The routing command: processes of their own, answers judged anew, and a summary that calls nothing met too early."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks import routing_runs
from benchmarks.routing import main
from benchmarks.routing_entries import with_gaps
from benchmarks.routing_files import sources
from benchmarks.routing_runs import Run, missing, solved, takes
from benchmarks.routing_summary import summary_of, told
from benchmarks.routing_table import line
from tests.benchmarks.test_routing_instances import CVRP, SOLOMON, written

KEYS = {
    "instance", "kind", "solver", "seed", "cost", "vehicles", "best_known", "gap_pct", "unserved", "violations",
    "cpu_s", "wall_s", "commit", "config", "machine",
}  # fmt: skip


def entry(solver: str, cost: float | None, instance: str = "a", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    made = {
        "instance": instance, "kind": "cvrp", "nodes": 101, "solver": solver, "seed": 1, "seconds": 10.0, "cost": cost,
        "vehicles": 3, "best_known": 1000.0, "gap_pct": None, "gap_to": None, "unserved": 0, "violations": 0,
        "violations_told": [], "cpu_s": 1.0, "failure": "",
    }  # fmt: skip
    return {**made, **changes}


def test_the_command_writes_one_entry_per_solver_and_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyvrp", reason="the extra `oracles` is not installed")
    written(tmp_path, "square.vrp", CVRP)
    out = tmp_path / "found" / "out.json"

    main(["--instances", str(tmp_path), "--seconds", "0.2", "--seeds", "1-2", "--peers", "pyvrp", "--without-city",
          "--json", str(out)])  # fmt: skip

    entries = json.loads(out.read_text(encoding="utf-8"))
    assert [(found["solver"], found["seed"]) for found in entries] == [("pyvrp", 1), ("pyvrp", 2)]
    assert all(set(found) >= KEYS for found in entries)
    # 6 + 4 fill a vehicle: 5 + 4 + 1. Then there and back to the far one, 18. All at once would load too much.
    assert [found["cost"] for found in entries] == [28, 28]
    assert all(found["violations"] == found["unserved"] == 0 and 0.15 < found["cpu_s"] < 2 for found in entries)
    summary = json.loads(out.with_suffix(".summary.json").read_text(encoding="utf-8"))["summary"]
    assert summary["cvrp, n <= 200"]["met"] is None
    assert "square (cvrp, 3 customers)" in capsys.readouterr().out


@pytest.mark.parametrize("solver", ["ortools", "vroom"])
def test_each_peer_solves_what_it_takes_in_a_process_of_its_own(tmp_path: Path, solver: str) -> None:
    if missing(solver):
        pytest.skip("the extra `oracles` is not installed")
    written(tmp_path, "tiny.txt", SOLOMON)
    (source,) = sources([tmp_path])
    done = solved(Run(source=source, solver=solver, seconds=0.2, seed=1))
    assert (done.failure, sorted(stop for vehicle in done.answer for trip in vehicle for stop in trip)) == ("", [1, 2])


def test_bad_arguments_are_answered_in_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="no file or folder of instances"):
        main(["--instances", str(tmp_path / "absent"), "--seconds", "1"])
    for wrong, said in ((["--seconds", "0"], "not a number above 0"), (["--peers", "cplex"], "cplex is none of")):
        with pytest.raises(SystemExit):
            main(["--instances", str(tmp_path), "--seconds", "1", *wrong])
        assert said in capsys.readouterr().err


def test_a_peer_that_is_not_installed_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_runs, "find_spec", lambda _: None)
    assert "pip install pyvroom" in missing("vroom")
    assert not missing("city")
    assert not takes("vroom", "multitrip")
    assert takes("pyvrp", "multitrip")
    assert [solver for solver in routing_runs.SOLVERS if takes(solver, "kim2006")] == ["city", "ortools"]


def test_a_solver_that_dies_is_told_in_its_line_and_stops_nobody(tmp_path: Path) -> None:
    written(tmp_path, "tiny.txt", SOLOMON)
    (source,) = sources([tmp_path])
    before = dict(os.environ)
    done = solved(Run(source=source, solver="cplex", seconds=0.2, seed=1))
    assert dict(os.environ) == before
    assert done.answer is None
    assert "No module named" in done.failure
    row = line([entry("cplex", None, unserved=2, failure=done.failure)])
    assert "No module named" in row


def test_gaps_are_to_the_best_known_cost_or_else_to_the_best_of_pyvrp_in_this_run() -> None:
    known = with_gaps([entry("city", 1010.0), entry("pyvrp", 1020.0)])
    assert [found["gap_pct"] for found in known] == [1.0, 2.0]
    runs = [entry("city", 990.0), entry("pyvrp", 1100.0, seed=1), entry("pyvrp", 1000.0, seed=2), entry("vroom", 900.0)]
    unknown = with_gaps([{**run, "best_known": None} for run in runs])
    assert [found["gap_pct"] for found in unknown] == [-1.0, 10.0, 0.0, -10.0]
    assert {found["gap_to"] for found in unknown} == {"pyvrp"}
    broken = with_gaps([entry("city", 500.0, unserved=1), entry("pyvrp", None)])
    assert [found["gap_pct"] for found in broken] == [None, None]


def test_a_gap_line_is_met_only_below_its_bound_and_no_worse_than_pyvrp() -> None:
    def met(ours: float, theirs: float) -> bool | None:
        found = summary_of(with_gaps([entry("city", ours), entry("pyvrp", theirs)]))
        result: bool | None = found["cvrp, n <= 200"]["met"]
        return result

    assert met(1002.0, 1002.0) is True
    assert met(1002.0, 1001.0) is False  # PyVRP is better
    assert met(1004.0, 1005.0) is False  # better than PyVRP, and still too far from the best known


def test_means_are_taken_over_instances_of_means_over_seeds() -> None:
    runs = [entry("city", cost, name, seed=seed) for name, seed, cost in
            (("a", 1, 1000.0), ("a", 2, 1004.0), ("b", 1, 1006.0))]  # fmt: skip
    found = summary_of(with_gaps([*runs, entry("pyvrp", 1010.0, "a"), entry("pyvrp", 1010.0, "b")]))
    assert found["cvrp, n <= 200"]["reached"]["mean_gap_pct"]["city"] == pytest.approx(0.4)
    assert found["cvrp, n <= 200"]["to_best_peer_pct"]["city"] == pytest.approx(-0.6 / 1.01, abs=1e-4)


def test_a_line_is_open_without_its_peer_or_in_another_time_and_says_so() -> None:
    alone = summary_of(with_gaps([entry("city", 1001.0)]))
    assert alone["cvrp, n <= 200"]["met"] is None
    assert "open: pyvrp was not run" in told(alone)[0]
    longer = summary_of(with_gaps([entry("city", 1001.0, seconds=60.0), entry("pyvrp", 1002.0, seconds=60.0)]))
    assert "it ran 60 s" in told(longer)[0]
    unserved = summary_of(with_gaps([entry("city", 900.0, unserved=3), entry("pyvrp", 1002.0)]))
    assert unserved["cvrp, n <= 200"]["met"] is None
    assert unserved["every rule kept, everybody served"]["met"] is False
    missed = summary_of(with_gaps([entry("city", 1100.0)]))
    assert missed["cvrp, n <= 200"]["met"] is False  # whoever else runs


def test_sizes_have_lines_of_their_own() -> None:
    sizes = {200: "cvrp, n <= 200", 327: "cvrp, n ~ 500", 701: "cvrp, n ~ 500", 1001: "cvrp, n ~ 1000"}
    for nodes, name in sizes.items():
        assert name in summary_of([entry("city", 1001.0, nodes=nodes)])
    assert "vrptw, n >= 200 (Homberger)" in summary_of([entry("city", 1.0, kind="vrptw", nodes=201)])


def kim(solver: str, cost: float, nodes: int = 804, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return entry(solver, cost, str(nodes), **{"kind": "kim2006", "nodes": nodes, "seconds": 60.0, **changes})


def test_kim_counts_trucks_before_miles() -> None:
    def met(*runs: dict[str, Any]) -> bool | None:
        result: bool | None = summary_of(runs)["kim2006, more than 277 stops"]["met"]
        return result

    assert met(kim("city", 95.0), kim("ortools", 100.0)) is True
    assert met(kim("city", 96.0), kim("ortools", 100.0)) is False
    assert met(kim("city", 90.0, vehicles=4), kim("ortools", 100.0)) is False
    assert met(kim("city", 105.0, vehicles=2), kim("ortools", 100.0)) is True
    assert met(kim("city", 90.0, unserved=1), kim("ortools", 100.0)) is False
    assert met(kim("city", 90.0)) is None


def test_kim_277_has_a_bound_of_its_own() -> None:
    def met(**changes: Any) -> bool | None:  # noqa: ANN401
        run = {**kim("city", 449.0, 277), **changes}
        result: bool | None = summary_of([run])["kim2006, 277 stops"]["met"]
        return result

    assert met() is True
    assert met(cost=451.0) is False
    assert met(vehicles=4) is False
    assert met(violations=1) is False
    assert met(seconds=600.0) is None
