"""How long something shall last, as a person writes it: 90d, 12h, a date, or never."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from city.errors import InvalidValueError

NEVER = "never"
EXPECTED = "90d, 12h, a date such as 2027-03-31 (its end, by the city's clock), or never"
_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def expiry_of(text: str, clock: tzinfo, now: datetime | None = None) -> datetime | None:
    """The moment at which it ends; None for never."""
    wanted = text.strip().lower()
    if wanted == NEVER:
        return None
    span = _SPAN.fullmatch(wanted)
    if span is not None:
        return (now or datetime.now(UTC)) + int(span[1]) * _UNITS[span[2]]
    try:
        day = datetime.fromisoformat(wanted)
    except ValueError:
        raise _not_understood(text) from None
    if len(wanted) != len("2027-03-31"):
        raise _not_understood(text)
    return (day + timedelta(days=1)).replace(tzinfo=clock).astimezone(UTC)


def _not_understood(text: str) -> InvalidValueError:
    return InvalidValueError(subject="Key", field="expires", found=text, expected=EXPECTED)
