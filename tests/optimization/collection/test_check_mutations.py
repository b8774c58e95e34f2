"""Three thousand mutations of sound plans: the check accepts the safe ones and names the rule that others break.

Each operator says beforehand which of the two it is, worked out from the plan without the check.
"""

import random
import sys
import time
from collections import Counter

import pytest

from optimization.collection.check_rules import RULES
from tests.optimization.collection.mutation_bases import Case, bases
from tests.optimization.collection.mutations import Operator
from tests.optimization.collection.mutations_safe import OPERATORS

MUTATIONS = 3_000
MOST_CPU_S = 10.0


def mutated(operator: Operator, cases: list[Case], rng: random.Random) -> Case:
    for _ in range(500):
        done = operator.mutate(rng.choice(cases).aimed(rng), rng)
        if done is not None:
            return done
    pytest.fail(f"no base lets the operator '{operator.name}' act")


def test_three_thousand_mutations_are_accepted_or_named(capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(2006)
    cases = bases()
    right: Counter[str] = Counter()
    wrong: dict[str, list[set[str]]] = {operator.name: [] for operator in OPERATORS}
    began_s = time.process_time()

    for k in range(MUTATIONS):
        operator = OPERATORS[k % len(OPERATORS)]
        found = mutated(operator, cases, rng).found()
        assert found <= set(RULES)
        if (operator.breaks is None and not found) or operator.breaks in found:
            right[operator.name] += 1
        else:
            wrong[operator.name].append(found)
    spent_s = time.process_time() - began_s

    counts = [f"  {right[one.name]:4d}  {one.breaks or 'safe':16s} {one.name}" for one in OPERATORS]
    with capsys.disabled():
        heading = f"{MUTATIONS:,} mutations of {len(cases)} collection plans, {spent_s:.1f} CPU-s"
        sys.stdout.write("\n".join(("", heading, *counts, "")))
    assert {name: found[:3] for name, found in wrong.items() if found} == {}
    assert sum(right.values()) == MUTATIONS
    assert spent_s <= MOST_CPU_S


def test_every_rule_has_an_operator_that_breaks_it() -> None:
    assert {operator.breaks for operator in OPERATORS if operator.breaks} == set(RULES)
