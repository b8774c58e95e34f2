"""Is the audit log as it was written? Its lines sign each other; a record beside them says where they end."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from city.access_tables import AuditRow
from city.audit_log import AuditLog, signature
from city.documents import canonical_json
from city.errors import InvalidValueError

BEFORE_THE_FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedHead:
    """Where the log ended once."""

    number: int
    sha256: str

    @classmethod
    def of(cls, text: str) -> "NotedHead":
        number, _, digest = text.strip().partition(":")
        if not number.isdigit() or len(digest) != len(BEFORE_THE_FIRST):
            raise InvalidValueError(
                subject="Audit log",
                field="noted end",
                found=text,
                expected="NUMBER:HASH as `city audit verify` said before",
            )
        return cls(number=int(number), sha256=digest.lower())

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """`lines` are in order. `head` is the last of them as `NUMBER:HASH`: noted elsewhere, it can be compared later."""

    lines: int
    head: str
    first_broken: int | None = None
    problem: str | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None


def verify(log: AuditLog, *, noted: NotedHead | None = None) -> AuditState:
    """Walk the whole chain and say the first line that is not as it was written.

    Somebody who may write to the database can rewrite all lines and the record of their end alike; only an end that
    was `noted` outside of it shows that.
    """
    number, digest, _ = log.ends()
    recorded = None if number is None else NotedHead(number=number, sha256=digest)
    chain = _Chain(log, recorded, noted)
    for row in log.walk():
        problem = chain.fault_of(row)
        if problem is not None:
            return chain.state(problem, row.number)
        chain.go_on(row)
    return chain.at_the_end()


class _Chain:
    """How far the walk has come: the last line that was in order."""

    def __init__(self, log: AuditLog, recorded: NotedHead | None, noted: NotedHead | None) -> None:
        self._log = log
        self._recorded = recorded
        self._noted = noted
        self._last = NotedHead(number=0, sha256=BEFORE_THE_FIRST)

    def state(self, problem: str | None, broken: int | None = None) -> AuditState:
        return AuditState(lines=self._last.number, head=str(self._last), first_broken=broken, problem=problem)

    def go_on(self, row: AuditRow) -> None:
        self._last = NotedHead(number=row.number, sha256=row.sha256)

    def fault_of(self, row: AuditRow) -> str | None:
        rules: tuple[Callable[[AuditRow], str | None], ...] = (
            self._none_is_missing,
            self._says_what_was_signed,
            self._follows_the_line_before,
            self._is_found_by_its_districts,
            self._is_as_noted,
        )
        return next((problem for rule in rules if (problem := rule(row)) is not None), None)

    def _none_is_missing(self, row: AuditRow) -> str | None:
        expected = self._last.number + 1
        if row.number == expected:
            return None
        if row.number < expected:
            return f"Line {row.number} was put in before the first line."
        gone = f"Line {expected} is" if row.number == expected + 1 else f"Lines {expected} to {row.number - 1} are"
        return f"{gone} missing: after line {self._last.number} comes line {row.number}."

    def _says_what_was_signed(self, row: AuditRow) -> str | None:
        if signature(row.number, row) == row.sha256:
            return None
        before = self._log.number_of(row.previous)
        if before is not None and signature(before + 1, row) == row.sha256:
            return f"Line {row.number} is what was written as line {before + 1}: lines were put into another order."
        return f"Line {row.number} was changed: what it says does not fit its hash."

    def _follows_the_line_before(self, row: AuditRow) -> str | None:
        if row.previous == self._last.sha256:
            return None
        if row.number == 1:
            return "Line 1 names a line before it: the log's beginning was cut off."
        return f"Line {row.number} does not follow line {row.number - 1} as it stands: one of the two was written anew."

    def _is_found_by_its_districts(self, row: AuditRow) -> str | None:
        if canonical_json(sorted(item.district_id for item in row.named_districts)) == _sorted(row.districts):
            return None
        return f"Line {row.number} is listed under other districts than it names."

    def _is_as_noted(self, row: AuditRow) -> str | None:
        for known, whose in self._known_ends():
            if known.number == row.number and known.sha256 != row.sha256:
                return (
                    f"Line {row.number} has another hash than {whose} says: it, or lines before it, were written anew."
                )
        return None

    def at_the_end(self) -> AuditState:
        number, _, highest = self._log.ends()
        following = self._last.number + 1
        if number is None or self._recorded is None:
            gone = "The record of the log's end is gone, so that nobody can say whether lines are missing there."
            return self.state(gone, following)
        for known, whose in self._known_ends():
            if known.number > self._last.number:
                found = f"The log ends with line {self._last.number}"
                return self.state(f"{found}, but {whose} says line {known.number}: its end was cut off.", following)
        if highest > number:
            put_in = f"Line {number + 1} was added without the record of the log's end, which says line {number}."
            return self.state(put_in, number + 1)
        return self.state(None)

    def _known_ends(self) -> Iterator[tuple[NotedHead, str]]:
        if self._recorded is not None:
            yield self._recorded, "the record of the log's end"
        if self._noted is not None:
            yield self._noted, "your note"


def _sorted(districts: str) -> str:
    return canonical_json(sorted(json.loads(districts)))
