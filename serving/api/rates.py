"""How much one key, one address and all together may ask for at once and per second, in this process."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from math import ceil

from city.settings import Settings
from serving.api.metrics import Refusal

MOST_KNOWN = 10_000
MINUTE_S = 60.0
RETRY_AT_ONCE_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """So many a second on average, so many in a burst, so many at once."""

    per_s: float
    burst: float
    at_once: int


@dataclass(slots=True)
class Bucket:
    """Fills up by the second; every request takes one token out."""

    tokens: float
    filled_at: float
    under_way: int = 0

    def fill(self, allowance: Allowance, now: float) -> None:
        # A clock that is set back gives nothing and takes nothing.
        gained = max(0.0, now - self.filled_at) * allowance.per_s
        self.tokens = min(allowance.burst, self.tokens + gained)
        self.filled_at = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a request has to wait, and how long."""

    limit: Refusal
    sentence: str
    retry_after_s: int


@dataclass(slots=True)
class Buckets:
    """One bucket per name; those that are full again are forgotten."""

    allowance: Allowance
    timer: Callable[[], float] = time.monotonic
    _known: dict[str, Bucket] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._known)

    def filled(self, name: str) -> Bucket:
        now = self.timer()
        bucket = self._known.get(name)
        if bucket is None:
            if len(self._known) >= MOST_KNOWN:
                self._forget_idle(now)
            bucket = self._known[name] = Bucket(self.allowance.burst, now)
        else:
            bucket.fill(self.allowance, now)
        return bucket

    def seconds_to_one(self, bucket: Bucket) -> int:
        return max(1, ceil((1.0 - bucket.tokens) / self.allowance.per_s))

    def _forget_idle(self, now: float) -> None:
        for bucket in self._known.values():
            bucket.fill(self.allowance, now)
        kept = {n: b for n, b in self._known.items() if b.under_way or b.tokens < self.allowance.burst}
        # As many busy names as this are no customers: whoever is not being answered starts anew.
        self._known = kept if len(kept) < MOST_KNOWN else {n: b for n, b in kept.items() if b.under_way}


class Rates:
    """What is let in. `enter` gives the bucket to `leave` with, or the reason why not."""

    def __init__(self, settings: Settings, timer: Callable[[], float] = time.monotonic) -> None:
        self.most_in_flight = settings.most_in_flight
        self.in_flight = 0
        self._names = Buckets(
            Allowance(per_s=settings.key_rate_per_s, burst=settings.key_burst, at_once=settings.key_concurrency), timer
        )
        guesses = settings.guesses_per_minute
        self._guesses = Buckets(Allowance(per_s=guesses / MINUTE_S, burst=guesses, at_once=guesses), timer)

    def enter(self, name: str) -> Bucket | Refused:
        """`name` is a key's id or an address."""
        if self.in_flight >= self.most_in_flight:
            return Refused(
                limit="in_flight",
                sentence=f"{self.in_flight} requests are being answered, as many as this service takes at once.",
                retry_after_s=RETRY_AT_ONCE_S,
            )
        allowance = self._names.allowance
        bucket = self._names.filled(name)
        if bucket.under_way >= allowance.at_once:
            return Refused(
                limit="concurrency",
                sentence=f"{bucket.under_way} requests of this caller are being answered, as many as one may have.",
                retry_after_s=RETRY_AT_ONCE_S,
            )
        if bucket.tokens < 1.0:
            return Refused(
                limit="rate",
                sentence=f"This caller asks for more than {allowance.per_s:g} requests a second.",
                retry_after_s=self._names.seconds_to_one(bucket),
            )
        bucket.tokens -= 1.0
        bucket.under_way += 1
        self.in_flight += 1
        return bucket

    def leave(self, bucket: Bucket) -> None:
        bucket.under_way -= 1
        self.in_flight -= 1

    def may_guess(self, address: str) -> Refused | None:
        """Whether this address may show another key that is not known here."""
        bucket = self._guesses.filled(address)
        if bucket.tokens >= 1.0:
            return None
        return Refused(
            limit="guessing",
            sentence="Too many wrong keys came from this address.",
            retry_after_s=self._guesses.seconds_to_one(bucket),
        )

    def guessed_wrong(self, address: str) -> None:
        bucket = self._guesses.filled(address)
        bucket.tokens = max(0.0, bucket.tokens - 1.0)


def address_of(client: tuple[str, int] | None) -> str:
    """Whom an address counts for: of IPv6 the network, since one caller has the whole of it."""
    if client is None:
        return "none"
    try:
        found = ip_address(client[0])
    except ValueError:
        return "none"
    if not isinstance(found, IPv6Address) or found.ipv4_mapped is not None:
        return str(found)
    return str(IPv6Address(int(found) >> 64 << 64))
