"""Routes against the best known solutions and against the best solvers, same machine, same run, same CPU seconds.

    .venv/bin/python -m benchmarks.routing --instances ../shared/data/routing/cvrp --seconds 30 --peers pyvrp,vroom,ortools
    .venv/bin/python -m benchmarks.routing --instances ../shared/data/routing/vrptw/solomon --seconds 10 --seeds 1-3
    .venv/bin/python -m benchmarks.routing --instances ../shared/data/routing/waste_kim2006 --seconds 60 --peers ortools

A path is a file or a folder, walked to its ends: VRPLIB (.vrp, best known from the .sol beside it: X set, several trips
with release dates), Solomon and Homberger (.txt, distance, arcs truncated to one decimal), Kim 2006 (*_stop.txt: trucks
first, then miles). Every solver has a process of its own, one thread and S CPU seconds; its answer is judged by a check
that knows no solver. VROOM has no other clock than the wall's, and no seed; PyVRP stands for the best known where no
file states one. Several trips with release dates are known to PyVRP alone, Kim's rules to OR-Tools alone: on those
instances the others stay out. On Kim's, `city` is the product's planner and `ortools` the same planner without its own
engine, both by wall time.

`--json OUT` holds a list with one entry per instance, solver and seed; beside it OUT.summary.json says for each target
whether it is met.
"""  # noqa: E501  -- a command stays on one line, for whoever copies it

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.results_file import provenance
from benchmarks.routing_entries import Entry, complete, entry_of, with_gaps
from benchmarks.routing_files import kind_of, sources
from benchmarks.routing_instances import Source
from benchmarks.routing_runs import SOLVERS, Run, missing, solved, takes
from benchmarks.routing_summary import summary_of, told
from benchmarks.routing_table import shown
from benchmarks.signals import seeds_of
from city.errors import CityError

PEERS = SOLVERS[1:]
ONE_CORE = ("pyvrp",)  # gets more cores as more seeds, of which the best counts; OR-Tools has neither


def _solvers(text: str) -> tuple[str, ...]:
    found = tuple(part for part in text.split(",") if part)
    if strange := [one for one in found if one not in SOLVERS]:
        sentence = f"{', '.join(strange)} is none of {', '.join(SOLVERS)}"
        raise argparse.ArgumentTypeError(sentence)
    return found


def _above_zero(text: str) -> float:
    if not 0 < (value := float(text)) < float("inf"):
        sentence = f"{text} is not a number above 0"
        raise argparse.ArgumentTypeError(sentence)
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=Path, nargs="+", required=True, metavar="PATH", help="files or folders")
    parser.add_argument("--seconds", type=_above_zero, required=True, help="CPU seconds of one core per solver and run")
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1"), help="1-3 or 1,3,8; default 1")
    parser.add_argument("--peers", type=_solvers, default=PEERS, help=f"some of {','.join(PEERS)}; default all")
    parser.add_argument("--cores", type=int, default=1, help="cores per run; default 1")
    parser.add_argument("--without-city", action="store_true", help="the peers alone")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where the results go")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    solvers = [*(() if asked.without_city else ("city",)), *(peer for peer in asked.peers if peer != "city")]
    for sentence in filter(None, map(missing, solvers)):
        print(sentence)
    solvers = [solver for solver in solvers if not missing(solver)]
    entries: list[Entry] = []
    try:
        for source in sources(asked.instances):
            entries += _instance(source, solvers, asked)
    except CityError as error:
        sys.exit(f"error: {error}")
    summary = summary_of(entries)
    if summary:
        print("\nOver all instances", *told(summary), sep="\n  ")
    if asked.json is not None:
        _write(asked, entries, summary)


def _instance(source: Source, solvers: Sequence[str], asked: argparse.Namespace) -> list[Entry]:
    """Each solver with each seed, one after the other: together they would take each other's cache."""
    kind = kind_of(source)
    runs = [
        Run(source=source, solver=solver, seconds=asked.seconds, seed=seed, cores=asked.cores)
        for solver in solvers
        if takes(solver, kind)
        for seed in asked.seeds
    ]
    entries = []
    for run in runs:
        print(f"{source.name}: {run.solver}, seed {run.seed}", file=sys.stderr, flush=True)
        entries.append(_best_of_cores(run))
    entries = with_gaps(entries)
    if entries:
        shown(entries)
    return entries


def _best_of_cores(run: Run) -> Entry:
    if run.cores == 1 or run.solver not in ONE_CORE:
        return entry_of(run, solved(run))
    runs = [replace(run, seed=run.seed + 1000 * number) for number in range(run.cores)]
    with ThreadPoolExecutor(run.cores) as pool:
        found = [entry_of(run, done) for done in pool.map(solved, runs)]
    best = min(found, key=lambda entry: (not complete(entry), entry["unserved"], entry["cost"] or 0.0))
    return {**best, "cpu_s": round(sum(entry["cpu_s"] for entry in found), 3)}


def _write(asked: argparse.Namespace, entries: list[Entry], summary: dict[str, dict[str, object]]) -> None:
    config = {name: getattr(asked, name) for name in ("seconds", "seeds", "peers", "cores")}
    config["instances"] = [path.name for path in asked.instances]
    made_with = provenance(config=config, seed=asked.seeds[0])
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    beside = asked.json.with_suffix(".summary.json")
    for path, document in (
        (asked.json, [{**made_with, **entry} for entry in entries]),
        (beside, {**made_with, "summary": summary}),
    ):
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nWritten to {asked.json}, the summary to {beside}")


if __name__ == "__main__":
    main()
