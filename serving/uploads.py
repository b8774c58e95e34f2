"""Files that somebody sends to be imported: kept apart, by safe names only, and not for long."""

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final
from unicodedata import normalize

from city.errors import BrokenRuleError, InvalidValueError, NotFoundError, UnreadableInputError

LASTS: Final = timedelta(hours=24)
MOST_FILE_BYTES: Final = 512 * 1024**2
MOST_UPLOAD_BYTES: Final = 2 * 1024**3
MOST_FILES: Final = 200
MOST_UPLOADS: Final = 10  # of one person at a time
LONGEST_NAME: Final = 120
_ID: Final = re.compile(r"[0-9a-f]{32}")
# Letters of any script, digits, and a few signs; never a way to another folder.
_NAME: Final = re.compile(r"\w[\w .()+,=@~\[\]{}-]*")
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_NOTE, _HASHES = "upload.json", "hashes.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """`person` alone sees it. `folder` holds its files."""

    upload_id: str
    person: str
    made_at: datetime
    expires_at: datetime
    folder: Path
    files: tuple[UploadedFile, ...] = ()


class Uploads:
    """Every upload is a folder of its own below `root`; nothing of it is ever read but by its name."""

    def __init__(self, root: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._root = root
        self._clock = clock

    def begin(self, person: str) -> Upload:
        mine = [one for one in self._all() if one.person == person]
        if len(mine) >= MOST_UPLOADS:
            raise BrokenRuleError(
                subject="Upload",
                problem=f"{person} has {len(mine)} uploads that were not imported, at most {MOST_UPLOADS} may be",
                todo="Import or delete one of them first.",
            )
        upload_id, now = secrets.token_hex(16), self._clock()
        upload = Upload(
            upload_id=upload_id, person=person, made_at=now, expires_at=now + LASTS, folder=self._files(upload_id)
        )
        upload.folder.mkdir(parents=True)
        note = {"person": person, "made_at": now.isoformat(), "expires_at": upload.expires_at.isoformat()}
        (self._root / upload_id / _NOTE).write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
        return upload

    def of(self, upload_id: str, person: str) -> Upload:
        """Somebody else's upload is the same as one that does not exist, and so is an expired one."""
        found = self._read(upload_id) if _ID.fullmatch(upload_id) else None
        if found is None or found.person != person or found.expires_at <= self._clock():
            raise NotFoundError(kind="upload", name=upload_id, todo="Begin another with POST /v1/imports/uploads.")
        return found

    def receive(self, upload: Upload, name: str) -> "Receiving":
        """Takes the file's bytes piece by piece; it counts only once `keep` was called."""
        name = normalize("NFC", name)
        _refuse_name(name)
        others = [one for one in upload.files if one.name != name]
        if len(others) >= MOST_FILES:
            raise BrokenRuleError(subject="Upload", problem=f"it holds {len(others)} files, at most {MOST_FILES}")
        room = min(MOST_FILE_BYTES, MOST_UPLOAD_BYTES - sum(one.size_bytes for one in others))
        return Receiving(upload.folder, name, room)

    def remove(self, upload: Upload) -> None:
        shutil.rmtree(self._root / upload.upload_id, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what has expired; how many there were."""
        now = self._clock()
        old = [one for one in self._all() if one.expires_at <= now]
        for one in old:
            self.remove(one)
        return len(old)

    def _all(self) -> list[Upload]:
        folders = sorted(self._root.iterdir()) if self._root.is_dir() else []
        found = (self._read(folder.name) for folder in folders if _ID.fullmatch(folder.name))
        return [one for one in found if one is not None]

    def _files(self, upload_id: str) -> Path:
        return self._root / upload_id / "files"

    def _read(self, upload_id: str) -> Upload | None:
        try:
            note = json.loads((self._root / upload_id / _NOTE).read_text(encoding="utf-8"))
            hashes = _hashes(self._root / upload_id)
            folder = self._files(upload_id)
            files = [
                UploadedFile(name=path.name, size_bytes=path.stat().st_size, sha256=hashes.get(path.name, ""))
                for path in sorted(folder.iterdir())
            ]
            return Upload(
                upload_id=upload_id,
                person=str(note["person"]),
                made_at=datetime.fromisoformat(note["made_at"]),
                expires_at=datetime.fromisoformat(note["expires_at"]),
                folder=folder,
                files=tuple(files),
            )
        except (OSError, ValueError, KeyError, TypeError):  # half made, or removed meanwhile
            return None


class Receiving:
    """One file on its way in. `discard` is called in any case; after `keep` it does nothing."""

    def __init__(self, folder: Path, name: str, most_bytes: int) -> None:
        self._folder = folder
        self._name = name
        self._most_bytes = most_bytes
        self._size = 0
        self._digest = sha256()
        self._draft = folder.parent / f"{secrets.token_hex(8)}.part"
        self._stream = self._draft.open("wb")

    def take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most_bytes:
            raise InvalidValueError(
                subject=f"File {self._name}", field="size", found=f"more than {self._most_bytes:,} bytes",
                expected=f"at most {MOST_FILE_BYTES:,} bytes, and {MOST_UPLOAD_BYTES:,} in one upload",
                todo="Pack it (.gz, .zip), or send it in several parts.",
            )  # fmt: skip
        self._digest.update(piece)
        self._stream.write(piece)

    def keep(self, refuse: Callable[[Path, str], None]) -> UploadedFile:
        """`refuse` looks at the file and at its name, and raises where it must not be kept. An empty one is refused."""
        self._stream.close()
        if not self._size:
            raise UnreadableInputError(source=self._name, problem="the file is empty")
        refuse(self._draft, self._name)
        kept = UploadedFile(name=self._name, size_bytes=self._size, sha256=self._digest.hexdigest())
        with (self._folder.parent / _HASHES).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(kept), ensure_ascii=False) + "\n")
        self._draft.replace(self._folder / self._name)
        return kept

    def discard(self) -> None:
        self._stream.close()
        self._draft.unlink(missing_ok=True)


def _refuse_name(name: str) -> None:
    fits = _NAME.fullmatch(name) and not _RESERVED.fullmatch(name) and not name.endswith((".", " "))
    if not fits or len(name.encode()) > LONGEST_NAME or ".." in name:
        raise InvalidValueError(
            subject="Upload",
            field="name of the file",
            found=name[:LONGEST_NAME],
            expected=f"a plain file name of at most {LONGEST_NAME} bytes, such as counts_2026-03.csv",
        )


def _hashes(folder: Path) -> dict[str, str]:
    path = folder / _HASHES
    lines: Iterable[str] = path.read_text(encoding="utf-8").splitlines() if path.is_file() else ()
    return {one["name"]: one["sha256"] for one in map(json.loads, lines)}
