"""How good the congestion index of segments, corridors, districts and city is on days that nothing was learned from.

    .venv/bin/python -m benchmarks.congestion_index --city var
    .venv/bin/python -m benchmarks.congestion_index --city var --days 7 --quick --json index.json
    .venv/bin/python -m benchmarks.congestion_index --data ../shared/data/forecasting/metr_la_10

A congestion model is trained on what was known `--days` before the last count, in a registry of its own; then a
forecast is issued every `--every-h` hours, and its index, over the free flow that is saved with the model, is held
against the speeds that were measured. Beside it: the segments' quantiles added up (`plain`), and for the levels the
climatology of hour and kind of day. `rungs` says who answered: a model that its gate refused serves here as little as
in a city. Settings are chosen on an earlier block: `--back-days`.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time

import polars as pl

from benchmarks.grid_folder import GridFolder
from benchmarks.grid_history import store_speeds
from benchmarks.results_file import write_results
from city.errors import CityError, MissingInputError
from city.frames import TrafficCounts
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from models.congestion import answer_congestion, train_congestion
from models.index_answer import free_flow_at, free_flow_of_model
from models.index_judging import judge
from models.index_scores import IndexScores

HORIZON_S = 86_400


def issues(
    history: History, settings: Settings, times: Sequence[datetime], rungs: dict[str, int]
) -> Iterator[pl.DataFrame]:
    """The forecast of each time; `rungs` counts who answered."""
    for issued_at in times:
        answer = answer_congestion(history, settings, issued_at=issued_at, horizon_s=HORIZON_S)
        for rung, count in answer.forecasts.group_by("rung").len().iter_rows():
            rungs[rung] = rungs.get(rung, 0) + count
        print(".", end="", flush=True)
        yield answer.forecasts
    print()


def measured(
    history: History, settings: Settings, *, days: int, every_h: float, back_days: int, quick: bool
) -> dict[str, object]:
    last = history.last_news(TrafficCounts)
    if last is None:
        raise MissingInputError(step="Judging the index", missing=("traffic counts",))
    end = last - timedelta(days=back_days)
    cutoff = end - timedelta(days=days)
    began = process_time()
    trained = train_congestion(history, settings, as_of=cutoff, quick=quick)
    times = [cutoff + timedelta(hours=every_h * k) for k in range(int(days * 24 / every_h))]
    rungs: dict[str, int] = {}
    frames = list(issues(history, settings, times, rungs))
    of_model = free_flow_of_model(settings, frames[0])
    forecast_s = process_time() - began
    began = process_time()
    scores = judge(history, frames, free_flow=of_model or free_flow_at(history, cutoff), seed=settings.seed)
    print(f"{trained.reason} Answered by: {', '.join(f'{rung} {count:,}' for rung, count in rungs.items())} values.")
    show(scores)
    return {
        "from": cutoff.isoformat(),
        "until": end.isoformat(),
        "issues": len(times),
        "promoted": trained.promoted,
        "gate": trained.reason,
        "rungs": rungs,
        "free_flow": "saved with the model" if of_model is not None else "of the rows before the first issue",
        "cpu_s": {"train_and_forecast": round(forecast_s, 1), "judge": round(process_time() - began, 1)},
        "areas": {one.area_kind: asdict(one) for one in scores},
    }


def show(scores: Sequence[IndexScores]) -> None:
    print(f"{'area':>9} {'n':>7} {'below':>6} {'above':>6} {'MAE':>7} {'interval':>9} | plain interval, coverage")
    for one in scores:
        own, plain = one.index, one.plain
        print(
            f"{one.area_kind:>9} {one.n:>7} {own.below:6.3f} {own.above:6.3f} {own.mae:7.4f} {own.interval_score:9.4f}"
            f" | {plain.interval_score:9.4f} {plain.coverage:6.3f}"
        )
        for level in one.levels:
            ranked = "-" if level.auc is None else f"{level.auc:.3f}"
            print(
                f"{'':>9} {level.level:>8} or worse: rate {level.base_rate:.4f}, Brier {level.brier:.4f} against"
                f" {level.climatology_brier:.4f} of climatology, AUC {ranked}"
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--city", type=Path, help="home of a city that was imported")
    source.add_argument("--data", type=Path, help="benchmark folder of speeds, as of `benchmarks.forecasting`")
    parser.add_argument("--days", type=int, default=14, help="days judged")
    parser.add_argument("--every-h", type=float, default=6.0, help="hours between issue times")
    parser.add_argument("--back-days", type=int, default=0, help="judge an earlier block, for choosing settings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="train on fewer rows")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/")
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="city-index-") as temporary:
        own = Settings.from_environment({"CITY_HOME": str(arguments.city or Path(temporary) / "home")})
        history = History(own.history_url, Ledger(own.ledger_url))
        mlruns = Path(temporary) / "mlruns"
        settings = replace(own, mlruns=mlruns, tracking_uri=f"sqlite:///{mlruns / 'mlflow.db'}", seed=arguments.seed)
        try:
            if arguments.data is not None:
                store_speeds(GridFolder.read(arguments.data), history)
            found = measured(
                history,
                settings,
                days=arguments.days,
                every_h=arguments.every_h,
                back_days=arguments.back_days,
                quick=arguments.quick,
            )
        except CityError as error:
            print(error, file=sys.stderr)
            return 2
    config = {name: getattr(arguments, name) for name in ("days", "every_h", "back_days", "quick")}
    name = "congestion_index" if arguments.data is None else f"congestion_index_{arguments.data.name}"
    write_results(name, found, config=config, seed=arguments.seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
