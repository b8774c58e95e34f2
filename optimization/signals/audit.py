"""An audit of one junction: what is wrong or doubtful in its record and its running plan, and what is missing."""

from city.signals import Junction
from optimization.signals.audit_matrix import matrix_doubts
from optimization.signals.audit_profile import profile_doubts, record_doubts
from optimization.signals.audit_traffic import running_doubts, traffic_doubts
from optimization.signals.check_plan import NEVER_PLANNED, junction_findings
from optimization.signals.doubts import Doubt, Weight
from optimization.signals.problem import Demand

ORDER = (Weight.WRONG, Weight.DOUBTFUL, Weight.MISSING)


def audit_junction(junction: Junction, demand: Demand) -> tuple[Doubt, ...]:
    """Wrong first, then doubtful, then missing. `demand` is what was counted."""
    found = [
        *_record_findings(junction),
        *running_doubts(junction),
        *matrix_doubts(junction),
        *profile_doubts(junction),
        *traffic_doubts(junction, demand),
        *record_doubts(junction),
    ]
    return tuple(sorted(found, key=lambda one: ORDER.index(one.weight)))


def _record_findings(junction: Junction) -> list[Doubt]:
    """What the check says of the record; a mode in which nothing is planned is no fault of it."""
    return [
        Doubt(
            weight=Weight.DOUBTFUL if finding.rule == "mode" and junction.mode in NEVER_PLANNED else Weight.WRONG,
            rule=finding.rule,
            subject=finding.subject,
            sentence=f"{finding.sentence}.",
        )
        for finding in junction_findings(junction)
    ]
