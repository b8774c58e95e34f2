"""What `city compare` found of the days, as it was known at a moment."""

from datetime import timedelta

from city.outcomes import Outcome, OutcomeKind
from serving.desk import Desk
from serving.indicator_series.asked import Asked


def compared(desk: Desk, asked: Asked, kind: OutcomeKind) -> list[Outcome]:
    """Of each compared day the newest version that existed then."""
    book = desk.ledger.outcomes
    first, after = asked.whole
    newest = book.newest(since=first, until=after - timedelta(days=1), kind=kind)
    found = []
    for one in newest:
        versions = (one,) if one.as_of <= asked.as_of else book.versions(one.day, kind)
        found += [version for version in versions if version.as_of <= asked.as_of][-1:]
    return found
