"""Settings: one place where paths and URLs are resolved."""

from pathlib import Path

import pytest

from city.errors import InvalidValueError
from city.settings import Settings


def test_everything_stored_lies_under_home(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path / "var")})
    assert settings.history_url == str(tmp_path / "var" / "history")
    assert settings.ledger_url == f"sqlite:///{tmp_path / 'var' / 'ledger.db'}"
    assert settings.tracking_uri == f"sqlite:///{tmp_path / 'var' / 'mlruns' / 'mlflow.db'}"


def test_without_a_home_of_its_own_experiments_lie_beside_the_folder_var() -> None:
    settings = Settings.from_environment({})
    assert settings.home == Path("var").resolve()
    assert settings.mlruns == Path("mlruns").resolve()
    assert Settings.from_environment({"CITY_HOME": "var"}).mlruns == settings.mlruns


def test_a_tracking_server_is_taken_from_mlflows_own_variable(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path), "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000"})
    assert settings.tracking_uri == "http://127.0.0.1:5000"


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="CITY_PORT is 'http'"):
        Settings.from_environment({"CITY_PORT": "http"})
