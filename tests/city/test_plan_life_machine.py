"""Any order of steps, against a model of a few lines: what is in force, what is refused, and what is remembered."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from city.access import Caller
from city.audit_check import verify
from city.ids import PlanId
from city.ledger import Ledger
from city.plan_deeds import Deed
from city.plan_life import ConflictError
from tests.city.lives import DAY, LI, WANG, WHY, City, person, schedule

JUNCTIONS = ("J1", "J2", "J3")
PEOPLE = (LI, WANG, person("WANG  fang", "k3"))


@dataclass
class Known:
    """What the model knows of a plan. `given` orders publications; `replaced`: it expired because another came."""

    junctions: frozenset[str]
    status: str = "draft"
    approvers: set[str] = field(default_factory=set)
    given: int = 0
    replaced: bool = False
    steps: int = 0


class Lives(RuleBasedStateMachine):
    """Plans of one day over three junctions. Each rule says what must happen, then takes the step."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="city-lives-"))
        shutil.copy2(self.template, self.folder / "ledger.db")
        self.city = City.at(f"sqlite:///{self.folder / 'ledger.db'}")
        self.plans: dict[str, Known] = {}
        self.given = 0
        self.over = False

    def teardown(self) -> None:
        audited = verify(self.city.ledger.audit)
        assert (audited.ok, audited.lines) == (True, sum(known.steps for known in self.plans.values()))
        self.city.ledger.close()
        shutil.rmtree(self.folder)

    @initialize()
    def the_first_draft(self) -> None:
        self._draft({"J1", "J2"})

    @precondition(lambda self: len(self.plans) < 6)
    @rule(junctions=st.sets(st.sampled_from(JUNCTIONS), min_size=1))
    def draft(self, junctions: set[str]) -> None:
        self._draft(junctions)

    @rule(data=st.data())
    def two_persons_approve(self, data: st.DataObject) -> None:
        name, known = self._some(data)
        for who in (LI, WANG):
            self._approve(name, known, who)

    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def approve(self, data: st.DataObject, who: Caller) -> None:
        self._approve(*self._some(data), who)

    def _draft(self, junctions: set[str]) -> None:
        name = f"P{len(self.plans)}"
        self.city.draft(schedule(name, *sorted(junctions)))
        self.plans[name] = Known(frozenset(junctions))

    def _approve(self, name: str, known: Known, who: Caller) -> None:
        key = who.person.casefold().split()[0]
        allowed = known.status == "draft" and key not in known.approvers
        if self._take(known, allowed, lambda: self.city.ledger.life.approve(self._deed(name, who))):
            known.approvers.add(key)
            known.status = "approved" if len(known.approvers) == 2 else "draft"

    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        name, known = self._some(data)
        allowed = known.status in ("draft", "approved")
        if self._take(known, allowed, lambda: self.city.ledger.life.refuse(self._deed(name))):
            known.status = "refused"

    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        name, known = self._some(data)
        allowed = known.status == "approved" and not self.over
        plan = schedule(name, *sorted(known.junctions))
        if self._take(known, allowed, lambda: self.city.publish(plan)):
            self.given += 1
            known.status, known.given = "published", self.given
            for one in self.plans.values():
                if one.status == "published" and one not in self._holding().values():
                    one.status, one.replaced, one.steps = "expired", True, one.steps + 1

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        name, known = self._some(data)
        allowed = known.status == "published" and not self.over
        if self._take(known, allowed, lambda: self.city.ledger.life.expire(self._deed(name))):
            known.status = "expired"

    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        name, known = self._some(data)
        allowed = known.status == "published" and not self.over
        plan = schedule(name, *sorted(known.junctions))
        if self._take(known, allowed, lambda: self.city.roll_back(plan)):
            known.status = "rolled_back"
            for one in sorted(self.plans.values(), key=lambda one: -one.given):
                if one.replaced and one.status == "expired":
                    one.status = "published"
                    got = {part for part, holder in self._holding().items() if holder is one}
                    if got & known.junctions:
                        one.replaced, one.steps = False, one.steps + 1
                    else:
                        one.status = "expired"

    @precondition(lambda self: not self.over and self.given > 1)
    @rule()
    def the_day_ends(self) -> None:
        self.city.clock.forward(days=1)
        self.over = True

    @invariant()
    def each_plan_stands_as_the_model_says(self) -> None:
        for name, known in self.plans.items():
            expected = "expired" if self.over and known.status == "published" else known.status
            assert self.city.ledger.life.of(PlanId(name)).status == expected

    @invariant()
    def one_plan_holds_each_junction(self) -> None:
        held = {} if self.over else {part: one.given for part, one in self._holding().items()}
        given = {name: known.given for name, known in self.plans.items()}
        assert {part: given[name] for part, name in self.city.ledger.life.in_force("signals", DAY).items()} == held

    @invariant()
    def every_step_is_remembered_and_no_refused_one_is(self) -> None:
        for name, known in self.plans.items():
            events = self.city.ledger.life.of(PlanId(name)).events
            assert len(events) == known.steps
            assert all(one.before == before.after for before, one in pairwise(events))

    def _holding(self) -> dict[str, Known]:
        ordered = sorted((one for one in self.plans.values() if one.status == "published"), key=lambda one: one.given)
        return {part: one for one in ordered for part in one.junctions}

    def _some(self, data: st.DataObject) -> tuple[str, Known]:
        name = data.draw(st.sampled_from(sorted(self.plans)))
        return name, self.plans[name]

    def _deed(self, name: str, who: Caller = LI) -> Deed:
        return Deed(plan_id=PlanId(name), caller=who, reason=WHY)

    def _take(self, known: Known, allowed: bool, step: Callable[[], object]) -> bool:  # noqa: FBT001  -- read once, above
        if not allowed:
            with pytest.raises(ConflictError):
                step()
            return False
        step()
        known.steps += 1
        return True


def test_lives_of_plans_agree_with_the_model(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    ledger = Ledger(f"sqlite:///{file}")
    ledger.upgrade()
    ledger.close()
    Lives.template = file

    run_state_machine_as_test(Lives, settings=settings(max_examples=6, stateful_step_count=16, deadline=None))
