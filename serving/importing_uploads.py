"""Imports of what was uploaded: as `city import`, from the files of one upload and by a person who is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from city.access import Caller
from city.audit_log import by_caller
from city.errors import BrokenRuleError, InvalidValueError
from city.quarantine import Chosen
from features.sources.release import ReleaseReport
from features.sources.report import ImportReport
from serving.confining import refuse_what_leads_out
from serving.desk import Desk
from serving.importing import import_files
from serving.kept_mappings import kept_mapping, refuse_odd_name
from serving.quarantine import Dropped, drop_rows, release_rows
from serving.uploads import Upload, Uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingAsked:
    """A mapping by name; `text` is the mapping itself, where the city does not have it under this name yet."""

    name: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedUpload:
    """`import_id` is None for a dry run."""

    import_id: str | None
    report: ImportReport


def import_upload(
    desk: Desk, uploads: Uploads, upload: Upload, asked: MappingAsked, *, caller: Caller, dry_run: bool
) -> ImportedUpload:
    """Stored as a whole or not at all; then the upload is gone. That it began is written down before anything is."""
    if not upload.files:
        raise InvalidValueError(
            subject=f"Upload {upload.upload_id}",
            field="files",
            found="none",
            expected="the files that the mapping reads",
        )
    with _mapping_beside(desk, upload, asked) as path:
        if dry_run:
            return ImportedUpload(import_id=None, report=import_files(desk, path, data_dir=upload.folder, dry_run=True))
        files = {file.name: file.sha256 for file in upload.files[:20]}
        detail = {"mapping": asked.name, "files": len(upload.files), "sha256": files}
        desk.ledger.audit.add(by_caller("import.begun", upload.upload_id, caller, detail=detail))
        report = import_files(desk, path, data_dir=upload.folder)
    import_id = _id_of(desk, report)
    told = {"mapping": report.mapping, "rows": report.rows, "quarantined": report.quarantined}
    desk.ledger.audit.add(by_caller("import.done", import_id, caller, detail={**told, "upload_id": upload.upload_id}))
    uploads.remove(upload)
    return ImportedUpload(import_id=import_id, report=report)


def release_by(desk: Desk, asked: MappingAsked, chosen: Chosen, *, caller: Caller, dry_run: bool) -> ReleaseReport:
    """As `city quarantine release`, through a mapping that is kept or was sent."""
    text = asked.text if asked.text is not None else kept_mapping(desk, asked.name)
    refuse_odd_name(asked.name)
    refuse_what_leads_out(asked.name, text)
    with TemporaryDirectory(prefix="city-mapping-") as scratch:
        path = Path(scratch, asked.name)
        path.write_text(text, encoding="utf-8")
        report = release_rows(desk, path, chosen, by=caller.person, dry_run=dry_run)
    if not dry_run:
        told = {"mapping": report.mapping, "chosen": report.chosen, "released": report.released}
        subject = report.import_id or "nothing"
        desk.ledger.audit.add(by_caller("quarantine.released", subject, caller, detail=told))
    return report


def drop_by(desk: Desk, ids: list[str], why: str, *, caller: Caller) -> Dropped:
    dropped = drop_rows(desk, ids, by=caller.person, why=why)
    told = {"why": dropped.why[:1000], "rows": ids[:100]}
    desk.ledger.audit.add(by_caller("quarantine.dropped", f"{dropped.dropped} rows", caller, detail=told))
    return dropped


@contextmanager
def _mapping_beside(desk: Desk, upload: Upload, asked: MappingAsked) -> Iterator[Path]:
    """The mapping as a file among those of the upload, where its lookup tables lie too."""
    refuse_odd_name(asked.name)
    path = upload.folder / asked.name
    sent = path.is_file()
    if sent and asked.text is not None:
        raise BrokenRuleError(
            subject="Import",
            problem=f"the upload holds {asked.name}, and mapping_text gives it another time",
            todo="Send it one way only.",
        )
    if sent:
        refuse_what_leads_out(asked.name, _read(path))
        yield path
        return
    text = asked.text if asked.text is not None else kept_mapping(desk, asked.name)
    refuse_what_leads_out(asked.name, text)
    try:
        path.write_text(text, encoding="utf-8")
        yield path
    finally:
        path.unlink(missing_ok=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        raise InvalidValueError(
            subject=path.name, field="encoding", found=str(cause), expected="UTF-8, as all TOML is"
        ) from cause


def _id_of(desk: Desk, report: ImportReport) -> str:
    """The import's record: the report itself does not name it."""
    for record in reversed(desk.ledger.imports()):
        if record.mapping == report.mapping and record.imported_at == report.imported_at:
            return record.import_id
    raise BrokenRuleError(subject="Import", problem=f"that of {report.imported_at.isoformat()} is not on record")
