"""Promoted, rolled back, overruled: one step at a time, and whatever breaks leaves what served before."""

import errno
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from city.errors import BrokenRuleError, CityError, NotFoundError
from city.settings import Settings
from models.bundle import RefusedModelError
from models.promotion import Verdict
from models.publishing import champion_or_reason
from models.registry import Registry
from models.registry_reading import trained_models
from tests.models.conftest import settings_in
from tests.models.test_registry import passed, recorded

NAME = "congestion"
WRITES = ("set_model_version_tag", "set_registered_model_alias", "delete_registered_model_alias")


class Kept:
    """A registry with three versions that were promoted one after the other."""

    def __init__(self, settings: Settings, run_id: str, model_hash: str) -> None:
        self.settings, self.registry = settings, Registry(settings)
        self.run_id, self.model_hash = run_id, model_hash

    def refused(self) -> str:
        verdict = Verdict(promote=False, reason="no change: within chance")
        return self.registry.register(NAME, self.run_id, self.model_hash, verdict)

    def serving(self) -> tuple[str | None, str | None]:
        """As the next process sees it: the champion and what it replaced."""
        fresh = Registry(self.settings)
        champion, previous = fresh.champion(NAME), fresh.previous(NAME)
        return (None if champion is None else champion.version), (None if previous is None else previous.version)

    def aliases(self) -> dict[str, str]:
        """As people see it in MLflow."""
        client = MlflowClient(tracking_uri=self.settings.tracking_uri)
        return {str(alias): str(version) for alias, version in client.get_registered_model(NAME).aliases.items()}


@pytest.fixture(scope="module")
def thrice(new_settings: Callable[[Path], Settings], tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("thrice")
    settings = new_settings(folder)
    registry, run_id, model_hash = recorded(settings, folder)
    for number in (1, 2, 3):
        registry.promote(NAME, run_id, model_hash, passed(f"gate {number}"))
    return Kept(settings, run_id, model_hash)


@pytest.fixture
def kept(thrice: Kept, tmp_path: Path) -> Kept:
    """A copy; the files of the models stay where they were stored."""
    settings = settings_in(tmp_path)
    settings.mlruns.mkdir(parents=True)
    shutil.copy(thrice.settings.mlruns / "mlflow.db", settings.mlruns)
    return Kept(settings, thrice.run_id, thrice.model_hash)


@pytest.fixture
def damaged(thrice: Kept) -> Iterator[None]:
    """Every version has the files of the one run."""
    (trees,) = (thrice.settings.mlruns / "artifacts").rglob("flow_p50.txt")
    before = trees.read_bytes()
    trees.write_bytes(before + b" ")
    yield
    trees.write_bytes(before)


def breaking_at(monkeypatch: pytest.MonkeyPatch, writing: int) -> Callable[[], int]:
    """Let the so-manieth writing to MLflow fail; returns how many were tried."""
    count = 0

    def watched(name: str) -> None:
        plain = getattr(MlflowClient, name)

        def tried(*arguments: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count == writing:
                raise OSError(errno.ENOSPC, "disk full")
            return plain(*arguments, **named)

        monkeypatch.setattr(MlflowClient, name, tried)

    for name in WRITES:
        watched(name)
    return lambda: count


def test_the_last_promoted_serves_and_knows_what_it_replaced(kept: Kept) -> None:
    assert kept.serving() == ("3", "2")
    assert kept.aliases() == {"champion": "3", "previous": "2"}


def test_a_rollback_goes_one_step_back_and_the_next_one_another_until_there_is_nothing(kept: Kept) -> None:
    first = kept.registry.rollback(NAME, "wrong at night")

    assert (first.version, first.previous, first.reason) == ("2", "3", "wrong at night")
    assert kept.serving() == ("2", "1")
    assert kept.aliases() == {"champion": "2", "previous": "1"}

    kept.registry.rollback(NAME, "still wrong")
    assert kept.serving() == ("1", None)
    assert kept.aliases() == {"champion": "1"}

    with pytest.raises(BrokenRuleError, match="version 1 replaced nothing, so there is nothing to go back to"):
        kept.registry.rollback(NAME, "again")
    assert kept.serving() == ("1", None)


def test_nothing_to_leave_is_a_sentence(fresh: Settings) -> None:
    with pytest.raises(BrokenRuleError, match="Rollback of waste: no version serves"):
        Registry(fresh).rollback("waste", "why not")


@pytest.mark.usefixtures("damaged")
def test_a_rollback_to_what_was_changed_on_disk_is_refused_and_changes_nothing(kept: Kept) -> None:
    with pytest.raises(RefusedModelError, match=r"flow_p50.txt is missing or was changed"):
        kept.registry.rollback(NAME, "wrong at night")

    assert kept.aliases() == {"champion": "3", "previous": "2"}


def test_a_broken_champion_can_be_left(fresh: Settings, tmp_path: Path) -> None:
    """The two have files of their own: only the newer one is damaged."""
    registry, run_id, model_hash = recorded(fresh, tmp_path / "old")
    registry.promote(NAME, run_id, model_hash, passed("first"))
    _, run_id, model_hash = recorded(fresh, tmp_path / "new")
    registry.promote(NAME, run_id, model_hash, passed("second"))
    for file in (fresh.mlruns / "artifacts" / run_id).rglob("metadata.json"):
        file.write_text("{}", encoding="utf-8")

    champion, reason = champion_or_reason(registry, NAME)
    assert champion is None
    assert "is refused" in reason
    former = registry.previous(NAME)
    assert former is not None
    assert former.bundle.parts

    assert registry.rollback(NAME, "its files are broken").version == "1"
    assert champion_or_reason(registry, NAME)[0] is not None


def test_what_the_gate_refused_is_a_version_that_does_not_serve_until_a_person_says_so(kept: Kept) -> None:
    refused = kept.refused()
    assert (refused, kept.serving()) == ("4", ("3", "2"))

    promotion = kept.registry.promote_version(NAME, "4", "we know why")

    assert (promotion.version, promotion.previous, promotion.reason) == ("4", "3", "we know why")
    assert kept.serving() == ("4", "3")
    assert kept.registry.rollback(NAME, "we did not").version == "3"


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("9", r"There is no version of the congestion model '9'"),
        ("3", r"congestion v3: it is the champion already"),
    ],
)
def test_a_promotion_by_hand_that_makes_no_sense_is_refused(kept: Kept, version: str, problem: str) -> None:
    with pytest.raises(CityError, match=problem):
        kept.registry.promote_version(NAME, version, "because")

    assert kept.serving() == ("3", "2")


@pytest.mark.usefixtures("damaged")
def test_a_promotion_by_hand_of_what_was_changed_on_disk_is_refused(kept: Kept) -> None:
    with pytest.raises(RefusedModelError):
        kept.registry.promote_version(NAME, "1", "it was better")

    assert kept.aliases() == {"champion": "3", "previous": "2"}


def test_an_unknown_model_has_no_versions(fresh: Settings) -> None:
    with pytest.raises(NotFoundError):
        Registry(fresh).version("weather", "1")


@pytest.mark.parametrize("writing", [1, 2, 3])
def test_a_promotion_that_breaks_anywhere_leaves_the_former_champion_and_its_predecessor(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, writing: int
) -> None:
    with monkeypatch.context() as patch:
        tried = breaking_at(patch, writing)
        with pytest.raises(OSError, match="disk full"):
            kept.registry.promote_version(NAME, "1", "it was better")
        assert tried() >= writing

    assert kept.serving() == ("3", "2")
    assert kept.aliases() == {"champion": "3", "previous": "2"}
    assert kept.registry.rollback(NAME, "still possible").version == "2"


@pytest.mark.parametrize("writing", [1, 2])
def test_a_rollback_that_breaks_anywhere_leaves_the_champion(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, writing: int
) -> None:
    with monkeypatch.context() as patch:
        breaking_at(patch, writing)
        with pytest.raises(OSError, match="disk full"):
            kept.registry.rollback(NAME, "wrong at night")

    assert kept.serving() == ("3", "2")
    assert kept.aliases() == {"champion": "3", "previous": "2"}


def test_a_promotion_that_could_not_be_written_down_is_taken_back(kept: Kept) -> None:
    promotion = kept.registry.promote(NAME, kept.run_id, kept.model_hash, passed("better"))

    kept.registry.take_back(promotion)

    assert kept.serving() == ("3", "2")


def test_the_list_of_models_marks_who_serves_who_served_and_what_the_gate_said(kept: Kept) -> None:
    kept.refused()
    listed = trained_models(kept.settings)

    marks = {one.version: (one.is_champion, one.is_previous, one.gate, one.reason) for one in listed}
    assert marks == {
        "1": (False, False, "passed", "gate 1"),
        "2": (False, True, "passed", "gate 2"),
        "3": (True, False, "passed", "gate 3"),
        "4": (False, False, "refused", "no change: within chance"),
    }
    assert listed[0].figures == {"to_baseline": -0.2}
