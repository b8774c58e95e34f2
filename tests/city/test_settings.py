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


def test_the_salt_lies_beside_the_ledger_unless_it_is_given(tmp_path: Path) -> None:
    home = {"CITY_HOME": str(tmp_path)}
    server = {**home, "CITY_LEDGER_URL": "postgresql+psycopg://city@db/city"}
    elsewhere = {**home, "CITY_LEDGER_URL": f"sqlite:///{tmp_path / 'shared' / 'ledger.db'}"}
    given = {**home, "CITY_SALT": "0123456789abcdef"}

    assert Settings.from_environment(home).salt == tmp_path / "salt"
    assert Settings.from_environment(server).salt == tmp_path / "salt"
    assert Settings.from_environment(elsewhere).salt == tmp_path / "shared" / "salt"
    assert Settings.from_environment(given).salt == b"0123456789abcdef"
    assert "0123456789abcdef" not in repr(Settings.from_environment(given))
    with pytest.raises(InvalidValueError, match="CITY_SALT"):
        Settings.from_environment({**home, "CITY_SALT": "short"})


def test_how_long_an_import_waits_for_another_is_a_number_of_seconds() -> None:
    assert Settings.from_environment({"CITY_WRITE_WAIT_S": "60"}).write_wait_s == 60
    with pytest.raises(InvalidValueError, match="CITY_WRITE_WAIT_S is 'long'"):
        Settings.from_environment({"CITY_WRITE_WAIT_S": "long"})


def test_the_limits_of_the_service_are_whole_numbers_above_nothing() -> None:
    given = Settings.from_environment({"CITY_WORKERS": "4", "CITY_KEY_RATE": "7", "CITY_DRAIN_S": "0"})

    assert (given.workers, given.key_rate_per_s, given.drain_s) == (4, 7, 0)
    with pytest.raises(InvalidValueError, match="CITY_WORKERS is 0"):
        Settings.from_environment({"CITY_WORKERS": "0"})
    with pytest.raises(InvalidValueError, match="CITY_MOST_IN_FLIGHT is '-1'"):
        Settings.from_environment({"CITY_MOST_IN_FLIGHT": "-1"})
