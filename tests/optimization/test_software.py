"""Both planners say in the same words which software made a plan."""

import re

from optimization.collection import planner as routes
from optimization.signals import planner as signals
from optimization.software import software
from tests.optimization.signals.cases import demand, junction, planned, problem


def test_a_signal_plan_names_chengyun_and_its_solver() -> None:
    of = junction(turns=False)

    made_by = planned(problem(demand(of), of)).plan.provenance.software

    assert re.fullmatch(r"chengyun \d+\.\d+\.\d+\S*, ortools \d+\.\d+\.\d+", made_by)
    assert made_by == software()
    assert vars(routes)["software"] is vars(signals)["software"] is software
