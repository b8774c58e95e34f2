"""Certificates of collection plans: what was checked, against what, by which check, and what came out."""

import hashlib
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Final

from city.collection_problem import CollectionProblem
from city.errors import BrokenRuleError
from city.findings import CertificateReport, CheckReport
from city.fingerprints import fingerprint, fingerprint_of_sources, sources_of
from city.network import TravelTimes
from city.waste_plans import CollectionCertificate, CollectionPlan
from optimization.collection.check_rules import RULES

# With everything of ours that these import, what judges a plan.
JUDGES: Final = ("optimization.collection.check", "optimization.collection.check_certificate")


def certified(plan: CollectionPlan, problem: CollectionProblem, report: CheckReport) -> CollectionPlan:
    """The plan with its certificate. Raises BrokenRuleError for a plan that did not pass."""
    if not report.ok:
        raise BrokenRuleError(
            subject=f"Plan {plan.plan_id}",
            problem=f"it breaks {len(report.findings)} rule(s); only a plan that breaks none is certified",
        )
    return replace(plan, certificate=_certificate(plan, problem, report))


def certificate_report(plan: CollectionPlan, problem: CollectionProblem, report: CheckReport) -> CertificateReport:
    """Whether the plan's certificate is of this plan, this problem and what the check says now."""
    given = plan.certificate
    if given is None:
        return CertificateReport(broken=("The plan carries no certificate.",))
    now = _certificate(plan, problem, report)
    same_check = given.check_sha256 == now.check_sha256
    broken = []
    if given.sha256 != _own_sha256(given):
        broken.append("The certificate itself was changed after it was issued.")
    if given.plan_sha256 != now.plan_sha256:
        broken.append("The plan was changed after it was certified.")
    if given.problem_sha256 != now.problem_sha256:
        broken.append("The plan was certified against another problem than this one.")
    if same_check and not broken and (given.rules, given.measures) != (now.rules, now.measures):
        broken.append("The check recomputes other results than the certificate states.")
    note = (
        f"The certificate was issued by check {given.check_sha256[:12]}; this is check {now.check_sha256[:12]}, "
        "which judged the plan anew."
    )
    return CertificateReport(broken=tuple(broken), notes=() if same_check else (note,))


@cache
def check_sha256() -> str:
    """Of the source text of everything that judges a plan: the check's version."""
    return fingerprint_of_sources(sources_of(*JUDGES))


def problem_sha256(problem: CollectionProblem) -> str:
    parts = {
        field.name: getattr(problem, field.name)
        for field in fields(problem)
        if field.name != "travel" and (field.default is MISSING or getattr(problem, field.name) != field.default)
    }
    return fingerprint({**parts, "travel": _travel_sha256(problem.travel)}, by_amount=True)


def _travel_sha256(travel: TravelTimes) -> str:
    """Row by row: there are millions of ways."""
    profiles = travel.profiles
    paces = None if profiles is None else (profiles.classes, profiles.borders_s, profiles.factors)
    whole = hashlib.sha256(fingerprint([travel.places, paces, list(travel.class_of)], by_amount=True).encode())
    for place in travel.places:
        for row in travel.rows(place):
            whole.update(f"{','.join(map(str, row))};".encode())
    return whole.hexdigest()


def _certificate(plan: CollectionPlan, problem: CollectionProblem, report: CheckReport) -> CollectionCertificate:
    unsealed = CollectionCertificate(
        plan_sha256=fingerprint(replace(plan, certificate=None), by_amount=True),
        problem_sha256=problem_sha256(problem),
        check_sha256=check_sha256(),
        rules=RULES,
        measures=tuple(sorted(report.measures.items())),
        sha256="",
    )
    return replace(unsealed, sha256=_own_sha256(unsealed))


def _own_sha256(certificate: CollectionCertificate) -> str:
    return fingerprint(replace(certificate, sha256=""), by_amount=True)
