"""`city vroom` as its users start it."""

import json
from pathlib import Path

from tests.serving.conftest import city


def test_vroom_from_the_command_line(tmp_path: Path) -> None:
    street = [[10 * abs(a - b) for a in range(3)] for b in range(3)]
    problem = {
        "jobs": [{"id": 1, "location_index": 1}, {"id": 2, "location_index": 2}],
        "vehicles": [{"id": 7, "start_index": 0, "end_index": 0}],
        "matrices": {"car": {"durations": street}},
    }
    (tmp_path / "in.json").write_text(json.dumps(problem), encoding="utf-8")
    (tmp_path / "bad.json").write_text(json.dumps({**problem, "shipments": [1]}), encoding="utf-8")
    out = tmp_path / "out.json"

    good = city("vroom", str(tmp_path / "in.json"), "--out", str(out), "--seconds", "1", home=tmp_path / "home")
    answer = json.loads(out.read_text(encoding="utf-8"))
    bad = city("vroom", str(tmp_path / "bad.json"), home=tmp_path / "home")

    assert (good.code, answer["code"], answer["summary"]["cost"]) == (0, 0, 40)
    assert (bad.code, bad.json()["code"]) == (1, 2)
    assert "shipments" in bad.json()["error"]
