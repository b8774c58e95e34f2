"""Files that are something else than their name says, by how they begin."""

import re
from pathlib import Path
from zipfile import is_zipfile

from city.errors import UnreadableInputError

HEAD_BYTES = 2048
_PAGE = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body|table)\b", re.IGNORECASE | re.DOTALL
)
_ZIP = b"PK\x03\x04"
_BINARY = (
    (_ZIP, "an Excel workbook or another zip file", 'Say format = "excel", or unpack it.'),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", 'Say format = "excel".'),
    (b"PAR1", "a Parquet file", 'Say format = "parquet".'),
    (b"%PDF", "a PDF", "Ask for the table that it was made from."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"Rar!", "a rar archive", "Unpack it first."),
    (b"SQLite format 3", "an SQLite database", 'Name it as database = "sqlite:///..." with its table.'),
)


def refuse_disguised(head: bytes, where: str) -> None:
    """Raises UnreadableInputError if what should be CSV begins as a web page, a workbook, an archive."""
    if _is_page(head):
        raise UnreadableInputError(
            source=where,
            problem="it is a web page (HTML), not a CSV file",
            todo="Often a login or an error page was saved: fetch the file again, and open it before the import.",
        )
    for signature, kind, todo in _BINARY:
        if head.startswith(signature):
            raise UnreadableInputError(source=where, problem=f"it is {kind}, not a CSV file", todo=todo)


def under_excel_name(path: Path) -> tuple[str, str] | None:
    """What a file that no workbook reader opens really is, and what to do; None if that cannot be told."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(_ZIP) and not is_zipfile(path):
        return "it cannot be opened as a workbook: it ends too early", "Fetch it again."
    if _is_page(head):
        return (
            "it cannot be opened as a workbook: it is a web page (HTML)",
            "Open it in a spreadsheet program and save it as .xlsx.",
        )
    if head and not head.startswith(tuple(signature for signature, _, _ in _BINARY)) and _is_text(head):
        return (
            "it cannot be opened as a workbook: it is a text file",
            'Say format = "csv", with its delimiter and encoding.',
        )
    return None


def _is_page(head: bytes) -> bool:
    return _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def _is_text(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or not any(byte < 9 or 13 < byte < 32 for byte in head)
