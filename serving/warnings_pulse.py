"""Looks and letters of the service itself: nobody has to ask for a warning to be found and told."""

import logging
import threading
from datetime import timedelta
from typing import Final

from city.errors import CityError
from city.warning_signs import SOURCES, Source
from serving.desk import Desk
from serving.warnings_found import Watches
from serving.webhook_sending import Postman
from serving.webhooks import known_receivers

logger = logging.getLogger("chengyun.watch")
BEAT_S: Final = 15.0
EVERY: Final[dict[Source, timedelta]] = {
    "plans": timedelta(minutes=1),
    "forecasts": timedelta(minutes=5),
    "effects": timedelta(minutes=15),
    # These read weeks of history.
    "feeds": timedelta(minutes=15),
    "models": timedelta(minutes=15),
    "signals": timedelta(minutes=15),
    "audit": timedelta(hours=1),
}


class WarningsPulse:
    """In a thread of its own, as long as the process lives; of several processes one looks, by the ledger's word."""

    def __init__(self, desk: Desk, watches: Watches, *, beat_s: float = BEAT_S) -> None:
        self._desk = desk
        self._watches = watches
        self._beat_s = beat_s
        self._postman = Postman(desk)
        self._done = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="warnings", daemon=True).start()

    def stop(self) -> None:
        self._done.set()

    def beat(self) -> None:
        for source in SOURCES:
            if self._done.is_set():
                return
            if self._desk.ledger.warnings.may_look(source, EVERY[source]):
                self._watches.look(source)
        self._postman.send_due(known_receivers(self._desk))

    def _run(self) -> None:
        while not self._done.wait(self._beat_s):
            try:
                self.beat()
            except CityError as refused:
                logger.warning("Warnings wait: %s", refused)
            except Exception:  # what cannot be looked at must not take the service down; the log says why
                logger.exception("Warnings could not be looked for")
