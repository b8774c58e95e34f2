"""Folders for a while: gone when closed, or with the next sweep after a kill; never under a living owner."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from city.scratch import HELD, LEAST_AGE_S, Scratch, hold_temporary_folder, sweep

OWNER = """
import sys, time
from city.scratch import Scratch
scratch = Scratch("test")
(scratch.folder / "half-written.npz").write_bytes(b"x" * 1000)
print(scratch.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(folder: Path) -> Path:
    long_ago = time.time() - LEAST_AGE_S - 1
    os.utime(folder / HELD, (long_ago, long_ago))
    return folder


def test_a_folder_is_there_until_it_is_closed(temporary: Path) -> None:
    with Scratch("test") as scratch:
        assert scratch.folder.parent == temporary
        (scratch.folder / "file").touch()
        assert sweep() == ()
        aged(scratch.folder)
        assert sweep() == ()

    assert list(temporary.iterdir()) == []
    scratch.close()


def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_holds_is_not(temporary: Path) -> None:
    words = [sys.executable, "-c", OWNER]
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = aged(Path(owner.stdout.readline().strip()))
        assert sweep() == ()

        owner.send_signal(signal.SIGKILL)
        owner.wait()

    assert (folder / "half-written.npz").exists()
    assert sweep() == (folder,)
    assert list(temporary.iterdir()) == []


def test_a_folder_that_was_made_a_moment_ago_is_left_alone(temporary: Path) -> None:
    folder = temporary / "city-test-new"
    folder.mkdir()
    (folder / HELD).touch()

    assert sweep() == ()
    aged(folder)
    assert sweep() == (folder,)


def test_who_was_given_a_folder_holds_it_beyond_its_maker(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Scratch("serving")
    monkeypatch.setattr(tempfile, "tempdir", str(made.folder))
    lock = hold_temporary_folder()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert lock is not None

    made.close()
    aged(made.folder)
    assert sweep() == ()

    os.close(lock)
    assert sweep() == (made.folder,)
    assert hold_temporary_folder() is None


def test_links_and_folders_of_others_are_no_business_of_the_sweep(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / HELD).touch()
    aged(elsewhere)
    (temporary / "city-test-link").symlink_to(elsewhere)
    (temporary / "city-of-somebody").mkdir()
    (temporary / "city-file").touch()

    assert sweep() == ()
    assert len(list(temporary.iterdir())) == 4
