"""Errors beside the simple forecast on the public sets, through the product's own import and training.

    .venv/bin/python -m benchmarks.real_sets --data ../shared/data [--sets scats_boroondara bins_ankara] [--json OUT]

Figures are of each set's gate window: its last days (14 for traffic, 56 for waste, a sixth of the history at the most),
which are not fitted on.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.results_file import ROOT, write_results
from city.frames import BinReadings, HistoryRow, TrafficCounts
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from models.congestion import GATE_DAYS, train_congestion
from models.trained import Trained
from models.waste import train_waste
from models.waste_judging import GATE_DAYS as WASTE_GATE_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSet:
    contract: type[HistoryRow]
    train: Callable[..., Trained]
    against: str


BEST = "best simple forecast"
"""The better of HA + AR(1) and the median of the same weekdays."""
SETS = {
    "scats_boroondara": RealSet(contract=TrafficCounts, train=train_congestion, against=BEST),
    "scats_vicroads": RealSet(contract=TrafficCounts, train=train_congestion, against=BEST),
    "bins_ankara": RealSet(contract=BinReadings, train=train_waste, against="a week before"),
}


def measured(name: str, data: Path, seed: int) -> dict[str, object]:
    """Import and train one set in a folder of its own."""
    one = SETS[name]
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings.from_environment({"CITY_HOME": f"{temporary}/var", "CITY_SEED": str(seed)})
        history = History(settings.history_url, Ledger(settings.ledger_url))
        started = time.perf_counter()
        mapping = load_mapping(ROOT / "mappings" / f"{name}.toml")
        import_mapping(mapping, history, data_dir=data / "departments")
        import_s = time.perf_counter() - started
        rows = history.read(one.contract)
        now: datetime = rows.get_column("known_at").sort().item(-1)
        trained = one.train(history, settings, as_of=now)
    return {
        "rows": rows.height,
        "import_s": round(import_s, 2),
        "train_s": round(trained.seconds, 2),
        "promoted": trained.promoted,
        "reason": trained.reason,
        "against": one.against,
        "metrics": _rounded(trained.metrics),
        "baseline": _rounded(trained.baseline),
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 4) for key, value in figures.items()}


def shown(name: str, result: dict[str, object]) -> None:
    metrics, baseline = result["metrics"], result["baseline"]
    print(f"\n{name}: {result['rows']} rows, import {result['import_s']} s, training {result['train_s']} s")
    print(f"  {'figure':<22}{'model':>12}{'baseline':>12}{'ratio':>8}")
    if isinstance(metrics, dict) and isinstance(baseline, dict):
        for figure, value in metrics.items():
            naive = baseline.get(figure, float("nan"))
            print(f"  {figure:<22}{value:>12.3f}{naive:>12.3f}{value / naive if naive else float('nan'):>8.3f}")
        for figure in baseline.keys() - metrics.keys():
            print(f"  {figure:<22}{'':>12}{baseline[figure]:>12.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public data sets")
    parser.add_argument("--sets", nargs="+", choices=sorted(SETS), default=list(SETS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/real_sets.json")
    arguments = parser.parse_args()
    results: dict[str, object] = {}
    for name in arguments.sets:
        result = measured(name, arguments.data, arguments.seed)
        shown(name, result)
        results[name] = result
    config = {"sets": sorted(results), "gate_days": {"traffic": GATE_DAYS, "waste": WASTE_GATE_DAYS}}
    write_results("real_sets", {"sets": results}, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
