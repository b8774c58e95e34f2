"""What every test may rely on.

On a developer's machine a test may skip for what is not installed. Under CITY_REQUIRE_ALL=1 nothing
may: a skip would hide a missing install step. Only the shared data folder, which lies beside the
repository and not in it, may be absent.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from tests.made_once import FOLDER, Background, copied_ledgers, shared_folder

REQUIRE_ALL = os.environ.get("CITY_REQUIRE_ALL") == "1"
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NO_SHARED_DATA = "no ../shared/data beside the repository"

# Read at import by LightGBM, Matplotlib, MLflow and BentoML: set before any test imports them.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "true")
# The terminal that pytest-xdist was started from says nothing about where a command's tables go.
os.environ.pop("COLUMNS", None)

# Who develops draws a hundred other examples each time; before a change lands the same fifty are drawn.
settings.register_profile("explore", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("repeatable" if REQUIRE_ALL or os.environ.get("CI") else "explore")


TESTS = Path(__file__).resolve().parent
EARLY = frozenset({"city", "features", "models"})
"""Folders whose tests need neither compiled planners nor the demo city: both are made beside them."""
LONGEST = (
    "serving/test_service.py",
    "serving/pages/",
    "notebooks/test_notebooks.py",
    "serving/test_deadline_under_mischief.py",
    "serving/test_real_city.py",
    "optimization/signals/test_check_mutations.py",
    "benchmarks/test_signals.py",
    "serving/simulation/test_life.py",
    "serving/test_access_matrix.py",
    "serving/test_project_run.py",
)
"""Files and folders begun first in their half: what takes a minute must not be the last that one worker of two does."""
TOGETHER = {"pages": re.compile(r": ServedCity\b"), "service": re.compile(r"\bservice: httpx\.Client\b")}
"""Files where this is read go to one worker: each worker that starts a service of its own does so for half a minute."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep BentoML's store out of the home of whoever runs the tests, and the order below as it is."""
    config.option.loadscopereorder = False
    bento_home = tempfile.mkdtemp(prefix="chengyun-bentoml-")
    os.environ["BENTOML_HOME"] = bento_home
    config.add_cleanup(lambda: shutil.rmtree(bento_home, ignore_errors=True))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    file = item.path.relative_to(TESTS) if item.path.is_relative_to(TESTS) else item.path
    name = file.as_posix()
    place = next((k for k, begin in enumerate(LONGEST) if name.startswith(begin)), len(LONGEST))
    return file.parts[0] not in EARLY, place


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return _ByFileAndService(config, log) if config.option.dist == "loadfile" else None


class _ByFileAndService(LoadFileScheduling):  # type: ignore[misc]  # it comes without types
    """All tests of a file go to one worker, and so do all files that share a service."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(self.config.rootpath / super()._split_scope(nodeid))


@cache
def _scope(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return next((name for name, sign in TOGETHER.items() if sign.search(text)), str(file))


@pytest.fixture(scope="session", autouse=True)
def _what_takes_longest_is_begun(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The demo city is built beside the tests that come before those that need it; it compiles the planners too."""
    folder = shared_folder(tmp_path_factory)
    os.environ[FOLDER] = str(folder)
    wanted = any("demo_home" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if not wanted or os.environ.get("PYTEST_XDIST_WORKER") != "gw0" or os.environ.get("CITY_TEST_HOME"):
        yield
        return
    from tests.serving.conftest import demo_building  # noqa: PLC0415  -- for a few tests its imports take longest

    build = Background(*demo_building(folder))
    build.start()
    yield
    build.stop()


@pytest.fixture(scope="module", autouse=True)
def _who_needs_a_ledger_gets_a_copy(request: pytest.FixtureRequest) -> Iterator[None]:
    """Except where the migrations themselves are tested."""
    if request.path.is_relative_to(TESTS / "city"):
        yield
        return
    with copied_ledgers():
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets that the repository is too small for."""
    if not SHARED_DATA.is_dir():
        pytest.skip(NO_SHARED_DATA)
    return SHARED_DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (REQUIRE_ALL and report.skipped):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(NO_SHARED_DATA):
        report.outcome = "failed"
        report.longrepr = f"Skipped although CITY_REQUIRE_ALL=1 allows no skip: {reason}"
