"""Who asks, what they may do, and whose districts they see."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from city.errors import CityError, InvalidValueError
from city.ids import DistrictId

Scope = Literal[
    "signals:read",
    "signals:plan",
    "signals:approve",
    "signals:publish",
    "routes:read",
    "routes:plan",
    "routes:approve",
    "routes:publish",
    "routes:report",  # what a driver says of a stop
    "data:import",
    "models:promote",
    "audit:read",
    "admin",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ADMIN: Scope = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A named person who showed a key. `districts` is None for someone who sees the whole city.

    `key_id` tells one key of the person from another; it is no secret.
    """

    person: str
    key_id: str
    scopes: frozenset[Scope]
    districts: frozenset[DistrictId] | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or ADMIN in self.scopes

    def sees(self, district_id: DistrictId) -> bool:
        return self.districts is None or district_id in self.districts

    def within(self) -> tuple[DistrictId, ...] | None:
        """The districts to keep to, in order; None for the whole city."""
        return None if self.districts is None else tuple(sorted(self.districts))

    def sees_all_of(self, districts: Collection[DistrictId]) -> bool:
        """Of a thing in several districts all must be theirs; one in no district is the whole city's."""
        return self.districts is None or (bool(districts) and self.districts.issuperset(districts))


@dataclass(kw_only=True, eq=False)
class NotAllowedError(CityError):
    """Somebody asks for what their own key does not give them."""

    code: ClassVar[str] = "forbidden"
    subject: str
    problem: str

    def sentence(self) -> str:
        return f"{self.subject}: {self.problem}."


def scope_of(text: str) -> Scope:
    for scope in SCOPES:
        if scope == text:
            return scope
    raise InvalidValueError(subject="Key", field="scope", found=text, expected=f"one of {', '.join(SCOPES)}")
