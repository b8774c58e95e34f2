"""`city plan routes`: faults are refused all at once, or set aside and said, if that is asked for."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from city.errors import SeveralErrors
from city.waste import CollectionPoint, Depot, DisposalSite, Truck
from serving.desk import Desk, Moment
from serving.planning_routes import usable_parts
from serving.selection import RouteRequest
from tests.optimization.collection.towns import Town

NOW = Moment(at=datetime(2026, 3, 2, 20, tzinfo=UTC), made_at=datetime(2026, 3, 2, 20, tzinfo=UTC))


def desk_with(town: Town) -> Desk:
    stored: dict[type, list[Any]] = {
        CollectionPoint: town.points,
        Truck: town.trucks,
        Depot: town.depots,
        DisposalSite: town.sites,
    }

    def entities(kind: type, *, as_of: datetime) -> tuple[Any, ...]:
        assert as_of == NOW.made_at
        return tuple(stored[kind])

    return cast("Desk", SimpleNamespace(history=SimpleNamespace(entities=entities)))


def faulty() -> Town:
    """A truck without a depot, and a point beyond the pole."""
    town = Town().depot("D").site("S").truck("T").truck("U", depot_id="X").point("P", 1000, 0).point("Q", 0, 0)
    town.points[-1] = replace(town.points[-1], lat=95.0)
    return town


def test_all_faults_are_refused_in_one_answer() -> None:
    with pytest.raises(SeveralErrors, match="Planning routes: 2 problem") as refused:
        usable_parts(desk_with(faulty()), RouteRequest(), NOW)

    assert "Truck U: there is no depot 'X'" in str(refused.value)
    assert "Point Q (residual): position is" in str(refused.value)


def test_what_can_be_planned_is_kept_and_what_was_set_aside_is_said() -> None:
    parts, said = usable_parts(desk_with(faulty()), RouteRequest(what_can=True), NOW)

    assert [point.point_id for point in parts.points] == ["P"]
    assert [truck.truck_id for truck in parts.trucks] == ["T"]
    assert all(sentence.startswith("Set aside: ") for sentence in said)
    assert len(said) == 2


def test_without_faults_asking_for_what_can_be_planned_changes_nothing() -> None:
    good = desk_with(Town().depot("D").site("S").truck("T").point("P", 1000, 0))

    assert usable_parts(good, RouteRequest(what_can=True), NOW) == usable_parts(good, RouteRequest(), NOW)
