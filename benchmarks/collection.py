"""Measured targets of collection routes, one part at a time.

python -m benchmarks.collection --part time_dependent --json OUT
python -m benchmarks.collection --part time_dependent --help
"""

import argparse
from importlib import import_module
from pathlib import Path

from benchmarks.results_file import write_results

# Each module has `arguments(parser)`, and `measure(asked)` that prints a table and returns target, reached and rows.
PARTS = {
    "joint": "benchmarks.collection_joint",
    "replan": "benchmarks.collection_replan",
    "scale": "benchmarks.collection_scale",
    "time_dependent": "benchmarks.collection_time",
    "usual": "benchmarks.collection_usual",
}


def main() -> None:
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--part", choices=sorted(PARTS))
    part = first.parse_known_args()[0].part
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=sorted(PARTS), required=True)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write figures, config, seeds and commit there")
    if part is None:
        parser.parse_args()
        return
    module = import_module(PARTS[part])
    module.arguments(parser)
    asked = parser.parse_args()
    figures = module.measure(asked)
    if asked.json is not None:
        config = {name: str(value) for name, value in vars(asked).items() if name != "json"}
        write_results(f"collection_{part}", figures, config=config, seed=int(getattr(asked, "seed", 1)), out=asked.json)


if __name__ == "__main__":
    main()
