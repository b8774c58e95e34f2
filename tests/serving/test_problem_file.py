"""A collection problem comes back from its file as it was."""

from datetime import date
from pathlib import Path

import pytest

from city.collection_problem import CollectionProblem, Due, PointDemand
from city.errors import CityError, UnreadableInputError
from city.ids import DepotId, DistrictId, PointId, SiteId, TruckId
from city.network import TravelTimes
from city.waste import (
    ALL_DAY,
    CollectionPoint,
    Compartment,
    Depot,
    DisposalSite,
    ServiceKind,
    ServiceRule,
    Shift,
    SiteKind,
    Stream,
    Truck,
)
from serving.problem_file import read_problem, write_problem

HERE = DistrictId("D1")


@pytest.fixture
def problem() -> CollectionProblem:
    """One point, one truck, and no way back from the site to the point."""
    travel = TravelTimes(("P1", "DEP", "S1"))
    for origin, destination in (("DEP", "P1"), ("P1", "S1"), ("S1", "DEP"), ("P1", "DEP"), ("DEP", "S1")):
        travel.set(origin, destination, seconds=300, metres=2_000)
    return CollectionProblem(
        points=(
            CollectionPoint(
                point_id=PointId("P1"),
                stream=Stream.RESIDUAL,
                district_id=HERE,
                lon=116.4,
                lat=39.9,
                capacity_m3=2.2,
                density_kg_m3=120,
                service_s=90,
                rule=ServiceRule(kind=ServiceKind.DAILY),
            ),
        ),
        demand=(
            PointDemand(
                point_id=PointId("P1"),
                stream=Stream.RESIDUAL,
                due=Due.MUST,
                why="daily",
                kg_p50=100,
                kg_p90=140,
                m3_p50=0.8,
                m3_p90=1.2,
            ),
        ),
        trucks=(
            Truck(
                truck_id=TruckId("T1"),
                district_ids=(HERE,),
                depot_id=DepotId("DEP"),
                payload_kg=5_000,
                compartments=(Compartment(streams=(Stream.RESIDUAL,), body_m3=12, compaction_ratio=3),),
                shift=Shift(start_s=21_600, end_s=50_400),
            ),
        ),
        depots=(Depot(depot_id=DepotId("DEP"), district_id=HERE, lon=116.4, lat=39.9),),
        sites=(
            DisposalSite(
                site_id=SiteId("S1"),
                kind=SiteKind.DISPOSAL,
                district_id=HERE,
                lon=116.5,
                lat=39.9,
                streams=(Stream.RESIDUAL,),
                windows=(ALL_DAY,),
                tip_s=600,
            ),
        ),
        travel=travel,
        service_date=date(2026, 3, 30),
        time_zone="Asia/Shanghai",
        places={"point P1": "P1"},
        assumed=("Nothing was weighed.",),
    )


def test_it_comes_back_as_it_was(problem: CollectionProblem, tmp_path: Path) -> None:
    write_problem(tmp_path / "problem.json", problem)
    back = read_problem(tmp_path / "problem.json")

    for name in ("points", "demand", "trucks", "depots", "sites", "prices", "service_date", "places", "assumed"):
        assert getattr(back, name) == getattr(problem, name)
    assert back.travel.places == problem.travel.places
    assert back.travel.seconds("DEP", "P1") == 300
    assert back.travel.metres("P1", "S1") == 2_000


def test_where_there_is_no_way_there_is_none_afterwards(problem: CollectionProblem, tmp_path: Path) -> None:
    write_problem(tmp_path / "problem.json", problem)

    assert not problem.travel.knows("S1", "P1")
    assert not read_problem(tmp_path / "problem.json").travel.knows("S1", "P1")


@pytest.mark.parametrize("content", ["{}", "[]", '{"load_quantile": "p50", "points": 3}'])
def test_what_is_no_problem_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CityError) as refused:
        read_problem(path)
    assert isinstance(refused.value, UnreadableInputError) or "problem.json" in str(refused.value)
