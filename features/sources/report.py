"""What an import did, in numbers that add up, and when a feed is too bad to be let in at all."""

from dataclasses import dataclass
from datetime import datetime

from city.errors import BrokenRuleError


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What became of a feed's records: read = left out + new + corrections + duplicates + quarantined.

    Duplicates came twice in one file or were stored already. `derived` rows were not in the file: days that the
    mapping says mean zero. `repaired` counts, among the good rows (new, corrections, and those stored already), the
    ones in which a repair that the mapping declares changed a value.
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
    repaired: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()  # most frequent first, ids and numbers of the first example inside
    repairs: tuple[tuple[str, int], ...] = ()  # likewise
    watermark: str | None = None  # how far a database was read
    step_s: int | None = None
    delay_s: int | None = None
    cadence_s: int | None = None  # how often the feed is expected, where its mapping says so
    live: bool = False
    district: str | None = None

    def __post_init__(self) -> None:
        out = sum(number for _, number in self.left_out)
        accounted = out + self.new + self.corrections + self.duplicates + self.quarantined
        if accounted != self.read + self.derived:
            raise BrokenRuleError(
                subject=f"Feed {self.feed!r}",
                problem=f"{self.read} records were read and {self.derived} derived, but {accounted} are accounted for",
            )
        if self.repaired > self.new + self.corrections + self.duplicates:
            raise BrokenRuleError(
                subject=f"Feed {self.feed!r}",
                problem=f"{self.repaired} rows were repaired, more than there are good ones",
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
