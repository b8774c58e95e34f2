"""A search that goes well or wrong as the seed of the request says."""

import json
import os
import pickle
import time
from pathlib import Path

from serving.solving import solve
from serving.workbench_process import Report

GOOD, DIES, WRONG_DATE, THEN_HANGS = 1, 2, 3, 4


def search(task: Path, end_at: float, *, report: Report) -> None:
    seed = pickle.loads(task.read_bytes()).provenance.seed  # noqa: S301  -- our own service wrote it
    if seed == DIES:
        os._exit(1)
    if seed == WRONG_DATE:
        solve(task, end_at, report=lambda body: report(_of_another_day(body)))
        return
    solve(task, end_at, report=report)
    if seed == THEN_HANGS:
        time.sleep(600)


def _of_another_day(body: object) -> object:
    assert isinstance(body, dict)
    return {"plan": json.dumps(json.loads(body["plan"]) | {"service_date": "2020-01-01"})}
