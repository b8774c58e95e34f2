"""Which stages a plan may run, and in which order."""

from dataclasses import replace

from city.signal_parts import LeftPolicy
from optimization.signals.chains import ChainRules, orders_of, shortlist, subsets_of
from optimization.signals.streams import streams_of
from tests.optimization.signals.cases import demand, junction


def test_a_protected_left_keeps_its_stage_unless_the_policy_lets_it_go() -> None:
    of = junction()
    streams = streams_of(of, demand(of))
    kept = shortlist(streams, streams.planned.mean(axis=1))
    loose = replace(of, left_policy=LeftPolicy.MAY_DROP)
    marked = {s.stage_id for s in of.stages if s.protected_left}

    assert all(marked <= set(chain) for chain in kept)
    assert all(of.coordinated_stage_id == chain[0] for chain in kept)
    assert ChainRules.of(of).turns
    assert not ChainRules.of(loose).turns


def test_every_chain_serves_every_signal_group() -> None:
    of = junction()
    for chain in subsets_of(of, ChainRules.of(of)):
        for order in orders_of(of, chain):
            shown = {group_id for stage_id in order for group_id in of.stage(stage_id).group_ids}
            assert shown == {group.group_id for group in of.groups}
            assert sorted(order) == sorted(chain)


def test_a_locked_chain_stays_as_it_is() -> None:
    of = replace(junction(), chain_locked=True)
    streams = streams_of(of, demand(of))

    assert {tuple(sorted(chain)) for chain in shortlist(streams, streams.planned.mean(axis=1))} == {
        tuple(sorted(of.stage_chain))
    }
    assert list(orders_of(of, of.stage_chain)) == [of.stage_chain]
    assert len(list(orders_of(junction(), of.stage_chain))) == 2


def test_the_coordinated_stage_is_long_enough_to_be_entered_afresh() -> None:
    of = junction()
    rules = ChainRules.of(of)
    for chain in orders_of(of, subsets_of(of, rules)[0]):
        ending = set(of.stage(chain[0]).group_ids) - set(of.stage(chain[1]).group_ids)
        assert rules.least_splits_s(chain)[0] >= max(of.group(g).min_green_s for g in ending)
