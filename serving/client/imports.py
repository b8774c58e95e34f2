"""Imports and quarantine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from serving.client.wire import Wire
from serving.schemas.imports import (
    DroppedDocument,
    DropRequest,
    ImportDetail,
    ImportList,
    ImportListQuery,
    ImportReportDocument,
    ImportRequest,
    QuarantinedRow,
    QuarantinedRows,
    QuarantineOverview,
    QuarantineQuery,
    QuarantineRowsQuery,
    ReleaseDocument,
    ReleaseRequest,
    UploadDocument,
    UploadedFileDocument,
)

PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Imports:
    wire: Wire

    def begin_upload(self) -> UploadDocument:
        return self.wire.post("/v1/imports/uploads", UploadDocument)

    def upload(self, upload_id: str) -> UploadDocument:
        return self.wire.get("/v1/imports/uploads/{upload_id}", UploadDocument, upload_id=upload_id)

    def put_file(self, upload_id: str, path: Path, name: str | None = None) -> UploadedFileDocument:
        """Read and sent in pieces, under its own name unless another is given."""
        return self.wire.put_file(
            "/v1/imports/uploads/{upload_id}/files/{name}",
            UploadedFileDocument,
            lambda: _pieces(path),
            path.stat().st_size,
            upload_id=upload_id,
            name=name or path.name,
        )

    def remove_upload(self, upload_id: str) -> None:
        self.wire.delete("/v1/imports/uploads/{upload_id}", upload_id=upload_id)

    def run(self, request: ImportRequest) -> ImportReportDocument:
        return self.wire.post("/v1/imports", ImportReportDocument, request, once=True)

    def all(self, query: ImportListQuery | None = None) -> ImportList:
        return self.wire.get("/v1/imports", ImportList, query=query)

    def one(self, import_id: str) -> ImportDetail:
        return self.wire.get("/v1/imports/{import_id}", ImportDetail, import_id=import_id)


@dataclass(frozen=True, slots=True)
class Quarantine:
    wire: Wire

    def groups(self, query: QuarantineQuery | None = None) -> QuarantineOverview:
        return self.wire.get("/v1/quarantine", QuarantineOverview, query=query)

    def rows(self, query: QuarantineRowsQuery | None = None) -> QuarantinedRows:
        return self.wire.get("/v1/quarantine/rows", QuarantinedRows, query=query)

    def row(self, row_id: str) -> QuarantinedRow:
        return self.wire.get("/v1/quarantine/rows/{row_id}", QuarantinedRow, row_id=row_id)

    def release(self, request: ReleaseRequest) -> ReleaseDocument:
        return self.wire.post("/v1/quarantine/release", ReleaseDocument, request)

    def drop(self, request: DropRequest) -> DroppedDocument:
        return self.wire.post("/v1/quarantine/drop", DroppedDocument, request)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece
