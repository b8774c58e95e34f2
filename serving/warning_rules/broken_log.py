"""The audit log's chain is broken: a line was changed, moved or taken away."""

from collections.abc import Iterator

from city.audit_check import verify
from city.warning_signs import Warned, id_of
from serving.desk import Desk


def broken_log(desk: Desk) -> Iterator[Warned]:
    state = verify(desk.ledger.audit)
    if state.ok:
        return
    number = state.first_broken
    yield Warned(
        warning_id=id_of("audit", "broken-chain", str(number)),
        source="audit",
        cause="broken-chain",
        subject="audit log" if number is None else f"audit log, line {number}",
        sentence=f"The audit log is not as it was written: {state.problem} Cause: somebody wrote to the ledger's "
        "database past this program, or a restored copy is older than its log.",
        todo="`city audit verify` says more; compare with the last end that was noted elsewhere, and keep a copy of "
        "the database before anything else.",
        figures=(("lines_in_order", float(state.lines)),),
    )
