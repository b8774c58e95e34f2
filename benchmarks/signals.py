"""Signal plans against the programs that run today and against the field's methods, simulated side by side in SUMO.

    .venv/bin/python -m benchmarks.signals --scenario ../shared/data/signals/cologne1 --seeds 1-5
    .venv/bin/python -m benchmarks.signals --scenario DIR DIR --seeds 6-10 --scale 0.8,1.0,1.2 --rules completed

Demand is counted from the routes at free flow per quarter of an hour and turn, and is what every planning method gets.
`published`: the net's own yellow, no all-red. `completed`: yellow and intergreens of a national profile from the
geometry, and minimum times for people on the crossings that it implies. Each controller stands for its variant with the
lowest median. Delay per vehicle = (timeLoss + departDelay of all that departed, unfinished included, + end - planned
departure of the never inserted) / all vehicles loaded; no teleports. `violations` are those of what the product puts
out: findings of its independent check, and lamps judged every simulated second from the net's own request matrix.

`--json OUT` holds a list with one entry per scenario, rule set and scale; beside it OUT.summary.json says, for each
target, the geometric mean over the scenarios, the worst of them, and whether it is met.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CONTROLLERS = (
    "own", "webster", "sumo_webster", "maxpressure", "fixed_plan", "fixed_plan_ungated", "planned_actuated",
)  # fmt: skip
RULES = ("published", "completed")


def seeds_of(text: str) -> tuple[int, ...]:
    """1-5 or 1,3,8."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(dict.fromkeys(found))


def grid_size(text: str) -> tuple[int, int]:
    """2x3: two across, three up."""
    across, _, up = text.partition("x")
    return int(across), int(up)


def _named(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        if strange := [one for one in found if one not in known]:
            sentence = f"{', '.join(strange)} is none of {', '.join(known)}"
            raise argparse.ArgumentTypeError(sentence)
        return found

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", type=Path, nargs="+", required=True, help="folders with meta.toml, net, routes")
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1-5"), help="1-5 or 1,3,8; default 1-5")
    parser.add_argument(
        "--scale", type=lambda text: tuple(float(part) for part in text.split(",")), default=(1.0,),
        help="demand times this; 0.8,1.0,1.2",
    )  # fmt: skip
    parser.add_argument(
        "--rules", type=_named(RULES), default=RULES,
        help="published,completed (both by default)",
    )  # fmt: skip
    parser.add_argument("--lefts", choices=("keep", "may_drop"), default="keep")
    parser.add_argument("--window", choices=("own", "warm"), default="own", help="warm: 15 minutes are not judged")
    parser.add_argument("--saturation", type=float, help="pcu/h of a lane where measured; default: the profile's")
    parser.add_argument("--profile", default="DE", help="national profile: CN, DE, US; default DE")
    parser.add_argument(
        "--controllers", type=_named(CONTROLLERS), default=CONTROLLERS,
        help=f"some of {','.join(CONTROLLERS)}",
    )  # fmt: skip
    parser.add_argument(
        "--gate", action=argparse.BooleanOptionalAction, default=True,
        help="SUMO chooses among a few plans by seeds of its own (9001-9005); without, the planner's own choice",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="where the results go")
    return parser


def main() -> None:
    arguments = _parser().parse_args()
    # The processes that simulate import this module again: they need none of the planner.
    from benchmarks.results_file import provenance  # noqa: PLC0415
    from benchmarks.signals_measured import Entry, measured  # noqa: PLC0415
    from benchmarks.signals_summary import summary_of, told  # noqa: PLC0415
    from benchmarks.signals_table import shown  # noqa: PLC0415
    from city.errors import CityError  # noqa: PLC0415

    entries: list[Entry] = []
    try:
        for folder in arguments.scenario:
            with tempfile.TemporaryDirectory() as work:
                found = measured(arguments, folder, Path(work))
            shown(found)
            entries += found
    except CityError as error:
        sys.exit(f"error: {error}")
    summary = summary_of(entries)
    print("\nOver all scenarios: geometric mean and worst of the ratios of medians")
    for line in told(summary):
        print(f"  {line}")
    if arguments.json is not None:
        config = {
            name: str(getattr(arguments, name))
            for name in ("seeds", "scale", "lefts", "window", "profile", "saturation")
        }
        made_with = provenance(config=config, seed=arguments.seeds[0])
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([{**entry, **made_with} for entry in entries], indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
        beside = arguments.json.with_suffix(".summary.json")
        text = json.dumps({**made_with, "summary": summary}, indent=2, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")
        print(f"\nWritten to {arguments.json}, the summary to {beside}")


if __name__ == "__main__":
    main()
