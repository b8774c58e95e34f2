"""The service killed at random moments while plans are approved and published and drivers report.

After each kill the ledger is looked at directly: every deed that was answered 2xx is there, every request stands whole
or not at all, a step and its line in the audit log stand together, at most one plan holds, and the log's chain holds.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import httpx

from benchmarks.serving_faults_city import FaultCity, new_routes, new_signals
from benchmarks.serving_processes import free_port, tree
from city.audit_check import verify
from city.documents import from_json
from city.ids import PlanId, TruckId
from city.ledger import Ledger
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.plan_life import PlanSteps

READY_S = 600.0
MOST_ANSWERS = 12  # before a kill: a fresh process answers its first requests slowly, so time alone would be no measure
JITTER_S = 0.2  # beyond the answer that was waited for: the kill falls anywhere into the work on the next
LONGEST_S = 60.0
IN_LINE = 3  # processes that are started before they are needed
DRAFTS = 4  # of each kind at the beginning of a round
MOST_REPORTS = 5
ACTIONS = {"approve": "approved", "publish": "published"}


@dataclass(slots=True)
class Told:
    """What was answered 2xx, and what was asked without an answer."""

    steps: list[tuple[str, str, str]] = field(default_factory=list)  # action, plan, person
    reports: list[tuple[str, str, list[str]]] = field(default_factory=list)  # plan, truck, event ids
    in_doubt: list[tuple[str, str, list[str]]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


class Nursery:
    """Service processes in line, started ahead: the next is there when one was killed."""

    def __init__(self, city: FaultCity) -> None:
        words = [sys.executable, "-m", "benchmarks.serving_nursery", str(city.folder)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line: list[tuple[int, int]] = []
        self._pids: list[int] = []
        self._hear()

    def next(self) -> tuple[int, str]:
        """Process id and URL of one that answers."""
        while len(self._line) < IN_LINE:
            port = free_port()
            self._say(f"{port}\n")
            self._pids.append(int(self._hear()))
            self._line.append((self._pids[-1], port))
        pid, port = self._line.pop(0)
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + READY_S
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                if httpx.get(f"{url}/readyz", timeout=30).status_code == 200:
                    return pid, url
            time.sleep(0.05)
        sys.exit("A process of the service did not become ready.")

    def close(self) -> None:
        for pid in self._pids:
            if is_forked_by(self._process.pid, pid):
                os.kill(pid, signal.SIGKILL)
        self._process.terminate()
        self._process.wait()

    def _say(self, text: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(text)
            self._process.stdin.flush()

    def _hear(self) -> str:
        return self._process.stdout.readline() if self._process.stdout is not None else ""


def is_forked_by(parent: int, pid: int) -> bool:
    """A number that was given to another process since is left alone."""
    return pid in tree(parent)


@contextmanager
def nursery(city: FaultCity) -> Iterator[Nursery]:
    opened = Nursery(city)
    try:
        yield opened
    finally:
        opened.close()


def kill_rounds(city: FaultCity, *, kills: int, seed: int) -> dict[str, Any]:
    desk, rng, told = city.desk(), Random(seed), Told()
    faults: list[str] = []
    driven = [_published_routes(desk, city)]
    with nursery(city) as line:
        for number in range(kills):
            drafts = [new_signals(desk) for _ in range(DRAFTS)] + [new_routes(desk) for _ in range(DRAFTS)]
            pid, url = line.next()
            faults += [f"kill {number}: {one}" for one in _after_restart(url, city, told)]
            _until_killed(pid, url, city, drafts, driven, told, rng)
            faults += [f"kill {number}: {one}" for one in found_faults(Ledger(city.settings.ledger_url), told)]
            print(f"kill {number + 1} of {kills}: {len(told.steps)} steps, {len(told.reports)} reports", flush=True)
        faults += _after_restart(line.next()[1], city, told)
    return {
        "kills": kills,
        "acknowledged_steps": len(told.steps),
        "acknowledged_reports": sum(len(ids) for _, _, ids in told.reports),
        "requests_in_doubt": len(told.in_doubt),
        "answers": dict(told.answers),
        "faults": faults,
    }


def _published_routes(desk: Desk, city: FaultCity) -> PlanId:
    """A plan that drivers report on; it was published through the ledger's own door."""
    # Today's: drivers report of the day that they drive.
    key, plan_id = desk.ledger.keys.find(city.keys[0]), new_routes(desk, ahead=0)
    if key is None:
        sys.exit("The key that was made is not there.")
    steps = PlanSteps(desk, key.caller())
    steps.approve(plan_id, "before the kills")
    steps.publish(plan_id, "before the kills")
    return plan_id


def _until_killed(
    pid: int, url: str, city: FaultCity, drafts: list[PlanId], driven: list[PlanId], told: Told, rng: Random
) -> None:
    stepping = _Stepping(url, city, drafts, told)
    reporting = _Reporting(url, city, driven[0], told, Random(rng.random()))
    threads = [threading.Thread(target=stepping.run), threading.Thread(target=reporting.run)]
    enough, until = told.answers.total() + rng.randint(0, MOST_ANSWERS), time.monotonic() + LONGEST_S
    for thread in threads:
        thread.start()
    while told.answers.total() < enough and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(rng.uniform(0.0, JITTER_S))
    os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join()


@dataclass
class _Stepping:
    """Approves and publishes drafts, one after another, until nobody answers."""

    url: str
    city: FaultCity
    drafts: list[PlanId]
    told: Told

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as client, suppress(httpx.TransportError):
            for plan_id in self.drafts:
                kind = plan_id.split("-")[0]
                for person in (0, 1) if kind == "signals" else (0,):
                    self._step(client, kind, plan_id, "approve", person)
                self._step(client, kind, plan_id, "publish", 0)

    def _step(self, client: httpx.Client, kind: str, plan_id: PlanId, deed: str, person: int) -> None:
        path, key = f"/v1/{kind}/plans/{plan_id}/{deed}", self.city.headers(person)
        answer = client.post(path, json={"reason": "a kill is near"}, headers=key)
        self.told.answers[f"{deed} {answer.status_code}"] += 1
        if answer.is_success:
            self.told.steps.append((ACTIONS[deed], plan_id, str(person)))


@dataclass
class _Reporting:
    """Sends drivers' reports, several in a request, until nobody answers."""

    url: str
    city: FaultCity
    plan_id: PlanId
    told: Told
    rng: Random

    def run(self) -> None:
        stored = self.city.desk().ledger.plan(self.plan_id)
        route = from_json(CollectionPlan, stored.document, self.plan_id).routes[0]
        with httpx.Client(base_url=self.url, timeout=60) as client:
            for _ in range(1000):
                ids = [str(UUID(int=self.rng.getrandbits(128))) for _ in range(self.rng.randint(1, MOST_REPORTS))]
                stop = self.rng.choice(route.stops)
                events = [
                    {
                        "event_id": one,
                        "at": datetime.now(UTC).isoformat(),
                        "kind": "done",
                        "point_id": stop.point_id,
                        "stream": stop.stream,
                    }
                    for one in ids
                ]
                path = f"/v1/routes/plans/{self.plan_id}/trucks/{route.truck_id}/feedback"
                asked = (self.plan_id, str(route.truck_id), ids)
                try:
                    answer = client.post(path, json={"events": events}, headers=self.city.headers())
                except httpx.TransportError:
                    self.told.in_doubt.append(asked)
                    return
                self.told.answers[f"feedback {answer.status_code}"] += 1
                if answer.is_success and all(one["outcome"] == "accepted" for one in answer.json()["events"]):
                    self.told.reports.append(asked)


def found_faults(ledger: Ledger, told: Told) -> list[str]:
    """A sentence for each thing that was acknowledged and is not there, or stands there by half."""
    found = []
    for action, plan_id, _ in told.steps:
        if action not in [event.action for event in ledger.life.of(PlanId(plan_id)).events]:
            found.append(f"plan {plan_id} was {action}, and nothing of it is there")
    found += _reports_missing(ledger, told)
    found += _halves(ledger)
    state = verify(ledger.audit)
    if not state.ok:
        found.append(f"the audit log is broken: {state.problem}")
    ledger.close()
    return found


def _reports_missing(ledger: Ledger, told: Told) -> Iterator[str]:
    known: dict[str, set[str]] = {}
    for plan_id, truck_id, _ in (*told.reports, *told.in_doubt):
        if plan_id not in known:
            known[plan_id] = {one.feedback.event_id for one in ledger.feedback.of(PlanId(plan_id), TruckId(truck_id))}
    for plan_id, _, ids in told.reports:
        if not known[plan_id].issuperset(ids):
            yield f"reports {ids} of plan {plan_id} were accepted and are not there"
    for plan_id, _, ids in told.in_doubt:
        if 0 < len(known[plan_id].intersection(ids)) < len(ids):
            yield f"of the request with reports {ids} only a part is there"


def _halves(ledger: Ledger) -> Iterator[str]:
    """A status without its step, a step without its line in the audit log, two plans that hold at once."""
    stored = [plan for plan in ledger.plans() if "-again-" in plan.plan_id]
    lives = ledger.life.of_all([plan.plan_id for plan in stored])
    lined = Counter(row.subject for row in ledger.audit.walk() if row.action.startswith("plan."))
    for plan in stored:
        life = lives[plan.plan_id]
        if life.events and life.events[-1].after != life.status:
            yield f"plan {plan.plan_id} is {life.status}, and its last step says {life.events[-1].after}"
        own = [event for event in life.events if event.action != "superseded"]
        if lined[plan.plan_id] < len(own):
            yield f"plan {plan.plan_id} has {len(own)} steps and {lined[plan.plan_id]} lines in the audit log"
    held = Counter((one.kind, one.service_date) for one in stored if lives[one.plan_id].status == "published")
    for (kind, day), count in held.items():
        if count > 1:
            yield f"{count} plans of {kind} of {day} are published at once"


def _after_restart(url: str, city: FaultCity, told: Told) -> list[str]:
    """The last that was acknowledged, as the new process tells it over HTTP."""
    found = []
    with httpx.Client(base_url=url, timeout=60, headers=city.headers()) as client:
        for action, plan_id, _ in told.steps[-3:]:
            story = client.get(f"/v1/{plan_id.split('-')[0]}/plans/{plan_id}/events")
            if not story.is_success or action not in [event["action"] for event in story.json()["events"]]:
                found.append(f"after the restart plan {plan_id} is not told to be {action} ({story.status_code})")
        for plan_id, truck_id, ids in told.reports[-2:]:
            answer = client.get(f"/v1/routes/plans/{plan_id}/trucks/{truck_id}/feedback")
            there = {one["event_id"] for one in answer.json()["events"]} if answer.is_success else set()
            if not there.issuperset(ids):
                found.append(f"after the restart reports {ids} are not told ({answer.status_code})")
    return found
