"""The built pages: what the front end's build left in this package, read once and sent as it is.

`serving/web` holds what they are built from.
"""

import gzip
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Any

WORTH_PACKING = 1_000
PACKED_TYPES = ("text/", "application/json", "image/svg")
# What a browser must be told, whatever this machine's own list of types says.
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json"}
UNSENT = frozenset({"manifest.json", "built-from.json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    body: bytes
    packed: bytes | None
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page's own script, the scripts that it asks for next, and its styles; names under /assets/."""

    script: str
    onward: tuple[str, ...]
    styles: tuple[str, ...]


@cache
def assets(elsewhere: Path | None) -> Mapping[str, Asset]:
    """By name; `elsewhere` is a folder of pages built for a trial."""
    found = (one for one in _folder(elsewhere).iterdir() if one.name not in UNSENT)
    return {one.name: _asset(one.name, one.read_bytes()) for one in found}


def entry(name: str, elsewhere: Path | None) -> Entry:
    manifest = _manifest(elsewhere)
    chunk = manifest[f"src/{name}/main.tsx"]
    reached = _reached(manifest, chunk)
    return Entry(
        script=chunk["file"],
        onward=tuple(one["file"] for one in reached[1:]),
        styles=tuple(dict.fromkeys(style for one in reversed(reached) for style in one.get("css", ()))),
    )


def _folder(elsewhere: Path | None) -> Traversable:
    return files("serving.pages").joinpath("built") if elsewhere is None else elsewhere


@cache
def _manifest(elsewhere: Path | None) -> Any:  # noqa: ANN401  -- JSON as Vite writes it
    return json.loads(_folder(elsewhere).joinpath("manifest.json").read_text(encoding="utf-8"))


def _reached(manifest: Mapping[str, Any], first: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found, waiting = [first], list(first.get("imports", ()))
    while waiting:
        chunk = manifest[waiting.pop(0)]
        if chunk not in found:
            found.append(chunk)
            waiting += chunk.get("imports", ())
    return found


def _asset(name: str, body: bytes) -> Asset:
    suffix = PurePosixPath(name).suffix
    media_type = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = media_type.startswith(PACKED_TYPES) and len(body) >= WORTH_PACKING
    return Asset(body=body, packed=gzip.compress(body, 9, mtime=0) if is_text else None, media_type=media_type)
