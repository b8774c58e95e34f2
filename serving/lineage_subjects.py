"""What a person means by a name: a plan, a model and its version, an import, a file by name, path or hash."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path, PurePath
from typing import ClassVar

from city.errors import CityError, NotFoundError, UnreadableInputError
from models.registry_reading import TrainedModel
from serving.lineage import Lineage, lineage_of_model, lineage_of_plan
from serving.lineage_affected import Affected, affected_by_imports, affected_by_models
from serving.lineage_records import FileRead, Imported, Records

MODEL = re.compile(r"(?P<name>[A-Za-z][\w-]*)(?:@v?(?P<at>\w+)| v(?P<label>\d+))?")
HEX = re.compile(r"[0-9a-f]{6,64}")
MOST_SHOWN = 8
BLOCK = 1 << 20


@dataclass(kw_only=True, eq=False)
class AmbiguousNameError(CityError):
    """A name that means several things; each candidate can be asked for as it is written."""

    code: ClassVar[str] = "ambiguous-name"
    name: str
    candidates: tuple[str, ...]

    def sentence(self) -> str:
        shown = "\n".join(f"  - {one}" for one in self.candidates[:MOST_SHOWN])
        more = len(self.candidates) - MOST_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        return f"{self.name!r} means {len(self.candidates)} things; ask for one of them:\n{shown}{rest}"


def lineage(records: Records, name: str) -> Lineage:
    """Raises NotFoundError with what was probably meant."""
    plan = next((one for one in records.plans if one.plan_id == name), None)
    if plan is not None:
        return lineage_of_plan(records, plan)
    models = models_named(records, name)
    if models:
        return lineage_of_model(records, models[0])
    started = [one for one in records.plans if len(name) > 5 and one.plan_id.startswith(name)]
    if len(started) == 1:
        return lineage_of_plan(records, started[0])
    if started:
        raise AmbiguousNameError(name=name, candidates=tuple(one.plan_id for one in started))
    if files_named(records, name):
        todo = f"It is an imported file: `city affected-by {name}` says what it reached."
        raise NotFoundError(kind="plan or model", name=name, todo=todo)
    known = [*(one.plan_id for one in records.plans), *_model_names(records.models)]
    raise NotFoundError(
        kind="plan or model", name=name, todo=_meant(name, known, "`city train` makes models and `city plan` plans.")
    )


def affected(records: Records, name: str, zone: tzinfo = UTC) -> Affected:
    """Raises NotFoundError with what was probably meant, AmbiguousNameError with the candidates.

    `zone` is the clock of the sentences.
    """
    imports = [one for one in records.imports if HEX.fullmatch(name) and one.import_id.startswith(name)]
    models = models_named(records, name)
    files = files_named(records, name)
    contents = {file.sha256 for _, file in files if file.sha256} or {_base(file.source) for _, file in files}
    if len(imports) + len(models[:1]) + len(contents) > 1:
        raise AmbiguousNameError(
            name=name,
            candidates=(*_shown_imports(imports, zone), *_shown_models(models[:1]), *_shown_files(files, zone)),
        )
    if imports:
        return affected_by_imports(records, f"import {imports[0].import_id}", tuple(imports), None)
    if models:
        every = models if "@" not in name and " v" not in name else models[:1]
        return affected_by_models(
            records, every[0].label if len(every) == 1 else f"model {every[0].name}, every version", every
        )
    if files:
        return _by_files(records, files, zone)
    raise _unknown(records, name, zone)


def _by_files(records: Records, files: Sequence[tuple[Imported, FileRead]], zone: tzinfo) -> Affected:
    """Rows of a file that were let out of quarantine later came with an import that names the file without its hash."""
    sources = {file.source for _, file in files}
    same_name = [pair for pair in _every_file(records) if pair[1].source in sources]
    later = [pair for pair in same_name if pair[1].sha256 is None]
    every = dict.fromkeys((*files, *later))
    found = affected_by_imports(
        records,
        f"file {files[0][1].source}",
        tuple(dict.fromkeys(one for one, _ in every)),
        tuple(dict.fromkeys(file for _, file in every)),
    )
    asked = {file.sha256 for _, file in files}
    others = _shown_files([pair for pair in same_name if pair[1].sha256 and pair[1].sha256 not in asked], zone)
    besides = tuple(f"Another content of this name brought rows: {one}. Ask for it by its hash." for one in others)
    found = replace(found, besides=besides)
    contents = {file.sha256 for _, file in same_name if file.sha256}
    if len(contents) < 2 or not later:
        return found
    names = ", ".join(sorted({one.import_id[:8] for one, _ in later}))
    doubt = f"Which of the {len(contents)} files of this name import {names} took its rows from is not recorded."
    return replace(found, unknown=(*found.unknown, doubt))


def models_named(records: Records, name: str) -> tuple[TrainedModel, ...]:
    """The version that is asked for; without one every version, the champion first and then the newest."""
    asked = MODEL.fullmatch(name)
    if asked is None:
        return ()
    own = [one for one in records.models if one.name == asked["name"]]
    wanted = asked["at"] or asked["label"]
    if wanted is None:
        return tuple(sorted(own, key=lambda one: (not one.is_champion, -one.began_at.timestamp())))
    if wanted == "champion":
        return tuple(one for one in own if one.is_champion)
    return tuple(one for one in own if one.version == wanted or (len(wanted) >= 6 and one.run_id.startswith(wanted)))


def files_named(records: Records, name: str) -> tuple[tuple[Imported, FileRead], ...]:
    """By the content of the file on disk, by name as it was imported, or by the beginning of its sha256."""
    every = [(one, file) for one in records.imports for file in one.files]
    path = Path(name)
    if path.is_file():
        digest = sha256_of(path)
        same = tuple(pair for pair in every if pair[1].sha256 == digest)
        if same:
            return same
        return tuple(pair for pair in every if pair[1].sha256 is None and _is_named(pair[1], name))
    named = tuple(pair for pair in every if _is_named(pair[1], name))
    if named or not HEX.fullmatch(name):
        return named
    return tuple(pair for pair in every if pair[1].sha256 is not None and pair[1].sha256.startswith(name))


def sha256_of(path: Path) -> str:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
    return digest.hexdigest()


def _is_named(file: FileRead, name: str) -> bool:
    """With or without its folder, and the sheet or table after its name."""
    return file.source == name or _base(file.source) == PurePath(name).name


def _base(source: str) -> str:
    return PurePath(source.split("#", 1)[0]).name


def _unknown(records: Records, name: str, zone: tzinfo) -> CityError:
    path = Path(name)
    if path.is_file():
        others = [pair for pair in _every_file(records) if _is_named(pair[1], name)]
        seen = (
            f" A file of this name was imported with other content: {'; '.join(_shown_files(others, zone))}."
            if others
            else ""
        )
        return NotFoundError(
            kind="import of the file",
            name=name,
            todo=f"Its content (sha256 {sha256_of(path)[:12]}) was never imported.{seen}",
        )
    known = [
        *(file.source for _, file in _every_file(records)),
        *_model_names(records.models),
        *(one.import_id for one in records.imports),
    ]
    return NotFoundError(
        kind="imported file, model or import",
        name=name,
        todo=_meant(name, known, "`city history imports` lists what was imported."),
    )


def _every_file(records: Records) -> Sequence[tuple[Imported, FileRead]]:
    return [(one, file) for one in records.imports for file in one.files]


def _meant(name: str, known: Iterable[str], otherwise: str) -> str:
    close = get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else otherwise


def _model_names(models: Iterable[TrainedModel]) -> list[str]:
    return [text for one in models for text in (one.name, f"{one.name}@{one.version}") if one.version is not None]


def _shown_imports(imports: Iterable[Imported], zone: tzinfo) -> list[str]:
    return [f"{one.import_id} (import through {one.mapping}, {_at(one, zone)})" for one in imports]


def _shown_models(models: Iterable[TrainedModel]) -> list[str]:
    return [f"{one.name}@{one.version or one.run_id} (model)" for one in models]


def _shown_files(files: Iterable[tuple[Imported, FileRead]], zone: tzinfo) -> list[str]:
    """Each content once, however often and through however many feeds it was read."""
    read: dict[str, list[tuple[Imported, FileRead]]] = {}
    for one, file in files:
        read.setdefault(file.sha256[:12] if file.sha256 else file.source, []).append((one, file))
    return [f"{content} ({_read_as(pairs, zone)})" for content, pairs in read.items()]


def _read_as(pairs: Sequence[tuple[Imported, FileRead]], zone: tzinfo) -> str:
    sources = ", ".join(dict.fromkeys(file.source for _, file in pairs))
    moments = dict.fromkeys(_at(one, zone) for one, _ in pairs)
    return f"{sources}, imported {' and '.join(moments)}"


def _at(one: Imported, zone: tzinfo) -> str:
    local = one.imported_at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}" + (" UTC" if zone is UTC else "")
