"""Whatever happens to an import, the history holds the state before it or the state after it."""

import errno
import multiprocessing
import resource
import shutil
import signal
from pathlib import Path

import polars as pl
import pytest

from benchmarks.history_kills import (
    Case,
    history_of,
    in_child,
    killed_after,
    killed_at,
    leftovers,
    prepare,
    run,
    state,
    swept,
)
from benchmarks.killed_city import write_files
from city.errors import CityError

PLACES = 10


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return prepare(tmp_path_factory.mktemp("kills"), values=10_000, batch_values=2_000)


@pytest.fixture
def home(case: Case, tmp_path: Path) -> Path:
    return Path(shutil.copytree(case.template, tmp_path / "home"))


def test_the_import_to_be_killed_adds_corrects_and_refuses(case: Case) -> None:
    assert case.new["flows"][0] > case.old["flows"][0]
    assert case.new["refused"] > case.old["refused"]
    assert (len(case.old["imports"]), len(case.new["imports"])) == (1, 2)
    assert case.operations > 40


@pytest.mark.parametrize("share", range(PLACES))
def test_an_import_killed_at_any_operation_leaves_old_or_new(case: Case, home: Path, share: int) -> None:
    place = share * (case.operations - 1) // (PLACES - 1)

    found = killed_at(case, home, place)

    assert found.is_new == (share == PLACES - 1), "only the very last operation comes after the decision"
    swept(case, home, is_new=found.is_new)
    run(home, case.mapping, 50_000)
    again = state(home)
    assert {**again, "imports": None} == {**case.new, "imports": None}
    assert leftovers(home) == []


@pytest.mark.parametrize("share", [0.7])
def test_an_import_killed_at_any_moment_leaves_old_or_new(case: Case, home: Path, share: float) -> None:
    found = killed_after(case, home, share * case.seconds)

    swept(case, home, is_new=found.is_new)
    assert leftovers(home) == []


def test_two_imports_at_once_both_land_and_nothing_twice(case: Case, home: Path, tmp_path: Path) -> None:
    other = write_files(tmp_path, "other", sites=30, days=2, shift=5)
    context = multiprocessing.get_context("forkserver")
    children = [
        context.Process(target=run, args=(home, mapping, 2_000)) for mapping in (case.mapping, case.mapping, other)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()

    one_by_one = Path(shutil.copytree(case.template, tmp_path / "one by one"))
    for mapping in (case.mapping, other):
        run(one_by_one, mapping, 2_000)
    assert [child.exitcode for child in children] == [0, 0, 0]
    together, apart = state(home), state(one_by_one)
    assert sorted(together.pop("imports")) == sorted([*apart.pop("imports"), case.mapping.name])
    assert together["detectors"] == apart["detectors"]
    assert together["refused"] == apart["refused"]
    assert together["flows"][0] == apart["flows"][0]


def _import_on_a_full_disk(home: Path, mapping: Path, said: Path) -> None:
    """No file may grow beyond 200 kB: the operating system refuses to write more, as a full disk does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        run(home, mapping, 1_000_000)
    except CityError as error:
        said.write_text(str(error), encoding="utf-8")


def test_a_full_disk_is_a_sentence_and_the_old_state(case: Case, home: Path, tmp_path: Path) -> None:
    mapping = write_files(tmp_path, "large", sites=300, days=7, shift=3)
    volumes = tmp_path / "large-volumes.csv"
    noise = pl.read_csv(volumes).with_columns(
        (pl.col(f"V{slot:02d}") * 0 + pl.int_range(pl.len()).hash(seed=slot) % 5000).alias(f"V{slot:02d}")
        for slot in range(96)
    )
    noise.write_csv(volumes)
    said = tmp_path / "said.txt"

    assert in_child(_import_on_a_full_disk, home, mapping, said) == 0

    sentence = said.read_text("utf-8")
    assert "could not be" in sentence
    assert f"os error {errno.EFBIG}" in sentence
    assert "Nothing was stored. Check free space" in sentence
    assert state(home) == case.old
    assert leftovers(home) == []
    run(home, mapping, 1_000_000)
    assert state(home)["flows"][0] > case.old["flows"][0]
    history_of(home).ledger.close()
