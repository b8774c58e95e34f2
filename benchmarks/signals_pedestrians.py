"""People on foot: how long they wait at crossings under the fixed plan and under the net's own program.

    .venv/bin/python -m benchmarks.signals_pedestrians [--seeds 1-5] [--people 120] [--json OUT]

SUMO generates a grid of 2 x 2 crossroads with sidewalks and crossings, and people who cross every arm of every one of
them both ways, while vehicles turn across them. Controllers and rule sets are those of `benchmarks.signals`; wait is
the time that a person stands still, still on the way or not, the mean over all people and seeds.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.signals import RULES, grid_size, seeds_of

CONTROLLERS = ("own", "webster", "fixed_plan", "planned_actuated")


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1-5"), help="of the simulation; default 1-5")
    parser.add_argument("--people", type=float, default=120.0, help="who cross each arm per hour; default 120")
    parser.add_argument("--peak", type=float, default=0.6, help="vehicles of a full grid times this; default 0.6")
    parser.add_argument("--grid", type=grid_size, default=(2, 2), help="crossroads across and up; default 2x2")
    parser.add_argument("--rules", default=",".join(RULES), help=f"some of {','.join(RULES)}; default both")
    parser.add_argument("--net-seed", type=int, default=1, help="of vehicles and people; default 1")
    parser.add_argument(
        "--gate", action=argparse.BooleanOptionalAction, default=True,
        help="plans are chosen among candidates in SUMO, as in benchmarks.signals; --no-gate: the planner's own",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    arguments = parser.parse_args(given)
    # The processes that simulate import this module again: they need none of the planner.
    from benchmarks.results_file import write_results  # noqa: PLC0415
    from benchmarks.signals_measured import measured  # noqa: PLC0415
    from benchmarks.signals_on_foot import TARGET, reached, write_scenario  # noqa: PLC0415
    from benchmarks.signals_table import shown  # noqa: PLC0415
    from city.errors import CityError  # noqa: PLC0415

    columns, rows = arguments.grid
    wanted = argparse.Namespace(
        rules=tuple(arguments.rules.split(",")), scale=(1.0,), controllers=CONTROLLERS, lefts="keep", profile="DE",
        saturation=None, window="warm", seeds=arguments.seeds, gate=arguments.gate,
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="city-on-foot-") as work:
            folder = write_scenario(
                Path(work), people_per_h=arguments.people, veh_h=arguments.peak, columns=columns, rows=rows,
                seed=arguments.net_seed,
            )  # fmt: skip
            entries = measured(wanted, folder, Path(work))
    except CityError as error:
        sys.exit(f"error: {error}")
    shown(entries)
    figures = {"target": TARGET, "reached": reached(entries), "rows": entries}
    config = {
        "grid": "{} x {}".format(*arguments.grid),
        "people_per_h": arguments.people,
        "peak": arguments.peak,
        "gate": arguments.gate,
    }
    write_results("signals_pedestrians", figures, config=config, seed=arguments.net_seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
