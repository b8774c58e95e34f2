"""Bodies that are files: taken in pieces, so that none of them is ever held in memory as a whole."""

from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.requests import Request

from city.errors import UnreadableInputError
from serving.api.limits import USUAL, FileLimits, refuse_bomb
from serving.api.problems import ProblemError
from serving.api.state import Office
from serving.aside_deeds import NO_ROOM, ImportAsked, ReleaseAsked
from serving.asides import LostError
from serving.uploads import Receiving, Upload, UploadedFile, Uploads

PIECE_BYTES = 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = (
    "application/octet-stream", "text/csv", "text/plain", "text/tab-separated-values", XLSX,
    "application/vnd.ms-excel", "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/zip", "application/gzip", "application/json", "application/geo+json", "application/x-ndjson",
    "application/toml", "application/vnd.apache.parquet",
)  # fmt: skip
_BINARY = {"schema": {"type": "string", "format": "binary"}}
RAW_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "the file itself, not a form",
        "content": dict.fromkeys(("application/octet-stream", "text/csv", XLSX), _BINARY),
    }
}
ARCHIVES = FileLimits(most_unpacked_bytes=4 * 1024**3, most_cells=500_000_000)
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".ods")


async def received(request: Request, uploads: Uploads, upload: Upload, name: str) -> UploadedFile:
    refuse_other_types(request, MEDIA_TYPES)
    try:
        receiving = await anyio.to_thread.run_sync(uploads.receive, upload, name)
        try:
            await _taken(request, receiving)
            return await anyio.to_thread.run_sync(receiving.keep, _refuse_huge)
        finally:
            receiving.discard()
    except OSError as cause:
        raise storage_full(cause) from cause


def _refuse_huge(path: Path, name: str) -> None:
    """A workbook is held in memory as a whole, an archive of CSV files is read in pieces."""
    refuse_bomb(path, name, USUAL if name.casefold().endswith(_WORKBOOKS) else ARCHIVES)


async def _taken(request: Request, receiving: Receiving) -> None:
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) >= PIECE_BYTES:
            await anyio.to_thread.run_sync(receiving.take, bytes(held))
            held.clear()
    if held:
        await anyio.to_thread.run_sync(receiving.take, bytes(held))


def read_aside(office: Office, deed: str, asked: ImportAsked | ReleaseAsked, *, seconds: float) -> dict[str, Any]:
    """In a process of its own: a file that breaks its reader breaks nothing else."""
    try:
        told: dict[str, Any] = office.asides.run("The import", f"serving.aside_deeds:{deed}", asked, seconds=seconds)
    except LostError as cause:
        raise UnreadableInputError(
            source="Import",
            problem=f"the process that read the files ended before it had read them ({cause.why})",
            todo="A file may be damaged, or larger than the memory: send it in several parts.",
        ) from cause
    return told


def storage_full(cause: OSError) -> Exception:
    """What a full disk is for a caller; any other error as it is."""
    if cause.errno not in NO_ROOM:
        return cause
    return ProblemError("storage-full", "There is no room left on the disk; nothing of this was kept.")


def refuse_other_types(request: Request, expected: tuple[str, ...]) -> None:
    kind = request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().casefold()
    if kind not in expected:
        found = f"is {kind!r}" if kind else "is not named"
        some = f"{', '.join(expected[:4])}{', ...' if len(expected) > 4 else ''}"
        raise ProblemError("unsupported-media-type", f"The body's type {found}; expected {some}.")
