"""How good forecasts of emptyings, overflow, workload and complaints are on weeks that nothing was learned from.

    .venv/bin/python -m benchmarks.waste --mapping mappings/bins_ankara.toml --data ../shared/data/departments
    .venv/bin/python -m benchmarks.waste --mapping mappings/philly_dumping.toml --data ../shared/data/departments
    .venv/bin/python -m benchmarks.waste --city var

Weekly origins at local midnight over the last 25 weeks, each read by `known_at`; models are refitted every fourth week
on what was known then, their features every week. Horizon 1 is the day that begins at the origin. Of an emptying only
its point, stream and moment are told; the visits between the origin and it are not. `--back-weeks` moves the block to
an earlier time: settings are chosen there.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.results_file import write_results
from benchmarks.waste_backtest import backtest
from benchmarks.waste_choice import choice
from benchmarks.waste_complaints import complaints
from benchmarks.waste_origins import LEADS, REFIT_WEEKS, WEEKS, Block
from benchmarks.waste_table import shown
from city.frames import BinReadings
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping

QUICK_WEEKS = 4
QUICK_ROUNDS = 60


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[History]:
    """The history of a city's home, or of a mapping imported into a folder of its own."""
    if arguments.city is not None:
        yield _history(arguments.city)
        return
    with tempfile.TemporaryDirectory() as temporary:
        history = _history(Path(temporary))
        import_mapping(load_mapping(arguments.mapping), history, data_dir=arguments.data)
        yield history


def _history(home: Path) -> History:
    settings = Settings.from_environment({"CITY_HOME": str(home)})
    return History(settings.history_url, Ledger(settings.ledger_url))


def measured(history: History, *, seed: int, quick: bool, back_weeks: int) -> dict[str, object]:
    """Every figure that the history has rows for."""
    found: dict[str, object] = {}
    if not history.read(BinReadings).is_empty():
        block = Block.last(history, weeks=QUICK_WEEKS if quick else WEEKS, back_weeks=back_weeks)
        print(f"{block.weeks} weeks from {block.starts_on}")
        found |= {"from": str(block.starts_on), "weeks": block.weeks}
        found |= backtest(block, seed=seed, rounds=QUICK_ROUNDS if quick else None, advance=_dot)
        print()
    said = complaints(history, seed=seed, back_days=7 * back_weeks)
    return found if said is None else found | {"complaints": said}


def _dot(_count: int) -> None:
    print(".", end="", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--mapping", type=Path, help="mapping to import first, with --data")
    source.add_argument("--city", type=Path, help="home of a city that was imported")
    parser.add_argument("--data", type=Path, help="folder that the mapping's paths start from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_WEEKS} weeks, {QUICK_ROUNDS} rounds")
    parser.add_argument("--back-weeks", type=int, default=0, help="judge an earlier block, for choosing settings")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/waste_SET.json")
    arguments = parser.parse_args()
    if arguments.mapping is not None and arguments.data is None:
        parser.error("--mapping needs --data")
    with opened(arguments) as history:
        found = measured(history, seed=arguments.seed, quick=arguments.quick, back_weeks=arguments.back_weeks)
        if arguments.city is not None:
            chosen = choice(history, arguments.city, seed=arguments.seed, quick=arguments.quick)
            found |= {} if chosen is None else {"choice": chosen}
    shown(found)
    name = arguments.mapping.stem if arguments.mapping is not None else "city"
    config = {
        "source": name,
        "horizons": LEADS,
        "refit_weeks": REFIT_WEEKS,
        "quick": arguments.quick,
        "back_weeks": arguments.back_weeks,
    }
    write_results(f"waste_{name}", found, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
