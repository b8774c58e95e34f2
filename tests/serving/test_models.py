"""What serves, changed by a person: listed, promoted, rolled back, each with a line in the log."""

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from city.ledger import Ledger, Promotion
from city.settings import Settings
from models.promotion import Verdict
from serving.desk import Desk
from serving.model_moves import promote
from tests.models.test_registry import passed, recorded
from tests.serving.test_commands import city


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where version 2 serves, which replaced 1, and the gate has refused 3."""
    folder = tmp_path_factory.mktemp("lived")
    settings = Settings.from_environment({"CITY_HOME": str(folder / "var")})
    registry, run_id, model_hash = recorded(settings, folder)
    for reason in ("first model", "5 % better"):
        registry.promote("congestion", run_id, model_hash, passed(reason))
    registry.register("congestion", run_id, model_hash, Verdict(promote=False, reason="no change: within chance"))
    return settings.home


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    """A copy; the files of the models stay where they were stored."""
    return Path(shutil.copytree(lived, tmp_path / "var"))


@pytest.fixture
def damaged(lived: Path) -> Iterator[None]:
    (trees,) = lived.rglob("flow_p50.txt")
    before = trees.read_bytes()
    trees.write_bytes(before + b" ")
    yield
    trees.write_bytes(before)


def marks(home: Path) -> dict[str, str]:
    answer = city("models", "congestion", "--json", home=home)
    words = {"is_champion": "champion", "is_previous": "previous"}
    return {one["version"]: word for one in answer.json()["models"] for mark, word in words.items() if one[mark]}


def log(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city("models", "--log", "--json", home=home).json()["log"]
    return found


def test_the_list_says_who_serves_and_what_the_gate_said(home: Path) -> None:
    answer = city("models", home=home)

    assert answer.code == 0, answer.err
    (champion,) = [line for line in answer.out.splitlines() if "champion" in line and "passed" in line]
    assert "refused" not in champion
    assert "5 % better" in answer.out
    assert "no change: within chance" in answer.out
    assert marks(home) == {"2": "champion", "1": "previous"}


def test_where_nothing_was_trained_the_list_says_how_to(tmp_path: Path) -> None:
    answer = city("models", home=tmp_path / "var")

    assert answer.code == 0
    assert "city train congestion" in answer.out


def test_a_rollback_serves_the_former_version_and_stays_in_the_log_with_its_reason(home: Path) -> None:
    answer = city("rollback", "congestion", "--reason", "wrong at night", home=home)

    assert answer.code == 0, answer.err
    assert "Version 1 of the congestion model serves now; version 2 served before." in answer.out
    assert "The gate had said of it: first model" in answer.out
    assert marks(home) == {"1": "champion"}
    (line,) = log(home)
    assert (line["action"], line["version"], line["previous"]) == ("rolled_back", "1", "2")
    assert line["reason"] == "wrong at night"
    assert "who" in line
    assert line["at"].endswith("+00:00")


def test_a_rollback_from_the_first_version_is_refused_with_a_sentence(home: Path) -> None:
    city("rollback", "congestion", "--reason", "wrong at night", home=home)

    again = city("rollback", "congestion", "--reason", "still wrong", home=home)

    assert again.code == 1
    assert "there is nothing to go back to" in again.err
    assert len(log(home)) == 1


def test_a_promotion_by_hand_overrules_the_gate_and_says_what_it_had_said(home: Path) -> None:
    answer = city("promote", "congestion", "3", "--reason", "the road works are over", "--json", home=home)

    moved = answer.json()
    assert (moved["version"], moved["previous"], moved["gate"]) == ("3", "2", "no change: within chance")
    assert marks(home) == {"3": "champion", "2": "previous"}
    assert [line["action"] for line in log(home)] == ["promoted"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("promote", "congestion", "9", "--reason", "why not"), "There are: 1, 2, 3."),
        (("promote", "congestion", "2", "--reason", "why not"), "it is the champion already"),
        (("promote", "congestion", "3", "--reason", " "), "reason is ' ', expected a sentence"),
        (("rollback", "waste", "--reason", "why not"), "no version serves"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(home: Path, words: tuple[str, ...], problem: str) -> None:
    answer = city(*words, home=home)

    assert answer.code == 1
    assert problem in answer.err
    assert marks(home) == {"2": "champion", "1": "previous"}
    assert log(home) == []


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize("words", [("promote", "congestion", "3"), ("rollback", "congestion")])
def test_what_was_changed_on_disk_never_serves(home: Path, words: tuple[str, ...]) -> None:
    answer = city(*words, "--reason", "why not", home=home)

    assert answer.code == 1
    assert "flow_p50.txt is missing or was changed" in answer.err
    assert marks(home) == {"2": "champion", "1": "previous"}
    assert log(home) == []


def test_a_change_that_cannot_be_written_down_is_taken_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_ledger: Ledger, _line: Promotion, _audit: object = None) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(Ledger, "log_model", full)
    desk = Desk(Settings.from_environment({"CITY_HOME": str(home)}))
    with pytest.raises(OSError, match="disk full"):
        promote(desk, "congestion", "3", "the road works are over")

    assert marks(home)["2"] == "champion"
