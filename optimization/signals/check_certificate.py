"""Certificates: what was checked, against what, by which check, and what came out, tied together by hashes."""

from dataclasses import replace
from functools import cache
from typing import Final

from city.errors import BrokenRuleError
from city.findings import CertificateReport, CheckReport
from city.fingerprints import fingerprint, fingerprint_of_sources
from city.signal_plans import PlanCertificate, SignalSchedule
from city.signals import Corridor, Junction
from optimization.signals.check_rules import RULES

JUDGES: Final = (
    "city.actuation",
    "city.fingerprints",
    "city.national",
    "city.signal_parts",
    "city.signal_plans",
    "city.signals",
    "optimization.signals.check",
    "optimization.signals.check_actuation",
    "optimization.signals.check_certificate",
    "optimization.signals.check_day",
    "optimization.signals.check_greens",
    "optimization.signals.check_jumps",
    "optimization.signals.check_lefts",
    "optimization.signals.check_plan",
    "optimization.signals.check_rules",
    "optimization.signals.check_switch",
    "optimization.signals.check_timeline",
)


def certified(
    schedule: SignalSchedule,
    junctions: tuple[Junction, ...],
    corridors: tuple[Corridor, ...],
    report: CheckReport,
) -> SignalSchedule:
    """The schedule with its certificate. Raises BrokenRuleError for a plan that did not pass."""
    if not report.ok:
        raise BrokenRuleError(
            subject=f"Schedule {schedule.plan_id}",
            problem=f"it breaks {len(report.findings)} rule(s); only a plan that breaks none is certified",
        )
    return replace(schedule, certificate=_certificate(schedule, junctions, corridors, report))


def certificate_report(
    schedule: SignalSchedule,
    junctions: tuple[Junction, ...],
    corridors: tuple[Corridor, ...],
    report: CheckReport,
) -> CertificateReport:
    """Whether the schedule's certificate is of this schedule, these records and what the check says now."""
    given = schedule.certificate
    if given is None:
        return CertificateReport(broken=("The plan carries no certificate.",))
    now = _certificate(schedule, junctions, corridors, report)
    same_check = given.check_sha256 == now.check_sha256
    broken = []
    if given.sha256 != _own_sha256(given):
        broken.append("The certificate itself was changed after it was issued.")
    if given.plan_sha256 != now.plan_sha256:
        broken.append("The plan was changed after it was certified.")
    if given.junctions_sha256 != now.junctions_sha256:
        broken.append("The plan was certified against other records of its junctions or corridors than these.")
    if same_check and not broken and (given.rules, given.measures) != (now.rules, now.measures):
        broken.append("The check recomputes other results than the certificate states.")
    note = (
        f"The certificate was issued by check {given.check_sha256[:12]}; this is check {now.check_sha256[:12]}, "
        "which judged the plan anew."
    )
    return CertificateReport(broken=tuple(broken), notes=() if same_check else (note,))


def concerned(
    schedule: SignalSchedule, junctions: tuple[Junction, ...], corridors: tuple[Corridor, ...]
) -> tuple[tuple[Junction, ...], tuple[Corridor, ...]]:
    """The junctions that the schedule plans or leaves as they are, and its corridors, in order of their ids."""
    named = {d.junction_id for d in schedule.day_plans} | {junction_id for junction_id, _ in schedule.unchanged}
    kept = sorted((j for j in junctions if j.junction_id in named), key=lambda j: j.junction_id)
    along = sorted((c for c in corridors if c.corridor_id in schedule.corridor_ids), key=lambda c: c.corridor_id)
    return tuple(kept), tuple(along)


@cache
def check_sha256() -> str:
    """Of the source text of everything that judges a plan: the check's version."""
    return fingerprint_of_sources(JUDGES)


def _certificate(
    schedule: SignalSchedule,
    junctions: tuple[Junction, ...],
    corridors: tuple[Corridor, ...],
    report: CheckReport,
) -> PlanCertificate:
    kept, along = concerned(schedule, junctions, corridors)
    unsealed = PlanCertificate(
        plan_sha256=fingerprint(replace(schedule, certificate=None)),
        junctions_sha256=fingerprint({"junctions": kept, "corridors": along}),
        check_sha256=check_sha256(),
        rules=RULES,
        measures=tuple(sorted(report.measures.items())),
        sha256="",
    )
    return replace(unsealed, sha256=_own_sha256(unsealed))


def _own_sha256(certificate: PlanCertificate) -> str:
    return fingerprint(replace(certificate, sha256=""))
