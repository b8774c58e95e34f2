"""The planning ladder: the best checked plan by the deadline, whatever becomes of whoever searches for it.

One process prepares and checks (serving/judging.py), another searches (serving/solving.py); both are killed on wall
clock. What the searching one sends goes to the checking one, and only what passed there is ever stored or answered.
"""

import logging
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from city.errors import CityError
from city.ids import PlanId
from serving.judging import Asked
from serving.plan_folder import InfeasibleError
from serving.planning_processes import LEAST_RESERVE_S, Workbench
from serving.rungs import WORTH, Rung
from serving.selection import RouteRequest, SignalRequest
from serving.told_errors import told_error
from serving.workbench import Message, Worker

logger = logging.getLogger("chengyun.ladder")
TICK_S = 0.05
TRIES = 2  # of searching: one that crashed is tried once more
WORTH_ANOTHER_S = 0.5
CHECKER_LOST = "the checking process failed; the service's log says why"  # which may name folders: not for callers
FINISH_S = 60.0  # for what is done after the answer


@dataclass(kw_only=True, eq=False)
class NoPlanError(CityError):
    """Nothing that a check has passed by the deadline."""

    code: ClassVar[str] = "no-plan"
    why: str

    def sentence(self) -> str:
        return f"There is no checked plan by the deadline: {self.why}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    plan_id: PlanId
    rung: str
    degraded: tuple[str, ...]


@dataclass(slots=True)
class Control:
    """What whoever waits may say, and hear.

    `stop` asks for the best so far, `abandon` for nothing any more; `told` hears how far it is, `refused` each
    plan that did not pass.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    abandon: threading.Event = field(default_factory=threading.Event)
    told: Callable[[str], None] = lambda _: None
    refused: Callable[[], None] = lambda: None


class AbandonedError(Exception):
    """Nobody wants the plan any more."""


class _CheckerLostError(Exception):
    """The checking process failed; without it nothing can be answered."""


def climb(
    bench: Workbench, request: SignalRequest | RouteRequest, until: float, control: Control | None = None
) -> Answered:
    """The best checked plan by `until` (of the monotonic clock). Raises CityError, NoPlanError among them."""
    control = control or Control()
    try:
        return _Climb(bench, request, until, control).run()
    except _CheckerLostError as lost:
        if until - time.monotonic() < WORTH_ANOTHER_S:
            raise NoPlanError(why=CHECKER_LOST) from lost
    try:
        return _Climb(bench, request, until, control).run()
    except _CheckerLostError as lost:
        raise NoPlanError(why=CHECKER_LOST) from lost


class _Climb:
    def __init__(self, bench: Workbench, request: SignalRequest | RouteRequest, until: float, control: Control) -> None:
        self.bench = bench
        self.request = request
        self.until = until
        self.control = control
        self.inbox: queue.Queue[Message] = queue.Queue()
        self.checker: Worker | None = None
        self.planner: Worker | None = None
        self.tries = 0
        self.searched = False  # the search has come to its own end
        self.checking = 0  # calls that the checking process has not answered yet
        self.waiting: object = None  # a plan that is to be checked next
        self.worth = 0
        self.check_s = 0.0
        self.said: list[str] = []
        self.why_not: list[dict[str, Any]] = []

    def run(self) -> Answered:
        checker = self.bench.checkers.take(self.until, self.inbox)
        if checker is None:
            raise NoPlanError(why="no checking process became free")
        self.checker = checker
        handle, name = tempfile.mkstemp(dir=self.bench.folder)
        task = Path(name)
        handed_on = False
        try:
            with open(handle, "rb"):  # noqa: PTH123  -- a descriptor
                self._open(checker, task)
            self._search(checker, task)
            answered = self._keep(checker)
            handed_on = True
            self._finish(checker)
        finally:
            self._end_planner(fit=False)
            task.unlink(missing_ok=True)
            if not handed_on:
                self._let_go(checker)
        return answered

    def _open(self, checker: Worker, task: Path) -> None:
        self.control.told("preparing")
        asked = Asked(settings=self.bench.settings, request=self.request, task=task)
        opened = self._ask(checker, self.until, "serving.judging:open_case", asked)
        if "refused" in opened:
            raise told_error(opened["refused"])
        if opened["blind"]:  # there is nothing to search with
            self.said, self.tries = list(opened["blind"]), TRIES

    def _search(self, checker: Worker, task: Path) -> None:
        """Until the search is over, somebody asks for the best so far, or no more than the reserve is left."""
        self.control.told("searching")
        self._call(checker, "serving.judging:fall_back")
        while time.monotonic() < self._last_moment() and not self.control.stop.is_set():
            if self.control.abandon.is_set():
                raise AbandonedError
            self._ensure_search(task)
            if self._is_over():
                return
            self._hear(TICK_S)
        if not self.tries:
            self.said.append("No searching process was free until the time was up.")
        elif not self.searched:
            why = "when somebody asked for it" if self.control.stop.is_set() else "when its time was up"
            self.said.append(f"The search was stopped {why}; the best checked plan until then is used.")

    def _last_moment(self) -> float:
        return self.until - self.bench.reserve_s - (self.check_s if self.checking or self.waiting else 0.0)

    def _is_over(self) -> bool:
        over = self.searched or (self.planner is None and self.tries >= TRIES)
        return over and not self.checking and self.waiting is None

    def _ensure_search(self, task: Path) -> None:
        if self.planner is not None or self.searched or self.tries >= TRIES:
            return
        self.planner = self.bench.planners.take(time.monotonic(), self.inbox)
        if self.planner is not None:
            self.tries += 1
            left = self._last_moment() - time.monotonic()
            self.planner.call(self.bench.search, task, time.time() + left)

    def _hear(self, seconds: float) -> None:
        try:
            message = self.inbox.get(timeout=seconds)
        except queue.Empty:
            return
        if message.worker is self.checker:
            self._of_checker(message)
        elif message.worker is self.planner:
            self._of_planner(message)

    def _of_planner(self, message: Message) -> None:
        body = message.body
        if message.kind == "report" and isinstance(body, dict) and isinstance(body.get("infeasible"), list):
            self.why_not = body["infeasible"]
        elif message.kind == "report":
            self.waiting = body.get("plan", "") if isinstance(body, dict) else ""
            self._check_next()
        elif message.kind == "done":
            self.searched = True
            self._end_planner(fit=True)
        else:
            self.said.append(f"The search failed: {str(body)[:200]}.")
            self._end_planner(fit=False)
            if self._last_moment() - time.monotonic() < WORTH_ANOTHER_S:
                self.tries = TRIES

    def _of_checker(self, message: Message) -> None:
        if message.kind in ("lost", "failed"):
            self.checking = -1  # a process that failed where none should is not used again
            logger.error("the checking process failed: %s", message.body)
            raise _CheckerLostError
        self.checking -= 1
        body = message.body if isinstance(message.body, dict) else {}
        if body.get("ok"):
            self.worth = max(self.worth, int(body["worth"]))
            self.control.told("improving" if self.worth >= WORTH[Rung.OPTIMISED] else "searching")
        elif "ok" in body:
            self.control.refused()
        self.check_s = max(self.check_s, float(body.get("seconds", 0.0)))
        self._check_next()

    def _check_next(self) -> None:
        """The newest plan that was sent, when the one before it is through."""
        if self.waiting is not None and self.checking <= 0 and self.checker is not None:
            plan, self.waiting = self.waiting, None
            self._call(self.checker, "serving.judging:check", plan)

    def _end_planner(self, *, fit: bool) -> None:
        if self.planner is not None:
            self.bench.planners.give_back(self.planner, fit=fit)
            self.planner = None

    def _keep(self, checker: Worker) -> Answered:
        self._end_planner(fit=False)
        self.waiting = None
        self.control.told("storing")
        if self.why_not and not self.worth:
            self._refuse_infeasible()
        try:
            until = time.time() + self.until - time.monotonic()
            said = tuple(dict.fromkeys(self.said))
            kept = self._ask(checker, self.until, "serving.judging:keep", said, until)
        except NoPlanError:
            self.bench.note_keeping(self.bench.reserve_s)
            raise
        if kept["plan_id"] is None:
            told = [str(one).removesuffix(".") for one in kept["said"]]
            raise NoPlanError(why="; ".join(told) or "nothing was found yet")
        self.bench.note_keeping(float(kept["seconds"]))
        return Answered(plan_id=PlanId(kept["plan_id"]), rung=kept["rung"], degraded=tuple(kept["degraded"]))

    def _refuse_infeasible(self) -> None:
        try:
            reasons = tuple(map(told_error, self.why_not))
        except (KeyError, TypeError):
            return
        raise InfeasibleError(subject="No plan keeps every rule", errors=reasons)

    def _finish(self, checker: Worker) -> None:
        """The rest of the files: before the answer where there is time, behind its back where there is none."""
        self._call(checker, "serving.judging:finish")
        self._finished(self.until - LEAST_RESERVE_S)
        self._let_go(checker)

    def _let_go(self, checker: Worker) -> None:
        """One that is late is not ended for that: a new one would take longer than it does to come to its end."""
        if self.checking > 0:
            threading.Thread(target=self._finish_later, args=(checker,), daemon=True).start()
        else:
            self.bench.checkers.give_back(checker, fit=self.checking == 0)

    def _finish_later(self, checker: Worker) -> None:
        self.waiting = None
        self._finished(time.monotonic() + FINISH_S)
        if self.checking:
            logger.warning("a checking process did not come to its end within %s s", FINISH_S)
        self.bench.checkers.give_back(checker, fit=self.checking == 0)

    def _finished(self, until: float) -> bool:
        """Whether nothing more is to come of it: written, or failed."""
        try:
            while self.checking > 0 and time.monotonic() < until:
                self._hear(TICK_S)
        except _CheckerLostError as lost:
            logger.warning("writing a plan's files failed: %s", lost)
            return True
        return self.checking == 0

    def _ask(self, checker: Worker, until: float, name: str, *arguments: object) -> dict[str, Any]:
        """The answer to this call, after those of all calls before it."""
        self._call(checker, name, *arguments)
        while True:
            left = until - time.monotonic()
            try:
                message = self.inbox.get(timeout=max(0.0, left))
            except queue.Empty:
                raise NoPlanError(why="the checking process did not answer") from None
            if message.worker is not checker:
                continue
            if self.checking == 1 and message.kind == "done" and isinstance(message.body, dict):
                self.checking = 0
                found: dict[str, Any] = message.body
                return found
            self._of_checker(message)

    def _call(self, checker: Worker, name: str, *arguments: object) -> None:
        self.checking += 1
        checker.call(name, *arguments)
