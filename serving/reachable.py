"""Who can reach the service: this machine alone, or others as well, directly or through a reverse proxy."""

from ipaddress import ip_address

from city.errors import BrokenRuleError
from city.ledger import Ledger
from city.settings import Settings

LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() in LOOPBACK_NAMES


def refuse_unguarded(settings: Settings, host: str) -> None:
    """Nobody is served beyond this machine before somebody was made responsible for it."""
    if is_loopback(host):
        return
    ledger = Ledger(settings.ledger_url)
    try:
        guarded = ledger.keys.any_valid()
    finally:
        ledger.close()
    if not guarded:
        raise BrokenRuleError(
            subject="Service",
            problem=f"it would listen on {host}, where other machines reach it, and there is no valid key yet",
            todo='Make one first: city keys make --person "Li Wei" --role administrator. '
            "docs/access.md says how to put TLS in front of it.",
        )
