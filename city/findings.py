"""What an independent check says of a plan."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule: the rule's name, the thing that breaks it, and a sentence with the numbers."""

    rule: str
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The outcome of a check; `measures` are what the check itself recomputed, by name with unit suffix."""

    checked: str
    findings: tuple[Finding, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReport:
    """`broken` are the sentences that say what does not belong together; `notes` break nothing."""

    broken: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.broken
