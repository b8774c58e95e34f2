"""A plan's document rechecked offline against the documents of its junctions: what verify_plan.py runs."""

import sys
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final, TypeVar

from city.actuation import Actuation, StageActuation
from city.documents import decode, from_json, parse_json
from city.errors import CityError, UnreadableInputError
from city.findings import CertificateReport, CheckReport
from city.signal_plans import DayPlan, DayPlanEntry, SignalPlan, SignalSchedule, TransitionStep
from city.signals import Corridor, Junction
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certificate_report, check_sha256

T = TypeVar("T")
_GUARDED: Final = (SignalSchedule, DayPlan, DayPlanEntry, TransitionStep, SignalPlan, Actuation, StageActuation)
PASSED: Final = 0
REFUSED: Final = 1
UNREADABLE: Final = 2
USAGE: Final = """Usage: python verify_plan.py PLAN.json JUNCTIONS.json

Rechecks a signal plan second by second against the records of its junctions, and its certificate against both.
It needs Python 3.11 or later and nothing else: no package, no network. `city plan signals` writes both files.
Exit code 0: every rule is kept and the certificate holds. 1: it does not pass. 2: a file cannot be read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionRecords:
    """What a plan was checked against: junctions.json beside plan.json."""

    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    schedule: SignalSchedule
    report: CheckReport
    certificate: CertificateReport

    @property
    def passed(self) -> bool:
        return self.report.ok and self.certificate.holds


def recheck(plan: str | bytes, records: str | bytes, *, plan_name: str, records_name: str) -> Recheck:
    document = parse_json(plan, plan_name)
    if isinstance(document, dict) and "plan" in document and "check" in document:
        document = document["plan"]  # as the service hands plans out
    against = from_json(JunctionRecords, records, records_name)
    return recheck_document(document, plan_name, lambda _: against)


def recheck_document(document: object, source: str, against: Callable[[SignalSchedule], JunctionRecords]) -> Recheck:
    """`against` finds the records that a schedule is checked against."""
    try:
        schedule, refusal = decode(SignalSchedule, document, source), None
    except CityError as error:
        try:
            schedule, refusal = unguarded(SignalSchedule, document, source), error
        except CityError:
            raise error from None  # fields are missing or of the wrong type: nothing to judge
    records = against(schedule)
    report = check_schedule(schedule, records.junctions, records.corridors)
    if refusal is not None and report.ok:
        raise refusal  # what is wrong with it is no rule of the check
    certificate = certificate_report(schedule, records.junctions, records.corridors, report)
    return Recheck(schedule=schedule, report=report, certificate=certificate)


def unguarded(kind: type[T], data: object, where: str) -> T:
    """A plan that may contradict itself, for the check to name what it breaks; its values are of the right types."""
    if kind not in _GUARDED or not isinstance(data, dict):
        return decode(kind, data, where)
    hints = typing.get_type_hints(kind)
    value = object.__new__(kind)
    for field in fields(kind):  # type: ignore[arg-type] # the guarded kinds are dataclasses
        if field.name not in data and field.default is not MISSING:
            part = field.default
        else:
            part = _part(hints[field.name], data.get(field.name), f"{where}: {field.name}")
        object.__setattr__(value, field.name, part)
    return value


def _part(
    kind: Any,  # noqa: ANN401 -- annotations have no narrower type
    data: object,
    where: str,
) -> object:
    inside = typing.get_args(kind)
    if typing.get_origin(kind) is tuple and inside[0] in _GUARDED and isinstance(data, list):
        return tuple(unguarded(inside[0], item, f"{where}[{k}]") for k, item in enumerate(data))
    if isinstance(data, dict) and (guarded := [one for one in inside if one in _GUARDED]):
        return unguarded(guarded[0], data, where)
    return decode(kind, data, where)


def sentences(done: Recheck) -> list[str]:
    plan_id, measures = done.schedule.plan_id, done.report.measures
    said = [f"{finding.rule}: {finding.sentence}" for finding in done.report.findings]
    if done.report.ok:
        said.append(
            f"Plan {plan_id} breaks no rule: {measures['plans']:.0f} plans and {measures['switches']:.0f} switches of "
            f"{len(done.schedule.day_plans)} junctions, judged in every second by check {check_sha256()[:12]}."
        )
    else:
        said.append(f"Plan {plan_id} breaks {len(done.report.findings)} rule(s). Do not run it.")
    said += [*done.certificate.broken, *done.certificate.notes]
    if done.certificate.holds and done.schedule.certificate is not None:
        said.append(f"Its certificate {done.schedule.certificate.sha256} holds.")
    return said


def main(words: list[str]) -> int:
    if len(words) != 2 or words[0].startswith("-"):
        sys.stdout.write(USAGE)
        return PASSED if words in (["-h"], ["--help"]) else UNREADABLE
    plan, records = map(Path, words)
    try:
        done = recheck(_read(plan), _read(records), plan_name=plan.name, records_name=records.name)
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
