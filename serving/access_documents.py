"""Keys, links and lines of the audit log as documents, and what making a key asks of the city."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from city.audit_log import WrittenLine
from city.documents import encode
from city.driver_links import DriverLink
from city.errors import CityError
from city.ids import DistrictId
from city.keys import ApiKey
from city.places import District
from serving.desk import Desk
from serving.selection import known_districts


def key_document(key: ApiKey, now: datetime | None = None) -> dict[str, Any]:
    return {**encode(key), "state": key.state(now or datetime.now(UTC))}


def link_document(link: DriverLink, now: datetime | None = None) -> dict[str, Any]:
    shown = encode(link)
    del shown["districts"], shown["revoked_at"]
    return {**shown, "state": link.state(now or datetime.now(UTC))}


def line_document(written: WrittenLine) -> dict[str, Any]:
    return {
        "number": written.number,
        "at": written.at.isoformat(),
        **encode(written.line),
        "previous": written.previous,
        "sha256": written.sha256,
    }


def refuse_unknown_districts(desk: Desk, districts: Collection[DistrictId] | None) -> None:
    """A misspelt district would make a key that opens nothing. Before any import there are none to compare with."""
    try:
        known = [district.district_id for district in desk.history.entities(District)]
    except CityError:
        return
    if districts and known:
        known_districts(districts, known)
