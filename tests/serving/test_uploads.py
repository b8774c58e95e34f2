"""Uploads: names that cannot lead elsewhere, somebody else's, expired ones, and how much may come."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import serving.uploads as uploads_module
from city.errors import BrokenRuleError, CityError, InvalidValueError, NotFoundError, UnreadableInputError
from serving.uploads import LASTS, Upload, Uploads

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def anything(_: Path, __: str) -> None:
    """What is sent is not looked into here."""


def put(uploads: Uploads, upload: Upload, name: str, content: bytes = b"a,b\n1,2\n") -> Upload:
    receiving = uploads.receive(uploads.of(upload.upload_id, upload.person), name)
    try:
        receiving.take(content)
        receiving.keep(anything)
    finally:
        receiving.discard()
    return uploads.of(upload.upload_id, upload.person)


@given(name=st.text(min_size=1, max_size=130))
@example(name="../../etc/passwd")
@example(name="..")
@example(name="a/../b")
@example(name="C:\\windows")
@example(name="nul")
@example(name="counts.csv\x00.xlsx")
@example(name="-rf")
@example(name="垃圾清运 2026-03.xlsx")
def test_whatever_a_file_is_called_it_lies_in_its_upload_or_nowhere(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    root = tmp_path_factory.mktemp("uploads")
    uploads = Uploads(root)
    upload = uploads.begin("Li Wei")
    before = {path for path in root.rglob("*") if path.is_file()}
    try:
        put(uploads, upload, name)
    except CityError:
        assert {path for path in root.rglob("*") if path.is_file()} == before
        return
    (kept,) = uploads.of(upload.upload_id, "Li Wei").files
    assert (upload.folder / kept.name).read_bytes() == b"a,b\n1,2\n"
    assert {path.parent for path in root.rglob("*") if path.is_file()} == {upload.folder, upload.folder.parent}


@pytest.mark.parametrize("name", ["counts_2026-03.csv", "Zählung (Nord).xlsx", "清运 2026.xlsx", "a+b=c.csv"])
def test_names_that_departments_use_are_taken(tmp_path: Path, name: str) -> None:
    uploads = Uploads(tmp_path)

    assert [file.name for file in put(uploads, uploads.begin("Li Wei"), name).files] == [name]


def test_nobody_sees_the_upload_of_another(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    upload = uploads.begin("Li Wei")

    with pytest.raises(NotFoundError) as hidden:
        uploads.of(upload.upload_id, "Wang Fang")
    with pytest.raises(NotFoundError) as missing:
        uploads.of("0" * 32, "Wang Fang")

    assert str(hidden.value).replace(upload.upload_id, "0" * 32) == str(missing.value)


@pytest.mark.parametrize("upload_id", ["", ".", "..", "../x", "a" * 31, "A" * 32, "\x00" * 32])
def test_what_is_no_id_is_no_upload(tmp_path: Path, upload_id: str) -> None:
    with pytest.raises(NotFoundError):
        Uploads(tmp_path).of(upload_id, "Li Wei")


def test_after_a_day_it_is_gone(tmp_path: Path) -> None:
    clock = Clock()
    uploads = Uploads(tmp_path, clock)
    upload = put(uploads, uploads.begin("Li Wei"), "counts.csv")

    clock.now = NOON + LASTS - timedelta(seconds=1)
    assert uploads.sweep() == 0
    assert uploads.of(upload.upload_id, "Li Wei").files
    clock.now = NOON + LASTS
    with pytest.raises(NotFoundError):
        uploads.of(upload.upload_id, "Li Wei")
    assert uploads.sweep() == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_module, "MOST_FILE_BYTES", 10)
    uploads = Uploads(tmp_path)
    upload = uploads.begin("Li Wei")

    with pytest.raises(InvalidValueError, match="more than 10 bytes"):
        put(uploads, upload, "counts.csv", b"x" * 11)

    assert put(uploads, upload, "small.csv", b"x" * 10).files[0].size_bytes == 10
    assert not list(tmp_path.rglob("*.part"))


def test_an_upload_as_a_whole_has_a_size_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_module, "MOST_UPLOAD_BYTES", 15)
    uploads = Uploads(tmp_path)
    upload = put(uploads, uploads.begin("Li Wei"), "first.csv", b"x" * 10)

    with pytest.raises(InvalidValueError, match="more than 5 bytes"):
        put(uploads, upload, "second.csv", b"x" * 6)

    assert [file.size_bytes for file in put(uploads, upload, "first.csv", b"x" * 15).files] == [15]


def test_a_file_counts_only_once_it_is_there_as_a_whole(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    upload = put(uploads, uploads.begin("Li Wei"), "counts.csv", b"old")

    broken = uploads.receive(upload, "counts.csv")
    broken.take(b"new, but not to the end")
    broken.discard()

    assert (upload.folder / "counts.csv").read_bytes() == b"old"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)

    with pytest.raises(UnreadableInputError, match="the file is empty"):
        put(uploads, uploads.begin("Li Wei"), "counts.csv", b"")


def test_who_begins_many_and_imports_none_is_stopped(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    first = uploads.begin("Li Wei")
    for _ in range(uploads_module.MOST_UPLOADS - 1):
        uploads.begin("Li Wei")

    with pytest.raises(BrokenRuleError, match="Import or delete one"):
        uploads.begin("Li Wei")

    uploads.begin("Wang Fang")
    uploads.remove(first)
    uploads.begin("Li Wei")
