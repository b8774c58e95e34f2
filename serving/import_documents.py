"""Imports as documents for the wire, by what the ledger has of them."""

from typing import Any

from city.documents import encode
from city.errors import NotFoundError
from features.sources.report import FeedReport
from serving.desk import Desk
from serving.importing_uploads import ImportedUpload
from serving.kept_mappings import kept_names
from serving.lineage_records import imported
from serving.uploads import Upload

_KNOWN = frozenset(FeedReport.__dataclass_fields__)
_SUMS = ("new", "corrections", "quarantined")


def upload_document(upload: Upload) -> dict[str, Any]:
    return {
        "upload_id": upload.upload_id,
        "made_at": upload.made_at.isoformat(),
        "expires_at": upload.expires_at.isoformat(),
        "files": encode(upload.files),
    }


def report_document(done: ImportedUpload) -> dict[str, Any]:
    return {"import_id": done.import_id, **encode(done.report)}


def imports_document(desk: Desk, limit: int) -> dict[str, Any]:
    records = desk.ledger.imports()
    listed = [
        {
            "import_id": record.import_id,
            "mapping": record.mapping,
            "imported_at": record.imported_at.isoformat(),
            "files": len(record.files),
            **{name: sum(int(feed.get(name) or 0) for feed in record.feeds) for name in _SUMS},
            "href": f"/v1/imports/{record.import_id}",
        }
        for record in reversed(records[-limit:])
    ]
    return {"imports": listed, "of": len(records), "mappings": list(kept_names(desk))}


def import_document(desk: Desk, import_id: str) -> dict[str, Any]:
    records = desk.ledger.imports()
    both = zip(records, imported(records), strict=True)
    record, whole = next((one for one in both if one[0].import_id == import_id), (None, None))
    if record is None or whole is None:
        raise NotFoundError(kind="import", name=import_id, todo="GET /v1/imports lists them.")
    return {
        "import_id": record.import_id,
        "mapping": record.mapping,
        "imported_at": record.imported_at.isoformat(),
        "feeds": [{name: value for name, value in encode(feed).items() if name in _KNOWN} for feed in record.feeds],
        "files": encode(whole.files),
        "wrote": encode(whole.wrote),
        "assumed": list(record.assumed),
    }
