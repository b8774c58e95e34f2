"""What can be wrong, each composed into a sentence for a person from its own data.

Every error says which id, what was found, what was expected and, where there is something to do, what to do.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


class CityError(Exception):
    """The base of everything this product refuses. `str()` is the sentence; `code` is for machines."""

    code: ClassVar[str] = "refused"

    def sentence(self) -> str:
        return " ".join(str(part) for part in self.args)

    def __str__(self) -> str:
        return self.sentence()

    # Errors cross process borders (solver workers); exceptions pickle by `args`, which dataclasses leave empty.
    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(kind: type[CityError], args: tuple[object, ...], state: dict[str, object]) -> CityError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _closing(todo: str) -> str:
    return f" {todo}" if todo else ""


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


@dataclass(kw_only=True, eq=False)
class InvalidValueError(CityError):
    """One field of one thing holds what it must not hold."""

    code: ClassVar[str] = "invalid-value"
    subject: str
    field: str
    found: object
    expected: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.subject}: {self.field} is {self.found!r}, expected {self.expected}.{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class BrokenRuleError(CityError):
    """Several fields of one thing contradict each other; `problem` carries the numbers."""

    code: ClassVar[str] = "broken-rule"
    subject: str
    problem: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.subject}: {_ended(self.problem)}{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class UnknownIdError(CityError):
    """An id is referred to that nothing defines."""

    code: ClassVar[str] = "unknown-id"
    subject: str
    kind: str
    found: str
    known: tuple[str, ...] = ()

    def sentence(self) -> str:
        some = ", ".join(self.known[:5])
        hint = f" Known are {some}{', ...' if len(self.known) > 5 else ''}." if some else ""
        return f"{self.subject}: there is no {self.kind} {self.found!r}.{hint}"


@dataclass(kw_only=True, eq=False)
class MissingTravelTimeError(CityError):
    """Nobody said how long it takes between two places, or there is no way."""

    code: ClassVar[str] = "missing-travel-time"
    origin: str
    destination: str

    def sentence(self) -> str:
        return (
            f"There is no travel time from {self.origin!r} to {self.destination!r}. "
            "Check that both lie on the road network and that a permitted way joins them."
        )


@dataclass(kw_only=True, eq=False)
class MissingInputError(CityError):
    """A step lacks something that the city has not handed over yet."""

    code: ClassVar[str] = "missing-input"
    step: str
    missing: tuple[str, ...]
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.step} needs {', '.join(self.missing)}, which the history does not hold.{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class UnreadableInputError(CityError):
    """A file, sheet, table or document cannot be read as what it was said to be."""

    code: ClassVar[str] = "unreadable-input"
    source: str
    problem: str
    todo: str = ""

    def sentence(self) -> str:
        return f"{self.source}: {_ended(self.problem)}{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class StoreUnreachableError(UnreadableInputError):
    """The ledger or a table of the history cannot be reached now: nobody's input is at fault, and it may come back."""

    code: ClassVar[str] = "storage-unavailable"


@dataclass(kw_only=True, eq=False)
class NotFoundError(CityError):
    """Something was asked for by name and is not there (or not the asker's to see)."""

    code: ClassVar[str] = "not-found"
    kind: str
    name: str
    todo: str = ""

    def sentence(self) -> str:
        return f"There is no {self.kind} {self.name!r}.{_closing(self.todo)}"


@dataclass(kw_only=True, eq=False)
class UnsafePlanError(CityError):
    """A plan failed its check and is therefore not handed out."""

    code: ClassVar[str] = "unsafe-plan"
    plan: str
    findings: tuple[str, ...]

    def sentence(self) -> str:
        shown = "; ".join(self.findings[:5])
        more = f"; and {len(self.findings) - 5} more" if len(self.findings) > 5 else ""
        return f"Plan {self.plan} breaks {len(self.findings)} rule(s) and is not handed out: {shown}{more}."


@dataclass(kw_only=True, eq=False)
class SeveralErrors(CityError):  # noqa: N818  -- it is a collection, and reads as one at the raise
    """All faults of one input, collected and raised once."""

    code: ClassVar[str] = "several"
    subject: str
    errors: tuple[CityError, ...]

    def sentence(self) -> str:
        lines = "\n".join(f"  - {error}" for error in self.errors)
        return f"{self.subject}: {len(self.errors)} problem(s).\n{lines}"


def raise_all(subject: str, errors: list[CityError]) -> None:
    """Raise the one error as it is, several as one; nothing if there is none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(subject=subject, errors=tuple(errors))
