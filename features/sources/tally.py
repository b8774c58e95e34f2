"""Counts of a feed while it is imported, batch by batch."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from city.errors import BrokenRuleError, CityError, UnreadableInputError
from city.writing import Appended
from features.sources.feeds import Feed
from features.sources.report import FeedReport

_TOP_REASONS = 5
_SHOWN = 300  # letters of a reason: a form that lacks everything says so in fewer
Place = tuple[int, int]  # number of the source, line


class Reasons:
    """How many rows each combination of rules caught, with the sentence of the first row."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._first: dict[str, tuple[Place, str]] = {}

    def add(self, rows: pl.DataFrame, source: int, *, line: str, rules: str, sentence: str) -> None:
        self.note(rows, source, line=line, rules=rules, sentence=sentence)
        self.count(rows, rules=rules)

    def note(self, rows: pl.DataFrame, source: int, *, line: str, rules: str, sentence: str) -> None:
        """Keep the sentence of the first row of each kind."""
        grouped = rows.sort(line, maintain_order=True).group_by(rules, maintain_order=True)
        for kind, at, said in grouped.agg(pl.first(line), pl.first(sentence)).iter_rows():
            found = ((source, int(at)), str(said))
            self._first[kind] = min(found, self._first.get(kind, found))

    def count(self, rows: pl.DataFrame, *, rules: str, sign: int = 1) -> None:
        for kind, number in rows.group_by(rules).len().iter_rows():
            self._numbers[kind] += sign * number

    def most(self) -> tuple[tuple[str, int], ...]:
        found = [kind for kind, number in self._numbers.items() if number > 0]
        ordered = sorted(found, key=lambda kind: (-self._numbers[kind], self._first[kind][0], kind))
        return tuple((self._first[kind][1], self._numbers[kind]) for kind in ordered[:_TOP_REASONS])


@dataclass(slots=True)
class Tally:
    """`good` rows kept every rule and came once; of them `new` and `corrections` were stored."""

    feed: Feed
    sources: list[str] = field(default_factory=list)
    read: int = 0
    derived: int = 0
    good: int = 0
    new: int = 0
    corrections: int = 0
    duplicates: int = 0
    quarantined: int = 0
    repaired: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    reasons: Reasons = field(default_factory=Reasons)
    repairs: Reasons = field(default_factory=Reasons)
    watermark: str | None = None
    assumed: list[str] = field(default_factory=list)

    def stored(self, done: Appended) -> None:
        self.new += done.new
        self.corrections += done.corrections
        self.duplicates += done.duplicates

    def gate(self) -> list[CityError]:
        """A feed that is mostly bad is a wrong mapping or the wrong file, not a dirty one."""
        records = self.quarantined + self.new + self.corrections + self.duplicates
        if not records or self.quarantined <= self.feed.max_bad_share * records:
            return []
        shown = "; ".join(f"{number} x {reason[:_SHOWN]}" for reason, number in self.reasons.most())
        return [
            BrokenRuleError(
                subject=self.feed.subject,
                problem=f"{self.quarantined} of {records} records are bad, more than the allowed "
                f"{self.feed.max_bad_share:.0%}: {shown}",
                todo="Nothing was stored. Correct the mapping or the file, or set max_bad_share.",
            )
        ]

    def report(self) -> FeedReport:
        feed = self.feed
        return FeedReport(
            feed=feed.name,
            contract=feed.contract.__name__,
            files=tuple(self.sources),
            read=self.read,
            new=self.new,
            corrections=self.corrections,
            duplicates=self.duplicates,
            quarantined=self.quarantined,
            derived=self.derived,
            repaired=self.repaired,
            left_out=tuple((reason, number) for reason, number in self.left_out.items() if number),
            reasons=self.reasons.most(),
            repairs=self.repairs.most(),
            watermark=self.watermark,
            step_s=feed.step_s,
            delay_s=feed.delay_s,
            cadence_s=feed.cadence_s,
            live=feed.live,
            district=feed.district,
        )


def nothing_to_keep(source: str, read: int, left_out: Counter[str]) -> UnreadableInputError:
    reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items() if number)
    return UnreadableInputError(source=source, problem=f"none of its {read} records is one to keep ({reasons})")
