"""Letters on their way: signed, never redirected. Each receiver has a thread of its own: none waits for another."""

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from city.errors import CityError
from city.warning_letters import Letters, SentLetter
from serving.desk import Desk
from serving.webhooks import Receiver, Receivers, logger

SIGNATURE: Final = "X-City-Signature"
TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)
AT_ONCE: Final = 50
"""Letters to one receiver in one round; the rest waits for the next."""


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 over "SECONDS." and the body, so that an old letter cannot be sent anew."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={digest}"


@dataclass(slots=True)
class Postman:
    """Sends what is due. A receiver that still has not answered the last round is left alone."""

    desk: Desk
    timeout: httpx.Timeout = field(default_factory=lambda: TIMEOUT)
    wall_clock: Callable[[], float] = time.time
    _under_way: dict[str, threading.Thread] = field(default_factory=dict)

    def send_due(self, receivers: Receivers, *, wait_s: float | None = None) -> None:
        """Returns at once, or when everybody has answered; with `wait_s` after that long at the latest."""
        letters = self.desk.ledger.warnings.letters
        letters.lapse()
        for one in receivers.all:
            last = self._under_way.get(one.name)
            if last is None or not last.is_alive():
                thread = threading.Thread(
                    target=self._send_all, args=(one, letters), name=f"webhook {one.name}", daemon=True
                )
                self._under_way[one.name] = thread
                thread.start()
        if wait_s is not None:
            until = time.monotonic() + wait_s
            for thread in list(self._under_way.values()):
                thread.join(max(0.0, until - time.monotonic()))

    def _send_all(self, receiver: Receiver, letters: Letters) -> None:
        """Until nothing is due, or it fails: who does not take one letter is not asked to take the next."""
        try:
            with httpx.Client(timeout=self.timeout, follow_redirects=False, trust_env=False) as client:
                for _ in range(AT_ONCE):
                    letter = letters.take(receiver.name)
                    if letter is None or not self._sent(client, receiver, letter, letters):
                        return
        except CityError as refused:
            logger.warning("Letters to %s wait: %s", receiver.name, refused)

    def _sent(self, client: httpx.Client, receiver: Receiver, letter: SentLetter, letters: Letters) -> bool:
        body = letter.body.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Chengyun",
            "X-City-Event": f"warning.{letter.event}",
            "X-City-Letter": letter.letter_id,
            SIGNATURE: signature(receiver.secret, int(self.wall_clock()), body),
        }
        try:
            # What it says besides its status is not read: nobody knows how much it is.
            with client.stream("POST", receiver.url, content=body, headers=headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as cause:
            letters.failed(letter.number, type(cause).__name__)
            return False
        if httpx.codes.is_success(status):
            letters.delivered(letter.number, status)
            return True
        problem = "it leads elsewhere; redirects are not followed" if httpx.codes.is_redirect(status) else "refused"
        letters.failed(letter.number, problem, status)
        return False
