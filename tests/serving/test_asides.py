"""Work beside the planning: in a real process, ended when its time is up, and refused in the words of who refused."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from city.access import Caller
from city.errors import CityError, SeveralErrors
from city.settings import Settings
from serving.aside_deeds import ImportAsked
from serving.asides import Asides, LostError, TooLateError
from serving.importing_uploads import MappingAsked
from serving.uploads import Uploads
from tests.serving.test_imports_over_http import GOOD, MAPPING

WORDS = "tests.serving.aside_words"


@pytest.fixture(scope="module")
def asides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asides]:
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path_factory.mktemp("asides") / "home")})
    made = Asides(settings, ready=f"{WORDS}:ready")
    yield made
    made.close()


def test_it_is_done_in_another_process_with_the_same_settings(asides: Asides) -> None:
    told = asides.run("The echo", f"{WORDS}:echo", "hello", seconds=60)

    assert told.startswith("hello in ")
    assert told.endswith(" for home")
    assert str(os.getpid()) not in told


def test_what_takes_too_long_is_ended_and_the_next_is_done(asides: Asides, tmp_path: Path) -> None:
    asides.run("The echo", f"{WORDS}:echo", "warm", seconds=60)
    began = time.monotonic()
    with pytest.raises(TooLateError, match=r"stopped after 0\.5 s; nothing of it was kept"):
        asides.run("The import", f"{WORDS}:wait_for", tmp_path / "never", seconds=0.5)

    assert time.monotonic() - began < 10
    assert asides.run("The echo", f"{WORDS}:echo", "again", seconds=60).startswith("again")


def test_a_crash_is_told_and_the_next_is_done(asides: Asides) -> None:
    with pytest.raises(LostError, match="came to no end"):
        asides.run("The import", f"{WORDS}:die", seconds=60)

    assert asides.run("The echo", f"{WORDS}:echo", "again", seconds=60).startswith("again")


def test_an_error_that_nobody_foresaw_is_no_answer(asides: Asides) -> None:
    with pytest.raises(LostError):
        asides.run("The import", f"{WORDS}:wait_for", "no path", seconds=60)


def test_one_that_takes_long_does_not_keep_another_waiting(asides: Asides, tmp_path: Path) -> None:
    ended: list[str] = []

    def take_long() -> None:
        ended.append(asides.run("It", f"{WORDS}:wait_for", tmp_path / "at-last", seconds=100))

    long = threading.Thread(target=take_long)
    long.start()
    told = asides.run("The echo", f"{WORDS}:echo", "meanwhile", seconds=60)

    assert told.startswith("meanwhile")
    assert ended == []
    (tmp_path / "at-last").touch()
    long.join()
    assert ended == ["at-last"]


def test_an_import_is_done_and_refused_there_as_it_is_here(asides: Asides) -> None:
    settings = asides.settings
    uploads = Uploads(settings.home / "uploads")
    upload = uploads.begin("Li Wei")
    (upload.folder / "counts.csv").write_text(GOOD, encoding="utf-8")
    caller = Caller(person="Li Wei", key_id="a", scopes=frozenset({"data:import"}))

    def run(text: str) -> dict[str, object]:
        asked = ImportAsked(
            uploads=settings.home / "uploads", upload_id=upload.upload_id,
            mapping=MappingAsked(name="testburg.toml", text=text), caller=caller, dry_run=False,
        )  # fmt: skip
        answered: dict[str, object] = asides.run("The import", "serving.aside_deeds:import_files", asked, seconds=100)
        return answered

    with pytest.raises(CityError, match=r"feed\.1\.path") as one:
        run(MAPPING.replace("counts*.csv", "/etc/hosts"))
    with pytest.raises(SeveralErrors, match="2 problem") as several:
        run(MAPPING.replace('unit = "veh/h"', 'unit = "miles"').replace('step = "1h"', 'step = "often"'))
    done = run(MAPPING)

    assert one.value.code == "invalid-value"
    assert several.value.code == "several"
    assert len(several.value.errors) == 2
    assert isinstance(done["import_id"], str)
    assert not Path(upload.folder).exists()
