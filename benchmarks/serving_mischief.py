"""A planner that goes wrong in every way that one can, by the seed of the request.

It stands in for `serving.solving:solve` in the process that searches; nothing in the product knows of it.
"""

import ctypes
import json
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from serving.solving import solve

LATEST_S = 1.5  # after which somebody kills or stops the work
DEEDS = (
    "none", "killed", "killed_later", "stalled", "stalled_later", "segfault", "raises", "exits", "garbage",
    "half_message", "no_plan_at_all", "not_even_text", "wrong_date", "wrong_place", "broken_clocks", "breaks_rules",
    "lost_a_part", "not_finite", "silent",
)  # fmt: skip
SHARE_OF_GOOD = 0.2

Report = Callable[[object], None]


def deed_of(seed: int) -> str:
    random = Random(seed)
    return "none" if random.random() < SHARE_OF_GOOD else random.choice(DEEDS[1:])


def search(task: Path, end_at: float, *, report: Any) -> None:  # noqa: ANN401  -- it reaches behind the report
    """Plan as always, and do what the seed says."""
    seed = pickle.loads(task.read_bytes()).provenance.seed  # noqa: S301  -- our own service wrote it
    deed, random = deed_of(seed), Random(seed + 1)
    if deed in AT_ONCE:
        AT_ONCE[deed](random, report)
        return
    if deed in LATER:
        threading.Thread(target=_later, args=(random.uniform(0, LATEST_S), LATER[deed]), daemon=True).start()
    spoil = SPOILED.get(deed)
    solve(task, end_at, report=report if spoil is None else lambda body: report(_spoiled(body, spoil, random)))


def _later(seconds: float, signal_number: int) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal_number)


def _raise(random: Random, _report: Report) -> None:
    raise random.choice((MemoryError, RuntimeError, KeyError, RecursionError))


def _write(content: bytes, report: Any) -> None:  # noqa: ANN401
    report.__self__.file.write(content)
    report.__self__.file.flush()
    time.sleep(3600)


def _not_text(random: Random, report: Report) -> None:
    bodies: tuple[object, ...] = (None, [], {"plan": 7}, {"plan": [[[]]]}, {"infeasible": "perhaps"}, random.random())
    for body in bodies:
        report(body)


AT_ONCE: dict[str, Callable[[Random, Any], object]] = {
    "killed": lambda _random, _report: os.kill(os.getpid(), signal.SIGKILL),
    "stalled": lambda _random, _report: os.kill(os.getpid(), signal.SIGSTOP),
    "segfault": lambda _random, _report: ctypes.string_at(0),
    "raises": _raise,
    "exits": lambda random, _report: os._exit(random.randrange(256)),
    "garbage": lambda random, report: _write(random.randbytes(random.randrange(1, 100_000)), report),
    "half_message": lambda _random, report: _write(b"\x00\x00\x10\x00" + b'["report", {"plan": "{', report),
    "no_plan_at_all": lambda random, report: report({"plan": random.choice(("", "{}", "[" * 5000, "null", "{"))}),
    "not_even_text": _not_text,
    "silent": lambda _random, _report: time.sleep(3600),
}
LATER = {"killed_later": signal.SIGKILL, "stalled_later": signal.SIGSTOP}


def _spoiled(body: Any, spoil: Callable[[dict[str, Any], Random], None], random: Random) -> object:  # noqa: ANN401
    if not isinstance(body, dict) or "plan" not in body:
        return body
    plan = json.loads(body["plan"])
    spoil(plan, random)
    return {"plan": json.dumps(plan)}


def _wrong_date(plan: dict[str, Any], random: Random) -> None:
    day = date.fromisoformat(plan["service_date"]) + timedelta(days=random.choice((-365, -1, 1, 7)))
    plan["service_date"] = day.isoformat()


def _wrong_place(plan: dict[str, Any], random: Random) -> None:
    name = random.choice(("district_ids", "plan_id", "time_zone"))
    plan[name] = ["elsewhere"] if name == "district_ids" else "Europe/Berlin"


def _broken_clocks(plan: dict[str, Any], random: Random) -> None:
    """Somewhere a clock runs backwards, or past what it may."""
    by = random.choice((-3600, -60, 100_000))
    if plan["kind"] == "routes":
        stops = [stop for route in plan["routes"] for trip in route["trips"] for stop in trip["stops"]]
        random.choice(stops)["start_s"] += by
    else:
        day = random.choice(plan["day_plans"])
        random.choice(day["plans"])["offset_s"] = by


def _breaks_rules(plan: dict[str, Any], random: Random) -> None:
    """Well-formed, of the right day and place, and not to be let out."""
    if plan["kind"] == "routes":
        route = random.choice([route for route in plan["routes"] if route["trips"]])
        trip = random.choice(route["trips"])
        stop = random.choice(trip["stops"])
        stop["load_kg"] = stop["kg"] = stop["kg"] * 3 + 1
    else:
        signal_plan = random.choice(random.choice(plan["day_plans"])["plans"])
        for green in signal_plan["greens"]:
            green["start_s"], green["end_s"] = 0, signal_plan["cycle_s"]


def _lost_a_part(plan: dict[str, Any], random: Random) -> None:
    """A truck's route, or a junction, is gone and nobody says why."""
    parts = plan["routes" if plan["kind"] == "routes" else "day_plans"]
    parts.pop(random.randrange(len(parts)))


def _not_finite(plan: dict[str, Any], _random: Random) -> None:
    if plan["kind"] == "routes":
        plan["cost"] = [[name, float("nan")] for name, _ in plan["cost"]]
    else:
        plan["measures"] = [measure | {"delay_s": float("inf")} for measure in plan["measures"]]
        plan["provenance"]["seed"] = sys.maxsize


SPOILED: dict[str, Callable[[dict[str, Any], Random], None]] = {
    "wrong_date": _wrong_date,
    "wrong_place": _wrong_place,
    "broken_clocks": _broken_clocks,
    "breaks_rules": _breaks_rules,
    "lost_a_part": _lost_a_part,
    "not_finite": _not_finite,
}
