"""Each line of the ablation leaves out exactly one source, and is judged on the same days."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ablation import Table, ablation, alone, differences, results, without
from city.frames import CalendarDays, TrafficCounts
from city.settings import Settings
from city.store import History
from features.congestion_around import SOURCES
from models.congestion import course_of, learners_of
from models.congestion_training import Course
from tests.features.small_city import MONDAY, calendar_day, noisy_counts, stored
from tests.models.tiny_learners import NOTHING_LEARNED, tiny_learners

NOW = MONDAY + timedelta(days=10)


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    with tiny_learners(NOTHING_LEARNED):
        yield


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    holiday = calendar_day(date(2026, 3, 4), "holiday", MONDAY - timedelta(days=30))
    counts = noisy_counts(10, detectors=1)
    return stored(tmp_path_factory.mktemp("city"), (TrafficCounts, counts), (CalendarDays, holiday))


@pytest.fixture(scope="module")
def course(history: History) -> Course:
    return course_of(history, as_of=NOW)


def kinds(course: Course) -> list[int]:
    found = course.traffic.dense("flow").weekday(np.arange(7))
    assert found is not None
    return [int(one) for one in found]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_is_left_out_is_silent_and_the_others_are_not(course: Course, source: str) -> None:
    left = without(source)(course)

    assert set(left.around.sources) == set(SOURCES) - {source}
    assert left.windows == course.windows
    assert kinds(course)[2] == 6
    assert kinds(left)[2] == (2 if source == "calendar" else 6)


def of_seeds(without_weather: list[float]) -> list[Table]:
    """The line with all sources has 30 and 31."""
    return [
        {"all": {"flow": {"mae": 30.0 + seed}}, "without weather": {"flow": {"mae": one}}}
        for seed, one in enumerate(without_weather)
    ]


def test_a_source_helps_beyond_noise_where_every_seed_says_about_the_same() -> None:
    steady = differences(of_seeds([32.0, 33.1, 34.0]))["without weather"]["flow"]["mae"]
    lucky = differences(of_seeds([32.0, 29.5, 32.6]))["without weather"]["flow"]["mae"]
    once = differences(of_seeds([32.0]))["without weather"]["flow"]["mae"]

    assert steady.mean == pytest.approx(2.0333)
    assert lucky.mean == pytest.approx(0.3667)
    assert steady.beyond_noise
    assert not lucky.beyond_noise
    assert not once.beyond_noise


def test_results_hold_the_means_and_every_seed() -> None:
    one, other = of_seeds([32.0, 33.0])

    found = results({1: one, 2: other})

    assert found["lines"] == {"all": {"flow": {"mae": 30.5}}, "without weather": {"flow": {"mae": 32.5}}}
    assert found["by_seed"] == {"1": one, "2": other}


def test_without_neighbours_nobody_is_chosen(course: Course) -> None:
    learners = learners_of(course, Settings.from_environment({}), quick=True)

    assert {one.neighbours for one in alone(learners).values()} == {0}


def test_every_line_has_its_figures_beside_the_same_simple_forecast(history: History, tmp_path: Path) -> None:
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path)})

    table = ablation(history, settings, as_of=NOW, quick=True, measures=("flow",))

    assert list(table) == ["all", *(f"without {source}" for source in SOURCES), "without neighbours"]
    assert len({line["flow"]["simple_mae"] for line in table.values()}) == 1
    assert all(np.isfinite(line["flow"]["mae"]) for line in table.values())
