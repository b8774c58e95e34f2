"""The rolling mode by itself: inside every approved envelope whose hours hold, a look each quarter of an hour."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from city.access import Caller
from city.envelopes import StoredEnvelope
from city.errors import CityError
from serving.aside_deeds import RollingAsked
from serving.desk import Desk
from serving.selection import RollingRequest

logger = logging.getLogger("chengyun.rolling")
BEAT_S: Final = 20.0
EVERY: Final = timedelta(minutes=15)
LONGEST_S: Final = 110.0
TURN: Final = "rolling"
WHAT, DEED = "The rolling plan", "serving.aside_deeds:rolling"
REASON: Final = "the rolling mode, from the newest forecast"
Run = Callable[..., Any]


def acting_for(envelope: StoredEnvelope) -> Caller:
    """Who publishes: the envelope's two approvals stand for it, and it sees no other district."""
    return Caller(
        person="Rolling mode",
        key_id="service",
        scopes=frozenset({"signals:plan", "signals:publish"}),
        districts=frozenset(envelope.district_ids),
    )


class RollingPulse:
    """In a thread of its own; of several processes one rolls, by the ledger's word. `run` plans beside the service."""

    def __init__(self, desk: Desk, run: Run, *, beat_s: float = BEAT_S) -> None:
        self._desk, self._run_aside, self._beat_s = desk, run, beat_s
        self._done = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="rolling", daemon=True).start()

    def stop(self) -> None:
        self._done.set()

    def beat(self) -> None:
        due = [one for one in self._desk.ledger.envelopes.all() if one.status == "approved" and self._holds(one)]
        if not due or not self._desk.ledger.warnings.may_look(TURN, EVERY):
            return
        for one in due:
            if not self._done.is_set():
                self._roll(one)

    def _holds(self, stored: StoredEnvelope) -> bool:
        local: datetime = self._desk.clock().astimezone(self._desk.zone())
        now_s = 3600 * local.hour + 60 * local.minute + local.second
        return any(hours.start_s <= now_s < hours.end_s for hours in stored.envelope.hours)

    def _roll(self, stored: StoredEnvelope) -> None:
        name = stored.envelope.envelope_id
        try:
            asked = RollingAsked(request=RollingRequest(envelope_id=name), publish_by=acting_for(stored), reason=REASON)
            found = self._run_aside(WHAT, DEED, asked, seconds=LONGEST_S)
        except CityError as refused:
            logger.warning("Envelope %s was not rolled: %s", name, refused)
        else:
            changed = sum(verdict["changed"] for verdict in found["verdicts"])
            logger.info("Envelope %s: plan %s changes %d junctions", name, found["plan_id"], changed)

    def _run(self) -> None:
        while not self._done.wait(self._beat_s):
            try:
                self.beat()
            except CityError as refused:
                logger.warning("Rolling waits: %s", refused)
            except Exception:  # the timetable runs on without it; the log says why
                logger.exception("The rolling mode could not look")
