"""What is wrong with feeds: the sensors of one feed and district that fail alike are one warning."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from city.warning_signs import Warned, id_of
from features.health.findings import FeedFinding

EVERYWHERE = "*"
MOST_PARTS = 500
STEP_SHARE = 0.25
"""A warning is worse when another sensor fails, of many a quarter more."""


def feed_warnings(findings: Iterable[FeedFinding]) -> Iterator[Warned]:
    alike: dict[tuple[str, str, str], list[FeedFinding]] = {}
    for one in findings:
        alike.setdefault((one.fault.value, one.feed, one.district_id), []).append(one)
    for (fault, feed, district), several in alike.items():
        first = min(several, key=_since)
        many = len(several)
        yield Warned(
            warning_id=id_of("feeds", fault, feed, district),
            source="feeds",
            cause=fault,
            subject=first.subject if many == 1 else f"{many} subjects of {feed}",
            sentence=first.sentence if many == 1 else _together(feed, first, several),
            todo=first.todo,
            district_id=None if district == EVERYWHERE else district,
            since=first.since,
            at_least=first.at_least,
            figures=first.figures if many == 1 else (("subjects", float(many)),),
            parts=tuple(f"{one.subject}: {one.sentence}" for one in several[:MOST_PARTS]),
            severity=float(many),
            worse_by=max(1.0, STEP_SHARE * many),
        )


def _since(one: FeedFinding) -> datetime:
    return one.since


def _together(feed: str, first: FeedFinding, several: list[FeedFinding]) -> str:
    named = ", ".join(one.subject for one in several[:3])
    more = f" and {len(several) - 3} more" if len(several) > 3 else ""
    return f"{len(several)} subjects of {feed} fail alike ({named}{more}). The first: {first.sentence}"
