"""Which model serves, changed by a person: promoted, rolled back, listed. Every change is a line in the ledger."""

import getpass
from dataclasses import dataclass
from datetime import UTC, datetime

from city.access import Caller
from city.audit_log import AT_CONSOLE, AuditLine
from city.errors import InvalidValueError, NotFoundError
from city.ledger import Promotion
from models.registry import Registry
from models.registry_reading import TrainedModel, trained_models
from models.trained import Promotion as Move
from serving.desk import Desk

MOST_REASON = 1_000  # of its characters, in the audit log


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What serves since. `gate` is what the gate had said of it."""

    model: str
    version: str
    previous: str | None
    reason: str
    who: str
    gate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Every training run with its version, oldest first, and what happened to them."""

    models: tuple[TrainedModel, ...]
    log: tuple[Promotion, ...]


def promote(desk: Desk, name: str, version: str, reason: str, *, caller: Caller | None = None) -> Moved:
    """Let a version serve because a person says so, against the gate too. One that fails its hash is refused.

    Without a caller it is the user of this machine.
    """
    _told(reason)
    gate = _gate_of(desk, name, version)
    move = Registry(desk.settings).promote_version(name, version, reason)
    return _moved(desk, move, gate, caller, back=False)


def rollback(desk: Desk, name: str, reason: str, *, caller: Caller | None = None) -> Moved:
    """Let what the champion replaced serve again."""
    _told(reason)
    move = Registry(desk.settings).rollback(name, reason)
    return _moved(desk, move, _gate_of(desk, name, move.version), caller, back=True)


def listed(desk: Desk, name: str | None) -> Listed:
    found = tuple(one for one in trained_models(desk.settings) if name in {None, one.name})
    return Listed(models=found, log=desk.ledger.model_log(name))


def written_down(desk: Desk, line: Promotion, move: Move | None, audit: AuditLine | None = None) -> None:
    """A change that cannot be written down is taken back: nothing serves without a trace."""
    try:
        desk.ledger.log_model(line, audit)
    except BaseException:
        if move is not None:
            Registry(desk.settings).take_back(move)
        raise


def who_asks() -> str:
    """The user of this machine, for the log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return ""


def _moved(desk: Desk, move: Move, gate: str, caller: Caller | None, *, back: bool) -> Moved:
    line = Promotion(
        model=move.model,
        version=move.version,
        previous=move.previous,
        reason=move.reason,
        at=datetime.now(UTC),
        action="rolled_back" if back else "promoted",
        who=who_asks() if caller is None else caller.person,
    )
    audit = AuditLine(
        action="model.rolled_back" if back else "model.promoted",
        subject=f"{line.model} v{line.version}",
        person=line.who or "somebody",
        key_id=AT_CONSOLE if caller is None else caller.key_id,
        detail={"reason": line.reason[:MOST_REASON], "previous": line.previous},
    )
    written_down(desk, line, move, audit)
    return Moved(
        model=move.model, version=move.version, previous=move.previous, reason=move.reason, who=line.who, gate=gate
    )


def _told(reason: str) -> None:
    if not reason.strip():
        raise InvalidValueError(subject="Change of the champion", field="reason", found=reason, expected="a sentence")


def _gate_of(desk: Desk, name: str, version: str) -> str:
    """What the gate said when the version was made."""
    mine = [one for one in trained_models(desk.settings) if one.name == name]
    for one in mine:
        if one.version == version:
            return one.reason
    known = ", ".join(one.version for one in mine if one.version) or "none"
    raise NotFoundError(kind=f"version of the {name} model", name=version, todo=f"There are: {known}.")
