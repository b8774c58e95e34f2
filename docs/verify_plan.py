# ruff: noqa: E501, INP001
# fmt: off
"""Recheck a signal plan offline: `python verify_plan.py PLAN.json JUNCTIONS.json`.

One file, the standard library of Python 3.11 or later, nothing else. Built from the sources of Chengyun by
`python -m optimization.signals.build_verifier`; do not edit. Below are the sources of the check, word for word.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys

SOURCES = {
    "city.actuation": r'''"""Planned-actuated parameters: how far traffic may shorten or lengthen the stages of a plan.

Stages keep the order of the chain. A stage with recall `none` is left out where nobody asks for it (`jumps`), others
are served in every cycle. Times of a stage count like its split, from its start to the start of the next, so that the
shortest and the longest time enclose the split. Green that ends with a stage ends as long before the stage's end as in
the plan; people walk from the start of their first stage for `walk_s`, and their clearance lies inside the stage's
shortest time. The fixed plan stays as it is: it runs where detectors do not work.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import CityError, InvalidValueError, raise_all
from city.ids import GroupId, MovementId, StageId


class Recall(StrEnum):
    """What a stage gives when nobody asks for it."""

    NONE = "none"  # nothing: it is left out
    MINIMUM = "minimum"  # its shortest time
    WALK = "walk"  # its shortest time, in which people walk


@dataclass(frozen=True, slots=True, kw_only=True)
class StageActuation:
    """`extension_s` is the gap after which a stage gives way (passage time).

    `force_off_s` is the second of the cycle, counted as greens are, in which the stage begins to end where the plan is
    coordinated. There the coordinated stage ends then and no earlier; what other stages leave unused, it gets.
    """

    stage_id: StageId
    min_s: int
    max_s: int
    extension_s: float
    force_off_s: int
    recall: Recall = Recall.MINIMUM

    def __post_init__(self) -> None:
        subject = f"Stage {self.stage_id}"
        errors: list[CityError] = []
        if self.min_s < 1:
            errors.append(InvalidValueError(subject=subject, field="min_s", found=self.min_s, expected="at least 1 s"))
        if self.max_s < self.min_s:
            expected = f"at least its shortest time, {self.min_s} s"
            errors.append(InvalidValueError(subject=subject, field="max_s", found=self.max_s, expected=expected))
        tenths = 10 * self.extension_s if math.isfinite(self.extension_s) else 0.0
        if tenths < 1 or abs(tenths - round(tenths)) > 1e-6:
            expected = "a time above 0 s in tenths of a second"
            errors.append(
                InvalidValueError(subject=subject, field="extension_s", found=self.extension_s, expected=expected)
            )
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTime:
    """How long people may begin to cross, from the start of the first stage that holds their group."""

    group_id: GroupId
    walk_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDetector:
    """A detector that the parameters need on every lane of a movement, this far before the stop line."""

    movement_id: MovementId
    before_line_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """How a stage ends when the stages after it are left out.

    `leads_s` say for each group of the first stage that the second does not hold how long before the second stage its
    green ends. What begins with the second stage begins at its start; the time until the first stage begins to end
    keeps its bounds.
    """

    from_stage_id: StageId
    to_stage_id: StageId
    leads_s: tuple[tuple[GroupId, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actuation:
    """`stages` in the order of the plan's splits.

    A stage that may be left out is served unasked when one of its groups has been red for `call_after_s`.
    """

    stages: tuple[StageActuation, ...]
    walks: tuple[WalkTime, ...] = ()
    detectors: tuple[ExtensionDetector, ...] = ()
    jumps: tuple[Jump, ...] = ()
    call_after_s: int | None = None

    @property
    def longest_cycle_s(self) -> int:
        return sum(stage.max_s for stage in self.stages)
''',
    "city.clock": r'''"""Time: UTC inside, city time at the edge, and the grid on which a feed reports.

Times of day in plans are whole seconds after local midnight of the service date and may exceed 86,400, because
shifts and windows cross midnight. They are wall-clock seconds on ordinary days; on a day with a clock change they
count elapsed seconds, so that a shift keeps its length.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from city.errors import BrokenRuleError, InvalidValueError

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The regular grid of one feed. The step is a property of the feed, never of the product."""

    step_s: int

    def __post_init__(self) -> None:
        if self.step_s <= 0 or DAY_S % self.step_s:
            raise InvalidValueError(
                subject="Feed", field="step_s", found=self.step_s, expected="a divisor of 86,400 s, such as 300 or 900"
            )

    def floor(self, moment: datetime) -> datetime:
        """The start of the step that holds `moment`; `moment` must carry its zone."""
        whole = int(require_aware(moment).timestamp()) // self.step_s * self.step_s
        return datetime.fromtimestamp(whole, UTC)

    def starts(self, start: datetime, end: datetime) -> list[datetime]:
        """Every step that begins in [start, end), in UTC."""
        first = self.floor(start)
        if first < start:
            first += timedelta(seconds=self.step_s)
        count = max(0, -(-int((end - first).total_seconds()) // self.step_s))
        return [first + timedelta(seconds=self.step_s * k) for k in range(count)]


def require_aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidValueError(
            subject="Moment", field="zone", found=moment.isoformat(), expected="a time with its offset, such as +08:00"
        )
    return moment


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as cause:
        raise InvalidValueError(
            subject="City", field="time_zone", found=name, expected="an IANA name such as 'Asia/Shanghai'"
        ) from cause


def to_utc(local: datetime, city_zone: ZoneInfo, *, second_pass: bool = False) -> datetime:
    """Wall clock to UTC. `second_pass` picks the later of the two when the clock went back.

    Raises BrokenRuleError for a wall-clock time that did not exist (the clock went forward over it).
    """
    there = local.replace(tzinfo=city_zone, fold=int(second_pass)).astimezone(UTC)
    if there.astimezone(city_zone).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        raise BrokenRuleError(
            subject=f"Time {local.isoformat()}", problem=f"it did not exist in {city_zone.key}: the clock went forward"
        )
    return there


def midnight(day: date, city_zone: ZoneInfo) -> datetime:
    """Local midnight of `day`, in UTC."""
    return datetime.combine(day, time(), city_zone).astimezone(UTC)


def at_second(day: date, second: int, city_zone: ZoneInfo) -> datetime:
    """The moment `second` elapsed seconds after local midnight of the service date, in UTC."""
    return midnight(day, city_zone) + timedelta(seconds=second)


def clock_text(second: int) -> str:
    """Seconds after midnight as a person writes them: 75600 -> '21:00', 93600 -> '02:00+1'."""
    days, rest = divmod(second, DAY_S)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}"
    return text if days == 0 else f"{text}{days:+d}"
''',
    "city.documents": r'''"""Domain objects to and from JSON, by their own type annotations and the standard library alone.

Unknown fields, missing fields, wrong types, NaN and infinities are refused with the path to the fault, all of them at
once. Units stay in the names, dates are ISO 8601, sums of types are tried in order.
"""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar

from city.errors import BrokenRuleError, CityError, InvalidValueError, SeveralErrors, UnreadableInputError, raise_all

T = TypeVar("T")
MOST_KEPT = 20_000  # documents; of more the one asked for longest ago is read anew


def encode(value: object) -> Any:
    """Plain JSON data of a domain object. Tuples become lists; pairs of a tuple of pairs stay pairs."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    return value


def to_json(value: object, *, indent: int | None = 2) -> str:
    return json.dumps(encode(value), ensure_ascii=False, indent=indent, allow_nan=False) + "\n"


def canonical_json(value: object) -> str:
    """One byte sequence for one meaning: sorted keys, no spaces. What hashes and replays are made from."""
    return json.dumps(encode(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse_json(text: str | bytes, source: str) -> Any:
    """JSON without the literals that JSON does not have (NaN, Infinity)."""

    def refuse(literal: str) -> None:
        raise UnreadableInputError(source=source, problem=f"it holds {literal}, which is not a number JSON knows")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as cause:
        raise UnreadableInputError(source=source, problem=f"it is not JSON ({cause})") from cause


class _Faults(list[CityError]):
    """What was found so far. `nameless` are faults of parts without an id, such as a shift: their owner names them."""

    def __init__(self) -> None:
        super().__init__()
        self.nameless: list[CityError] = []

    def name(self, owner: str) -> None:
        for error in self.nameless:
            if isinstance(error, (InvalidValueError, BrokenRuleError)):
                error.subject = f"{owner}: {error.subject}"
        self.nameless.clear()


def decode(kind: type[T], data: object, where: str = "") -> T:
    """A domain object from JSON data. Raises one CityError that names every fault with its path."""
    errors = _Faults()
    value = _decode(kind, data, where, errors)
    raise_all(where or kind.__name__, errors)
    return typing.cast("T", value)


def from_json(kind: type[T], text: str | bytes, source: str) -> T:
    return decode(kind, parse_json(text, source), source)


def stored(kind: type[T], text: str, source: str) -> T:
    """As `from_json`. Master data are asked for again and again: the same document is the same frozen object."""
    return typing.cast("T", _kept(kind, text, source))  # type: ignore[arg-type]  # a class is hashable


@lru_cache(maxsize=MOST_KEPT)
def _kept(kind: type[Any], text: str, source: str) -> object:
    return from_json(kind, text, source)


def _wrong(where: str, found: object, expected: str, errors: _Faults) -> object:
    subject, _, field = where.rpartition(": ") if ": " in where else ("Document", "", where)
    shown = found if not isinstance(found, (dict, list)) else f"{type(found).__name__} of {len(found)}"
    errors.append(InvalidValueError(subject=subject, field=field or "value", found=shown, expected=expected))
    return None


def _decode(kind: Any, data: object, where: str, errors: _Faults) -> object:
    kind = getattr(kind, "__supertype__", kind)  # NewType
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(kind, data, where, errors)
    if origin is tuple:
        return _decode_tuple(kind, data, where, errors)
    if origin is dict:
        return _decode_dict(kind, data, where, errors)
    if is_dataclass(kind):
        return _decode_object(typing.cast("type[Any]", kind), data, where, errors)
    return _decode_scalar(kind, data, where, errors)


def _decode_union(kind: Any, data: object, where: str, errors: _Faults) -> object:
    choices = typing.get_args(kind)
    if data is None and type(None) in choices:
        return None
    attempt = _Faults()
    for choice in choices:
        if choice is type(None):
            continue
        attempt = _Faults()
        value = _decode(choice, data, where, attempt)
        if not attempt:
            return value
    errors.extend(attempt)
    errors.nameless.extend(attempt.nameless)
    return None


def _decode_tuple(kind: Any, data: object, where: str, errors: _Faults) -> object:
    parts = typing.get_args(kind)
    if not isinstance(data, (list, tuple)):
        return _wrong(where, data, "a list", errors)
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_decode(parts[0], item, f"{where}[{k}]", errors) for k, item in enumerate(data))
    if len(data) != len(parts):
        return _wrong(where, data, f"a list of {len(parts)}", errors)
    return tuple(
        _decode(part, item, f"{where}[{k}]", errors) for k, (part, item) in enumerate(zip(parts, data, strict=True))
    )


def _decode_dict(kind: Any, data: object, where: str, errors: _Faults) -> object:
    if not isinstance(data, dict):
        return _wrong(where, data, "an object", errors)
    _, item_kind = typing.get_args(kind)
    return {str(key): _decode(item_kind, item, f"{where}.{key}", errors) for key, item in data.items()}


def _decode_object(kind: type[Any], data: object, where: str, errors: _Faults) -> object:
    if not isinstance(data, dict):
        return _wrong(where, data, f"an object ({kind.__name__})", errors)
    known, hints = _shape(kind)  # type: ignore[arg-type]  # a class is hashable
    path = f"{where}." if ": " in where else f"{where}: " if where else f"{kind.__name__}: "
    before = len(errors)
    for name in data.keys() - known.keys():
        _wrong(f"{path}{name}", data[name], f"no such field; known are {', '.join(known)}", errors)
    values = {}
    for name, field in known.items():
        if name in data:
            values[name] = _decode(hints[name], data[name], f"{path}{name}", errors)
        elif _is_required(field):
            _wrong(f"{path}{name}", None, "a value; the field is missing", errors)
    name = next((name for name in known if name.endswith("_id") and isinstance(data.get(name), str)), None)
    if len(errors) == before:
        try:
            return kind(**values)
        except CityError as error:
            own = error.errors if isinstance(error, SeveralErrors) else (error,)
            errors.extend(own)
            errors.nameless.extend(own if name is None else ())
    if name is not None:
        errors.name(f"{kind.__name__} {data[name]}")
    return None


@cache
def _shape(kind: type[Any]) -> tuple[dict[str, "Field[Any]"], dict[str, Any]]:
    """Fields and their types: reading annotations anew takes longer than reading the document."""
    return {field.name: field for field in fields(kind)}, typing.get_type_hints(kind)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _decode_scalar(kind: Any, data: object, where: str, errors: _Faults) -> object:
    if kind is bool and isinstance(data, bool):
        return data
    if kind is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if kind is float and isinstance(data, (int, float)) and not isinstance(data, bool) and math.isfinite(data):
        return float(data)
    if kind is str and isinstance(data, str):
        return data
    if isinstance(kind, type) and issubclass(kind, (Enum, date)) and isinstance(data, str):
        try:
            return kind(data) if issubclass(kind, Enum) else kind.fromisoformat(data)
        except ValueError:
            pass
    return _wrong(where, data, _scalar_text(kind), errors)


def _scalar_text(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(item.value) for item in kind)
    names = {
        int: "a whole number",
        float: "a finite number",
        str: "a text",
        bool: "true or false",
        date: "a date such as 2026-03-01",
        datetime: "a time with offset such as 2026-03-01T07:00:00+08:00",
    }
    return names.get(kind, str(kind))
''',
    "city.errors": r'''"""What can be wrong, each composed into a sentence for a person from its own data.

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
''',
    "city.fair_points": r'''"""A bound on the gap between districts: which points a plan was made to go to for it, and what that took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPoints:
    """`points` are (point, stream) that are priced so that they are served; `sentence` tells the cost.

    `gap` is the bound, None where it could not be kept.
    """

    gap: float | None
    points: tuple[tuple[str, str], ...]
    sentence: str
''',
    "city.findings": r'''"""What an independent check says of a plan."""

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
''',
    "city.fingerprints": r'''"""Hashes of values and of source texts: whether something is still what it was.

Fields that hold their declared default are left out of a value's hash: a later release that adds an optional field
leaves the hashes of older values as they are.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Final

from city.documents import canonical_json
from city.errors import UnreadableInputError

OURS: Final = ("city", "optimization")


def fingerprint(value: object, *, by_amount: bool = False) -> str:
    """SHA-256, hexadecimal, of what the value means. With `by_amount` 5000 and 5000.0 are the same number."""
    essence = _essential(value)
    return hashlib.sha256(canonical_json(_whole(essence) if by_amount else essence).encode()).hexdigest()


def fingerprint_of_sources(names: Iterable[str]) -> str:
    """Of the source texts of modules, in their order: the version of what they do together."""
    whole = hashlib.sha256()
    for name in names:
        whole.update(f"{name}\n{source_text(name).replace(chr(13) + chr(10), chr(10)).strip()}\n".encode())
    return whole.hexdigest()


def source_text(name: str) -> str:
    found = importlib.util.find_spec(name)
    loader = found.loader if found is not None else None
    text = loader.get_source(name) if loader is not None and hasattr(loader, "get_source") else None
    if not isinstance(text, str):
        raise UnreadableInputError(source=name, problem="its source text is not installed, so it has no version")
    return text


def sources_of(*entries: str) -> dict[str, str]:
    """Source texts of the modules and of all of ours that they import, however far, by name."""
    found: dict[str, str] = {}
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = source_text(name)
            waiting += _imported(found[name])
    return dict(sorted(found.items()))


def _imported(text: str) -> list[str]:
    names = [
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    return [name for name in dict.fromkeys(names) if name.split(".")[0] in OURS]


def _essential(value: object) -> object:
    """As plain data, without the fields that hold their declared default."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _essential(getattr(value, field.name))
            for field in fields(value)
            if field.default is MISSING or getattr(value, field.name) != field.default
        }
    if isinstance(value, (list, tuple)):
        return [_essential(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _essential(item) for key, item in value.items()}
    return value.value if isinstance(value, Enum) else value


def _whole(value: object) -> object:
    """Numbers without a fraction as whole numbers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, (list, tuple)) else value
''',
    "city.ids": r'''"""Names of things. An id is the department's own key, never a position in a list."""

from typing import NewType

DistrictId = NewType("DistrictId", str)
DetectorId = NewType("DetectorId", str)
JunctionId = NewType("JunctionId", str)
MovementId = NewType("MovementId", str)
GroupId = NewType("GroupId", str)
StageId = NewType("StageId", str)
CorridorId = NewType("CorridorId", str)
NodeId = NewType("NodeId", str)
LinkId = NewType("LinkId", str)
PointId = NewType("PointId", str)
TruckId = NewType("TruckId", str)
DepotId = NewType("DepotId", str)
SiteId = NewType("SiteId", str)
PlanId = NewType("PlanId", str)
''',
    "city.national": r'''"""National profiles: speeds, lamp sequences and minimum times. There is no global default.

The figures are starting values that a city overrides in its junction file; they cite no standard, because a
standard is cited only after someone has read it.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import InvalidValueError


class UserClass(StrEnum):
    CAR = "car"
    HEAVY = "heavy"
    CYCLE = "cycle"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How one class of user clears and enters a junction."""

    clearing_m_s: float
    entering_m_s: float
    length_m: float
    crossing_s: float  # how long after the end of green the last user may still pass the line


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalProfile:
    name: str
    yellow_s_by_speed_kmh: tuple[tuple[int, int], ...]  # (up to this speed, yellow), ascending
    red_amber_s: int
    green_flash_s: int
    min_green_s: int
    min_cycle_green_s: int
    min_walk_s: int
    walking_m_s: float
    walking_slow_m_s: float  # near schools and hospitals
    start_up_loss_s: float
    end_gain_s: float
    saturation_pcu_h: int
    max_red_s: int
    max_pedestrian_wait_s: int
    paces: tuple[tuple[UserClass, Pace], ...]

    def yellow_s(self, speed_kmh: float) -> int:
        for limit_kmh, seconds in self.yellow_s_by_speed_kmh:
            if speed_kmh <= limit_kmh:
                return seconds
        return self.yellow_s_by_speed_kmh[-1][1]

    def pace(self, user: UserClass) -> Pace:
        return dict(self.paces)[user]

    def intergreen_s(
        self, *, clearing: UserClass, entering: UserClass, clearing_m: float, entering_m: float, slow: bool = False
    ) -> int:
        """Least intergreen of a pair of streams over one conflict point, whole s.

        ceil(crossing time + (clearing distance + vehicle length) / clearing speed - entering time), at least 0.
        """
        out, into = self.pace(clearing), self.pace(entering)
        speed = self.walking_slow_m_s if slow and clearing is UserClass.PEDESTRIAN else out.clearing_m_s
        needed = out.crossing_s + (clearing_m + out.length_m) / speed - entering_m / into.entering_m_s
        return max(0, math.ceil(needed - 1e-9))


def _paces(walking_m_s: float, car_crossing_s: float) -> tuple[tuple[UserClass, Pace], ...]:
    return (
        (UserClass.CAR, Pace(clearing_m_s=10.0, entering_m_s=11.1, length_m=6.0, crossing_s=car_crossing_s)),
        (UserClass.HEAVY, Pace(clearing_m_s=7.0, entering_m_s=8.0, length_m=12.0, crossing_s=car_crossing_s)),
        (UserClass.CYCLE, Pace(clearing_m_s=4.0, entering_m_s=5.0, length_m=2.0, crossing_s=1.0)),
        (UserClass.PEDESTRIAN, Pace(clearing_m_s=walking_m_s, entering_m_s=1.5, length_m=0.0, crossing_s=0.0)),
    )


CN = NationalProfile(
    name="CN",
    yellow_s_by_speed_kmh=((50, 3), (60, 4), (80, 5)),
    red_amber_s=0,
    green_flash_s=3,
    min_green_s=10,
    min_cycle_green_s=8,
    min_walk_s=8,
    walking_m_s=1.2,
    walking_slow_m_s=1.0,
    start_up_loss_s=2.0,
    end_gain_s=2.0,
    saturation_pcu_h=1800,
    max_red_s=150,
    max_pedestrian_wait_s=120,
    paces=_paces(1.2, 3.0),
)
DE = NationalProfile(
    name="DE",
    yellow_s_by_speed_kmh=((50, 3), (60, 4), (70, 5)),
    red_amber_s=1,
    green_flash_s=0,
    min_green_s=5,
    min_cycle_green_s=5,
    min_walk_s=5,
    walking_m_s=1.2,
    walking_slow_m_s=1.0,
    start_up_loss_s=1.0,
    end_gain_s=1.0,
    saturation_pcu_h=1800,
    max_red_s=120,
    max_pedestrian_wait_s=90,
    paces=_paces(1.2, 3.0),
)
US = NationalProfile(
    name="US",
    yellow_s_by_speed_kmh=((48, 3), (64, 4), (89, 5)),
    red_amber_s=0,
    green_flash_s=0,
    min_green_s=7,
    min_cycle_green_s=7,
    min_walk_s=7,
    walking_m_s=1.07,
    walking_slow_m_s=0.91,
    start_up_loss_s=2.0,
    end_gain_s=2.0,
    saturation_pcu_h=1900,
    max_red_s=180,
    max_pedestrian_wait_s=150,
    paces=_paces(1.07, 3.5),
)
_PROFILES = {profile.name: profile for profile in (CN, DE, US)}


def national_profile(name: str) -> NationalProfile:
    try:
        return _PROFILES[name]
    except KeyError:
        raise InvalidValueError(
            subject="City", field="national_profile", found=name, expected=f"one of {', '.join(sorted(_PROFILES))}"
        ) from None
''',
    "city.ordered_stops": r'''"""Points that complaints ask for: what a plan of a day is told of accepted orders."""

from dataclasses import dataclass
from datetime import datetime

from city.ids import PointId
from city.waste import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedStop:
    """`weight` is how much leaving it counts against an overflow (1); `complaint_ids` those that wait for it."""

    point_id: PointId
    stream: Stream
    due_at: datetime
    weight: float
    complaint_ids: tuple[str, ...]
''',
    "city.recipes": r'''"""What a plan was made from beside the solver's work: enough to make it again, as long as the tables are kept."""

from dataclasses import dataclass
from datetime import datetime

from city.fair_points import FairPoints
from city.ids import PlanId
from city.ordered_stops import OrderedStop

Asked = bool | int | float | str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`tables` are all tables that were looked at, forecasts too, with the versions that counted; others were empty.

    What was asked for without a time was read as it was known at `read_at`. `imports` are the imports whose assumptions
    the plan states, `usual_plan_id` the plan whose trucks are the usual ones, with the SHA-256 of its document.
    `models` are the SHA-256 that seal the files of the models that the forecasts name. `code_sha256` is of the
    planner's sources and `packages` are the versions that it ran on: other ones may plan otherwise. `ladder` is what
    the service's planning ladder had to say of the search; None for a plan that was made without a deadline.
    `orders` are the points that accepted complaints asked for, `fairness` what was done for a bound between districts.
    `in_force` are the junctions of a rolling plan, each with the published plan that held there when it was made.
    """

    request: dict[str, Asked]
    read_at: datetime
    tables: tuple[tuple[str, int], ...] = ()
    imports: tuple[str, ...] = ()
    usual_plan_id: PlanId | None = None
    usual_plan_sha256: str = ""
    index_issued_at: datetime | None = None
    models: tuple[tuple[str, str], ...] = ()
    ladder: tuple[str, ...] | None = None
    cores: int | None = None
    platform: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    code_sha256: str = ""
    orders: tuple[OrderedStop, ...] = ()
    fairness: FairPoints | None = None
    in_force: tuple[tuple[str, str], ...] = ()
''',
    "city.signal_parts": r'''"""What a signalised junction is made of: movements, signal groups, stages and the relations between them.

A signal group (相位) is a set of streams that always show the same lamp; a stage (相位阶段) is a set of groups that are
green together; the stage chain is their order. Intergreen belongs to an ordered pair of groups: from the end of green
of the first to the start of green of the second. Signal times are whole seconds.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DetectorId, GroupId, LinkId, MovementId, StageId


class MovementKind(StrEnum):
    VEHICLE = "vehicle"
    CYCLE = "cycle"  # e-bikes included
    PEDESTRIAN = "pedestrian"


class Turn(StrEnum):
    LEFT = "left"
    THROUGH = "through"
    RIGHT = "right"
    CROSSING = "crossing"  # pedestrians


class OnRed(StrEnum):
    """Right turn on red."""

    ALLOWED = "allowed"
    ARROW_CONTROLLED = "arrow_controlled"
    FORBIDDEN = "forbidden"


class Relation(StrEnum):
    """Of an ordered movement pair (a, b)."""

    YIELDS = "yields"  # a gives way to b; together only where the junction's policy lists the pair
    PROHIBITED = "prohibited"  # never green together; holds both ways


class LeftPolicy(StrEnum):
    KEEP_PROTECTED = "keep_protected"
    MAY_DROP = "may_drop"
    MUST_DROP = "must_drop"


class Countdown(StrEnum):
    NONE = "none"
    LAST_SECONDS = "last_n_s"
    FULL = "full"


class ControlMode(StrEnum):
    FIXED = "fixed"
    COORDINATED = "coordinated"
    ACTUATED = "actuated"
    FLASHING_YELLOW = "flashing_yellow"
    ALL_RED = "all_red"
    MANUAL = "manual"  # escort (特勤) included: never planned over
    FAULT = "fault"


def _positive(subject: str, **values: float | None) -> None:
    for name, value in values.items():
        if value is not None and not value > 0:
            raise InvalidValueError(subject=subject, field=name, found=value, expected="a number above 0")


def refuse_bad_estimate(subject: str, peak_veh_h: float | None, detector_ids: tuple[DetectorId, ...]) -> None:
    """A person's estimate is a flow, and stands only where no detector counts."""
    if peak_veh_h is None:
        return
    if not (math.isfinite(peak_veh_h) and peak_veh_h >= 0):
        raise InvalidValueError(
            subject=subject, field="uncounted_peak_veh_h", found=peak_veh_h, expected="a flow of 0 veh/h or more"
        )
    if detector_ids:
        raise BrokenRuleError(
            subject=subject,
            problem=f"uncounted_peak_veh_h is {peak_veh_h:g} although {', '.join(detector_ids)} count there",
            todo="State an estimate only where no detector counts, or leave out the detectors.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One stream over the junction.

    `turning_share` is this stream's part of what its detectors count, 0..1; the streams of one detector sum to 1.
    Vehicles and cycles need `saturation_pcu_h` (of all their lanes together); pedestrians need `crossing_m`.
    `uncounted_peak_veh_h` is a person's estimate of the vehicles in its busiest quarter of an hour, where no detector
    counts them.
    """

    movement_id: MovementId
    group_id: GroupId
    kind: MovementKind
    turn: Turn
    approach: str
    lanes: int = 1
    saturation_pcu_h: float | None = None
    detector_ids: tuple[DetectorId, ...] = ()
    turning_share: float = 1.0
    from_link_id: LinkId | None = None
    to_link_id: LinkId | None = None
    shared_lane: bool = False
    lane_numbers: tuple[int, ...] = ()  # of its approach, from the kerb, where they are known
    pocket_m: float | None = None
    storage_m: float | None = None
    speed_kmh: float = 50.0
    on_red: OnRed = OnRed.FORBIDDEN
    crossing_m: float | None = None
    occupancy: float = 1.3  # persons per vehicle, or 1 for people on foot
    flow_ped_h: float = 0.0  # people who cross, where nobody counts them
    uncounted_peak_veh_h: float | None = None

    def __post_init__(self) -> None:
        subject = f"Movement {self.movement_id}"
        _positive(subject, lanes=self.lanes, speed_kmh=self.speed_kmh, occupancy=self.occupancy)
        _positive(subject, pocket_m=self.pocket_m, storage_m=self.storage_m)
        if self.kind is MovementKind.PEDESTRIAN:
            _positive(subject, crossing_m=self.crossing_m if self.crossing_m is not None else 0.0)
        else:
            _positive(subject, saturation_pcu_h=self.saturation_pcu_h if self.saturation_pcu_h is not None else 0.0)
        if not 0 <= self.turning_share <= 1:
            raise InvalidValueError(
                subject=subject, field="turning_share", found=self.turning_share, expected="a share between 0 and 1"
            )
        refuse_bad_estimate(subject, self.uncounted_peak_veh_h, self.detector_ids)
        if self.uncounted_peak_veh_h is not None and self.kind is not MovementKind.VEHICLE:
            raise BrokenRuleError(
                subject=subject, problem=f"uncounted_peak_veh_h is a flow of vehicles, this is a {self.kind} movement"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalGroup:
    """Streams that always show the same lamp. Yellow follows green and lies inside the intergreen."""

    group_id: GroupId
    kind: MovementKind
    min_green_s: int
    yellow_s: int = 0
    green_flash_s: int = 0  # the last seconds of green, shown flashing
    red_amber_s: int = 0  # the last seconds before green
    max_green_s: int | None = None
    max_red_s: int | None = None

    def __post_init__(self) -> None:
        subject = f"Signal group {self.group_id}"
        _positive(subject, min_green_s=self.min_green_s, max_green_s=self.max_green_s, max_red_s=self.max_red_s)
        if self.kind is MovementKind.VEHICLE:
            _positive(subject, yellow_s=self.yellow_s)
        if self.max_green_s is not None and self.max_green_s < self.min_green_s:
            raise InvalidValueError(
                subject=subject,
                field="max_green_s",
                found=self.max_green_s,
                expected=f"at least the minimum green, {self.min_green_s} s",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    stage_id: StageId
    group_ids: tuple[GroupId, ...]
    protected_left: bool = False  # the left-turn policy says whether a planner may drop it
    min_split_s: int = 1  # a protected left that is also green before keeps its own seconds by this

    def __post_init__(self) -> None:
        _positive(f"Stage {self.stage_id}", min_split_s=self.min_split_s)
        if not self.group_ids:
            raise BrokenRuleError(subject=f"Stage {self.stage_id}", problem="no signal group is green in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Relation of an ordered movement pair, with the way to their conflict point where it was measured."""

    from_movement_id: MovementId
    to_movement_id: MovementId
    relation: Relation
    clearing_m: float | None = None
    entering_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intergreen:
    """End of green of the first group to start of green of the second, s."""

    from_group_id: GroupId
    to_group_id: GroupId
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerProfile:
    """What the controller at the junction can hold."""

    name: str = "generic-stage-based"
    max_stages: int = 8
    max_plans: int = 16
    max_day_entries: int = 24
    writable_plan_numbers: tuple[int, ...] = tuple(range(1, 17))
    min_cycle_s: int = 30
    max_cycle_s: int = 240
    countdown: Countdown = Countdown.NONE
    countdown_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Someone stood at the junction and compared it with this record."""

    verified_by: str
    verified_on: str  # ISO date
''',
    "city.signal_plans": r'''"""Signal plans: what a controller is asked to run.

Splits say when a stage begins: split = green + intergreen of the stage, and the splits fill the cycle. All groups that
begin in a stage begin at its start; a group that ends, ends as late as its own intergreens to what begins next allow.
`greens` holds the result in full, so that a plan can be run and checked without knowing how it was made.

The offset is the start of the coordinated stage's green after the area clock's zero (local midnight), s, in [0, cycle):
a larger offset starts later.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from city.actuation import Actuation
from city.clock import DAY_S, clock_text
from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all
from city.ids import CorridorId, DistrictId, GroupId, JunctionId, PlanId, StageId
from city.recipes import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    stage_id: StageId
    split_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Green:
    """A group's green inside the cycle, counted from the start of the coordinated stage's green.

    `start_s` lies in [0, cycle), `end_s` in (start_s, start_s + cycle): it may pass the end of the cycle.
    """

    group_id: GroupId
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPlan:
    """One fixed plan of one junction."""

    junction_id: JunctionId
    plan_number: int
    cycle_s: int
    offset_s: int
    coordinated_stage_id: StageId
    splits: tuple[Split, ...]  # in the order of the stage chain, from the coordinated stage on
    greens: tuple[Green, ...]
    actuation: Actuation | None = None  # how far an actuated controller may deviate from the splits

    def __post_init__(self) -> None:
        errors: list[CityError] = []
        subject = f"Plan {self.plan_number} of junction {self.junction_id}"
        total = sum(split.split_s for split in self.splits)
        if total != self.cycle_s:
            errors.append(
                BrokenRuleError(subject=subject, problem=f"splits sum to {total} s, the cycle is {self.cycle_s} s")
            )
        if not 0 <= self.offset_s < self.cycle_s:
            errors.append(
                InvalidValueError(
                    subject=subject, field="offset_s", found=self.offset_s, expected=f"0 to {self.cycle_s - 1} s"
                )
            )
        if not self.splits or self.splits[0].stage_id != self.coordinated_stage_id:
            errors.append(BrokenRuleError(subject=subject, problem="the splits must begin with the coordinated stage"))
        errors += [
            InvalidValueError(
                subject=subject, field=f"split of stage {s.stage_id}", found=s.split_s, expected="above 0 s"
            )
            for s in self.splits
            if s.split_s <= 0
        ]
        errors += [
            BrokenRuleError(
                subject=subject,
                problem=f"green of {g.group_id} runs from {g.start_s} to {g.end_s} s in a cycle of {self.cycle_s} s",
            )
            for g in self.greens
            if not 0 <= g.start_s < self.cycle_s or not g.start_s < g.end_s <= g.start_s + self.cycle_s
        ]
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionStep:
    """One cycle on the way to a plan's offset: the stages of the plan, longer or shorter. Greens count as in a plan."""

    splits: tuple[Split, ...]
    greens: tuple[Green, ...]

    def __post_init__(self) -> None:
        cycle_s = self.cycle_s
        errors: list[CityError] = [
            InvalidValueError(
                subject="Transition step", field=f"split of stage {s.stage_id}", found=s.split_s, expected="above 0 s"
            )
            for s in self.splits
            if s.split_s <= 0
        ]
        errors += [
            BrokenRuleError(
                subject="Transition step",
                problem=f"green of {g.group_id} runs from {g.start_s} to {g.end_s} s in a cycle of {cycle_s} s",
            )
            for g in self.greens
            if not 0 <= g.start_s < cycle_s or not g.start_s < g.end_s <= g.start_s + cycle_s
        ]
        raise_all("Transition step", errors)

    @property
    def cycle_s(self) -> int:
        return sum(split.split_s for split in self.splits)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlanEntry:
    """From `start_s` after local midnight this plan number runs, until the next entry.

    It begins where the running plan has finished its cycle. `steps` are its first cycles, after which it keeps its
    offset; without steps it dwells: in its first two cycles its coordinated stage is held, each time for half of what
    is missing (the first by the odd second more). The first entry's steps are those of midnight, from day to day.
    """

    start_s: int
    plan_number: int
    steps: tuple[TransitionStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Which plan runs from when at one junction. The first entry starts at midnight."""

    junction_id: JunctionId
    district_id: DistrictId
    entries: tuple[DayPlanEntry, ...]
    plans: tuple[SignalPlan, ...]
    introduction: tuple[TransitionStep, ...] = ()  # steps from what ran before, on the first day

    def __post_init__(self) -> None:
        subject = f"Day plan of junction {self.junction_id}"
        starts = [entry.start_s for entry in self.entries]
        numbers = {plan.plan_number for plan in self.plans}
        errors: list[CityError] = []
        if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= DAY_S:
            shown = [clock_text(start) for start in starts]
            errors.append(
                InvalidValueError(
                    subject=subject,
                    field="entries",
                    found=shown,
                    expected="ascending times from 00:00 on, within a day",
                )
            )
        errors += [
            BrokenRuleError(
                subject=subject, problem=f"{clock_text(e.start_s)} runs plan {e.plan_number}, which is absent"
            )
            for e in self.entries
            if e.plan_number not in numbers
        ]
        errors += [
            BrokenRuleError(subject=subject, problem=f"plan {p.plan_number} belongs to junction {p.junction_id}")
            for p in self.plans
            if p.junction_id != self.junction_id
        ]
        if len(numbers) != len(self.plans):
            errors.append(BrokenRuleError(subject=subject, problem="two plans share a number"))
        raise_all(subject, errors)

    def plan(self, plan_number: int) -> SignalPlan:
        return next(plan for plan in self.plans if plan.plan_number == plan_number)

    def running_s(self, plan_number: int) -> int:
        """How long of a day this plan runs."""
        ends = [*(entry.start_s for entry in self.entries[1:]), DAY_S]
        return sum(
            end - entry.start_s
            for entry, end in zip(self.entries, ends, strict=True)
            if entry.plan_number == plan_number
        )

    def plan_at(self, second: int) -> SignalPlan:
        """The plan that runs `second` seconds after local midnight."""
        running = [entry for entry in self.entries if entry.start_s <= second % DAY_S][-1]
        return self.plan(running.plan_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMeasures:
    """What one plan of one junction promises at the flows it was made for; delay is control delay per vehicle."""

    junction_id: JunctionId
    plan_number: int
    delay_s: float
    largest_x: float
    critical_group_id: GroupId
    flow_pcu_h: float
    pedestrian_wait_s: float
    running_delay_s: float | None = None  # of the running plan at the same flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a plan was made from, so that it can be explained and made again."""

    made_at: datetime
    seed: int
    forecast_issued_at: datetime | None = None
    models: tuple[str, ...] = ()
    history_versions: tuple[tuple[str, int], ...] = ()
    software: str = ""
    work: tuple[tuple[str, float], ...] = ()  # solver work done, by name
    solver: tuple[str, ...] = ()  # what became of solvers that did not end by themselves
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCertificate:
    """That a check passed a plan: hashes tie what was checked, against what, by which check, and what came out.

    `junctions_sha256` is of the junctions' and corridors' records, `check_sha256` of the check's own source text,
    `sha256` of all other fields. It proves that nothing was changed since, not who issued it: approvals do that.
    """

    plan_sha256: str
    junctions_sha256: str
    check_sha256: str
    rules: tuple[str, ...]
    measures: tuple[tuple[str, float], ...]
    sha256: str


class DayKind(StrEnum):
    """What a schedule's day is in the city's calendar; an event is said by a person."""

    WORKDAY = "workday"
    ADJUSTED_WORKDAY = "adjusted_workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SPECIAL_EVENT = "special_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSchedule:
    """Tomorrow's signal plans of a junction, corridor or district: what is checked, approved and exported."""

    plan_id: PlanId
    service_date: date
    time_zone: str
    district_ids: tuple[DistrictId, ...]
    corridor_ids: tuple[CorridorId, ...]
    day_plans: tuple[DayPlan, ...]
    measures: tuple[PlanMeasures, ...]
    provenance: Provenance
    unchanged: tuple[tuple[JunctionId, str], ...] = ()  # junctions left as they are, with the reason
    assumed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    rung: str = "optimised"
    kind: str = "signals"
    certificate: PlanCertificate | None = None
    day_kind: DayKind | None = None
''',
    "city.signals": r'''"""Signalised junctions and corridors, and the rules that a junction keeps by existing."""

from dataclasses import dataclass
from itertools import combinations

from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError, raise_all
from city.ids import CorridorId, DistrictId, GroupId, JunctionId, LinkId, MovementId, StageId
from city.signal_parts import (
    Audit,
    Conflict,
    ControllerProfile,
    ControlMode,
    Intergreen,
    LeftPolicy,
    Movement,
    Relation,
    SignalGroup,
    Stage,
)
from city.signal_plans import SignalPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """A signalised junction. A junction that exists can be planned: every rule below has been checked."""

    junction_id: JunctionId
    district_id: DistrictId
    name: str
    lon: float
    lat: float
    national_profile: str
    movements: tuple[Movement, ...]
    groups: tuple[SignalGroup, ...]
    stages: tuple[Stage, ...]
    stage_chain: tuple[StageId, ...]
    coordinated_stage_id: StageId
    conflicts: tuple[Conflict, ...]
    intergreens: tuple[Intergreen, ...]
    cycle_min_s: int
    cycle_max_s: int
    left_policy: LeftPolicy = LeftPolicy.KEEP_PROTECTED
    permitted_yields: tuple[tuple[MovementId, MovementId], ...] = ()
    controller: ControllerProfile = ControllerProfile()
    mode: ControlMode = ControlMode.FIXED
    slow_walkers: bool = False  # a school or a hospital is near
    running_plan: SignalPlan | None = None
    max_cycle_step_s: int | None = None  # largest change of the cycle against the running plan
    chain_locked: bool = False  # plans run the stage chain as it stands; only the left-turn policy drops stages
    audit: Audit | None = None

    def __post_init__(self) -> None:
        errors: list[CityError] = []
        for rule in (_ids_are_unique, _references_hold, _relations_hold, _intergreens_hold, _cycle_fits):
            errors.extend(rule(self))
            if errors:
                break  # later rules build on earlier ones
        raise_all(f"Junction {self.junction_id}", errors)

    def group(self, group_id: GroupId) -> SignalGroup:
        return next(group for group in self.groups if group.group_id == group_id)

    def stage(self, stage_id: StageId) -> Stage:
        return next(stage for stage in self.stages if stage.stage_id == stage_id)

    def movements_of(self, group_id: GroupId) -> tuple[Movement, ...]:
        return tuple(movement for movement in self.movements if movement.group_id == group_id)

    def intergreen_s(self) -> dict[tuple[GroupId, GroupId], int]:
        """Every ordered pair that has an intergreen; the pairs that are absent may follow each other at once."""
        return {(pair.from_group_id, pair.to_group_id): pair.seconds for pair in self.intergreens}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorridorLink:
    """The way of a platoon from one junction's coordinated stage to the next junction's."""

    from_junction_id: JunctionId
    to_junction_id: JunctionId
    length_m: float
    speed_kmh: float
    link_id: LinkId | None = None
    from_movement_ids: tuple[MovementId, ...] = ()
    to_movement_ids: tuple[MovementId, ...] = ()

    @property
    def travel_time_s(self) -> float:
        return self.length_m / self.speed_kmh * 3.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """Junctions that are coordinated with each other; `links` are directed, usually one each way."""

    corridor_id: CorridorId
    district_id: DistrictId
    junction_ids: tuple[JunctionId, ...]
    links: tuple[CorridorLink, ...]


def conflicting_groups(junction: Junction) -> frozenset[tuple[GroupId, GroupId]]:
    """Ordered group pairs that may never be green together: both orders of every prohibited or unlisted yield."""
    group_of = {movement.movement_id: movement.group_id for movement in junction.movements}
    pairs: set[tuple[GroupId, GroupId]] = set()
    for conflict in junction.conflicts:
        a, b = conflict.from_movement_id, conflict.to_movement_id
        if conflict.relation is Relation.YIELDS and (a, b) in junction.permitted_yields:
            continue
        pairs |= {(group_of[a], group_of[b]), (group_of[b], group_of[a])}
    return frozenset(pairs)


def stage_greens_s(junction: Junction, chain: tuple[StageId, ...] | None = None) -> dict[StageId, int]:
    """The least split of each stage of a chain, s; by default of the junction's own.

    It is the largest minimum green of a group that is green only there, plus that group's intergreen to what begins
    next; a group that runs on through several stages asks for its intergreen only in the last of them.
    """
    order = junction.stage_chain if chain is None else chain
    return {stage_id: _least_split_s(junction, order, position) for position, stage_id in enumerate(order)}


def _least_split_s(junction: Junction, chain: tuple[StageId, ...], position: int) -> int:
    here, after = (set(junction.stage(chain[k % len(chain)]).group_ids) for k in (position, position + 1))
    before = set(junction.stage(chain[position - 1]).group_ids)
    matrix = junction.intergreen_s()
    least = junction.stage(chain[position]).min_split_s
    for group_id in here - after:
        clearance_s = max((matrix.get((group_id, other), 0) for other in after - here), default=0)
        green_s = junction.group(group_id).min_green_s if group_id not in before else 0
        least = max(least, green_s + clearance_s)
    return least


def _ids_are_unique(junction: Junction) -> list[CityError]:
    named = (
        ("movements", [movement.movement_id for movement in junction.movements]),
        ("groups", [group.group_id for group in junction.groups]),
        ("stages", [stage.stage_id for stage in junction.stages]),
        ("stage_chain", list(junction.stage_chain)),
    )
    return [
        InvalidValueError(
            subject=f"Junction {junction.junction_id}", field=name, found=ids, expected="at least one, each id once"
        )
        for name, ids in named
        if not ids or len(set(ids)) != len(ids)
    ]


def _references_hold(junction: Junction) -> list[CityError]:
    subject = f"Junction {junction.junction_id}"
    groups = tuple(group.group_id for group in junction.groups)
    movements = tuple(movement.movement_id for movement in junction.movements)
    stages = tuple(stage.stage_id for stage in junction.stages)
    wanted: list[tuple[str, str, tuple[str, ...]]] = [
        *(("signal group", movement.group_id, groups) for movement in junction.movements),
        *(("signal group", group_id, groups) for stage in junction.stages for group_id in stage.group_ids),
        *(("stage", stage_id, stages) for stage_id in junction.stage_chain),
        ("stage of the chain", junction.coordinated_stage_id, junction.stage_chain),
        *(("movement", c.from_movement_id, movements) for c in junction.conflicts),
        *(("movement", c.to_movement_id, movements) for c in junction.conflicts),
        *(("signal group", pair.from_group_id, groups) for pair in junction.intergreens),
        *(("signal group", pair.to_group_id, groups) for pair in junction.intergreens),
    ]
    errors: list[CityError] = [
        UnknownIdError(subject=subject, kind=kind, found=found, known=known)
        for kind, found, known in dict.fromkeys(wanted)
        if found not in known
    ]
    served = {g for stage in junction.stages if stage.stage_id in junction.stage_chain for g in stage.group_ids}
    errors += [
        BrokenRuleError(subject=subject, problem=f"signal group {group_id} is green in no stage of the chain")
        for group_id in groups
        if group_id not in served
    ]
    return errors


def _relations_hold(junction: Junction) -> list[CityError]:
    clashes = conflicting_groups(junction)
    return [
        BrokenRuleError(
            subject=f"Junction {junction.junction_id}",
            problem=f"stage {stage.stage_id} holds signal groups {a} and {b}, which must never be green together",
        )
        for stage in junction.stages
        for a, b in combinations(stage.group_ids, 2)
        if (a, b) in clashes
    ]


def _intergreens_hold(junction: Junction) -> list[CityError]:
    matrix = junction.intergreen_s()
    errors: list[CityError] = []
    for a, b in sorted(conflicting_groups(junction)):
        if a == b:
            errors.append(
                BrokenRuleError(
                    subject=f"Junction {junction.junction_id}",
                    problem=f"signal group {a} holds movements that must never be green together",
                )
            )
            continue
        least = junction.group(a).yellow_s + junction.group(b).red_amber_s
        if (a, b) not in matrix or matrix[a, b] < least:
            errors.append(
                InvalidValueError(
                    subject=f"Junction {junction.junction_id}",
                    field=f"intergreen {a} -> {b}",
                    found=matrix.get((a, b)),
                    expected=f"at least {least} s (yellow of {a} and red-amber of {b})",
                )
            )
    return errors


def _cycle_fits(junction: Junction) -> list[CityError]:
    subject = f"Junction {junction.junction_id}"
    if not 0 < junction.cycle_min_s <= junction.cycle_max_s:
        return [
            BrokenRuleError(
                subject=subject,
                problem=f"cycle_min_s is {junction.cycle_min_s} and cycle_max_s is {junction.cycle_max_s}; "
                "expected 0 < smallest <= largest",
            )
        ]
    needed = sum(stage_greens_s(junction).values())
    largest = min(junction.cycle_max_s, junction.controller.max_cycle_s)
    if needed <= largest:
        return []
    return [
        BrokenRuleError(
            subject=subject,
            problem=f"minimum greens and intergreens of its stages need {needed} s, the largest cycle is {largest} s",
            todo="Raise cycle_max_s, shorten a minimum green, or put groups that agree into one stage.",
        )
    ]
''',
    "city.waste": r'''"""Waste collection: points, trucks, sites and the rules that any route must keep.

Times are whole seconds after local midnight of the service date (they may exceed 86,400: night shifts). Mass is kg,
volume is loose m3 unless a name says otherwise; neither is turned into the other without a named density.
"""

from dataclasses import dataclass
from enum import StrEnum

from city.clock import clock_text
from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DepotId, DistrictId, NodeId, PointId, SiteId, TruckId


class Stream(StrEnum):
    RESIDUAL = "residual"
    KITCHEN = "kitchen"
    RECYCLABLE = "recyclable"
    PAPER = "paper"
    PLASTIC = "plastic"
    GLASS = "glass"
    HAZARDOUS = "hazardous"
    BULKY = "bulky"
    GREEN = "green"


class ServiceKind(StrEnum):
    DAILY = "daily"
    FIXED_DAYS = "fixed_days"
    MAX_INTERVAL = "max_interval_h"
    BY_FILL = "by_fill"  # the only kind that a planner may skip
    ON_CALL = "on_call"


class SiteKind(StrEnum):
    DISPOSAL = "disposal"
    TRANSFER_STATION = "transfer_station"


class AccessSide(StrEnum):
    ANY = "any"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidValueError(
                subject="Time window",
                field="start and end",
                found=f"{self.start_s} to {self.end_s} s",
                expected="0 <= start < end, seconds after midnight of the service date",
            )

    def __str__(self) -> str:
        return f"{clock_text(self.start_s)}-{clock_text(self.end_s)}"


ALL_DAY = TimeWindow(start_s=0, end_s=2 * 86_400)


def _positive(subject: str, unit_hint: str = "a number above 0", **values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise InvalidValueError(subject=subject, field=name, found=value, expected=unit_hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRule:
    """How often a point must be served. `weekdays` are 0 = Monday to 6 = Sunday (fixed_days)."""

    kind: ServiceKind
    times_per_day: int = 1
    weekdays: tuple[int, ...] = ()
    max_interval_h: float | None = None

    def __post_init__(self) -> None:
        if self.kind is ServiceKind.FIXED_DAYS and (
            not self.weekdays or any(day not in range(7) for day in self.weekdays)
        ):
            raise InvalidValueError(
                subject="Service rule fixed_days",
                field="weekdays",
                found=self.weekdays,
                expected="at least one of 0 (Monday) to 6 (Sunday)",
            )
        if self.kind is ServiceKind.MAX_INTERVAL:
            _positive("Service rule max_interval_h", max_interval_h=self.max_interval_h or 0.0)
        _positive("Service rule", times_per_day=self.times_per_day)

    @property
    def may_skip(self) -> bool:
        return self.kind is ServiceKind.BY_FILL


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPoint:
    """One stream at one place. `capacity_m3` is of all its bins together; density is of the loose waste."""

    point_id: PointId
    stream: Stream
    district_id: DistrictId
    lon: float
    lat: float
    capacity_m3: float
    density_kg_m3: float
    service_s: int
    rule: ServiceRule
    node_id: NodeId | None = None
    windows: tuple[TimeWindow, ...] = (ALL_DAY,)
    access_side: AccessSide = AccessSide.ANY
    priority: float = 1.0
    max_height_m: float | None = None
    max_weight_kg: float | None = None
    usual_truck_id: TruckId | None = None
    skills: tuple[str, ...] = ()  # what a truck must all have to serve it

    def __post_init__(self) -> None:
        subject = f"Point {self.point_id} ({self.stream})"
        _positive(subject, capacity_m3=self.capacity_m3, density_kg_m3=self.density_kg_m3)
        if self.service_s < 0 or not self.windows:
            raise BrokenRuleError(
                subject=subject,
                problem=f"service takes {self.service_s} s in {len(self.windows)} windows; "
                "expected 0 s or more and at least one window",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """A body, or part of one. Loose volume fits up to body_m3 x compaction ratio of the stream."""

    streams: tuple[Stream, ...]
    body_m3: float
    compaction_ratio: float = 1.0

    @property
    def loose_m3(self) -> float:
        return self.body_m3 * self.compaction_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A crew's working time. The break, if any, begins inside its window and takes `break_s`."""

    start_s: int
    end_s: int
    max_overtime_s: int = 0
    break_s: int = 0
    break_window: TimeWindow | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidValueError(
                subject="Shift",
                field="start and end",
                found=f"{self.start_s} to {self.end_s} s",
                expected="0 <= start < end, seconds after midnight of the service date",
            )
        if self.break_s and self.break_window is None:
            raise BrokenRuleError(subject="Shift", problem=f"a break of {self.break_s} s has no window")
        if self.break_window is not None and not (
            self.start_s <= self.break_window.start_s and self.break_window.end_s + self.break_s <= self.end_s
        ):
            raise BrokenRuleError(
                subject="Shift",
                problem=f"the break window {self.break_window} does not fit between {clock_text(self.start_s)} "
                f"and {clock_text(self.end_s)}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLoaded:
    """Whether a truck may go home loaded, and by when (next service day) it must tip then. Default: never."""

    allowed: bool = False
    tip_before_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """A truck and its shift. `wash_s` is the time to change stream after a tip; None means it may not change.

    `daily_cap_kg`, `daily_cap_m3` (loose, all streams together) and `max_stops` bound its day, all trips together.
    """

    truck_id: TruckId
    district_ids: tuple[DistrictId, ...]
    depot_id: DepotId
    payload_kg: float
    compartments: tuple[Compartment, ...]
    shift: Shift
    height_m: float = 3.2
    empty_weight_kg: float = 10_000.0
    wash_s: int | None = None
    end_loaded: EndLoaded = EndLoaded()
    cost_per_km: float = 1.0
    cost_per_h: float = 0.0
    cost_per_day: float = 0.0
    speed_factor: float = 1.0  # driving time is multiplied by this
    available: bool = True
    daily_cap_kg: float | None = None
    daily_cap_m3: float | None = None
    max_stops: int | None = None
    fuel_l_per_100km: float | None = None  # None: not known, reports assume a figure and say so
    skills: tuple[str, ...] = ()  # what the truck and its crew can do: points may ask for it

    def __post_init__(self) -> None:
        subject = f"Truck {self.truck_id}"
        _positive(subject, "a payload above 0 kg", payload_kg=self.payload_kg)
        _positive(subject, speed_factor=self.speed_factor)
        limits = {name: getattr(self, name) for name in ("daily_cap_kg", "daily_cap_m3", "max_stops")}
        _positive(
            subject, "a number above 0, or none", **{name: most for name, most in limits.items() if most is not None}
        )
        if self.fuel_l_per_100km is not None and not 0 <= self.fuel_l_per_100km < 1000:
            expected = "litres of diesel, 0 for a truck that burns none"
            raise InvalidValueError(
                subject=subject, field="fuel_l_per_100km", found=self.fuel_l_per_100km, expected=expected
            )
        if not self.compartments:
            raise BrokenRuleError(subject=subject, problem="it has no compartment")
        for number, compartment in enumerate(self.compartments, 1):
            _positive(
                f"{subject}, compartment {number}",
                body_m3=compartment.body_m3,
                compaction_ratio=compartment.compaction_ratio,
            )
            if not compartment.streams:
                raise BrokenRuleError(subject=f"{subject}, compartment {number}", problem="it may carry no stream")

    @property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(dict.fromkeys(stream for body in self.compartments for stream in body.streams))

    def compartment_for(self, stream: Stream) -> int | None:
        """The number (from 0) of the first compartment licensed for `stream`."""
        return next((k for k, body in enumerate(self.compartments) if stream in body.streams), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    depot_id: DepotId
    district_id: DistrictId
    lon: float
    lat: float
    node_id: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalSite:
    """Where trucks tip: a disposal site or a transfer station. Queue time by hour of arrival, 24 values, s."""

    site_id: SiteId
    kind: SiteKind
    district_id: DistrictId
    lon: float
    lat: float
    streams: tuple[Stream, ...]
    windows: tuple[TimeWindow, ...]
    tip_s: int
    node_id: NodeId | None = None
    queue_s: tuple[int, ...] = (0,) * 24
    daily_cap_kg: float | None = None
    throughput_kg_h: float | None = None

    def __post_init__(self) -> None:
        subject = f"Site {self.site_id}"
        if not self.streams:
            raise BrokenRuleError(subject=subject, problem="it accepts no stream")
        if not self.windows:
            raise BrokenRuleError(subject=subject, problem="it is never open")
        if self.tip_s < 0 or len(self.queue_s) != 24 or min(self.queue_s) < 0:
            raise BrokenRuleError(
                subject=subject,
                problem=f"tipping takes {self.tip_s} s and queue_s has {len(self.queue_s)} values; "
                "expected 0 s or more and 24 values of 0 s or more",
            )

    def queue_at(self, second: int) -> int:
        """Expected queue on arrival, s."""
        return self.queue_s[second % 86_400 // 3600]
''',
    "optimization.signals.check": r'''"""The independent check of signal plans: the standard library and `city/`, no solver, no planner.

It works from the greens of each plan, second by second, and knows nothing of how they came about. Rules are named in
check_rules.py.
"""

from city.clock import clock_text
from city.findings import CheckReport, Finding
from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Corridor, Junction
from optimization.signals.check_actuation import actuation_findings
from optimization.signals.check_day import day_findings, switches_of
from optimization.signals.check_plan import junction_findings, plan_findings, repeated
from optimization.signals.check_switch import Switch, switch_findings
from optimization.signals.check_timeline import Rules, rules_of


def check_schedule(
    schedule: SignalSchedule, junctions: tuple[Junction, ...], corridors: tuple[Corridor, ...] = ()
) -> CheckReport:
    """Every rule that the schedule breaks; `measures` count what was looked at and hold the longest red, s."""
    known = {junction.junction_id: junction for junction in junctions}
    found = [*_schedule(schedule, known), *_corridors(schedule, corridors)]
    plans = switches = 0
    longest_red_s = 0
    for day_plan in schedule.day_plans:
        junction = known.get(day_plan.junction_id)
        if junction is None:
            continue
        rules = rules_of(junction)
        found += _day_plan(rules, day_plan)
        plans += len(day_plan.plans)
        switches += len(switches_of(day_plan)) if _runs(day_plan) and _can_run(junction, day_plan) else 0
        longest_red_s = max(longest_red_s, _longest_red_s(rules, day_plan))
    measures = {"plans": float(plans), "switches": float(switches), "longest_red_s": float(longest_red_s)}
    return CheckReport(checked=f"signal schedule {schedule.plan_id}", findings=tuple(found), measures=measures)


def _day_plan(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    found = junction_findings(rules.junction)
    for plan in day_plan.plans:
        found += plan_findings(rules, plan)
    if not _can_run(rules.junction, day_plan):
        return found
    for plan in day_plan.plans:
        found += actuation_findings(rules, plan)
    return found + day_findings(rules, day_plan) + _from_the_running_plan(rules, day_plan)


def _can_run(junction: Junction, day_plan: DayPlan) -> bool:
    """Whether there are seconds to look at: known stages and groups in a cycle that is not empty."""
    groups = {group.group_id for group in junction.groups}
    stages = {stage.stage_id for stage in junction.stages}
    return all(
        plan.cycle_s > 0
        and {green.group_id for green in plan.greens} <= groups
        and {split.stage_id for split in plan.splits} <= stages
        for plan in day_plan.plans
    )


def _from_the_running_plan(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    """The first switch of all: from what runs today. A running plan that is itself unsafe is not judged by this."""
    running = rules.junction.running_plan
    if running is None and day_plan.introduction:
        subject = f"Day plan of junction {day_plan.junction_id}"
        sentence = f"{subject}: it has steps from a running plan, and none is known"
        return [Finding(rule="transition-step", subject=subject, sentence=sentence)]
    if running is None or not day_plan.entries or plan_findings(rules, running):
        return []
    first = next((p for p in day_plan.plans if p.plan_number == day_plan.entries[0].plan_number), None)
    if first is None:
        return []
    entering = Switch(before=running, after=first, asked_s=0, midnight=False, steps=day_plan.introduction)
    return switch_findings(rules, entering)


def _longest_red_s(rules: Rules, day_plan: DayPlan) -> int:
    if not _can_run(rules.junction, day_plan):
        return 0
    groups = {group.group_id for group in rules.junction.groups}
    timelines = [repeated(rules.junction, plan) for plan in day_plan.plans]
    return max((red for timeline in timelines for group_id in groups for red in timeline.reds(group_id)), default=0)


def _schedule(schedule: SignalSchedule, known: dict[JunctionId, Junction]) -> list[Finding]:
    subject = f"Schedule {schedule.plan_id}"
    planned = [day_plan.junction_id for day_plan in schedule.day_plans]
    kept = [junction_id for junction_id, _ in schedule.unchanged]
    found = []

    def add(rule: str, sentence: str) -> None:
        found.append(Finding(rule=rule, subject=subject, sentence=f"{subject}: {sentence}"))

    for junction_id in sorted(set(planned + kept) - set(known)):
        add("known-junction", f"there is no junction {junction_id}")
    for junction_id in sorted({j for j in planned + kept if (planned + kept).count(j) > 1}):
        add("planned-once", f"junction {junction_id} is planned or left unchanged more than once")
    for day_plan in schedule.day_plans:
        junction = known.get(day_plan.junction_id)
        if junction is not None and day_plan.district_id != junction.district_id:
            add(
                "districts", f"{junction.junction_id} is filed under {day_plan.district_id}, not {junction.district_id}"
            )
        if day_plan.district_id not in schedule.district_ids:
            add("districts", f"district {day_plan.district_id} of junction {day_plan.junction_id} is not named")
    return found


def _runs(day_plan: DayPlan) -> bool:
    numbers = {plan.plan_number for plan in day_plan.plans}
    if not day_plan.entries or day_plan.entries[0].start_s > 0:
        return False
    known = {entry.plan_number for entry in day_plan.entries} <= numbers
    return known and all(plan.cycle_s > 0 for plan in day_plan.plans)


def _corridors(schedule: SignalSchedule, corridors: tuple[Corridor, ...]) -> list[Finding]:
    """Junctions that are coordinated run the same cycle, or one cycle is a whole multiple of the other."""
    known = {corridor.corridor_id: corridor for corridor in corridors}
    subject = f"Schedule {schedule.plan_id}"
    found = []
    for corridor_id in schedule.corridor_ids:
        if corridor_id not in known:
            sentence = f"{subject}: there is no corridor {corridor_id}"
            found.append(Finding(rule="known-corridor", subject=subject, sentence=sentence))
            continue
        members = [d for d in schedule.day_plans if d.junction_id in known[corridor_id].junction_ids and _runs(d)]
        for noon_s in range(450, 86_400, 900):  # mid-slot: neighbours may switch some minutes apart
            cycles = {d.junction_id: d.plan_at(noon_s).cycle_s for d in members}
            if cycles and any(max(cycles.values()) % cycle_s for cycle_s in cycles.values()):
                shown = ", ".join(f"{junction_id} {cycle_s} s" for junction_id, cycle_s in cycles.items())
                sentence = f"Corridor {corridor_id}: at {clock_text(noon_s)} its cycles are {shown}"
                found.append(Finding(rule="common-cycle", subject=f"Corridor {corridor_id}", sentence=sentence))
                break
    return found
''',
    "optimization.signals.check_actuation": r'''"""Planned-actuated parameters of a plan: sound in themselves, and in the worst that traffic can make of them.

What a stage may do is judged at its extremes, because all that is asked for changes one way with the length of stages:
every stage at its shortest (minimum greens, intergreens, protected lefts), every stage at its longest (maximum greens
and reds), and, coordinated, a cycle in which all stages but the coordinated one end at their shortest, followed by one
in which they run as planned while the coordinated stage has the rest. A green keeps its distance to the start of the
stage in which it begins and to the end of the stage in which it ends; people walk for their walk time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate

from city.actuation import Actuation
from city.findings import Finding
from city.ids import GroupId
from city.signal_parts import Countdown, MovementKind
from city.signal_plans import Green, SignalPlan, Split
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, plan_subject, shown
from optimization.signals.check_jumps import jump_findings
from optimization.signals.check_plan import stage_findings
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings

PREFIX = "actuated-"


def actuation_findings(rules: Rules, plan: SignalPlan) -> list[Finding]:
    given, junction = plan.actuation, rules.junction
    if given is None or _contradicts_itself(plan):
        return []  # a plan that says nothing sound is refused for it
    if [stage.stage_id for stage in given.stages] != [split.stage_id for split in plan.splits]:
        sentence = f"its parameters are of stages {', '.join(s.stage_id for s in given.stages) or 'none'}"
        return [plan_finding(plan, "actuation-stages", f"{sentence}, not of those it runs")]
    found = [*_ranges(plan, given), *_force_offs(junction, plan, given), *_walks(junction, plan, given)]
    if junction.controller.countdown is not Countdown.NONE:
        sentence = f"it may vary its greens, and a countdown ({junction.controller.countdown}) is shown"
        found.append(plan_finding(plan, "countdown", sentence))
    if given.longest_cycle_s > junction.controller.max_cycle_s:
        sentence = f"its stages may last {given.longest_cycle_s} s, the controller {junction.controller.max_cycle_s} s"
        found.append(plan_finding(plan, "actuation-cycle", sentence))
    if any(min(stage.min_s, stage.max_s) < 1 for stage in given.stages):
        return found  # there are no seconds to look at
    return found + _extremes(rules, plan, given) + jump_findings(rules, plan, given)


def _contradicts_itself(plan: SignalPlan) -> bool:
    splits = [split.split_s for split in plan.splits]
    begins = [split.stage_id for split in plan.splits][:1]
    dark = any(green.end_s <= green.start_s for green in plan.greens)
    return dark or sum(splits) != plan.cycle_s or min(splits) < 1 or begins != [plan.coordinated_stage_id]


def _ranges(plan: SignalPlan, given: Actuation) -> Iterator[Finding]:
    for stage, split in zip(given.stages, plan.splits, strict=True):
        if not 1 <= stage.min_s <= split.split_s <= stage.max_s:
            sentence = (
                f"stage {stage.stage_id} may last {stage.min_s} to {stage.max_s} s, its split is {split.split_s} s"
            )
            yield plan_finding(plan, "actuation-range", sentence)
        if not 0 < stage.extension_s <= stage.max_s:
            sentence = f"stage {stage.stage_id} extends by {stage.extension_s:g} s and lasts at most {stage.max_s} s"
            yield plan_finding(plan, "actuation-extension", sentence)


def _force_offs(junction: Junction, plan: SignalPlan, given: Actuation) -> Iterator[Finding]:
    """Within its stage, so in the order of stages; early enough for what begins next, late enough for the minimum."""
    start_s = 0
    for stage, split in zip(given.stages, plan.splits, strict=True):
        end_s = start_s + split.split_s
        latest_s = _begins_to_end(junction, plan, start_s, end_s)
        earliest_s = max(start_s + 1, latest_s - (split.split_s - stage.min_s))
        if not earliest_s <= stage.force_off_s <= latest_s:
            sentence = (
                f"stage {stage.stage_id} is forced off at second {stage.force_off_s}, "
                f"it may be from {earliest_s} to {latest_s}"
            )
            yield plan_finding(plan, "actuation-force-off", sentence)
        start_s = end_s


def _begins_to_end(junction: Junction, plan: SignalPlan, start_s: int, end_s: int) -> int:
    """The first second at which a green of vehicles that ends in this stretch ends or flashes."""
    found = [end_s]
    for green in plan.greens:
        group = junction.group(green.group_id)
        ends_s = green.end_s - plan.cycle_s if green.end_s > plan.cycle_s else green.end_s
        if group.kind is not MovementKind.PEDESTRIAN and start_s < ends_s <= end_s and not _lasting(green, plan):
            found.append(ends_s - group.green_flash_s)
    return max(start_s + 1, min(found))


def _lasting(green: Green, plan: SignalPlan) -> bool:
    return green.end_s - green.start_s >= plan.cycle_s


def _walks(junction: Junction, plan: SignalPlan, given: Actuation) -> Iterator[Finding]:
    kinds = {group.group_id: group.kind for group in junction.groups}
    due = {g.group_id for g in plan.greens if kinds[g.group_id] is MovementKind.PEDESTRIAN and not _lasting(g, plan)}
    told = [walk.group_id for walk in given.walks]
    if sorted(told) != sorted(due) or any(walk.walk_s < 1 for walk in given.walks):
        shown_walks = ", ".join(f"{w.group_id} {w.walk_s} s" for w in given.walks) or "none"
        sentence = f"walk times ({shown_walks}) are not one for each crossing ({', '.join(sorted(due)) or 'none'})"
        yield plan_finding(plan, "actuation-walk", sentence)


def _extremes(rules: Rules, plan: SignalPlan, given: Actuation) -> list[Finding]:
    least = [stage.min_s for stage in given.stages]
    most = [stage.max_s for stage in given.stages]
    asked = [split.split_s for split in plan.splits]
    early = [asked[0], *least[1:]]
    late = [asked[0] + sum(asked) - sum(early), *asked[1:]]
    walks = {walk.group_id: walk.walk_s for walk in given.walks}
    found: list[Finding] = []
    for what, cycles in (
        ("every stage at its shortest", [least] * 3),
        ("every stage at its longest", [most] * 3),
        ("stages ended early, then as planned", [asked, early, late, asked]),
    ):
        one = _timeline(rules.junction, plan, cycles, walks, what)
        found += timeline_findings(rules, one) if isinstance(one, Timeline) else [one]
    if not found:
        shortest = _at(plan, least, walks)
        for one in stage_findings(rules.junction, shortest):
            sentence = f"every stage at its shortest: {one.sentence.removeprefix(f'{one.subject}: ')}"
            found.append(plan_finding(plan, "actuation-range", sentence))
    return found


def _timeline(
    junction: Junction, plan: SignalPlan, cycles: list[list[int]], walks: Mapping[GroupId, int], what: str
) -> Timeline | Finding:
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    length_s = 0
    for splits in cycles:
        moved = _moved(plan, splits, walks)
        dark = next((g.group_id for g in moved if not 0 < g.end_s - g.start_s <= sum(splits)), None)
        if dark is not None:
            return plan_finding(plan, "actuation-range", f"{what}: signal group {dark} has no green of its own")
        for group_id, lit in shown(junction, _cycle(plan, splits, moved)).items():
            bits[group_id] |= lit << length_s
        length_s += sum(splits)
    return Timeline(seconds=length_s, shown=bits, subject=f"{plan_subject(plan)}, {what}", prefix=PREFIX)


def _at(plan: SignalPlan, splits: list[int], walks: Mapping[GroupId, int]) -> SignalPlan:
    return _cycle(plan, splits, _moved(plan, splits, walks))


def _cycle(plan: SignalPlan, splits: list[int], greens: tuple[Green, ...]) -> SignalPlan:
    parts = tuple(Split(stage_id=s.stage_id, split_s=n) for s, n in zip(plan.splits, splits, strict=True))
    turned = tuple(
        replace(g, start_s=g.start_s % sum(splits), end_s=g.start_s % sum(splits) + g.end_s - g.start_s) for g in greens
    )
    return replace(plan, cycle_s=sum(splits), offset_s=0, splits=parts, greens=turned, actuation=None)


def _moved(plan: SignalPlan, splits: list[int], walks: Mapping[GroupId, int]) -> tuple[Green, ...]:
    old = [0, *accumulate(split.split_s for split in plan.splits)]
    new = [0, *accumulate(splits)]
    found = []
    for green in plan.greens:
        if _lasting(green, plan):
            found.append(replace(green, start_s=0, end_s=new[-1]))
            continue
        at_s, to_s = green.start_s % plan.cycle_s, green.start_s % plan.cycle_s + green.end_s - green.start_s
        begins = max(k for k in range(len(splits)) if old[k] <= at_s)
        start_s = new[begins] + at_s - old[begins]
        over_s, round_s = (plan.cycle_s, new[-1]) if to_s > plan.cycle_s else (0, 0)
        ends = min(k for k in range(1, len(old)) if to_s - over_s <= old[k])
        end_s = round_s + new[ends] - (old[ends] - to_s + over_s)
        walk_s = walks.get(green.group_id)
        found.append(replace(green, start_s=start_s, end_s=end_s if walk_s is None else start_s + walk_s))
    return tuple(found)
''',
    "optimization.signals.check_certificate": r'''"""Certificates: what was checked, against what, by which check, and what came out, tied together by hashes."""

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
''',
    "optimization.signals.check_day": r'''"""A day plan: what the controller can hold, and every switch from plan to plan (check_switch.py).

Offsets count from local midnight, so a plan whose cycle does not divide 86,400 s switches to itself there.
"""

from city.clock import DAY_S, clock_text
from city.findings import Finding
from city.signal_plans import DayPlan
from city.signals import Junction
from optimization.signals.check_switch import Switch, switch_findings
from optimization.signals.check_timeline import Rules


def switches_of(day_plan: DayPlan) -> list[Switch]:
    """Every switch of the day, the one at the midnight that ends it included."""
    entries = day_plan.entries
    running = [day_plan.plan(entry.plan_number) for entry in entries]
    found = [
        Switch(
            before=running[k - 1], after=running[k], asked_s=entries[k].start_s, midnight=False, steps=entries[k].steps
        )
        for k in range(1, len(running))
    ]
    found.append(Switch(before=running[-1], after=running[0], asked_s=DAY_S, midnight=True, steps=entries[0].steps))
    return [switch for switch in found if switch.before != switch.after or switch.missing_s or switch.steps]


def day_findings(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    found = [*_controller(rules.junction, day_plan), *_covers_the_day(day_plan)]
    if not found:
        switches = switches_of(day_plan)
        found += _spacing(day_plan, switches)
        for switch in switches:
            found += switch_findings(rules, switch)
    return found


def _found(day_plan: DayPlan, rule: str, sentence: str) -> Finding:
    subject = f"Day plan of junction {day_plan.junction_id}"
    return Finding(rule=rule, subject=subject, sentence=f"{subject}: {sentence}")


def _controller(junction: Junction, day_plan: DayPlan) -> list[Finding]:
    controller = junction.controller
    found = []
    if len(day_plan.plans) > controller.max_plans:
        sentence = f"{len(day_plan.plans)} plans, the controller holds {controller.max_plans}"
        found.append(_found(day_plan, "controller-plans", sentence))
    if len(day_plan.entries) > controller.max_day_entries:
        sentence = f"{len(day_plan.entries)} entries, the controller holds {controller.max_day_entries}"
        found.append(_found(day_plan, "controller-day-entries", sentence))
    foreign = [p.plan_number for p in day_plan.plans if p.plan_number not in controller.writable_plan_numbers]
    if foreign:
        sentence = f"plan numbers {foreign} are not ours to write, {list(controller.writable_plan_numbers)} are"
        found.append(_found(day_plan, "controller-plan-number", sentence))
    return found


def _covers_the_day(day_plan: DayPlan) -> list[Finding]:
    starts = [entry.start_s for entry in day_plan.entries]
    numbers = [plan.plan_number for plan in day_plan.plans]
    found = []
    if not starts or starts[0] != 0 or starts[-1] >= DAY_S or starts != sorted(set(starts)):
        shown_starts = [clock_text(start) for start in starts]
        found.append(_found(day_plan, "day-covered", f"entries at {shown_starts} do not cover the day from 00:00 on"))
    absent = sorted({entry.plan_number for entry in day_plan.entries} - set(numbers))
    if absent or len(set(numbers)) != len(numbers):
        found.append(_found(day_plan, "day-plans", f"plans {numbers} leave {absent} undefined or share a number"))
    foreign = [p.plan_number for p in day_plan.plans if p.junction_id != day_plan.junction_id]
    if foreign:
        found.append(_found(day_plan, "junction-ids", f"plans {foreign} belong to another junction"))
    return found


def _spacing(day_plan: DayPlan, switches: list[Switch]) -> list[Finding]:
    starts = [entry.start_s for entry in day_plan.entries] + [DAY_S]
    found = []
    for switch in switches:
        following = next((start for start in starts if start > switch.asked_s), None)
        if following is not None and switch.ends_s > following:
            sentence = (
                f"the switch asked for at {clock_text(switch.asked_s)} lasts until {clock_text(switch.ends_s)}, "
                f"the next comes at {clock_text(following)}"
            )
            found.append(_found(day_plan, "transition-finished", sentence))
    return found
''',
    "optimization.signals.check_greens": r'''"""The greens of one plan second by second, and how a finding names the plan."""

from city.findings import Finding
from city.ids import GroupId
from city.signal_plans import SignalPlan
from city.signals import Junction


def shown(junction: Junction, plan: SignalPlan) -> dict[GroupId, int]:
    """The green seconds of one cycle, from the start of the coordinated stage on, as bits."""
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    for green in plan.greens:
        bits[green.group_id] |= turned_bits(green.start_s, green.end_s - green.start_s, plan.cycle_s)
    return bits


def turned_bits(start_s: int, seconds: int, cycle_s: int) -> int:
    """`seconds` seconds from `start_s` on, as bits of a cycle; what passes its end comes back at its start."""
    whole = (1 << cycle_s) - 1
    if seconds <= 0 or cycle_s <= 0:
        return 0
    lit = (1 << min(seconds, cycle_s)) - 1
    lit <<= start_s % cycle_s
    return (lit | lit >> cycle_s) & whole


def plan_subject(plan: SignalPlan) -> str:
    return f"Plan {plan.plan_number} of junction {plan.junction_id}"


def plan_finding(plan: SignalPlan, rule: str, sentence: str) -> Finding:
    return Finding(rule=rule, subject=plan_subject(plan), sentence=f"{plan_subject(plan)}: {sentence}")
''',
    "optimization.signals.check_jumps": r'''"""Stages that are left out where nobody asks for them: every set of them, at the shortest and the longest times.

A stage may be left out if it is not the coordinated one and holds no people on foot. Where the next stage follows
unusually, greens end as the jump says, and the stage is longer or shorter by as much as its end is. A group that only
such stages hold is served unasked after a time that leaves its red within its limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from city.actuation import Actuation, Recall
from city.findings import Finding
from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import MovementKind
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, plan_subject, turned_bits
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings

MOST_LEFT_OUT, LEAST_KEPT = 4, 2
CYCLES = 3
Pair = tuple[StageId, StageId]


def jump_findings(rules: Rules, plan: SignalPlan, given: Actuation) -> list[Finding]:
    free = [stage.stage_id for stage in given.stages if stage.recall is Recall.NONE]
    found = [plan_finding(plan, "actuation-jump", sentence) for sentence in _faults(rules.junction, plan, given, free)]
    if found or not free:
        return found
    world = _World(rules.junction, plan, given)
    for count in range(1, len(free) + 1):
        for gone in combinations(free, count):
            for what, longest in (("shortest", False), ("longest", True)):
                found += timeline_findings(rules, world.timeline(frozenset(gone), what, longest=longest))
    for group_id in sorted(world.dark):
        found.append(plan_finding(plan, "actuation-jump", f"a jump leaves signal group {group_id} no green of its own"))
    return found + list(_calls(rules.junction, plan, given, world.longest_s(free)))


def _faults(junction: Junction, plan: SignalPlan, given: Actuation, free: Sequence[StageId]) -> Iterator[str]:
    kinds = {group.group_id: group.kind for group in junction.groups}
    if len(free) > min(MOST_LEFT_OUT, len(given.stages) - LEAST_KEPT) and free:
        yield (
            f"it may leave out {len(free)} of {len(given.stages)} stages, at most {MOST_LEFT_OUT} are allowed and "
            f"{LEAST_KEPT} must stay"
        )
    for stage_id in free:
        members = junction.stage(stage_id).group_ids
        if stage_id == plan.coordinated_stage_id or any(kinds[g] is MovementKind.PEDESTRIAN for g in members):
            yield f"it may leave out stage {stage_id}, which is coordinated or lets people walk"
    due = set(_pairs([stage.stage_id for stage in given.stages], frozenset(free)))
    told = {(jump.from_stage_id, jump.to_stage_id): dict(jump.leads_s) for jump in given.jumps}
    if due != set(told) or len(told) != len(given.jumps):
        yield f"its jumps ({_shown(told)}) are not those that it needs ({_shown(due)})"
        return
    for (a, b), leads_s in told.items():
        ending = set(junction.stage(a).group_ids) - set(junction.stage(b).group_ids)
        if set(leads_s) != ending or any(lead_s < 0 for lead_s in leads_s.values()):
            yield f"its jump from {a} to {b} does not say how {', '.join(sorted(ending)) or 'nothing'} ends"


def _shown(pairs: Mapping[Pair, object] | set[Pair]) -> str:
    return ", ".join(f"{a} to {b}" for a, b in sorted(pairs)) or "none"


def _pairs(order: list[StageId], free: frozenset[StageId]) -> Iterator[Pair]:
    """From each stage past one or more that may be left out, to any that may follow."""
    count = len(order)
    for k, stage_id in enumerate(order):
        for away in range(1, count):
            after = order[(k + away) % count]
            if away > 1:
                yield stage_id, after
            if after not in free:
                break


def _calls(junction: Junction, plan: SignalPlan, given: Actuation, longest_s: int) -> Iterator[Finding]:
    """Called at the latest after `call_after_s` of red, a group waits for one more cycle."""
    profile = national_profile(junction.national_profile)
    served = {g for s in given.stages if s.recall is not Recall.NONE for g in junction.stage(s.stage_id).group_ids}
    for group in junction.groups:
        if group.group_id in served:
            continue
        limit_s = (profile.max_red_s if group.max_red_s is None else group.max_red_s) + group.yellow_s
        if given.call_after_s is None or given.call_after_s < 1 or given.call_after_s + longest_s > limit_s:
            sentence = (
                f"{group.group_id} may be left out until it is red for {given.call_after_s} s and waits up to "
                f"{longest_s} s more, {limit_s} s are allowed"
            )
            yield plan_finding(plan, "actuation-call", sentence)


class _World:
    """Lamps of one plan without some of its stages."""

    def __init__(self, junction: Junction, plan: SignalPlan, given: Actuation) -> None:
        self.junction, self.plan, self.given = junction, plan, given
        self.order = [stage.stage_id for stage in given.stages]
        self.members = {stage_id: set(junction.stage(stage_id).group_ids) for stage_id in self.order}
        self.jumps = {(jump.from_stage_id, jump.to_stage_id): dict(jump.leads_s) for jump in given.jumps}
        self.walks = {walk.group_id: walk.walk_s for walk in given.walks}
        self.dark: set[GroupId] = set()
        self.usual: dict[tuple[StageId, GroupId], int] = {}
        self.change_s: dict[StageId, int] = {}
        end_s = 0
        for stage, split in zip(given.stages, plan.splits, strict=True):
            begin_s, end_s = end_s, end_s + split.split_s
            self.change_s[stage.stage_id] = end_s - stage.force_off_s
            for green in plan.greens:
                ends_s = (green.end_s - 1) % plan.cycle_s + 1
                if begin_s < ends_s <= end_s:
                    self.usual[stage.stage_id, green.group_id] = end_s - ends_s

    def longest_s(self, free: Sequence[StageId]) -> int:
        sets = [frozenset(gone) for count in range(len(free) + 1) for gone in combinations(free, count)]
        return max(sum(self._lengths(gone, longest=True).values()) for gone in sets)

    def timeline(self, gone: frozenset[StageId], what: str, *, longest: bool) -> Timeline:
        lengths = self._lengths(gone, longest=longest)
        cycle_s = sum(lengths.values())
        bits = {group.group_id: self._lit(group.group_id, lengths) for group in self.junction.groups}
        return Timeline(
            seconds=CYCLES * cycle_s,
            shown={g: sum(one << (k * cycle_s) for k in range(CYCLES)) for g, one in bits.items()},
            subject=f"{plan_subject(self.plan)}, without {', '.join(sorted(gone))} at the {what}",
            prefix="actuated-",
        )

    def _lengths(self, gone: frozenset[StageId], *, longest: bool) -> dict[StageId, int]:
        kept = [stage for stage in self.given.stages if stage.stage_id not in gone]
        lengths = {}
        for k, stage in enumerate(kept):
            after = kept[(k + 1) % len(kept)].stage_id
            seconds = stage.max_s if longest else stage.min_s
            jump = self.jumps.get((stage.stage_id, after))
            if jump is not None:
                seconds += self._jump_s(jump) - self.change_s[stage.stage_id]
            lengths[stage.stage_id] = max(1, seconds)
        return lengths

    def _jump_s(self, leads_s: Mapping[GroupId, int]) -> int:
        """From where the stage begins to end: its first vehicle green ends or flashes."""
        groups = {group.group_id: group for group in self.junction.groups}
        wheels = [g for g in leads_s if groups[g].kind is not MovementKind.PEDESTRIAN]
        return max((leads_s[g] + groups[g].green_flash_s for g in wheels), default=0)

    def _lit(self, group_id: GroupId, lengths: Mapping[StageId, int]) -> int:
        stages = list(lengths)
        starts, at_s = {}, 0
        for stage_id in stages:
            starts[stage_id] = at_s
            at_s += lengths[stage_id]
        holds = [group_id in self.members[stage_id] for stage_id in stages]
        if all(holds):
            return (1 << at_s) - 1
        bits = 0
        for k, stage_id in enumerate(stages):
            if not holds[k] or holds[k - 1]:
                continue
            run = [k]
            while holds[(run[-1] + 1) % len(stages)]:
                run.append((run[-1] + 1) % len(stages))
            last, after = stages[run[-1]], stages[(run[-1] + 1) % len(stages)]
            seconds = sum(lengths[stages[n]] for n in run) - self._lead_s(group_id, last, after)
            self.dark |= {group_id} if seconds < 1 else set()
            bits |= turned_bits(starts[stage_id], self.walks.get(group_id, seconds), at_s)
        return bits

    def _lead_s(self, group_id: GroupId, last: StageId, after: StageId) -> int:
        jump = self.jumps.get((last, after))
        return self.usual.get((last, group_id), 0) if jump is None else jump[group_id]
''',
    "optimization.signals.check_lefts": r'''"""Protected lefts: what the junction's left-turn policy asks of a plan's stages and of its seconds.

A turn is protected in a stage that is marked `protected_left`, holds it and nothing on wheels that it must give way to.
A plan keeps it protected where one of its stages holds it with no more to give way to than that, and where it has an
unbroken green in which none of those others is green or yellow: its minimum green, or what the running plan gives it
where that is less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from city.findings import Finding
from city.ids import GroupId, MovementId, StageId
from city.signal_parts import LeftPolicy, Movement, MovementKind, Relation, Stage, Turn
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, shown, turned_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedTurn:
    """`suffered` are, per stage that protects it, the movements it gives way to there: at most people on foot."""

    movement_id: MovementId
    group_id: GroupId
    gives_way_to: frozenset[MovementId]
    suffered: tuple[frozenset[MovementId], ...]


def left_findings(junction: Junction, plan: SignalPlan) -> list[Finding]:
    marked = {stage.stage_id for stage in junction.stages if stage.protected_left}
    order = [split.stage_id for split in plan.splits]
    if junction.left_policy is LeftPolicy.MUST_DROP:
        kept = [stage_id for stage_id in order if stage_id in marked]
        sentence = f"the protected left stages {', '.join(kept)} must be dropped"
        return [plan_finding(plan, "protected-left", sentence)] if kept else []
    if junction.left_policy is not LeftPolicy.KEEP_PROTECTED:
        return []
    found = []
    for turn in protected_turns(junction):
        if not _has_a_stage(junction, turn, order):
            sentence = f"{turn.movement_id} is protected at this junction, and none of its stages {', '.join(order)} is"
            found.append(plan_finding(plan, "protected-left", f"{sentence} one that protects it"))
        else:
            found += _has_its_seconds(junction, turn, plan)
    return found


def protected_turns(junction: Junction) -> tuple[ProtectedTurn, ...]:
    """The turns that the junction's marked stages protect."""
    marked = [stage for stage in junction.stages if stage.protected_left]
    movements = [m for m in junction.movements if m.kind is not MovementKind.PEDESTRIAN]
    wheels = {m.movement_id for m in movements}
    found = []
    for movement in _turns_across(movements, marked):
        gives_way_to = frozenset(
            c.to_movement_id
            for c in junction.conflicts
            if c.from_movement_id == movement.movement_id and c.relation is Relation.YIELDS
        )
        met = [_met(junction, gives_way_to, stage) for stage in marked if movement.group_id in stage.group_ids]
        suffered = tuple(others for others in met if not others & wheels)
        if suffered:
            found.append(
                ProtectedTurn(
                    movement_id=movement.movement_id,
                    group_id=movement.group_id,
                    gives_way_to=gives_way_to,
                    suffered=suffered,
                )
            )
    return tuple(found)


def _turns_across(movements: list[Movement], marked: list[Stage]) -> Iterator[Movement]:
    """Left turns; where traffic drives on the left and no left is in a marked stage, right turns."""
    inside = {group_id for stage in marked for group_id in stage.group_ids}
    turns = [m for m in movements if m.group_id in inside]
    across = Turn.LEFT if any(m.turn is Turn.LEFT for m in turns) else Turn.RIGHT
    return (m for m in turns if m.turn is across)


def _met(junction: Junction, others: frozenset[MovementId], stage: Stage) -> frozenset[MovementId]:
    here = set(stage.group_ids)
    return frozenset(m.movement_id for m in junction.movements if m.group_id in here and m.movement_id in others)


def keeps_protection(junction: Junction, chain: Sequence[StageId]) -> bool:
    """Whether each turn that is protected today has a stage of the chain that protects it as well."""
    return all(_has_a_stage(junction, turn, chain) for turn in protected_turns(junction))


def _has_a_stage(junction: Junction, turn: ProtectedTurn, order: Sequence[StageId]) -> bool:
    stages = [junction.stage(stage_id) for stage_id in order]
    met = [_met(junction, turn.gives_way_to, stage) for stage in stages if turn.group_id in stage.group_ids]
    return any(others <= suffered for others in met for suffered in turn.suffered)


def _has_its_seconds(junction: Junction, turn: ProtectedTurn, plan: SignalPlan) -> list[Finding]:
    least_s = junction.group(turn.group_id).min_green_s
    running, groups = junction.running_plan, {group.group_id for group in junction.groups}
    if running is not None and {green.group_id for green in running.greens} <= groups:
        least_s = min(least_s, protected_s(junction, turn, running))
    seconds = protected_s(junction, turn, plan)
    if seconds >= least_s:
        return []
    sentence = f"{turn.movement_id} is protected for {seconds} s at a time, at least {least_s} s are due"
    return [plan_finding(plan, "protected-left", sentence)]


def protected_s(junction: Junction, turn: ProtectedTurn, plan: SignalPlan) -> int:
    """The longest unbroken green with none of the others, that it is protected from, green or yellow."""
    cycle_s = plan.cycle_s
    bits = shown(junction, plan)
    spared = min(turn.suffered, key=len)
    others = {m.group_id for m in junction.movements if m.movement_id in turn.gives_way_to - spared}
    busy = 0
    for green in plan.greens:
        if green.group_id in others:
            lit_s = green.end_s - green.start_s + junction.group(green.group_id).yellow_s
            busy |= turned_bits(green.start_s, lit_s, cycle_s)
    free = bits[turn.group_id] & ~busy
    return longest_run(free, cycle_s)


def longest_run(bits: int, cycle_s: int) -> int:
    """Of seconds on a circle of `cycle_s` seconds."""
    if bits == (1 << cycle_s) - 1:
        return cycle_s
    doubled, longest = bits | bits << cycle_s, 0
    while doubled:
        doubled &= doubled >> 1
        longest += 1
    return longest
''',
    "optimization.signals.check_offline": r'''"""A plan's document rechecked offline against the documents of its junctions: what verify_plan.py runs."""

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
''',
    "optimization.signals.check_plan": r'''"""One plan of one junction: its stages, its greens within them, and a few cycles of it second by second."""

from city.findings import Finding
from city.ids import GroupId, StageId
from city.signal_parts import ControlMode, Countdown
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, plan_subject, shown
from optimization.signals.check_lefts import left_findings
from optimization.signals.check_timeline import Rules, Timeline, profile_intergreen_s, timeline_findings

CYCLES_SHOWN = 3  # the middle one meets both of its neighbours
NEVER_PLANNED = (ControlMode.MANUAL, ControlMode.FAULT, ControlMode.FLASHING_YELLOW, ControlMode.ALL_RED)


def junction_findings(junction: Junction) -> list[Finding]:
    """What is wrong with the junction's own record, whatever the plan."""
    subject = f"Junction {junction.junction_id}"
    kinds = {m.movement_id: m.kind for m in junction.movements}
    group_of = {m.movement_id: m.group_id for m in junction.movements}
    stored = {(i.from_group_id, i.to_group_id): i.seconds for i in junction.intergreens}
    found = []
    for conflict in junction.conflicts:
        pair = (group_of[conflict.from_movement_id], group_of[conflict.to_movement_id])
        needed_s = profile_intergreen_s(junction, conflict, kinds)
        if stored.get(pair, 0) < needed_s:
            sentence = (
                f"{subject}: the stored intergreen {pair[0]} -> {pair[1]} is {stored.get(pair, 0)} s, profile "
                f"{junction.national_profile} asks for {needed_s} s from the distances of "
                f"{conflict.from_movement_id} and {conflict.to_movement_id}"
            )
            found.append(Finding(rule="stored-intergreen", subject=subject, sentence=sentence))
    if junction.mode in NEVER_PLANNED:
        sentence = f"{subject}: it is in mode {junction.mode} and must not be planned over"
        found.append(Finding(rule="mode", subject=subject, sentence=sentence))
    if junction.mode is ControlMode.ACTUATED and junction.controller.countdown is not Countdown.NONE:
        sentence = f"{subject}: it shows a countdown ({junction.controller.countdown}) but runs actuated"
        found.append(Finding(rule="countdown", subject=subject, sentence=sentence))
    return found


def plan_findings(rules: Rules, plan: SignalPlan) -> list[Finding]:
    junction = rules.junction
    stages = {stage.stage_id for stage in junction.stages}
    groups = {group.group_id for group in junction.groups}
    found = [
        *(
            plan_finding(plan, "known-stage", f"there is no stage {s.stage_id}")
            for s in plan.splits
            if s.stage_id not in stages
        ),
        *(
            plan_finding(plan, "known-group", f"there is no signal group {g.group_id}")
            for g in plan.greens
            if g.group_id not in groups
        ),
    ]
    if found or plan.cycle_s < 1:
        return found or _cycle(junction, plan)
    found += [*_cycle(junction, plan), *_chain(junction, plan), *stage_findings(junction, plan)]
    return found + timeline_findings(rules, repeated(junction, plan))


def stage_findings(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """What the splits and greens of one cycle owe to the junction's stages."""
    found: list[Finding] = []
    for rule in (_splits, left_findings, _served, _inside_stages, _coordinated_start):
        found += rule(junction, plan)
    return found


def repeated(junction: Junction, plan: SignalPlan, cycles: int = CYCLES_SHOWN) -> Timeline:
    one = shown(junction, plan)
    return Timeline(
        seconds=cycles * plan.cycle_s,
        shown={g: sum(bits << (k * plan.cycle_s) for k in range(cycles)) for g, bits in one.items()},
        subject=plan_subject(plan),
    )


def _cycle(junction: Junction, plan: SignalPlan) -> list[Finding]:
    least_s = max(junction.cycle_min_s, junction.controller.min_cycle_s)
    most_s = min(junction.cycle_max_s, junction.controller.max_cycle_s)
    found = []
    if not least_s <= plan.cycle_s <= most_s:
        found.append(
            plan_finding(plan, "cycle-range", f"its cycle is {plan.cycle_s} s, {least_s} to {most_s} s are allowed")
        )
    running, step_s = junction.running_plan, junction.max_cycle_step_s
    if running is not None and step_s is not None and abs(plan.cycle_s - running.cycle_s) > step_s:
        sentence = f"its cycle, {plan.cycle_s} s, is more than {step_s} s away from the running {running.cycle_s} s"
        found.append(plan_finding(plan, "cycle-step", sentence))
    if not 0 <= plan.offset_s < plan.cycle_s:
        found.append(
            plan_finding(plan, "offset-range", f"its offset is {plan.offset_s} s in a cycle of {plan.cycle_s} s")
        )
    return found


def _splits(junction: Junction, plan: SignalPlan) -> list[Finding]:
    total_s = sum(split.split_s for split in plan.splits)
    found = []
    if total_s != plan.cycle_s:
        found.append(
            plan_finding(plan, "splits-fill-cycle", f"splits sum to {total_s} s, the cycle is {plan.cycle_s} s")
        )
    for split in plan.splits:
        least_s = junction.stage(split.stage_id).min_split_s
        if split.split_s < least_s:
            sentence = f"the split of stage {split.stage_id} is {split.split_s} s, at least {least_s} s are due"
            found.append(plan_finding(plan, "stage-minimum", sentence))
    if len(plan.splits) > junction.controller.max_stages:
        sentence = f"it has {len(plan.splits)} stages, the controller holds {junction.controller.max_stages}"
        found.append(plan_finding(plan, "controller-stages", sentence))
    return found


def _chain(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """Any order of any of the junction's stages, each once, from the coordinated stage on; a locked chain as it is."""
    order = tuple(split.stage_id for split in plan.splits)
    found = []
    twice = tuple(sorted({stage_id for stage_id in order if order.count(stage_id) > 1}))
    if twice:
        found.append(plan_finding(plan, "stage-chain", f"it runs stages more than once in a cycle: {_text(twice)}"))
    if junction.chain_locked:
        found += _locked_chain(junction, plan, order)
    if plan.coordinated_stage_id != junction.coordinated_stage_id:
        sentence = f"it is coordinated on {plan.coordinated_stage_id}, the junction on {junction.coordinated_stage_id}"
        found.append(plan_finding(plan, "coordinated-start", sentence))
    elif order[:1] != (junction.coordinated_stage_id,):
        sentence = f"its stages run {_text(order)}; they must begin with {junction.coordinated_stage_id}"
        found.append(plan_finding(plan, "stage-chain", sentence))
    return found


def _locked_chain(junction: Junction, plan: SignalPlan, order: tuple[StageId, ...]) -> list[Finding]:
    first = junction.stage_chain.index(junction.coordinated_stage_id)
    turned = junction.stage_chain[first:] + junction.stage_chain[:first]
    droppable = {s.stage_id for s in junction.stages if s.protected_left}
    found = [
        plan_finding(plan, "stage-chain", f"stage {stage_id} of its locked chain is missing")
        for stage_id in turned
        if stage_id not in order and stage_id not in droppable
    ]
    if order != tuple(stage_id for stage_id in turned if stage_id in order):
        found.append(
            plan_finding(plan, "stage-chain", f"its stages run {_text(order)}, the locked chain is {_text(turned)}")
        )
    return found


def _text(stages: tuple[StageId, ...]) -> str:
    return ", ".join(stages)


def _served(junction: Junction, plan: SignalPlan) -> list[Finding]:
    served = {green.group_id for green in plan.greens}
    return [
        plan_finding(plan, "group-served", f"signal group {group.group_id} gets no green")
        for group in junction.groups
        if group.group_id not in served
    ]


def _inside_stages(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """A group is green only while a stage runs that holds it."""
    allowed: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    start_s = 0
    for split in plan.splits:
        window = ((1 << max(0, split.split_s)) - 1) << start_s
        for group_id in junction.stage(split.stage_id).group_ids:
            allowed[group_id] |= window
        start_s += split.split_s
    return [
        plan_finding(
            plan,
            "outside-stage",
            f"signal group {group_id} is green for {(bits & ~allowed[group_id]).bit_count()} s outside its stages",
        )
        for group_id, bits in sorted(shown(junction, plan).items())
        if bits & ~allowed[group_id]
    ]


def _coordinated_start(junction: Junction, plan: SignalPlan) -> list[Finding]:
    """Second 0 of a plan is the start of green of the coordinated stage: all of its groups are green then."""
    starts = shown(junction, plan)
    return [
        plan_finding(plan, "coordinated-start", f"signal group {g} of the coordinated stage is not green at second 0")
        for g in junction.stage(junction.coordinated_stage_id).group_ids
        if not starts[g] & 1
    ]
''',
    "optimization.signals.check_rules": r'''"""The rules of the check by name: what a certificate says was looked at.

- lamps: judged in every second of a plan, and with the prefix `transition-` in every second of a switch of plans
- steps: the cycles by which a plan reaches its offset after a switch
- actuation: planned-actuated parameters; with the prefix `actuated-`, lamps at the extremes of what they allow
- plan, controller, junction, day, schedule: what they are about
"""

from typing import Final

LAMPS: Final = (
    "prohibited-overlap",
    "unlisted-yield",
    "intergreen",
    "minimum-green",
    "pedestrian-minimum",
    "maximum-green",
    "maximum-red",
    "pedestrian-wait",
    "yellow-fits",
    "green-flash",
    "countdown",
)
PLAN: Final = (
    "known-stage",
    "known-group",
    "cycle-range",
    "cycle-step",
    "offset-range",
    "splits-fill-cycle",
    "stage-minimum",
    "stage-chain",
    "protected-left",
    "group-served",
    "outside-stage",
    "coordinated-start",
)
STEPS: Final = ("transition-step", "transition-cycle", "transition-offset")
ACTUATION: Final = (
    "actuation-stages",
    "actuation-range",
    "actuation-extension",
    "actuation-force-off",
    "actuation-walk",
    "actuation-cycle",
    "actuation-jump",
    "actuation-call",
    *(f"actuated-{rule}" for rule in LAMPS),
)
CONTROLLER: Final = ("controller-stages", "controller-plans", "controller-day-entries", "controller-plan-number")
JUNCTION: Final = ("mode", "stored-intergreen")
DAY: Final = ("day-covered", "day-plans", "junction-ids", "transition-finished")
SCHEDULE: Final = ("known-junction", "planned-once", "districts", "known-corridor", "common-cycle")
RULES: Final = (
    *LAMPS,
    *(f"transition-{rule}" for rule in LAMPS),
    *STEPS,
    *PLAN,
    *ACTUATION,
    *CONTROLLER,
    *JUNCTION,
    *DAY,
    *SCHEDULE,
)
''',
    "optimization.signals.check_switch": r'''"""A switch from plan to plan, second by second.

The running plan finishes its cycle, up to the start of its coordinated stage. There the new plan begins, and is brought
to its offset in one of two ways. With steps, its first cycles are as the steps say, greens and all, and end where the
offset asks for. Without, it dwells: in its first two cycles the coordinated stage is held, each time by half of what
is missing (the first by the odd second more), with the lamps of the last second before a green of that stage ends or
begins to flash.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from city.clock import DAY_S, clock_text
from city.findings import Finding
from city.ids import GroupId
from city.signal_plans import SignalPlan, TransitionStep
from city.signals import Junction
from optimization.signals.check_greens import shown
from optimization.signals.check_plan import stage_findings
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings

MOST_STEPS: Final = 3
PREFIX: Final = "transition-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """`asked_s` after local midnight `before` shall give way to `after`, by `steps` or by dwelling."""

    before: SignalPlan
    after: SignalPlan
    asked_s: int
    midnight: bool  # the area clock starts again at zero
    steps: tuple[TransitionStep, ...] = ()

    @property
    def begins_s(self) -> int:
        return self.asked_s + (self.before.offset_s - self.asked_s) % self.before.cycle_s

    @property
    def missing_s(self) -> int:
        """From the begin of the new plan to where its offset asks for one."""
        clock_s = self.begins_s - DAY_S if self.midnight else self.begins_s
        return (self.after.offset_s - clock_s) % self.after.cycle_s

    @property
    def dwell_s(self) -> int:
        return 0 if self.steps else self.missing_s

    @property
    def ends_s(self) -> int:
        if self.steps:
            return self.begins_s + sum(step.cycle_s for step in self.steps)
        return self.begins_s + 2 * self.after.cycle_s + self.dwell_s

    @property
    def subject(self) -> str:
        return (
            f"Switch of junction {self.after.junction_id} from plan {self.before.plan_number} to plan "
            f"{self.after.plan_number} at {clock_text(self.asked_s)}"
        )


def switch_findings(rules: Rules, switch: Switch) -> list[Finding]:
    junction = rules.junction
    found = list(_step_findings(junction, switch))
    if any(_contradiction(junction, switch.after, step) is not None for step in switch.steps):
        return found  # there are no seconds to look at
    return found + timeline_findings(rules, switch_timeline(junction, switch))


def _step_findings(junction: Junction, switch: Switch) -> Iterator[Finding]:
    """What is wrong with the steps before lamps are looked at: their stages, their number and where they end."""
    after, steps = switch.after, switch.steps
    if len(steps) > MOST_STEPS:
        yield _found(switch, "step", f"it takes {len(steps)} steps, at most {MOST_STEPS} are allowed")
    for number, step in enumerate(steps, start=1):
        fault = _contradiction(junction, after, step)
        if fault is not None:
            yield _found(switch, "step", f"step {number} {fault}")
            continue
        least_s, most_s = junction.controller.min_cycle_s, junction.controller.max_cycle_s
        if not least_s <= step.cycle_s <= most_s:
            sentence = f"step {number} lasts {step.cycle_s} s, the controller runs cycles of {least_s} to {most_s} s"
            yield _found(switch, "cycle", sentence)
        for one in stage_findings(junction, _as_plan(after, step)):
            yield _found(switch, "step", f"step {number}: {one.sentence.removeprefix(f'{one.subject}: ')}")
    reached_s = sum(step.cycle_s for step in steps)
    if steps and (reached_s - switch.missing_s) % after.cycle_s:
        sentence = (
            f"its steps last {reached_s} s, the offset asks for {switch.missing_s} s "
            f"beyond whole cycles of {after.cycle_s} s"
        )
        yield _found(switch, "offset", sentence)


def _contradiction(junction: Junction, after: SignalPlan, step: TransitionStep) -> str | None:
    order = [split.stage_id for split in step.splits]
    if order != [split.stage_id for split in after.splits]:
        return f"runs stages {', '.join(order) or 'none'}, the plan {', '.join(s.stage_id for s in after.splits)}"
    if order[:1] != [after.coordinated_stage_id]:
        return "does not begin with the coordinated stage"
    if any(split.split_s <= 0 for split in step.splits):
        return "has a stage without time"
    groups = {group.group_id for group in junction.groups}
    for green in step.greens:
        if green.group_id not in groups:
            return f"shows green to a signal group {green.group_id}, which there is not"
        if not 0 <= green.start_s < step.cycle_s or not green.start_s < green.end_s <= green.start_s + step.cycle_s:
            return f"has a green of {green.group_id} from {green.start_s} to {green.end_s} s in {step.cycle_s} s"
    return None


def _as_plan(after: SignalPlan, step: TransitionStep) -> SignalPlan:
    return replace(
        after, cycle_s=step.cycle_s, offset_s=0, splits=step.splits, greens=step.greens, actuation=None
    )  # fmt: skip


def _found(switch: Switch, rule: str, sentence: str) -> Finding:
    return Finding(rule=PREFIX + rule, subject=switch.subject, sentence=f"{switch.subject}: {sentence}")


def switch_timeline(junction: Junction, switch: Switch) -> Timeline:
    """Two cycles of the plan that ends, the cycles that bring the offset, and one of the plan as it then goes on."""
    before = shown(junction, switch.before)
    pieces = [(before, switch.before.cycle_s)] * 2
    if switch.steps:
        pieces += [(shown(junction, _as_plan(switch.after, step)), step.cycle_s) for step in switch.steps]
    else:
        pieces += _dwelled(junction, switch)
    pieces.append((shown(junction, switch.after), switch.after.cycle_s))
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    length_s = 0
    for lamps, seconds in pieces:
        for group_id, one in lamps.items():
            bits[group_id] |= one << length_s
        length_s += seconds
    return Timeline(seconds=length_s, shown=bits, subject=switch.subject, prefix=PREFIX)


def _dwelled(junction: Junction, switch: Switch) -> list[tuple[dict[GroupId, int], int]]:
    first_s = -(-switch.dwell_s // 2)
    hold_s = hold_second(junction, switch.after)
    return [
        (
            {group_id: _held(one, hold_s, held_s) for group_id, one in shown(junction, switch.after).items()},
            switch.after.cycle_s + held_s,
        )
        for held_s in (first_s, switch.dwell_s - first_s)
    ]


def _held(bits: int, hold_s: int, held_s: int) -> int:
    """The same lamps with second `hold_s` shown `held_s` times more."""
    low = bits & ((1 << (hold_s + 1)) - 1)
    again = ((1 << held_s) - 1) << (hold_s + 1) if bits >> hold_s & 1 else 0
    return low | again | (bits >> (hold_s + 1)) << (hold_s + 1 + held_s)


def hold_second(junction: Junction, plan: SignalPlan) -> int:
    """The last second of the coordinated stage before one of its greens ends or begins to flash."""
    seconds = []
    for group in junction.groups:
        bits = shown(junction, plan)[group.group_id]
        if bits & 1:
            lit_s = (~bits & (bits + 1)).bit_length() - 1
            seconds.append(lit_s - 1 - (group.green_flash_s if lit_s < plan.cycle_s else 0))
    return max(0, min(seconds, default=0))
''',
    "optimization.signals.check_timeline": r'''"""Lamps second by second: what a stretch of greens may never show.

A timeline is a number of seconds and, for each signal group, the seconds in which it is green, as bits of a whole
number (bit t is second t). Greens and reds that the timeline cuts off are judged only for being too long.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from city.findings import Finding
from city.ids import GroupId, MovementId
from city.national import UserClass, national_profile
from city.signal_parts import Conflict, Countdown, MovementKind, Relation
from city.signals import Junction

_CLEARING = {
    MovementKind.VEHICLE: (UserClass.CAR, UserClass.HEAVY),
    MovementKind.CYCLE: (UserClass.CYCLE,),
    MovementKind.PEDESTRIAN: (UserClass.PEDESTRIAN,),
}
Pair = tuple[GroupId, GroupId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a junction asks of any timeline: forbidden pairs with the rule's name, and least intergreens, s."""

    junction: Junction
    forbidden: Mapping[Pair, str]
    intergreens_s: Mapping[Pair, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`subject` and `prefix` say in findings which stretch of which plan this is."""

    seconds: int
    shown: Mapping[GroupId, int]
    subject: str
    prefix: str = ""
    _spans: dict[GroupId, tuple[tuple[int, int], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def finding(self, rule: str, sentence: str) -> Finding:
        return Finding(rule=self.prefix + rule, subject=self.subject, sentence=f"{self.subject}: {sentence}")

    def spans(self, group_id: GroupId) -> tuple[tuple[int, int], ...]:
        """Unbroken greens as (start, end), s. Every rule asks for them: they are worked out once."""
        if group_id not in self._spans:
            self._spans[group_id] = tuple(_spans_of(self.shown.get(group_id, 0)))
        return self._spans[group_id]

    def reds(self, group_id: GroupId) -> list[int]:
        """Seconds between two greens."""
        spans = self.spans(group_id)
        return [later[0] - earlier[1] for earlier, later in pairwise(spans)]


def _spans_of(bits: int) -> Iterator[tuple[int, int]]:
    second = 0
    while bits:
        dark = (bits & -bits).bit_length() - 1
        bits >>= dark
        lit = (~bits & (bits + 1)).bit_length() - 1
        yield second + dark, second + dark + lit
        bits >>= lit
        second += dark + lit


_RULES: dict[int, Rules] = {}
_MOST_RULES = 2048
"""Junctions never change, and one is checked many times: its rules are kept, as long as it is the very same object."""


def rules_of(junction: Junction) -> Rules:
    known = _RULES.get(id(junction))
    if known is None or known.junction is not junction:
        if len(_RULES) >= _MOST_RULES:
            _RULES.clear()
        known = _RULES[id(junction)] = _rules_of(junction)
    return known


def _rules_of(junction: Junction) -> Rules:
    kinds = {m.movement_id: m.kind for m in junction.movements}
    group_of = {m.movement_id: m.group_id for m in junction.movements}
    forbidden: dict[Pair, str] = {}
    needed = {(i.from_group_id, i.to_group_id): i.seconds for i in junction.intergreens}
    for conflict in junction.conflicts:
        a, b = group_of[conflict.from_movement_id], group_of[conflict.to_movement_id]
        if _is_permitted(junction, conflict):
            continue
        prohibited = conflict.relation is Relation.PROHIBITED
        for pair in ((a, b), (b, a)):
            if prohibited or pair not in forbidden:
                forbidden[pair] = "prohibited-overlap" if prohibited else "unlisted-yield"
            least = junction.group(pair[0]).yellow_s + junction.group(pair[1]).red_amber_s
            needed[pair] = max(needed.get(pair, 0), least)
        formula_s = profile_intergreen_s(junction, conflict, kinds)
        needed[a, b] = max(needed.get((a, b), 0), formula_s)
    return Rules(
        junction=junction, forbidden=dict(sorted(forbidden.items())), intergreens_s=dict(sorted(needed.items()))
    )


def _is_permitted(junction: Junction, conflict: Conflict) -> bool:
    pair = (conflict.from_movement_id, conflict.to_movement_id)
    return conflict.relation is Relation.YIELDS and pair in junction.permitted_yields


def profile_intergreen_s(junction: Junction, conflict: Conflict, kinds: Mapping[MovementId, MovementKind]) -> int:
    """What the national profile asks for from the measured distances; 0 where nobody measured."""
    if conflict.clearing_m is None or _is_permitted(junction, conflict):
        return 0
    profile = national_profile(junction.national_profile)
    return max(
        profile.intergreen_s(
            clearing=clearing,
            entering=_CLEARING[kinds[conflict.to_movement_id]][0],
            clearing_m=conflict.clearing_m,
            entering_m=conflict.entering_m or 0.0,
            slow=junction.slow_walkers,
        )
        for clearing in _CLEARING[kinds[conflict.from_movement_id]]
    )


def timeline_findings(rules: Rules, timeline: Timeline) -> list[Finding]:
    found: list[Finding] = []
    for rule in (_overlaps, _intergreens, _green_lengths, _red_lengths, _lamps_fit):
        found += rule(rules, timeline)
    return found


def _overlaps(rules: Rules, timeline: Timeline) -> list[Finding]:
    found = []
    for (a, b), rule in rules.forbidden.items():
        both = timeline.shown.get(a, 0) & timeline.shown.get(b, 0)
        if a < b and both:
            first_s = (both & -both).bit_length() - 1
            sentence = (
                f"signal groups {a} and {b} are green together for {both.bit_count()} s, first at second {first_s}"
            )
            found.append(timeline.finding(rule, sentence))
    return found


def _intergreens(rules: Rules, timeline: Timeline) -> list[Finding]:
    spans = {group.group_id: timeline.spans(group.group_id) for group in rules.junction.groups}
    starts = {group_id: [start for start, _ in own] for group_id, own in spans.items()}
    found = []
    for (a, b), needed_s in rules.intergreens_s.items():
        shortest_s, begins = needed_s, starts[b]
        for _, end in spans[a]:
            following = bisect_left(begins, end)
            if following < len(begins) and begins[following] - end < shortest_s:
                shortest_s = begins[following] - end
        if shortest_s < needed_s:
            sentence = f"{shortest_s} s lie between the end of {a} and the start of {b}, {needed_s} s are needed"
            found.append(timeline.finding("intergreen", sentence))
    return found


def _green_lengths(rules: Rules, timeline: Timeline) -> list[Finding]:
    found = []
    for group in rules.junction.groups:
        walks = group.kind is MovementKind.PEDESTRIAN
        spans = timeline.spans(group.group_id)
        whole = [end - start for start, end in spans if start > 0 and end < timeline.seconds]
        if whole and min(whole) < group.min_green_s:
            rule = "pedestrian-minimum" if walks else "minimum-green"
            sentence = (
                f"signal group {group.group_id} is green for {min(whole)} s, at least {group.min_green_s} s are due"
            )
            found.append(timeline.finding(rule, sentence))
        longest_s = max((end - start for start, end in spans), default=0)
        if group.max_green_s is not None and longest_s > group.max_green_s:
            sentence = (
                f"signal group {group.group_id} is green for {longest_s} s, at most {group.max_green_s} s are allowed"
            )
            found.append(timeline.finding("maximum-green", sentence))
    return found


def _red_lengths(rules: Rules, timeline: Timeline) -> list[Finding]:
    profile = national_profile(rules.junction.national_profile)
    found = []
    for group in rules.junction.groups:
        reds = timeline.reds(group.group_id)
        if not reds:
            continue
        red_s = max(reds) - group.yellow_s
        limit_s = profile.max_red_s if group.max_red_s is None else group.max_red_s
        if red_s > limit_s:
            sentence = f"signal group {group.group_id} is red for {red_s} s, at most {limit_s} s are allowed"
            found.append(timeline.finding("maximum-red", sentence))
        if group.kind is MovementKind.PEDESTRIAN and red_s > profile.max_pedestrian_wait_s:
            sentence = (
                f"people at {group.group_id} wait up to {red_s} s, "
                f"profile {profile.name} allows {profile.max_pedestrian_wait_s} s"
            )
            found.append(timeline.finding("pedestrian-wait", sentence))
    return found


def _lamps_fit(rules: Rules, timeline: Timeline) -> list[Finding]:
    controller = rules.junction.controller
    counted_s = controller.countdown_s if controller.countdown is Countdown.LAST_SECONDS else 0
    found = []
    for group in rules.junction.groups:
        shortest_red_s = min(timeline.reds(group.group_id), default=timeline.seconds)
        lamps_s = group.yellow_s + group.red_amber_s
        if shortest_red_s < lamps_s:
            sentence = f"{shortest_red_s} s between greens of {group.group_id} do not hold its yellow, {lamps_s} s"
            found.append(timeline.finding("yellow-fits", sentence))
        spans = [end - start for start, end in timeline.spans(group.group_id) if start > 0 and end < timeline.seconds]
        shortest_s = min(spans, default=timeline.seconds)
        if group.green_flash_s and shortest_s <= group.green_flash_s:
            sentence = (
                f"green of {group.group_id}, {shortest_s} s, is not longer than its flash, {group.green_flash_s} s"
            )
            found.append(timeline.finding("green-flash", sentence))
        if shortest_s < counted_s:
            sentence = f"green of {group.group_id}, {shortest_s} s, is shorter than its countdown, {counted_s} s"
            found.append(timeline.finding("countdown", sentence))
    return found
''',
}


class Shelf(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules above, whatever else is installed."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        whole = any(module.startswith(name + ".") for module in SOURCES)
        return importlib.util.spec_from_loader(name, self, is_package=whole) if whole or name in SOURCES else None

    def is_package(self, name: str) -> bool:
        return name not in SOURCES

    def get_source(self, name: str) -> str:
        return SOURCES.get(name, "")


if __name__ == "__main__":
    sys.meta_path.insert(0, Shelf())
    from optimization.signals.check_offline import main

    sys.exit(main(sys.argv[1:]))
