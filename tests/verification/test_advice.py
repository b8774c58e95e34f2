"""Advice in any small city: whatever is advised works, and what is called enough is the least."""

from hypothesis import given, settings

from city.collection_problem import CollectionProblem
from city.waste_plans import RelaxationKind
from optimization.collection.reasons import reasons_for
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from tests.optimization.collection.advised import taken
from tests.verification.test_collection import problems


@settings(max_examples=100, deadline=None)
@given(problems())
def test_every_advice_can_be_taken(problem: CollectionProblem) -> None:
    solution = start_solution(terrain(problem), seconds=0.5)

    for left in reasons_for(problem, solution, seconds=20.0):
        assert left.sentence
        assert (left.relaxation is None) or left.extra_km is not None
        if left.relaxation is not None:
            assert left.relaxation.amount > 0
            assert taken(problem, solution, left) == (), left.sentence
            raised = left.relaxation.kind is RelaxationKind.SKIP_PRICE
            assert raised <= (not left.mandatory)
