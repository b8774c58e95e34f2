"""Imports: files are uploaded one by one, tried out, and imported as a whole."""

from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import encode
from serving.api.access import needs, refuse_part_of_city
from serving.api.documents import created, plain
from serving.api.once import ONCE, IdempotencyKey, once
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.receiving import RAW_BODY, read_aside, received
from serving.api.state import AtOffice, Office
from serving.aside_deeds import ImportAsked
from serving.import_documents import import_document, imports_document, upload_document
from serving.importing_uploads import MappingAsked
from serving.schemas.imports import (
    ImportDetail,
    ImportList,
    ImportListQuery,
    ImportReportDocument,
    ImportRequest,
    UploadDocument,
    UploadedFileDocument,
)
from serving.uploads import Uploads

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StrictRoute)
Importer = Annotated[Caller, needs("data:import")]
LONGEST_IMPORT_S = 110.0
MATTER = "What is imported"
UPLOADS = "uploads"
UploadId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        description="as POST /v1/imports/uploads named it",
        examples=["0f3c9a52d1c84d6f9f0b1a2c3d4e5f60"],
    ),
]


@router.post(
    "/uploads",
    response_model=UploadDocument,
    status_code=201,
    responses=responses("broken-rule", "storage-full"),
    summary="Begin an upload",
)
def begin(office: AtOffice, caller: Importer) -> Response:
    """A place for files, for 24 hours. Nothing is imported before POST /v1/imports says so."""
    refuse_part_of_city(caller, MATTER)
    upload = _uploads(office).begin(caller.person)
    return created(upload_document(upload), f"/v1/imports/uploads/{upload.upload_id}")


@router.get(
    "/uploads/{upload_id}", response_model=UploadDocument, responses=responses("not-found"), summary="One upload"
)
def upload(upload_id: UploadId, office: AtOffice, caller: Importer) -> Response:
    """Its files with their hashes, and until when it is kept. Another person's is not there."""
    refuse_part_of_city(caller, MATTER)
    return plain(upload_document(_uploads(office).of(upload_id, caller.person)))


@router.put(
    "/uploads/{upload_id}/files/{name}",
    response_model=UploadedFileDocument,
    responses=responses(
        "not-found", "unsupported-media-type", "body-too-large", "broken-rule", "unreadable-input", "storage-full"
    ),
    openapi_extra=RAW_BODY,
    summary="Put a file into an upload",
)
async def put_file(
    request: Request,
    upload_id: UploadId,
    name: Annotated[str, Path(min_length=1, max_length=120, description="a plain file name", examples=["counts.csv"])],
    office: AtOffice,
    caller: Importer,
) -> Response:
    """The file's bytes as they are, any format that a mapping reads. One of the same name is replaced."""
    refuse_part_of_city(caller, MATTER)
    uploads = _uploads(office)
    into = await anyio.to_thread.run_sync(uploads.of, upload_id, caller.person)
    return plain(encode(await received(request, uploads, into, name)))


@router.delete(
    "/uploads/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=responses("not-found"),
    summary="Remove an upload",
)
def remove(upload_id: UploadId, office: AtOffice, caller: Importer) -> Response:
    """With all its files. Nothing that was imported is touched."""
    refuse_part_of_city(caller, MATTER)
    uploads = _uploads(office)
    uploads.remove(uploads.of(upload_id, caller.person))
    return Response(status_code=204)


@router.post(
    "",
    response_model=ImportReportDocument,
    responses=responses(
        "malformed-body", "body-too-large", "unsupported-media-type", "not-found", "broken-rule", "unreadable-input",
        "invalid-value", "several", "storage-full", "too-late", *ONCE,
    ),
    summary="Import an upload, or try it out",
)  # fmt: skip
async def import_it(
    request: Request, body: ImportRequest, office: AtOffice, caller: Importer, key: IdempotencyKey = None
) -> Response:
    """Good rows go to the history, bad rows to quarantine with their reasons; as a whole, or nothing is stored.

    With `dry_run` it says what would happen. After an import the upload is gone; the mapping is kept by its name.
    """
    refuse_part_of_city(caller, MATTER)

    async def make() -> Response:
        return plain(await anyio.to_thread.run_sync(_imported, office, body, caller, limiter=office.importers))

    return await once(request, office.desk.ledger.replies, caller, key, make, longest_s=LONGEST_IMPORT_S)


@router.get("", response_model=ImportList, responses=responses(), summary="What was imported, newest first")
def imports(query: Annotated[ImportListQuery, Query()], office: AtOffice, caller: Importer) -> Response:
    """Over HTTP and on the machine itself, and the mappings that are kept."""
    refuse_part_of_city(caller, MATTER)
    return plain(imports_document(office.desk, query.limit))


@router.get("/{import_id}", response_model=ImportDetail, responses=responses("not-found"), summary="One import")
def one_import(
    import_id: Annotated[str, Path(min_length=1, max_length=64, examples=["88e4f62dc9ec4ea6b6c892f740c4c691"])],
    office: AtOffice,
    caller: Importer,
) -> Response:
    """Its feeds with their counts, its files with their hashes, and the table versions that it made."""
    refuse_part_of_city(caller, MATTER)
    return plain(import_document(office.desk, import_id))


def _imported(office: Office, body: ImportRequest, caller: Caller) -> dict[str, Any]:
    asked = ImportAsked(
        uploads=office.desk.settings.home / UPLOADS,
        upload_id=body.upload_id,
        mapping=MappingAsked(name=body.mapping, text=body.mapping_text),
        caller=caller,
        dry_run=body.dry_run,
    )
    return read_aside(office, "import_files", asked, seconds=LONGEST_IMPORT_S)


def _uploads(office: Office) -> Uploads:
    uploads = Uploads(office.desk.settings.home / UPLOADS)
    uploads.sweep()
    return uploads
