"""What a person reads of a plan."""

from dataclasses import replace

from city.ids import JunctionId
from serving.showing_plans import left_as_it_is
from tests.optimization.signals.cases import junction, schedule


def test_junctions_left_for_the_same_reason_share_a_sentence() -> None:
    unchanged = (("J7", "it flashes yellow"), ("J8", "it reports a fault"), ("J9", "it flashes yellow"))
    left = replace(schedule(junction()), unchanged=tuple((JunctionId(j), reason) for j, reason in unchanged))

    assert left_as_it_is(left) == ["junctions J7, J9: it flashes yellow", "junction J8: it reports a fault"]
    assert left_as_it_is(schedule(junction())) == []
