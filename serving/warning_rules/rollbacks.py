"""Measures whose effect stands as worse: taking them back is proposed, and a person decides."""

from collections.abc import Iterator

from city.warning_signs import Warned, id_of
from serving.desk import Desk
from serving.loop.effects import proposals


def rollbacks_proposed(desk: Desk) -> Iterator[Warned]:
    for one in proposals(desk):
        measure = one.measure
        districts = set(measure.districts)
        yield Warned(
            warning_id=id_of("effects", "rollback", measure.measure_id),
            source="effects",
            cause=f"{measure.plan_kind}-rollback-proposed",
            subject=f"measure {measure.measure_id}",
            sentence=one.sentence,
            todo=one.todo,
            district_id=districts.pop() if len(districts) == 1 else None,
            since=one.since,
            figures=one.figures,
            parts=tuple(map(str, one.plans)),
            severity=float(one.effect_version),
        )
