"""The service under load, beside a bare uvicorn and FastAPI that return the same bytes.

    .venv/bin/python -m benchmarks.serving --part load|online|soak|overload|deadline|faults [--home DIR] [--json OUT]
        [--repeats 5] [--seconds 5] [--connections 8] [--minutes 10] [--rate 200] [--workers 2] [--requests 1000]
        [--only worker_killed,...] [--kills 100]

load: stored forecasts and plans, closed loop; ours and bare in turn, medians over the repeats; CPU time of the server's
processes per request. online: forecasts of 200 detectors that are computed on request (benchmarks/serving_online.py;
--home: a city of as many). soak: a mix at a fixed rate for minutes; memory of every process against time. overload: a
mix that is computed anew each time, at what the service can do and at twice as much. deadline: planning requests while
solvers are disturbed (benchmarks/serving_deadline.py). faults: what can break around it, broken (serving_faults.py).
Without --home a demo city is built (2 min; for online 10).
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.results_file import write_results
from benchmarks.serving_deadline import AT_ONCE, measure, show
from benchmarks.serving_faults import measured as measured_faults
from benchmarks.serving_faults import show as show_faults
from benchmarks.serving_figures import Sample, by_kind, flatness, per_request
from benchmarks.serving_home import Home, key_of, mixed, prepare, stored_routes
from benchmarks.serving_load import Answers, Load, Shot, fire, quantile
from benchmarks.serving_online import build_city, lines, measure_online, tick
from benchmarks.serving_processes import ANSWERING, OTHERS, Server, bare, ours, settle

UNLIMITED = {"CITY_KEY_RATE": "1000000", "CITY_KEY_BURST": "1000000", "CITY_KEY_CONCURRENCY": "1000"}
SAMPLE_EVERY_S = 5.0
TOLD_EVERY = 12  # samples


def told(sentence: str) -> None:
    """To whoever waits; the results go to stdout."""
    print(sentence, file=sys.stderr, flush=True)


def measured(server: Server, load: Load) -> dict[str, float]:
    """One run: requests a second, milliseconds, and CPU milliseconds per request of those that answer."""
    spent_by = server.answering_cpu_s if server.manages else server.cpu_s
    before = spent_by()
    answers = fire(load)
    spent_s = spent_by() - before
    ms = answers.all_ms("200", "304")
    if set(answers.statuses()) - {"200", "304"}:
        sys.exit(f"Not all were answered: {answers.statuses()}")
    counted = len(ms)
    return {
        "rps": counted / answers.seconds,
        "p50_ms": quantile(ms, 0.5),
        "p99_ms": quantile(ms, 0.99),
        "cpu_ms": per_request(spent_s, counted),
    }


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def part_load(arguments: argparse.Namespace, home: Home, folder: Path) -> dict[str, Any]:
    with ours(home.folder, folder / "ours.log", workers=1, **UNLIMITED) as server:
        settle(server)
        routes = stored_routes(server.url, home)
        bodies = save_bodies(server, home, list(routes.values()), folder / "bodies")
        with bare(bodies, folder / "bare.log") as other:
            found: dict[str, dict[str, list[dict[str, float]]]] = {name: {"ours": [], "bare": []} for name in routes}
            for repeat in range(arguments.repeats):
                told(f"repeat {repeat + 1} of {arguments.repeats}: {len(routes)} routes, ours and bare")
                for number, (name, path) in enumerate(routes.items()):
                    mine = one_shot(arguments, server, Shot(label="a", method="GET", path=path, key=home.keys[0]))
                    theirs = one_shot(arguments, other, Shot(label="a", method="GET", path=f"/bytes/{number}"))
                    found[name]["ours"].append(measured(server, mine))
                    found[name]["bare"].append(measured(other, theirs))
    result = {
        "routes": {name: medians(runs["ours"]) for name, runs in found.items()},
        "bare": {name: medians(runs["bare"]) for name, runs in found.items()},
        "bytes": {name: (bodies / f"{number}.json").stat().st_size for number, name in enumerate(routes)},
    }
    show_load(result)
    return result


def one_shot(arguments: argparse.Namespace, server: Server, shot: Shot) -> Load:
    return Load(
        host="127.0.0.1", port=server.port, connections=arguments.connections, seconds=arguments.seconds, shots=[shot]
    )


def save_bodies(server: Server, home: Home, paths: list[str], folder: Path) -> Path:
    folder.mkdir()
    for number, path in enumerate(paths):
        answer = httpx.get(server.url + path, headers=home.headers, timeout=60).raise_for_status()
        (folder / f"{number}.json").write_bytes(answer.content)
    return folder


def show_load(result: dict[str, Any]) -> None:
    print(
        f"{'route':<58}{'bytes':>9}{'rps':>7}{'p50':>7}{'p99':>8}{'cpu':>7} | bare{'rps':>6}{'p99':>8}{'cpu':>7} above"
    )
    for name, mine in result["routes"].items():
        other = result["bare"][name]
        own = f"{mine['rps']:>7.0f}{mine['p50_ms']:>7.2f}{mine['p99_ms']:>8.2f}{mine['cpu_ms']:>7.3f}"
        beside = f"{other['rps']:>10.0f}{other['p99_ms']:>8.2f}{other['cpu_ms']:>7.3f}"
        above = mine["cpu_ms"] - other["cpu_ms"]
        print(f"{name:<58}{result['bytes'][name]:>9}{own} |{beside}{above:>6.3f}")


@contextmanager
def sampled(server: Server) -> Iterator[list[Sample]]:
    """Memory every few seconds."""
    samples: list[Sample] = []
    done = threading.Event()
    started = time.monotonic()

    def watch() -> None:
        while not done.wait(SAMPLE_EVERY_S):
            samples.append((time.monotonic() - started, server.rss_mb()))
            if len(samples) % TOLD_EVERY == 0:
                told(f"{samples[-1][0] / 60:.0f} min: {samples[-1][1][ANSWERING]:.0f} MB answer requests")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def part_soak(arguments: argparse.Namespace, home: Home, folder: Path) -> dict[str, Any]:
    with ours(home.folder, folder / "soak.log", workers=arguments.workers) as server:
        settle(server)
        shots = mixed(server.url, home)
        load = Load(
            host="127.0.0.1", port=server.port, connections=32, seconds=60 * arguments.minutes, shots=shots,
            rate_per_s=arguments.rate, seed=arguments.seed,
        )  # fmt: skip
        before, all_before = server.answering_cpu_s(), server.cpu_s()
        with sampled(server) as samples:
            answers = fire(load)
        spent_s, all_spent_s = server.answering_cpu_s() - before, server.cpu_s() - all_before
    ms = answers.all_ms()
    result = {
        "rate_per_s": arguments.rate,
        "minutes": arguments.minutes,
        "workers": arguments.workers,
        "statuses": answers.statuses(),
        "p50_ms": quantile(ms, 0.5),
        "p99_ms": quantile(ms, 0.99),
        "p999_ms": quantile(ms, 0.999),
        "most_ms": ms[-1] if ms else None,
        "cpu_ms": per_request(spent_s, len(ms)),
        "cpu_ms_all_processes": per_request(all_spent_s, len(ms)),
        "by_kind": by_kind(answers),
        "memory": {kind: flatness(samples, kind) for kind in (ANSWERING, OTHERS)},
    }
    print_tree(result)
    return {"soak": result}


def part_overload(arguments: argparse.Namespace, home: Home, folder: Path) -> dict[str, Any]:
    with ours(home.folder, folder / "overload.log", workers=arguments.workers, **UNLIMITED) as server:
        settle(server)
        shots = mixed(server.url, home, heavy=True)

        def load(connections: int, rate_per_s: float | None) -> Load:
            return Load(
                host="127.0.0.1", port=server.port, connections=connections, seconds=arguments.seconds * 4, shots=shots,
                rate_per_s=rate_per_s, seed=arguments.seed,
            )  # fmt: skip

        # As many at once as the service takes: what it can do, and how long one waits then.
        closed = fire(load(16 * arguments.workers, None))
        capacity = closed.count("200") / closed.seconds
        told(f"it can do {capacity:.0f} a second; now as many, twice as many, half as many")
        full = fire(load(400, capacity))
        twice = fire(load(400, 2 * capacity))
        after = fire(load(400, 0.5 * capacity))
    result = {
        "capacity_per_s": round(capacity, 1),
        "closed": judged(closed),
        "at_capacity": judged(full),
        "at_twice": judged(twice),
        "at_half_afterwards": judged(after),
        "p99_ratio": round(quantile(twice.all_ms("200"), 0.99) / quantile(full.all_ms("200"), 0.99), 2),
    }
    print_tree(result)
    return {"overload": result}


def judged(answers: Answers) -> dict[str, Any]:
    accepted, refused = answers.all_ms("200"), answers.all_ms("429")
    return {
        "statuses": answers.statuses(),
        "accepted_per_s": round(len(accepted) / answers.seconds, 1),
        "accepted_p50_ms": quantile(accepted, 0.5),
        "accepted_p99_ms": quantile(accepted, 0.99),
        "refused_p50_ms": quantile(refused, 0.5) if refused else None,
        "refused_p99_ms": quantile(refused, 0.99) if refused else None,
    }


def part_deadline(arguments: argparse.Namespace, home: Home, folder: Path) -> dict[str, Any]:
    result = measure(
        home, folder, count=arguments.requests, at_once=AT_ONCE, seed=arguments.seed, places=arguments.workers
    )
    show(result)
    return {"deadline": result}


def part_online(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    home = folder / "home"
    if arguments.home is None:
        build_city(home)
    else:
        shutil.copytree(arguments.home, home)
        tick(home)
    result = measure_online(home, folder / "online.log", key_of(home), UNLIMITED)
    print(*lines(result), sep="\n")
    return {"online": result}


def part_faults(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    result = measured_faults(arguments)
    show_faults(result)
    return {"faults": result}


def print_tree(result: dict[str, Any], indent: str = "") -> None:
    for name, value in result.items():
        if isinstance(value, dict):
            print(f"{indent}{name}")
            print_tree(value, indent + "  ")
        else:
            print(f"{indent}{name:<24}{value}")


PARTS: dict[str, Callable[[argparse.Namespace, Home, Path], dict[str, Any]]] = {
    "load": part_load,
    "soak": part_soak,
    "overload": part_overload,
    "deadline": part_deadline,
}
OWN_CITY: dict[str, Callable[[argparse.Namespace, Path], dict[str, Any]]] = {
    "online": part_online,
    "faults": part_faults,
}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=(*PARTS, *OWN_CITY), required=True)
    parser.add_argument("--home", type=Path, help="a demo city's home; it is copied")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--only", help="faults: these of them, with commas between")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if arguments.part in OWN_CITY:
            result = OWN_CITY[arguments.part](arguments, folder)
        else:
            result = PARTS[arguments.part](arguments, prepare(arguments.home, folder), folder)
    config = {name: value for name, value in vars(arguments).items() if name not in {"json", "home", "seed"}}
    if arguments.json is not None:
        write_results(f"serving_{arguments.part}", result, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
