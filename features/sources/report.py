"""What an import did, in numbers that add up, and when a feed is too bad to be let in at all."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from city.errors import BrokenRuleError, CityError
from city.store import Appended
from features.sources.feeds import Feed
from features.sources.screen import Screened

_TOP_REASONS = 5
_SHOWN = 300  # letters of a reason: a form that lacks everything says so in fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What became of a feed's records: read = left out + new + corrections + duplicates + quarantined.

    Duplicates came twice in one file or were stored already. `derived` rows were not in the file: days that the
    mapping says mean zero.
    """

    feed: str
    contract: str
    files: tuple[str, ...]
    read: int
    new: int
    corrections: int
    duplicates: int
    quarantined: int
    derived: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()  # most frequent first, ids and numbers of the first example inside

    def __post_init__(self) -> None:
        out = sum(number for _, number in self.left_out)
        accounted = out + self.new + self.corrections + self.duplicates + self.quarantined
        if accounted != self.read + self.derived:
            raise BrokenRuleError(
                subject=f"Feed {self.feed!r}",
                problem=f"{self.read} records were read and {self.derived} derived, but {accounted} are accounted for",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    mapping: str
    imported_at: datetime
    dry_run: bool
    feeds: tuple[FeedReport, ...]
    versions: tuple[tuple[str, int], ...]
    assumed: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(feed.new + feed.corrections for feed in self.feeds)

    @property
    def quarantined(self) -> int:
        return sum(feed.quarantined for feed in self.feeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file of one feed, read and sorted."""

    feed: Feed
    source: str
    read: int
    derived: int
    left_out: Counter[str]
    screened: Screened
    refused: pl.DataFrame
    assumed: tuple[str, ...] = ()


def gate(feed: Feed, batches: list[Batch]) -> list[CityError]:
    """A feed that is mostly bad is a wrong mapping or the wrong file, not a dirty one."""
    bad = sum(batch.refused.height for batch in batches)
    records = bad + sum(batch.screened.good.height + batch.screened.duplicates for batch in batches)
    if not records or bad <= feed.max_bad_share * records:
        return []
    reasons = _reasons(batches)
    shown = "; ".join(f"{number} x {reason[:_SHOWN]}" for reason, number in reasons)
    return [
        BrokenRuleError(
            subject=feed.subject,
            problem=f"{bad} of {records} records are bad, more than the allowed {feed.max_bad_share:.0%}: {shown}",
            todo="Nothing was stored. Correct the mapping or the file, or set max_bad_share.",
        )
    ]


def _reasons(batches: list[Batch]) -> tuple[tuple[str, int], ...]:
    """Most frequent kinds of reasons, the values in them shown by the first example."""
    kinds: Counter[str] = Counter()
    example: dict[str, str] = {}
    for batch in batches:
        counted = batch.refused.group_by("reason", maintain_order=True).len()
        for reason, number in counted.iter_rows():
            kind = "".join(letter for letter in _without_values(reason) if not letter.isdigit())
            kinds[kind] += number
            example.setdefault(kind, reason)
    return tuple((example[kind], number) for kind, number in kinds.most_common(_TOP_REASONS))


def _without_values(reason: str) -> str:
    return " ".join(word for word in reason.split() if "'" not in word)


def feed_report(feed: Feed, outcomes: list[tuple[Batch, Appended]]) -> FeedReport:
    batches = [batch for batch, _ in outcomes]
    left_out: Counter[str] = sum((batch.left_out for batch in batches), Counter())
    return FeedReport(
        feed=feed.name,
        contract=feed.contract.__name__,
        files=tuple(batch.source for batch in batches),
        read=sum(batch.read for batch in batches),
        new=sum(done.new for _, done in outcomes),
        corrections=sum(done.corrections for _, done in outcomes),
        duplicates=sum(batch.screened.duplicates + done.duplicates for batch, done in outcomes),
        quarantined=sum(batch.refused.height for batch in batches),
        derived=sum(batch.derived for batch in batches),
        left_out=tuple((reason, number) for reason, number in left_out.items() if number),
        reasons=_reasons(batches),
    )
