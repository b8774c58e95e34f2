"""What a run of the congestion model leaves behind beside it: settings, figures of the gate, pictures."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from features.arrays import HOUR_S
from features.congestion import HORIZON_S
from features.dense.gathering import for_trees
from features.traffic import MEASURES
from models.backtest import Windows
from models.congestion_training import Course, Taught, figures
from models.coverage import CoverageReport, coverage_report
from models.dense_settings import DenseSettings
from models.plots import calibration_plot, coverage_plot, error_by_hour_plot, importance_plot, shap_plots
from models.shap import MOST_ROWS, Explained, contributions


def in_utc(course: Course) -> Windows:
    """The course counts by the wall clock; runs of several trainings are compared in UTC."""
    edges = {
        name: int(course.traffic.clock.at_s(np.array([course.step(edge_s)]))[0])
        for name, edge_s in asdict(course.windows).items()
    }
    return Windows(**edges)


def params(course: Course, learners: Mapping[str, DenseSettings], windows: Windows) -> dict[str, object]:
    traffic, one = course.traffic, next(iter(learners.values()))
    return {
        **{name: value for name, value in asdict(one).items() if name != "horizons"},
        **asdict(windows),
        **{f"{measure}_leads": str(settings.horizons) for measure, settings in learners.items()},
        "step_s": traffic.clock.step_s,
        "delay_steps": traffic.delay_steps,
        "detectors": len(traffic.detectors),
        "left_out": ", ".join(traffic.left_out),
        "horizon_s": HORIZON_S,
    }


def all_figures(course: Course, taught: Taught, seed: int, *, of_baseline: bool = False) -> dict[str, float]:
    found: dict[str, float] = {}
    for measure, judged in taught.judged.items():
        said = judged.baselines[judged.best] if of_baseline else judged.said
        found |= figures(measure, judged, said, course.traffic.clock.step_s, seed)
    return found


def doubts(course: Course, taught: Taught) -> dict[str, CoverageReport]:
    """Per measure whether the quantiles held on the gate: over all, per hour, district and level, on the worst day."""
    clock, found = course.traffic.clock, {}
    for measure, gate in taught.judged.items():
        target = gate.origin + gate.lead
        found[measure] = coverage_report(
            gate.truth,
            gate.said,
            day=clock.day(target),
            buckets={
                "hour": target % clock.slots_per_day * clock.step_s // HOUR_S,
                "district": np.array(course.traffic.districts)[gate.detector],
            },
            seed=taught.model.seed,
        )
    return found


def explanations(course: Course, taught: Taught) -> dict[str, Explained]:
    """What moved the nearest forecasts of the gate: the first of each measure's boosters, on rows that were judged."""
    found = {}
    for measure, gate in taught.judged.items():
        dense = taught.model.measures[measure].dense
        view = taught.model.view(course.around)
        nearest = dense.settings.horizons[0]
        shown = dense.show(view.traffic.dense(measure), outside=view, reach=nearest)
        column = {name: place for place, name in enumerate(taught.model.detectors)}
        sensor = np.array([column[name] for name in course.traffic.detectors])[gate.detector]
        drawn = np.random.default_rng(taught.model.seed).permutation(len(gate.origin))[:MOST_ROWS]
        rows, names = for_trees(shown, gate.origin[drawn], sensor[drawn], nearest)
        booster = dense.trees[nearest][0].booster
        found[measure] = contributions(booster, rows, names, seed=taught.model.seed)
    return found


def plots(
    folder: Path,
    course: Course,
    taught: Taught,
    explained: Mapping[str, Explained],
    doubted: Mapping[str, CoverageReport],
) -> tuple[Path, ...]:
    clock, made = course.traffic.clock, list(shap_plots(folder, explained))
    made += [
        coverage_plot(folder / f"{measure}_coverage_by_{group}.png", f"{measure}, by {group}", report.cells[group])
        for measure, report in doubted.items()
        for group in ("hour", "district")
    ]
    importances = taught.model.importances()
    for measure, gate in taught.judged.items():
        slot = (gate.origin + gate.lead) % clock.slots_per_day
        errors = {
            "model": np.abs(gate.truth - gate.said[:, 1]),
            gate.best: np.abs(gate.truth - gate.baselines[gate.best][:, 1]),
        }
        unit = MEASURES[measure].removeprefix(f"{measure}_").replace("_", "/")
        hour = (slot * (clock.step_s / HOUR_S)).astype(np.float64)
        made += [
            calibration_plot(folder / f"{measure}_calibration.png", measure, gate.truth, gate.said),
            error_by_hour_plot(folder / f"{measure}_by_hour.png", measure, unit, hour, errors),
            importance_plot(folder / f"{measure}_importance.png", measure, importances[measure]),
        ]
    return tuple(made)
