"""What the processes beside the planning do: each answers a document, or why it was refused."""

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from city.access import Caller
from city.documents import encode
from city.errors import CityError
from city.quarantine import Chosen
from city.settings import Settings
from serving.desk import Desk
from serving.import_documents import report_document
from serving.importing_uploads import MappingAsked, import_upload, release_by
from serving.plan_documents import check_document
from serving.replanning import ReplanRequest, replan_routes
from serving.rolling_plans import roll_inside
from serving.selection import RollingRequest, SignalRequest
from serving.told_errors import error_document
from serving.uploads import Uploads
from serving.what_ifs import try_out
from serving.workbench_process import Report

Answer = dict[str, Any]
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfAsked:
    request: SignalRequest
    changes: Sequence[str]
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAsked:
    """`uploads` is the folder of all uploads."""

    uploads: Path
    upload_id: str
    mapping: MappingAsked
    caller: Caller
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAsked:
    mapping: MappingAsked
    chosen: Chosen
    caller: Caller
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingAsked:
    request: RollingRequest
    publish_by: Caller | None
    reason: str


def get_ready() -> None:
    """Everything is imported."""


def what_if(settings: Settings, asked: WhatIfAsked, *, report: Report) -> Answer:
    del report

    def make(desk: Desk) -> Answer:
        done = try_out(desk, asked.request, asked.changes, keep=asked.keep)
        told: Answer = encode(done)
        kept = told.pop("folder") is not None
        return {**told, "check": check_document(done.plan.plan_id, done.check), "kept": kept}

    return _answered(settings, make)


def replan(settings: Settings, request: ReplanRequest, *, report: Report) -> Answer:
    del report

    def make(desk: Desk) -> Answer:
        done = replan_routes(desk, request)
        told: Answer = encode(done)
        del told["folder"]
        return {**told, "check": check_document(done.plan.plan_id, done.check)}

    return _answered(settings, make)


def rolling(settings: Settings, asked: RollingAsked, *, report: Report) -> Answer:
    del report

    def make(desk: Desk) -> Answer:
        told: Answer = encode(roll_inside(desk, asked.request, publish_by=asked.publish_by, reason=asked.reason))
        return {name: value for name, value in told.items() if name not in {"plan", "folder"}}

    return _answered(settings, make)


def import_files(settings: Settings, asked: ImportAsked, *, report: Report) -> Answer:
    del report

    def make(desk: Desk) -> Answer:
        uploads = Uploads(asked.uploads)
        found = uploads.of(asked.upload_id, asked.caller.person)
        done = import_upload(desk, uploads, found, asked.mapping, caller=asked.caller, dry_run=asked.dry_run)
        return report_document(done)

    return _answered(settings, make)


def release(settings: Settings, asked: ReleaseAsked, *, report: Report) -> Answer:
    del report

    def make(desk: Desk) -> Answer:
        told: Answer = encode(release_by(desk, asked.mapping, asked.chosen, caller=asked.caller, dry_run=asked.dry_run))
        return told

    return _answered(settings, make)


def _answered(settings: Settings, make: Callable[[Desk], Answer]) -> Answer:
    desk = Desk(settings)
    try:
        return {"answer": make(desk)}
    except CityError as refused:
        return {"refused": error_document(refused)}
    except OSError as cause:
        if cause.errno not in NO_ROOM:
            raise
        text = "There is no room left on the disk; nothing of this was kept."
        return {"refused": {"code": "storage-full", "text": text, "errors": []}}
    finally:
        desk.ledger.close()
