"""Leading and lagging stages: what is proposed, and where a plan may run them."""

from dataclasses import replace
from itertools import pairwise

import pytest

from city.ids import StageId
from city.signal_parts import Stage
from city.signals import Junction
from optimization.signals.chains import Chain, ChainRules, extended, shortlist
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.problem import Leeway
from optimization.signals.stage_proposals import with_proposals
from optimization.signals.streams import streams_of
from tests.optimization.signals.cases import demand, junction, planned, problem


def groups(of: Junction, chain: Chain) -> list[set[str]]:
    return [set(of.stage(stage_id).group_ids) for stage_id in chain]


def test_a_proposal_is_its_stage_without_those_that_the_left_gives_way_to() -> None:
    of = with_proposals(junction())
    own = {frozenset(s.group_ids) for s in junction().stages}
    proposed = of.stages[len(junction().stages) :]
    assert proposed
    for stage in proposed:
        parents = [s for s in junction().stages if set(stage.group_ids) < set(s.group_ids)]
        assert parents
        assert frozenset(stage.group_ids) not in own
        assert not stage.protected_left  # no duty of protection arises from an offer
        assert stage.min_split_s >= min(g.min_green_s for g in of.groups if g.group_id in stage.group_ids)


def test_nothing_is_proposed_twice_and_the_stage_chain_stays() -> None:
    once = with_proposals(junction())
    groups_of = [frozenset(stage.group_ids) for stage in once.stages]
    assert len(set(groups_of)) == len(groups_of)
    assert once.stage_chain == junction().stage_chain


def test_a_chain_is_extended_only_beside_the_stage_that_holds_the_proposal() -> None:
    of = with_proposals(junction())
    spare = {s.stage_id for s in of.stages} - set(of.stage_chain)
    for chain in extended(of, of.stage_chain):
        assert chain[0] == of.coordinated_stage_id
        around = [*chain, chain[0]]
        for before, here in pairwise(around):
            if here in spare or before in spare:
                a, b = groups(of, (before, here))
                assert a & b or {before, here} & set(of.stage_chain)


def test_a_locked_chain_gets_no_proposals() -> None:
    of = replace(with_proposals(junction()), chain_locked=True)
    assert list(extended(of, of.stage_chain)) == []


def test_a_turn_whose_green_ends_while_those_it_gives_way_to_go_on_is_a_trap() -> None:
    of = junction(turns=False)
    main = of.stage(of.coordinated_stage_id)
    south = tuple(g for g in main.group_ids if not g.startswith("N"))
    lagging = Stage(stage_id=StageId("lag"), group_ids=south)
    trapped = replace(of, stages=(*of.stages, lagging))
    rules = ChainRules.of(trapped)
    gives_way = [(a, b) for a, b in of.permitted_yields if a == "N-left" and b.startswith("S")]

    assert gives_way
    assert rules.traps((main.stage_id, lagging.stage_id, *of.stage_chain[1:]))
    assert not rules.traps(of.stage_chain)


def test_plans_with_proposals_are_as_legal_as_all_others() -> None:
    of = with_proposals(junction(turns=False))
    found = planned(problem(demand(of, pcu_h={"N": 900.0, "S": 200.0, "E": 300.0, "W": 300.0}), of))
    for day_plan in found.plan.day_plans:
        for one in day_plan.plans:
            assert plan_findings(rules_of(of), one) == []


def test_the_shortlist_keeps_chains_of_own_stages_beside_proposals() -> None:
    of = with_proposals(junction())
    streams = streams_of(of, demand(of))
    chains = shortlist(streams, streams.planned.mean(axis=1))
    assert sum(set(chain) <= set(of.stage_chain) for chain in chains) >= 2


@pytest.mark.parametrize("from_s", [0, 90])
def test_leeway_bounds_the_cycle_and_keeps_the_stages(from_s: int) -> None:
    of = with_proposals(junction())
    given = replace(problem(demand(of), of), leeway=Leeway(stages_free=False, cycle_from_s=from_s))
    for day_plan in planned(given).plan.day_plans:
        for one in day_plan.plans:
            assert one.cycle_s >= from_s
            assert tuple(s.stage_id for s in one.splits) == of.stage_chain
