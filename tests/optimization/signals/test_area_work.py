"""Areas planned in processes of their own give what they give here, in the same order."""

import pytest

from city.progress import silent
from optimization.signals import area_work
from optimization.signals.areas import areas_of
from optimization.signals.problem import SignalProblem
from optimization.signals.splits import Totals
from tests.optimization.signals.cases import corridor, demand, junction, problem


@pytest.fixture(scope="module")
def town() -> SignalProblem:
    """Two neighbours on a street whose third junction nobody forecasts, and a junction of its own."""
    a, b, alone, blind = (junction(f"J{k}", turns=False, walks=False, lat=40.0 + 0.004 * k) for k in range(4))
    return problem(demand(a, b, alone), a, b, alone, blind, corridors=(corridor(a, b, blind),))


def test_what_comes_from_other_processes_is_what_is_planned_here(
    town: SignalProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = [one.junction_id for one in town.junctions[:3]]
    areas, _ = areas_of(town, able)
    told: list[tuple[int, int]] = []
    totals = [[Totals(seed=1) for _ in areas] for _ in range(2)]

    here = area_work.side_by_side(town, areas, totals[0], silent, lambda *_: None)
    monkeypatch.setattr(area_work, "MANY", 2)
    beside = area_work.side_by_side(
        town, areas, totals[1], silent, lambda found, to_come: told.append((len(found), len(to_come)))
    )

    assert beside == here
    assert told == [(1, 1), (2, 0)]
    assert [(t.solves, t.repeated, t.work) for t in totals[1]] == [(t.solves, t.repeated, t.work) for t in totals[0]]


def test_what_a_process_leaves_is_planned_here(town: SignalProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    areas, _ = areas_of(town, [town.junctions[2].junction_id])
    monkeypatch.setattr(area_work, "run_until", lambda *_, **__: None)
    found = list(area_work._in_processes(town, areas, [Totals(seed=1)]))

    assert [outcome.answered for own in found for outcome in own] == [True]
