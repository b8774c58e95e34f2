"""Train and forecast congestion: flow and, where it is measured, speed of every detector on the feed's own grid."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl

from city.clock import require_aware
from city.errors import CityError, InvalidValueError
from city.forecasts import CongestionForecasts
from city.progress import Progress, silent
from city.settings import Settings
from city.store import History
from features.arrays import DAY_S, HOUR_S, Floats, seconds, utc_column
from features.congestion import HORIZON_S, CongestionFeatures
from features.gather import TrafficHistory
from features.steps import Rows
from features.traffic import MEASURES
from models.backtest import Windows
from models.baseline import SeasonalNaive
from models.bundle import Bundle
from models.congestion_training import QUICK, Sizes, Taught, judge, predicted, teach
from models.metrics import mean_pinball
from models.plots import calibration_plot, error_by_hour_plot, importance_plot
from models.promotion import GateLoss
from models.publishing import champion_or_reason, publish
from models.quantile_gbm import QUANTILES, Settled
from models.registry import Champion, Registry, RunNotes
from models.trained import Trained

NAME = "congestion"
NAIVE = "seasonal_naive"
CHAMPION = "champion"
TRAINING_DAYS = 400
SERVING_DAYS = 84
CEILING = {"flow": 20_000.0, "speed": 200.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CongestionAnswer:
    """A forecast, which rung of the ladder made it, and why it is not a higher one."""

    forecasts: dy.DataFrame[CongestionForecasts]
    rung: str
    reasons: tuple[str, ...]


def train_congestion(
    history: History, settings: Settings, *, as_of: datetime, progress: Progress = silent, quick: bool = False
) -> Trained:
    """Learn from what was known at `as_of`, judge on its last days, register and promote what is better.

    Raises CityError when the history is too short; then nothing is registered.
    """
    started = time.perf_counter()
    known = TrafficHistory.gather(history, as_of=require_aware(as_of), days=TRAINING_DAYS)
    features = CongestionFeatures.fit(known.counts, known.around, cutoff_s=seconds(as_of))
    grid = features.known.grid
    windows = Windows.split(grid.start_s, grid.start_s + grid.steps * grid.step_s, what=NAME)
    settled = Settled(seed=settings.seed, threads=settings.threads, rounds=100 if quick else 200)
    sizes = QUICK if quick else Sizes()
    with progress("Training congestion", len(features.measures) * len(QUANTILES)) as advance:
        taught = {
            measure: teach(features, measure, windows, settled, sizes, advance=advance) for measure in features.measures
        }
    bundle = _bundle(features, taught, settled, as_of)
    registry = Registry(settings)
    loss = _gate_loss(features, taught, champion_or_reason(registry, NAME)[0], windows)
    baseline = {key: value for one in taught.values() for key, value in one.baseline.items()}

    def notes(folder: Path) -> RunNotes:
        return RunNotes(
            params=_params(settled, sizes, features, windows) | {"as_of": as_of.isoformat()},
            metrics={key: value for one in taught.values() for key, value in one.metrics.items()},
            baseline=baseline,
            importances={name: one.part.forest.importances() for name, one in taught.items()},
            history_url=history.url,
            history_versions=history.versions(),
            plots=_plots(folder, features, taught),
        )

    return publish(registry, bundle, loss, notes, started=started, rows=known.counts.height)


def _bundle(features: CongestionFeatures, taught: dict[str, Taught], settled: Settled, as_of: datetime) -> Bundle:
    profiles = [features.known.profiles[measure].table(features.known.grid) for measure in features.measures]
    return Bundle(
        name=NAME,
        cutoff=as_of.isoformat(),
        horizon_s=HORIZON_S,
        seed=settled.seed,
        threads=settled.threads,
        parts={name: one.part for name, one in taught.items()},
        state=pl.concat(profiles),
        about={"step_s": str(features.known.grid.step_s)},
    )


def _gate_loss(
    features: CongestionFeatures, taught: dict[str, Taught], champion: Champion | None, windows: Windows
) -> GateLoss:
    def of_champion(champion: Champion) -> dict[str, float]:
        losses: dict[str, float] = {}
        for measure, one in taught.items():
            if measure in champion.bundle.parts:
                part, rows = champion.bundle.parts[measure], one.gate.rows
                judged = judge(features, measure, part, rows, until_s=windows.gate_s, threads=champion.bundle.threads)
                losses[measure] = mean_pinball(judged.truth, judged.model, QUANTILES)
        return losses

    return GateLoss(
        challenger={name: mean_pinball(one.gate.truth, one.gate.model, QUANTILES) for name, one in taught.items()},
        baseline={name: mean_pinball(one.gate.truth, one.gate.naive, QUANTILES) for name, one in taught.items()},
        champion=None if champion is None else of_champion(champion),
    )


def _params(settled: Settled, sizes: Sizes, features: CongestionFeatures, windows: Windows) -> dict[str, object]:
    grid = features.known.grid
    return {
        **asdict(settled),
        **{f"rows_{name}": count for name, count in asdict(sizes).items()},
        **asdict(windows),
        "step_s": grid.step_s,
        "delay_steps": grid.delay_steps,
        "detectors": len(grid.detectors),
        "left_out": ", ".join(grid.left_out),
        "horizon_s": HORIZON_S,
    }


def _plots(folder: Path, features: CongestionFeatures, taught: dict[str, Taught]) -> tuple[Path, ...]:
    clock, made = features.known.grid.clock, []
    for measure, one in taught.items():
        gate = one.gate
        hour = (clock.slot[gate.rows.target] * (features.known.grid.step_s / HOUR_S)).astype(np.float64)
        errors = {
            "model": np.abs(gate.truth - gate.model[:, 1]),
            "seasonal-naive": np.abs(gate.truth - gate.naive[:, 1]),
        }
        unit = MEASURES[measure].removeprefix(f"{measure}_").replace("_", "/")
        made += [
            calibration_plot(folder / f"{measure}_calibration.png", measure, gate.truth, gate.model),
            error_by_hour_plot(folder / f"{measure}_by_hour.png", measure, unit, hour, errors),
            importance_plot(folder / f"{measure}_importance.png", measure, one.part.forest.importances()),
        ]
    return tuple(made)


def forecast_congestion(
    history: History, settings: Settings, *, issued_at: datetime, horizon_s: int = DAY_S, progress: Progress = silent
) -> dy.DataFrame[CongestionForecasts]:
    """Every step that starts from `issued_at` on, as far as `horizon_s`; `rung` says who made it."""
    return answer_congestion(history, settings, issued_at=issued_at, horizon_s=horizon_s, progress=progress).forecasts


def answer_congestion(
    history: History, settings: Settings, *, issued_at: datetime, horizon_s: int = DAY_S, progress: Progress = silent
) -> CongestionAnswer:
    """As `forecast_congestion`, with the reasons why a lower rung had to answer."""
    if not 0 < horizon_s <= HORIZON_S:
        raise InvalidValueError(
            subject="Congestion forecast", field="horizon_s", found=horizon_s, expected=f"1 to {HORIZON_S} s"
        )
    with progress("Forecasting congestion", 3) as advance:
        known = TrafficHistory.gather(history, as_of=require_aware(issued_at), days=SERVING_DAYS)
        champion, reason = champion_or_reason(Registry(settings), NAME)
        saved = None if champion is None else champion.bundle.state
        features = CongestionFeatures.fit(known.counts, known.around, cutoff_s=seconds(issued_at), saved=saved)
        advance(1)
        answer = _from_champion(features, champion, reason, issued_at, horizon_s, threads=settings.threads)
        advance(2)
    return answer


def _from_champion(
    features: CongestionFeatures,
    champion: Champion | None,
    reason: str,
    issued_at: datetime,
    horizon_s: int,
    *,
    threads: int,
) -> CongestionAnswer:
    rows = forecast_rows(features, issued_at, horizon_s)
    if champion is not None:
        try:
            values = {
                measure: predicted(features, measure, part, rows, threads=threads)
                for measure, part in champion.bundle.parts.items()
                if measure in features.measures
            }
            frame = _frame(features, rows, values, issued_at, model=champion.label, rung=CHAMPION)
            return CongestionAnswer(forecasts=frame, rung=CHAMPION, reasons=())
        except CityError as refused:
            reason = str(refused)
    until = features.known.grid.last_known + 1
    naive = {
        measure: SeasonalNaive.fit(features.known, measure, until_step=until).predict(features.known, rows)
        for measure in features.measures
    }
    frame = _frame(features, rows, naive, issued_at, model=NAIVE, rung=NAIVE)
    return CongestionAnswer(forecasts=frame, rung=NAIVE, reasons=(reason,))


def forecast_rows(features: CongestionFeatures, issued_at: datetime, horizon_s: int) -> Rows:
    """Detector by detector, every step from the one that begins at or after `issued_at`."""
    grid = features.known.grid
    first = -(-(seconds(issued_at) - grid.start_s) // grid.step_s)
    last = (seconds(issued_at) + horizon_s - 1 - grid.start_s) // grid.step_s
    origin = grid.last_known
    if last >= len(grid.clock.day):
        age_h = (seconds(issued_at) - grid.start_s - (origin + 1) * grid.step_s) / HOUR_S
        raise InvalidValueError(
            subject="Congestion forecast",
            field="newest count",
            found=f"{age_h:.0f} h before the issue time {issued_at.isoformat()}",
            expected=f"less than {(HORIZON_S + DAY_S - horizon_s) / HOUR_S:.0f} h for a horizon of {horizon_s} s",
            todo="Bring the feed of detectors up to date.",
        )
    steps = np.arange(first, last + 1, dtype=np.int64)
    detectors = np.arange(len(grid.detectors), dtype=np.int64)
    return Rows(
        origin=np.full(len(steps) * len(detectors), origin, np.int64),
        target=np.tile(steps, len(detectors)),
        detector=np.repeat(detectors, len(steps)),
    )


def _frame(
    features: CongestionFeatures,
    rows: Rows,
    values: dict[str, Floats],
    issued_at: datetime,
    *,
    model: str,
    rung: str,
) -> dy.DataFrame[CongestionForecasts]:
    grid = features.known.grid
    columns: dict[str, pl.Series | pl.Expr] = {}
    for measure, column in MEASURES.items():
        unit = column.removeprefix(f"{measure}_")
        for place, quantile in enumerate(QUANTILES):
            label = f"{measure}_p{round(100 * quantile)}_{unit}"
            told = np.minimum(values[measure][:, place], CEILING[measure]) if measure in values else None
            columns[label] = pl.lit(None, pl.Float64) if told is None else pl.Series(label, told, nan_to_null=True)
    frame = pl.DataFrame(
        {
            "district_id": np.array(grid.districts)[rows.detector],
            "detector_id": np.array(grid.detectors)[rows.detector],
            "valid_at": utc_column(grid.at_s(rows.target)),
        }
    ).with_columns(
        pl.lit(issued_at).dt.convert_time_zone("UTC").alias("issued_at"),
        pl.lit(model).alias("model"),
        pl.lit(rung).alias("rung"),
        pl.lit(grid.step_s, pl.Int64).alias("step_s"),
        **columns,
    )
    spoken = frame.filter(pl.any_horizontal(pl.col("flow_p50_veh_h", "speed_p50_kmh").is_not_null()))
    return CongestionForecasts.validate(spoken.select(CongestionForecasts.column_names()), cast=False)
