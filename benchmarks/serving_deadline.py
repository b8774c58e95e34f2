"""Planning requests against their deadlines, while whoever searches is killed, stalled, crashes or returns nonsense.

    .venv/bin/python -m benchmarks.serving_deadline [--requests 1000] [--at-once 3] [--home DIR] [--seed 1] [--json OUT]

Signals and routes in turn, over loopback HTTP, deadlines drawn evenly between 0.5 and 5 s. In four of five searches
something goes wrong (benchmarks/serving_mischief.py, by the request's seed); every answer is judged here, apart from
the service, against the records that the plan was made from. Without --home a demo city is built (2 min).
"""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import uvicorn

from benchmarks.results_file import write_results
from benchmarks.serving_home import Home, prepare
from benchmarks.serving_load import quantile
from benchmarks.serving_mischief import deed_of
from benchmarks.serving_processes import free_port
from city.errors import CityError
from city.settings import Settings
from serving.checking import check_document
from serving.desk import Desk

SHORTEST_S, LONGEST_S = 0.5, 5.0
AT_ONCE = 3
PATIENCE_S = 600.0
MARK = "CITY_BENCHMARK_MARK"
SEARCH = "benchmarks.serving_mischief:search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    number: int
    kind: str
    deadline_s: float
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    asked: Asked
    status: int
    late_s: float
    document: dict[str, Any]


def requests_of(count: int, seed: int) -> list[Asked]:
    random = Random(seed)
    asked = []
    for number in range(count):
        kind = ("signals", "routes")[number % 2]
        deadline_s = random.uniform(SHORTEST_S, LONGEST_S)
        body: dict[str, Any] = {"seed": random.randrange(2**31), "deadline_ms": round(deadline_s * 1000)}
        if kind == "routes":
            body["seconds"] = 3
        asked.append(Asked(number=number, kind=kind, deadline_s=body["deadline_ms"] / 1000, body=body))
    return asked


def ask(client: httpx.Client, asked: Asked) -> Answered:
    began = time.monotonic()
    answer = client.post(f"/v1/{asked.kind}/plans", json=asked.body)
    late_s = time.monotonic() - began - asked.deadline_s
    return Answered(asked=asked, status=answer.status_code, late_s=late_s, document=answer.json())


def fault_of(answered: Answered, desk: Desk) -> str | None:
    """What is wrong with an answer; None for a plan that keeps every rule, and for an honest 503."""
    if answered.status != 201:
        return None if answered.status == 503 else f"status {answered.status}: {answered.document.get('detail')}"
    kind, plan = answered.asked.kind, answered.document["plan"]
    expected = EXPECTED_DAY.setdefault(kind, plan["service_date"])
    if (plan["kind"], plan["plan_id"], plan["service_date"]) != (kind, answered.document["plan_id"], expected):
        return f"it is {plan['plan_id']} for {plan['service_date']}, the others are for {expected}"
    problem_path = desk.settings.plans / plan["plan_id"] / "problem.json"
    try:
        checked = check_document(desk, plan, source="the answer", problem_path=problem_path)
    except CityError as error:
        return str(error)
    if not checked.report.ok:
        return checked.report.findings[0].sentence
    certificate = checked.certificate
    return None if certificate is not None and certificate.holds else "its certificate does not hold"


EXPECTED_DAY: dict[str, str] = {}


@contextmanager
def service(home: Home, log: Path, mark: str, places: int) -> Iterator[str]:
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.serving_deadline", "--serve", str(port), "--home", str(home.folder)]
    environment = {**os.environ, MARK: mark, "OMP_WAIT_POLICY": "passive"}
    with log.open("wb") as out:
        process = subprocess.Popen([*words, "--places", str(places)], env=environment, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + PATIENCE_S
        while not _is_up(url):
            if time.monotonic() >= until or process.poll() is not None:
                sys.exit(f"The service did not begin to answer:\n{log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.2)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez").status_code < 600
    except httpx.TransportError:
        return False


def serve(home: Path, port: int, places: int) -> None:
    """The service's own application; only who searches is another."""
    from serving.api.app import build_api  # noqa: PLC0415  -- only the process that serves needs it
    from serving.api.state import Office  # noqa: PLC0415
    from serving.planners import Planners  # noqa: PLC0415

    office = Office(Desk(Settings.from_environment({"CITY_HOME": str(home), "CITY_KEY_CONCURRENCY": "64"})))
    office.planning = Planners(office.desk, places=places, search=SEARCH)
    office.planning.start()
    bench = office.planning.bench
    while not (bench.checkers.warm() and bench.planners.warm()):
        time.sleep(0.1)
    try:
        uvicorn.run(build_api(office), host="127.0.0.1", port=port, log_level="warning", access_log=False)
    finally:
        office.planning.close()


def left_over(mark: str, seconds: float = 5.0) -> list[int]:
    """Processes that carry the mark in their environment a while after all should have ended."""
    until = time.monotonic() + seconds
    while (found := _marked(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def _marked(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if f"{MARK}={mark}".encode() in environment:
            found.append(int(entry.name))
    return found


@contextmanager
def watched(mark: str) -> Iterator[list[int]]:
    """How many processes carry the mark, every other second."""
    seen = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(2.0):
            seen.append(len(_marked(mark)))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


def measure(home: Home, folder: Path, *, count: int, at_once: int, seed: int, places: int) -> dict[str, Any]:
    mark = secrets.token_hex(8)
    desk = Desk(Settings.from_environment({"CITY_HOME": str(home.folder)}))
    answers = []
    with (
        service(home, folder / "deadline.log", mark, places) as url,
        watched(mark) as seen,
        httpx.Client(base_url=url, headers=home.headers, timeout=60) as client,
        ThreadPoolExecutor(at_once) as pool,
    ):
        for answered in pool.map(lambda asked: ask(client, asked), requests_of(count, seed)):
            answers.append(answered)
            if len(answers) % 50 == 0:
                print(f"{len(answers)} of {count} answered", file=sys.stderr, flush=True)
    leftover = left_over(mark)
    faults = {one.asked.number: fault for one in answers if (fault := fault_of(one, desk)) is not None}
    return {**judged(answers, faults), "leftover_processes": len(leftover), "most_processes": max(seen)}


def judged(answers: list[Answered], faults: dict[int, str]) -> dict[str, Any]:
    late = sorted(one.late_s for one in answers)
    rungs: dict[str, Counter[str]] = {"signals": Counter(), "routes": Counter()}
    by_deed: dict[str, Counter[str]] = {}
    for one in answers:
        rung = one.document["plan"]["rung"] if one.status == 201 else str(one.status)
        rungs[one.asked.kind][rung] += 1
        by_deed.setdefault(deed_of(one.asked.body["seed"]), Counter())[rung] += 1
    return {
        "requests": len(answers),
        "answered": sum(one.asked.number not in faults for one in answers),
        "plans": sum(one.status == 201 for one in answers),
        "no_plan_503": sum(one.status == 503 for one in answers),
        "wrong": len(faults),
        "faults": dict(list(faults.items())[:20]),
        "why_no_plan": dict(Counter(why_not(one) for one in answers if one.status == 503).most_common(20)),
        "late_p50_s": round(quantile(late, 0.5), 3),
        "late_p99_s": round(quantile(late, 0.99), 3),
        "late_most_s": round(late[-1], 3),
        "rungs": {kind: dict(counts.most_common()) for kind, counts in rungs.items()},
        "by_deed": {deed: dict(counts.most_common()) for deed, counts in sorted(by_deed.items())},
    }


def why_not(answered: Answered) -> str:
    detail: str = answered.document["detail"]
    return detail.partition(": ")[2][:120] or detail[:120]


def show(result: dict[str, Any]) -> None:
    print(f"{result['requests']} requests: {result['plans']} plans, {result['no_plan_503']} times 503, ", end="")
    print(
        f"{result['wrong']} wrong; late p99 {result['late_p99_s']:.3f} s, most {result['late_most_s']:.3f} s; ", end=""
    )
    print(f"{result['leftover_processes']} processes left over")
    for kind, counts in result["rungs"].items():
        print(f"  {kind:<10}" + ", ".join(f"{rung} {count}" for rung, count in counts.items()))
    for deed, counts in result["by_deed"].items():
        print(f"  {deed:<16}" + ", ".join(f"{rung} {count}" for rung, count in counts.items()))
    for why, times in result["why_no_plan"].items():
        print(f"  503 x {times}: {why}")
    for number, fault in result["faults"].items():
        print(f"  request {number}: {fault}")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--places", type=int, default=2, help="searches at once")
    parser.add_argument("--home", type=Path, help="a demo city's home; it is copied")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    if arguments.serve is not None:
        serve(arguments.home, arguments.serve, arguments.places)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        home = prepare(arguments.home, folder)
        result = measure(
            home,
            folder,
            count=arguments.requests,
            at_once=arguments.at_once,
            seed=arguments.seed,
            places=arguments.places,
        )
    show(result)
    config = {"requests": arguments.requests, "at_once": arguments.at_once, "places": arguments.places}
    figures = {
        "target": {"answered_share": 1.0, "wrong": 0, "late_p99_s": 0.3, "leftover_processes": 0},
        "deadline": result,
    }
    if arguments.json is not None:
        write_results("serving_deadline", figures, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
