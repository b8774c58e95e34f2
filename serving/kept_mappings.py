"""The mappings that a city has been imported with, by name, so that the next import need not bring its own."""

import re
from pathlib import Path
from typing import Final

from city.errors import InvalidValueError, NotFoundError
from serving.desk import Desk

_NAME: Final = re.compile(r"\w[\w .()+,=@-]{0,110}\.toml")


def keep_mapping(desk: Desk, path: Path) -> None:
    """After an import. A name that could not be asked for is not kept."""
    if _NAME.fullmatch(path.name) is None:
        return
    folder = folder_of_mappings(desk)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{path.name}.part"
    draft.write_bytes(path.read_bytes())
    draft.replace(folder / path.name)


def kept_mapping(desk: Desk, name: str) -> str:
    refuse_odd_name(name)
    path = folder_of_mappings(desk) / name
    if not path.is_file():
        known = ", ".join(kept_names(desk)) or "none yet"
        raise NotFoundError(
            kind="mapping",
            name=name,
            todo=f"Kept are: {known}. Send the mapping itself as `mapping_text`, or as a file of the upload.",
        )
    return path.read_text(encoding="utf-8-sig")


def kept_names(desk: Desk) -> tuple[str, ...]:
    folder = folder_of_mappings(desk)
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return tuple(name for name in found if _NAME.fullmatch(name))


def folder_of_mappings(desk: Desk) -> Path:
    return desk.settings.home / "mappings"


def refuse_odd_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or ".." in name:
        raise InvalidValueError(
            subject="Import", field="mapping", found=name[:120], expected="a plain file name that ends in .toml"
        )
