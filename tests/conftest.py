"""What every test may rely on.

On a developer's machine a test may skip for what is not installed. Under CITY_REQUIRE_ALL=1 nothing
may: a skip would hide a missing install step. Only the shared data folder, which lies beside the
repository and not in it, may be absent.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

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

settings.register_profile("explore", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable" if REQUIRE_ALL or os.environ.get("CI") else "explore")


def pytest_configure(config: pytest.Config) -> None:
    """Keep BentoML's store out of the home of whoever runs the tests."""
    bento_home = tempfile.mkdtemp(prefix="chengyun-bentoml-")
    os.environ["BENTOML_HOME"] = bento_home
    config.add_cleanup(lambda: shutil.rmtree(bento_home, ignore_errors=True))


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
