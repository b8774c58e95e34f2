"""An approach that begins with too little green, its counts censored: how many closed-loop days until it recovers.

    .venv/bin/python -m benchmarks.signals_starved [--days 14] [--seeds 1-3] [--json OUT]

One crossroads that SUMO generates. The first plan of 90 s gives the stage of the western approach too little: half as
much again comes from the west as its green can serve, so what the stop line counts is what the plan let through. Each
night the product turns the day's counts (in the place of a forecast that repeats them) into demand, with what it knows
of censoring, and plans from there; the next day runs its answer, "no change" included. A day is two hours of the same
flows with other vehicles; the first 15 minutes are not counted. `x` is what truly comes over what the plan can serve,
`delay_s` that of vehicles from the west in SUMO, beside that under the plan made for what truly comes. An approach has
recovered on the first day from which on x < 1 and its delay is within 10 % of that.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.signals import RULES, seeds_of


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=14, help="of the closed loop; default 14")
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1-3"), help="1-3 or 1,5; default 1-3")
    parser.add_argument(
        "--start-x", type=float, default=1.5, help="what comes over what is served at first; default 1.5"
    )
    parser.add_argument("--rules", choices=RULES, default="completed")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    arguments = parser.parse_args(given)
    # The processes that simulate import this module again: they need none of the planner.
    from benchmarks.results_file import write_results  # noqa: PLC0415
    from benchmarks.signals_starving import DAY_SLOTS, TARGET, VEH_H, Crossroads, measured  # noqa: PLC0415
    from city.errors import CityError  # noqa: PLC0415
    from optimization.signals.sumo_net import RuleSet  # noqa: PLC0415

    rows = []
    try:
        for seed in arguments.seeds:
            with tempfile.TemporaryDirectory(prefix="city-starved-") as work:
                place = Crossroads.at(Path(work), rules=RuleSet(arguments.rules), seed=seed, start_x=arguments.start_x)
                rows.append(measured(place, arguments.days))
    except CityError as error:
        sys.exit(f"error: {error}")
    for row in rows:
        first, last, on = row["days"][0], row["days"][-1], row["recovered_on_day"]
        print(
            f"seed {row['seed']}: {'not recovered' if on is None else f'recovered on day {on}'}; x {first['x']:.2f} -> "
            f"{last['x']:.2f}, delay {first['delay_s']:.1f} -> {last['delay_s']:.1f} s "
            f"(known demand: {last['ideal_delay_s']:.1f} s), {row['violations']} violations"
        )
    worst = [row["recovered_on_day"] for row in rows]
    reached = {
        "recovered_on_day": None if None in worst else max(worst),
        "violations": sum(row["violations"] for row in rows),
    }
    config = {
        "days": arguments.days,
        "rules": arguments.rules,
        "start_x": arguments.start_x,
        "veh_h": VEH_H,
        "hours_per_day": DAY_SLOTS / 4,
    }
    write_results(
        "signals_starved", {"target": TARGET, "reached": reached, "rows": rows}, config=config,
        seed=arguments.seeds[0], out=arguments.json,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
