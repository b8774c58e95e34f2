"""What each source brings to the congestion forecast of one city: trained with all of them, and without each in turn.

    .venv/bin/python -m benchmarks.ablation --city var [--as-of 2026-03-30T05:00+08:00] [--seeds 1 2 3] [--quick]
        [--json OUT]

Every line is trained and judged on the same days: the last ones, up to 14, which no learner has seen. On the demo city
the figures say how much a learner recovers of what the city's generator put in, not what a source brings elsewhere.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from time import process_time

import numpy as np
from scipy.stats import t

from benchmarks.results_file import write_results
from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.ledger import Ledger
from city.settings import Settings
from city.store import History
from features.congestion_around import SOURCES, without_calendar
from models.congestion import GATE_DAYS, course_of, learners_of
from models.congestion_training import Course, figures, teach
from models.dense_settings import DenseSettings

FIGURES = ("mae", "pinball", "coverage_80", "mae_15min", "mae_1h", "mae_6h", "mae_24h")
MEANING = "demo city: recovers what the generator put in"
Learners = dict[str, DenseSettings]
ALL = "all"
Table = dict[str, dict[str, dict[str, float]]]
"""Per line and measure its figures."""


def alone(learners: Learners) -> Learners:
    """No detector is told of chosen neighbours."""
    return {measure: replace(one, neighbours=0) for measure, one in learners.items()}


def without(source: str) -> Callable[[Course], Course]:
    """The same course, one source left out; without the calendar the profile goes by the week alone."""

    def left_out(course: Course) -> Course:
        traffic = without_calendar(course.traffic) if source == "calendar" else course.traffic
        sources = tuple(name for name in SOURCES if name != source)
        return replace(course, around=replace(course.around, traffic=traffic, sources=sources))

    return left_out


def measured(course: Course, learners: Learners, seed: int) -> dict[str, dict[str, float]]:
    """Figures of the gate per measure, those of the best simple forecast as `simple_...`."""
    taught = teach(course, learners, cutoff="ablation")
    found = {}
    for measure, judged in taught.judged.items():
        step_s = course.traffic.clock.step_s
        ours = figures(measure, judged, judged.said, step_s, seed)
        simple = figures(measure, judged, judged.baselines[judged.best], step_s, seed)
        named = {name: ours[f"{measure}_{name}"] for name in FIGURES if f"{measure}_{name}" in ours}
        found[measure] = named | {
            "simple_mae": simple[f"{measure}_mae"],
            "simple_pinball": simple[f"{measure}_pinball"],
        }
    return found


def ablation(
    history: History, settings: Settings, *, as_of: datetime, quick: bool = False, measures: Sequence[str] = ()
) -> Table:
    """Per line of the table the figures of each measure: of those named, or of all that the city has."""
    course = course_of(history, as_of=as_of)
    every = learners_of(course, settings, quick=quick)
    learners = {name: one for name, one in every.items() if not measures or name in measures}
    lines = {ALL: (course, learners)}
    lines |= {f"without {source}": (without(source)(course), learners) for source in SOURCES}
    lines["without neighbours"] = (course, alone(learners))
    table = {}
    for name, (taught_on, settled) in lines.items():
        began = process_time()
        table[name] = measured(taught_on, settled, settings.seed)
        show(name, table[name], process_time() - began)
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """A figure of a line less that of the line with all sources in the same seed: above 0 the source helps."""

    mean: float
    sd: float
    beyond_noise: bool


def differences(by_seed: Sequence[Table]) -> dict[str, dict[str, dict[str, Without]]]:
    """Per line, measure and figure. Beyond noise: the seeds' 95 % interval (Student's) leaves out 0; never of one seed.

    All seeds are judged on the same days: what other days would have said is not in it.
    """
    found: dict[str, dict[str, dict[str, Without]]] = {}
    for line in (name for name in by_seed[0] if name != ALL):
        for measure, figures_of_line in by_seed[0][line].items():
            for figure in (name for name in figures_of_line if not name.startswith("simple_")):
                off = np.array([one[line][measure][figure] - one[ALL][measure][figure] for one in by_seed])
                sd = float(off.std(ddof=1)) if len(off) > 1 else float("nan")
                found.setdefault(line, {}).setdefault(measure, {})[figure] = Without(
                    mean=round(float(off.mean()), 4),
                    sd=round(sd, 4),
                    beyond_noise=bool(abs(off.mean()) > t.ppf(0.975, len(off) - 1) * sd / np.sqrt(len(off))),
                )
    return found


def means(by_seed: Sequence[Table]) -> Table:
    return {
        line: {
            measure: {name: float(np.mean([one[line][measure][name] for one in by_seed])) for name in told}
            for measure, told in measures.items()
        }
        for line, measures in by_seed[0].items()
    }


def results(by_seed: Mapping[int, Table]) -> dict[str, object]:
    off = differences(list(by_seed.values()))
    return {
        "lines": means(list(by_seed.values())),
        "differences": {
            line: {
                measure: {
                    name: asdict(one) | {"sd": one.sd if len(by_seed) > 1 else None} for name, one in told.items()
                }
                for measure, told in measures.items()
            }
            for line, measures in off.items()
        },
        "by_seed": {str(seed): table for seed, table in by_seed.items()},
    }


def show(name: str, found: dict[str, dict[str, float]], cpu_s: float) -> None:
    for measure, told in found.items():
        shown = "  ".join(f"{figure} {value:.3f}" for figure, value in told.items())
        print(f"{name:<20} {measure:<6} {shown}  ({cpu_s:.0f} CPU-s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--city", type=Path, required=True, help="home of a city that was imported, as `city --home`")
    parser.add_argument("--as-of", type=datetime.fromisoformat, help="with its offset; default: the newest count")
    parser.add_argument("--quick", action="store_true", help="fewer rounds on fewer rows")
    parser.add_argument("--measures", nargs="+", choices=("flow", "speed"), default=[], help="default: both")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="three and more tell help from luck")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/ablation.json")
    arguments = parser.parse_args()
    settings = Settings.from_environment({"CITY_HOME": str(arguments.city)})
    history = History(settings.history_url, Ledger(settings.ledger_url))
    as_of = arguments.as_of or history.last_news(TrafficCounts)
    if as_of is None:
        raise MissingInputError(step="Ablation", missing=("traffic counts",), todo="Run `city demo` first.")
    by_seed = {
        seed: ablation(
            history, replace(settings, seed=seed), as_of=as_of, quick=arguments.quick, measures=arguments.measures
        )
        for seed in arguments.seeds
    }
    report(by_seed, as_of=as_of, quick=arguments.quick, out=arguments.json)


def report(by_seed: Mapping[int, Table], *, as_of: datetime, quick: bool, out: Path | None) -> None:
    for line, measures in differences(list(by_seed.values())).items():
        for measure, told in measures.items():
            one = told["mae"]
            verdict = "beyond noise" if one.beyond_noise else "not beyond noise"
            print(f"{line:<20} {measure:<6} MAE {one.mean:+.3f}, sd {one.sd:.3f} over {len(by_seed)} seeds: {verdict}")
    config = {"as_of": as_of.isoformat(), "quick": quick, "gate_days": GATE_DAYS, "meaning": MEANING}
    config |= {"seeds": list(by_seed)}
    write_results("ablation", results(by_seed), config=config, seed=min(by_seed), out=out)


if __name__ == "__main__":
    main()
