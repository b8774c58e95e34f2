"""Ten thousand mutations of sound schedules: the check accepts the safe ones and names the rule that others break.

Each operator says beforehand which of the two it is, worked out from the schedule without the check.
"""

import random
import sys
import time
from collections import Counter

import pytest

from optimization.signals.check_rules import RULES
from tests.optimization.signals.mutation_bases import Case, drawn_bases, net_bases
from tests.optimization.signals.mutations_day import OPERATORS
from tests.optimization.signals.mutations_lamps import Operator

MUTATIONS = 10_000
MOST_CPU_S = 40.0


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    drawn = drawn_bases(random.Random(2026), 60)
    try:
        return [*drawn, *net_bases(tmp_path_factory.mktemp("net"))]
    except pytest.skip.Exception:
        return drawn


def mutated(operator: Operator, bases: list[Case], rng: random.Random) -> Case:
    for _ in range(500):
        done = operator.mutate(rng.choice(bases), rng)
        if done is not None:
            return done
    pytest.fail(f"no base lets the operator '{operator.name}' act")


def test_ten_thousand_mutations_are_accepted_or_named(bases: list[Case], capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(20_999)
    right: Counter[str] = Counter()
    wrong: dict[str, list[set[str]]] = {operator.name: [] for operator in OPERATORS}
    began_s = time.process_time()

    for k in range(MUTATIONS):
        operator = OPERATORS[k % len(OPERATORS)]
        found = mutated(operator, bases, rng).found()
        assert found <= set(RULES)
        if (operator.breaks is None and not found) or operator.breaks in found:
            right[operator.name] += 1
        else:
            wrong[operator.name].append(found)
    spent_s = time.process_time() - began_s

    counts = [f"  {right[one.name]:4d}  {one.breaks or 'safe':30s} {one.name}" for one in OPERATORS]
    with capsys.disabled():
        heading = f"{MUTATIONS:,} mutations of {len(bases)} schedules, {spent_s:.1f} CPU-s"
        sys.stdout.write("\n".join(("", heading, *counts, "")))
    assert {name: found[:3] for name, found in wrong.items() if found} == {}
    assert sum(right.values()) == MUTATIONS
    assert spent_s <= MOST_CPU_S


def test_every_rule_has_an_operator_that_breaks_it() -> None:
    assert {operator.breaks for operator in OPERATORS if operator.breaks} == set(RULES)
