"""The specification against the service: requests made from it, and bodies that nobody should send.

    .venv/bin/python -m benchmarks.serving_specification [--home DIR] [--examples 100] [--requests 100000] [--json OUT]

schemathesis asks every operation, with valid and with invalid data; then bent bodies go to every address that takes
one (benchmarks/serving_fuzz.py). Nothing may crash, hang, or be answered as the specification does not say. Without
--home a demo city is built (2 min); with it, a copy is used.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.results_file import write_results
from benchmarks.serving_fuzz import fuzz, targets
from benchmarks.serving_home import Home, prepare
from benchmarks.serving_processes import Server, ours

HOOKS = Path(__file__).with_name("serving_specification_hooks.py")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
    "negative_data_rejection",
)
UNLIMITED = {
    "CITY_KEY_RATE": "1000000",
    "CITY_KEY_BURST": "1000000",
    "CITY_KEY_CONCURRENCY": "1000",
    "CITY_GUESSES": "100000",
}
PHASES = "examples,coverage,fuzzing"
PLANS = {"deadline_ms": 500, "seed": 1}


def asked(
    url: str, key: str, *, examples: int, seed: int, folder: Path, phases: str = PHASES
) -> tuple[dict[str, Any], str]:
    """What schemathesis found, and all that it said."""
    words = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json",
        "--header", f"Authorization: Bearer {key}", "--checks", ",".join(CHECKS), "--max-examples", str(examples),
        "--phases", phases, "--seed", str(seed), "--request-timeout", "60", "--no-color",
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)}
    began = time.monotonic()
    code, said = _told(words, folder, environment)
    operations = re.search(r"Tested: (\d+)", said)
    cases = re.search(r"(\d+) generated", said)
    failures = re.findall(r"❌ (ST\d+ [^:\n]+): (\d+)", said)
    found = {
        "passed": code == 0,
        "operations": int(operations[1]) if operations else 0,
        "cases": int(cases[1]) if cases else 0,
        "failures": {name: int(count) for name, count in failures},
        "seconds": round(time.monotonic() - began, 1),
    }
    return found, said


def _told(words: Sequence[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Runs it, and passes on what it says as it goes."""
    said = []
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", file=sys.stderr, flush=True)
            said.append(line)
        return process.wait(), "".join(said)


def bent(server: Server, home: Home, *, requests: int, seed: int) -> dict[str, Any]:
    with httpx.Client(base_url=server.url, headers=home.headers, timeout=60) as client:
        specification = client.get("/openapi.json").json()
        plans = {kind: client.get(f"/v1/{kind}/plans").json()["plans"][0] for kind in ("signals", "routes")}
        whole = {kind: client.get(plan["href"]).json()["plan"] for kind, plan in plans.items()}
    truck = whole["routes"]["routes"][0]["truck_id"]
    names = {"plan_id": plans["routes"]["plan_id"], "truck_id": truck, "name": "congestion"}
    seeds: dict[str, Any] = {f"/v1/{kind}/check": document for kind, document in whole.items()}
    seeds |= {f"/v1/{kind}/plans": PLANS for kind in whole}
    aims = targets(specification, names, seeds)
    began = time.monotonic()
    done = asyncio.run(fuzz(server.url, home.keys[0], aims, requests=requests, seed=seed))
    alive = httpx.get(f"{server.url}/readyz", timeout=60).status_code
    return {
        **done.document(),
        "addresses": len(aims),
        "seconds": round(time.monotonic() - began, 1),
        "ready_afterwards": alive == 200,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, metavar="DIR", help="a home with a demo city in it; a copy is used")
    parser.add_argument("--examples", type=int, default=100, help="per operation; default 100")
    parser.add_argument("--requests", type=int, default=100_000, help="bent bodies; default 100,000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="OUT", help="where the results go")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="city-specification-") as scratch:
        folder = Path(scratch)
        home = prepare(options.home, folder)
        with ours(home.folder, folder / "serve.log", workers=1, **UNLIMITED) as server:
            found, _ = asked(server.url, home.keys[0], examples=options.examples, seed=options.seed, folder=folder)
            print(f"schemathesis: {found}")
            sent = bent(server, home, requests=options.requests, seed=options.seed)
            print(f"bent bodies: {sent}")
        crashes = (folder / "serve.log").read_text(encoding="utf-8", errors="replace").count("Traceback")
    result = {
        "target": {"server_errors": 0, "undocumented": 0, "hangs": 0},
        "reached": {"schemathesis": found, "bent_bodies": sent, "tracebacks_in_the_log": crashes},
    }
    if options.json is not None:
        config = {"examples": options.examples, "requests": options.requests}
        write_results("serving_specification", result, config=config, seed=options.seed, out=options.json)


if __name__ == "__main__":
    main()
