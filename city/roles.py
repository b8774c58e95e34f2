"""Roles: named bundles of scopes, as a city's offices are cut. A key holds scopes; a role only helps to name them."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from city.access import ADMIN, Scope
from city.errors import InvalidValueError

ROLES: Mapping[str, tuple[Scope, ...]] = MappingProxyType(
    {
        "viewer": ("signals:read", "routes:read"),
        "engineer": ("signals:read", "signals:plan"),
        "approver": (
            "signals:read",
            "signals:approve",
            "signals:publish",
            "routes:read",
            "routes:approve",
            "routes:publish",
        ),
        "dispatcher": ("routes:read", "routes:plan", "routes:approve", "routes:publish", "routes:report"),
        "driver-desk": ("routes:read", "routes:report"),
        "data-scientist": ("signals:read", "routes:read", "models:promote"),
        "administrator": (ADMIN,),
    }
)


def scopes_of(roles: Collection[str], scopes: Collection[Scope] = ()) -> tuple[Scope, ...]:
    """What these roles and scopes allow together, each scope once."""
    found: dict[Scope, None] = {}
    for role in roles:
        if role not in ROLES:
            raise InvalidValueError(subject="Key", field="role", found=role, expected=f"one of {', '.join(ROLES)}")
        found.update(dict.fromkeys(ROLES[role]))
    found.update(dict.fromkeys(scopes))
    return tuple(found)
