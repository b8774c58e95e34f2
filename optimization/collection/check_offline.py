"""A collection plan's document rechecked offline against its problem: what verify_plan.py runs."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from city.collection_documents import problem_from_json
from city.documents import decode, parse_json
from city.errors import CityError, UnreadableInputError
from city.findings import CertificateReport, CheckReport
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certificate_report, check_sha256

PASSED: Final = 0
REFUSED: Final = 1
UNREADABLE: Final = 2
USAGE: Final = """Usage: python verify_plan.py PLAN.json PROBLEM.json

Walks every route of a collection plan again, from the plan and its problem alone, and its certificate against both.
It needs Python 3.11 or later and nothing else: no package, no network. `city plan routes` writes both files.
Exit code 0: every rule is kept and the certificate holds. 1: it does not pass. 2: a file cannot be read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    plan: CollectionPlan
    report: CheckReport
    certificate: CertificateReport

    @property
    def passed(self) -> bool:
        return self.report.ok and self.certificate.holds


def recheck(plan: str | bytes, problem: str | bytes, *, plan_name: str, problem_name: str) -> Recheck:
    document = parse_json(plan, plan_name)
    if isinstance(document, dict) and "plan" in document and "check" in document:
        document = document["plan"]  # as the service hands plans out
    given = decode(CollectionPlan, document, plan_name)
    against = problem_from_json(problem, problem_name)
    report = check_plan(given, against)
    return Recheck(plan=given, report=report, certificate=certificate_report(given, against, report))


def sentences(done: Recheck) -> list[str]:
    plan, measures = done.plan, done.report.measures
    said = [f"{finding.rule}: {finding.sentence}" for finding in done.report.findings]
    if done.report.ok:
        said.append(
            f"Plan {plan.plan_id} breaks no rule: {len(plan.routes)} trucks, {measures['stops']:.0f} stops, "
            f"{measures['trips']:.0f} trips and {measures['km']:.1f} km, walked again by check {check_sha256()[:12]}."
        )
    else:
        said.append(f"Plan {plan.plan_id} breaks {len(done.report.findings)} rule(s). Do not run it.")
    said += [*done.certificate.broken, *done.certificate.notes]
    if done.certificate.holds and plan.certificate is not None:
        said.append(f"Its certificate {plan.certificate.sha256} holds.")
    return said


def main(words: list[str]) -> int:
    if len(words) != 2 or words[0].startswith("-"):
        sys.stdout.write(USAGE)
        return PASSED if words in (["-h"], ["--help"]) else UNREADABLE
    plan, problem = map(Path, words)
    try:
        done = recheck(_read(plan), _read(problem), plan_name=plan.name, problem_name=problem.name)
    except CityError as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    sys.stdout.write("".join(f"{sentence}\n" for sentence in sentences(done)))
    return PASSED if done.passed else REFUSED


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise UnreadableInputError(source=str(path), problem=f"it cannot be read ({cause.strerror})") from cause
