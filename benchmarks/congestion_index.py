"""How good the congestion index of segments, corridors, districts and city is on days that nothing was learned from.

    .venv/bin/python -m benchmarks.congestion_index --city var
    .venv/bin/python -m benchmarks.congestion_index --city var --days 7 --quick --json index.json

A congestion model is trained on what was known `--days` before the last count, in a registry of its own; then a
forecast is issued every `--every-h` hours, and its index is held against the speeds that were measured. Beside it:
the segments' quantiles added up (`plain`), and for the levels the climatology of hour and kind of day. Settings are
chosen on an earlier block: `--back-days`.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time

import polars as pl

from benchmarks.results_file import write_results
from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from models.congestion import answer_congestion, train_congestion
from models.index_answer import free_flow_at
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
    forecast_s = process_time() - began
    began = process_time()
    scores = judge(history, frames, free_flow=free_flow_at(history, cutoff), seed=settings.seed)
    show(scores)
    return {
        "from": cutoff.isoformat(),
        "until": end.isoformat(),
        "issues": len(times),
        "promoted": trained.promoted,
        "rungs": rungs,
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--city", type=Path, required=True, help="home of a city that was imported")
    parser.add_argument("--days", type=int, default=14, help="days judged")
    parser.add_argument("--every-h", type=float, default=6.0, help="hours between issue times")
    parser.add_argument("--back-days", type=int, default=0, help="judge an earlier block, for choosing settings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="train on fewer rows")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/")
    arguments = parser.parse_args()
    own = Settings.from_environment({"CITY_HOME": str(arguments.city)})
    history = History(own.history_url, Ledger(own.ledger_url))
    with tempfile.TemporaryDirectory() as temporary:
        mlruns = Path(temporary) / "mlruns"
        settings = replace(own, mlruns=mlruns, tracking_uri=f"sqlite:///{mlruns / 'mlflow.db'}", seed=arguments.seed)
        found = measured(
            history,
            settings,
            days=arguments.days,
            every_h=arguments.every_h,
            back_days=arguments.back_days,
            quick=arguments.quick,
        )
    config = {name: getattr(arguments, name) for name in ("days", "every_h", "back_days", "quick")}
    write_results("congestion_index", found, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
