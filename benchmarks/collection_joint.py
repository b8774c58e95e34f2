"""Choosing by-fill points and routing trucks as one problem, against choosing first: 30 days, same bins, same router.

    python -m benchmarks.collection --part joint --city var
    python -m benchmarks.collection --part joint --bins ../shared/data/departments/bins_ankara [--led-by km]

Every policy lives through the same days (14 to settle, 30 judged) with the same forecast (that of the simulation, see
benchmarks/collection_joint_forecast.py), the same trucks, prices and router. Its threshold or dial is swept; km are
compared at the same overflow rate, straight between swept points, with the better of the two ways of choosing first.
`overflow`: of visits, those that follow an overflow (bins that began to overflow over visits made). `standing`: of
point-days, those that end above full; km are compared at the same `standing` too, so that no bin is given up unseen.
The product's prices put truck-shifts and hours before km; with `--led-by km` they cost next to nothing, for everyone.
Intervals: 95 %, from blocks of five days drawn again, the same days for all policies.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.collection_joint_days import Lived, live
from benchmarks.collection_joint_policies import POLICIES
from benchmarks.collection_joint_towns import Town, ankara, demo_city, led_by_km
from city.collection_problem import CollectionProblem
from features.arrays import Floats, Ints
from optimization.collection.engine_work import improve_with_engine, warm_up
from optimization.collection.search import Found, RoutingTask
from optimization.collection.solution import Solution
from optimization.collection.start import insert_leftovers, leave_what_costs_more, rebuild, start_solution
from optimization.collection.terrain import terrain
from optimization.patience import Patience

BLOCK_DAYS = 5
DRAWS = 500
START_S = 0.6
MOST_KM_SHARE = 0.75
MOST_OFF_DIAL = 0.01
OURS = "joint"
CHOOSERS = ("choose_then_route", "choose_then_route_fill")
Curve = list[tuple[float, Lived]]  # threshold or dial, and what it led to


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.add_argument("--city", type=Path, action="append", default=[], help="home of a demo city; may be repeated")
    parser.add_argument("--bins", type=Path, help="folder with visits_fullness.csv and location_data.csv")
    parser.add_argument("--led-by", choices=("product", "km"), default="product", help="prices of shifts and hours")
    parser.add_argument("--seconds", type=float, default=0.2, help="of the router per day, beside its start (0: none)")
    parser.add_argument("--seed", type=int, default=1, help="of the days drawn again")


def measure(asked: argparse.Namespace) -> dict[str, object]:
    towns = [*map(demo_city, asked.city), *([ankara(asked.bins)] if asked.bins is not None else [])]
    if not towns:
        sys.exit("Nothing to judge: name a demo city's home with --city, or the folder of real bins with --bins.")
    if asked.led_by == "km":
        towns = [led_by_km(town) for town in towns]
    warm_up()
    rows: list[dict[str, Any]] = []
    for town in towns:
        curves = dict(_swept(town, asked.seconds))
        rows.append(compared(town, curves, seed=asked.seed))
    return {
        "target": {"km_share": MOST_KM_SHARE, "off_dial": MOST_OFF_DIAL},
        "reached": {
            row["town"]: {name: row[name] for name in ("km_share", "km_share_standing", "off_dial")} for row in rows
        },
        "rows": rows,
    }


def _swept(town: Town, seconds: float) -> Iterator[tuple[str, Curve]]:
    print(f"\n{town.name}: {len(town.points)} points. {' '.join(town.assumed)}")
    print(
        f"{'policy':24}{'at':>6}{'km':>8}{'shifts':>8}{'hours':>8}{'visits':>8}{'overflow':>10}{'standing':>10}{'fill':>6}"
    )
    for name, (policy, thresholds) in POLICIES.items():
        curve: Curve = []
        for threshold in thresholds:
            lived = live(town, policy(threshold), partial(routed, seconds=seconds))
            curve.append((threshold, lived))
            print(_line(name, threshold, lived), flush=True)
        yield name, curve


def _line(name: str, threshold: float, lived: Lived) -> str:
    found = summary(lived)
    counts = "".join(f"{found[key]:8.0f}" for key in ("km", "truck_shifts", "truck_h", "visits"))
    return (
        f"{name:24}{threshold:6.2f}{counts}{found['overflow']:10.1%}{found['standing']:10.1%}"
        f"{found['fill_when_emptied']:6.2f}"
    )


def routed(problem: CollectionProblem, *, seconds: float) -> Solution:
    """The product's start and engine, in this process: the same for every policy."""
    ground = terrain(problem)
    start = start_solution(ground, seconds=START_S)
    if not ground.tasks or seconds <= 0:
        return start
    found: list[Found] = []
    improve_with_engine(RoutingTask(problem=problem, start=start.drafts(), seconds=seconds, seed=1), found.append)
    better = Solution(terrain=ground)
    patience = Patience(START_S)
    for vehicle, day in enumerate(found[-1].days):
        rebuild(better, vehicle, day)
    insert_leftovers(better, patience)
    leave_what_costs_more(better, patience)
    return min(start, better, key=lambda solution: solution.objective)


def summary(lived: Lived) -> dict[str, float]:
    visits = max(lived.total("visits"), 1.0)
    return {
        "km": lived.total("km"),
        "truck_shifts": lived.total("shifts"),
        "truck_h": lived.total("hours"),
        "visits": lived.total("visits"),
        "overflow": lived.total("overflows") / visits,
        "overflow_expected": lived.total("expected") / visits,
        "standing": lived.total("standing") / (lived.points * len(lived.rows)),
        "fill_when_emptied": lived.total("found") / visits,
        "missed": lived.total("missed"),
        "cpu_s": lived.cpu_s,
    }


def compared(town: Town, curves: dict[str, Curve], *, seed: int) -> dict[str, Any]:
    """Km of ours over km of the others at the same rate, the mean over the dials that their curves reach."""
    days = len(next(iter(curves.values()))[0][1].rows)
    every = np.arange(days)
    draws = list(_drawn(days, np.random.default_rng(seed)))
    document: dict[str, Any] = {
        "town": town.name,
        "points": len(town.points),
        "assumed": list(town.assumed),
        "policies": {name: [{"at": at, **summary(lived)} for at, lived in curve] for name, curve in curves.items()},
        "off_dial": {str(at): summary(lived)["overflow"] - at for at, lived in curves[OURS]},
    }
    rates: dict[str, tuple[Callable[..., float], tuple[str, ...]]] = {
        "km_share": (_overflow, CHOOSERS),
        "km_share_standing": (_standing, CHOOSERS),
        "km_share_of_fixed": (_overflow, ("fixed_frequency",)),
    }
    for name, (rate, others) in rates.items():
        shares = [_shares(curves, rate, others, chosen) for chosen in (every, *draws)]
        means = [float(np.mean(list(one.values()))) for one in shares if one]
        document[name] = {
            "by_dial": shares[0],
            "mean": means[0] if shares[0] else None,
            "interval": [float(value) for value in np.quantile(means, [0.025, 0.975])] if shares[0] else None,
        }
        print(f"{town.name}, {name}: {_told(document[name])}")
    off = ", ".join(f"{at}: {value:+.1%}" for at, value in document["off_dial"].items())
    print(f"{town.name}, overflow over the dial: {off}")
    return document


def _told(found: dict[str, Any]) -> str:
    if found["mean"] is None:
        return "the curves do not meet"
    dials = ", ".join(f"{at}: {share:.2f}" for at, share in found["by_dial"].items())
    return f"{found['mean']:.3f} [{found['interval'][0]:.3f}, {found['interval'][1]:.3f}] ({dials})"


def _drawn(days: int, rng: np.random.Generator) -> Iterator[Ints]:
    for _ in range(DRAWS):
        starts = rng.integers(0, days, size=-(-days // BLOCK_DAYS))
        yield np.concatenate([(start + np.arange(BLOCK_DAYS)) % days for start in starts])[:days]


def _shares(
    curves: dict[str, Curve], rate: Callable[[Lived, Ints], float], others: tuple[str, ...], chosen: Ints
) -> dict[str, float]:
    """Per dial that at least one of the other curves reaches."""
    found = {}
    for at, lived in curves[OURS]:
        target = rate(lived, chosen)
        km = [one for name in others if (one := _km_at(curves[name], rate, target, chosen)) is not None]
        if km:
            found[str(at)] = float(_sum(lived, "km", chosen) / min(km))
    return found


def _km_at(curve: Curve, rate: Callable[[Lived, Ints], float], target: float, chosen: Ints) -> float | None:
    """Km of a curve at a rate, straight between its points; None outside them."""
    points = sorted((rate(lived, chosen), float(_sum(lived, "km", chosen))) for _, lived in curve)
    if not points[0][0] <= target <= points[-1][0]:
        return None
    return float(np.interp(target, [point[0] for point in points], [point[1] for point in points]))


def _sum(lived: Lived, name: str, chosen: Ints) -> float:
    values: Floats = np.array([getattr(row, name) for row in lived.rows])
    return float(values[chosen].sum())


def _overflow(lived: Lived, chosen: Ints) -> float:
    return _sum(lived, "overflows", chosen) / max(_sum(lived, "visits", chosen), 1.0)


def _standing(lived: Lived, chosen: Ints) -> float:
    return _sum(lived, "standing", chosen) / (lived.points * len(chosen))
