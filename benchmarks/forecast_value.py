"""What forecasts are worth: plans made from them against plans from perfect counts, yesterday's, and one fixed plan.

    .venv/bin/python -m benchmarks.forecast_value [--days 20] [--learn 14] [--seed 1] [--json OUT]
    .venv/bin/python -m benchmarks.forecast_value --scenario ../shared/data/signals/cologne8

Every day of the year is simulated with the net's own program, and what passes the stop lines goes into the history of a
temporary city by the product's own import. A model is trained on the days to learn from; on each later day the product
forecasts at 22:00 of the evening before, and the planner makes the day's plans: from the forecast, from the day's own
counts (perfect), from those of the day before, and once for all from the mean of the days learned from: one plan
(fixed) and a timetable (mean_day). All run on the same vehicles. Gain = delay under the own program less that under the
plan, vehicle-hours. Turning shares are those counted on the days learned from, in every line.

`--earlier N` gives the city N days more to learn from, drawn from the same process and counted where nobody waits: with
two weeks alone no model may be good enough to serve, and the ladder of simple forecasts answers (`rungs`).

Without `--scenario` SUMO generates a grid of 2 x 2 crossroads. A scenario's window counts as the busiest hour.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.signals import RULES, grid_size


def shown(found: Mapping[str, Any], lines: Sequence[str]) -> None:
    print(f"{'day':<24}" + "".join(f"{line:>12}" for line in lines) + "   delay, s per vehicle")
    for row in found["rows"]:
        rungs = ", ".join(f"{name} {count}" for name, count in row["rungs"].items())
        print(
            f"{row['day']:>3} {row['kind']:<20}"
            + "".join(f"{row['delay_s'][line]:>12.2f}" for line in lines)
            + f"   rungs: {rungs}; counts off by {100 * row['off_by']['forecast']:.1f} %, "
            f"yesterday's by {100 * row['off_by']['yesterday']:.1f} %"
        )
    shares = found["reached"]["gain_share"]
    told = ", ".join(f"{line} {100 * share:.1f} %" for line, share in shares.items() if share is not None)
    print(f"Gain over the own program, of the gain of perfect counts: {told or 'perfect counts gain nothing'}")
    print(f"Violations: {found['reached']['violations']}")
    for sentence in found["training"]:
        print(sentence)


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", type=Path, help="folder with meta.toml, net, routes; default: a generated grid")
    parser.add_argument("--grid", type=grid_size, default=(2, 2), help="crossroads across and up; default 2x2")
    parser.add_argument("--days", type=int, default=20, help="in all; default 20, from a Monday on")
    parser.add_argument("--learn", type=int, default=14, help="the first of them, learned from; default 14")
    parser.add_argument("--earlier", type=int, default=0, help="days of history before them, not simulated; default 0")
    parser.add_argument("--peak", type=float, default=1.0, help="demand times this; default 1")
    parser.add_argument("--rules", choices=RULES, default="completed")
    parser.add_argument("--seed", type=int, default=1, help="of days, model, planner and simulation; default 1")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    arguments = parser.parse_args(given)
    if not 0 < arguments.learn < arguments.days:
        parser.error(f"--learn is {arguments.learn}: expected at least one day, and fewer than --days")
    # The processes that simulate import this module again: they need none of the planner.
    from benchmarks.forecast_days import NOISE, RUSHES  # noqa: PLC0415
    from benchmarks.forecast_plans import LINES, World, measured  # noqa: PLC0415
    from benchmarks.results_file import write_results  # noqa: PLC0415
    from city.errors import CityError  # noqa: PLC0415

    try:
        with tempfile.TemporaryDirectory(prefix="city-forecast-value-") as work:
            world = World.at(Path(work), arguments)
            found = measured(world, days=arguments.days, learn=arguments.learn, earlier=arguments.earlier)
    except CityError as error:
        sys.exit(f"error: {error}")
    shown(found, LINES)
    where = "generated grid {} x {}".format(*arguments.grid)
    config = {
        "scenario": arguments.scenario.name if arguments.scenario is not None else where,
        "days": arguments.days, "learn": arguments.learn, "earlier": arguments.earlier,
        "peak": arguments.peak, "rules": arguments.rules,
        "noise": NOISE, "rushes (hour, width h, inbound, others)": RUSHES,
        "counts": "stop lines, under the net's own program", "forecast": "issued at 22:00 of the day before",
    }  # fmt: skip
    write_results("forecast_value", found, config=config, seed=arguments.seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
