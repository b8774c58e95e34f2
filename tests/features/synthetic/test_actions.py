"""From plans to what they do in the city."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from city.ids import DepotId, PlanId, PointId, SiteId, TruckId
from city.signal_plans import DayPlan, DayPlanEntry, Provenance, SignalSchedule
from city.stage_timing import build_plan
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip, Trip
from features.sources.synthetic import CityStepper, capacity_factors_of, trips_of
from features.sources.synthetic.crossings import approach_capacity_veh_h

DAY = date(2026, 3, 2)
MADE = Provenance(made_at=datetime(2026, 3, 1, tzinfo=UTC), seed=1)


def _plan(tip: Tip | None) -> CollectionPlan:
    stop = Stop(
        point_id=PointId("P00001"),
        stream=Stream.RESIDUAL,
        arrive_s=29_000,
        start_s=30_000,
        depart_s=30_200,
        kg=100.0,
        m3=0.5,
        load_kg=100.0,
        load_m3=0.5,
    )
    route = CollectionRoute(
        truck_id=TruckId("HC001"),
        depot_id=DepotId("DEP1"),
        depart_s=28_000,
        return_s=36_000,
        trips=(Trip(stream=Stream.RESIDUAL, stops=(stop,), tip=tip),),
        metres=5000,
        drive_s=3000,
    )
    return CollectionPlan(
        plan_id=PlanId("R-1"),
        service_date=DAY,
        time_zone="Asia/Shanghai",
        district_ids=(),
        routes=(route,),
        unserved=(),
        cost=(),
        provenance=MADE,
    )


def test_a_collection_plan_is_driven_to_the_second() -> None:
    tip = Tip(site_id=SiteId("TS1"), arrive_s=33_000, start_s=33_100, depart_s=33_600, kg=100.0)
    (trip,) = trips_of(_plan(tip))
    assert trip.stops == ((PointId("P00001"), 30_000),)
    assert (trip.site_id, trip.tipped_s) == ("TS1", 33_600)


def test_a_trip_without_a_tip_ends_at_the_depot() -> None:
    (trip,) = trips_of(_plan(None))
    assert (trip.site_id, trip.tipped_s) == (None, 36_000)


def test_a_schedule_changes_capacities_from_the_quarter_hour_on_in_which_it_switches() -> None:
    world = CityStepper(seed=1, scale=0.25).world
    junction = world.crossings.junctions[0]
    running = junction.running_plan
    assert running is not None
    splits = {split.stage_id: split.split_s for split in running.splits}
    splits[junction.coordinated_stage_id] += 20
    longer = build_plan(junction, plan_number=2, offset_s=0, splits_s=splits)
    schedule = SignalSchedule(
        plan_id=PlanId("S-1"),
        service_date=DAY,
        time_zone="Asia/Shanghai",
        district_ids=(),
        corridor_ids=(),
        day_plans=(
            DayPlan(
                junction_id=junction.junction_id,
                district_id=junction.district_id,
                entries=(DayPlanEntry(start_s=0, plan_number=1), DayPlanEntry(start_s=7 * 3600, plan_number=2)),
                plans=(replace(running, plan_number=1), longer),
            ),
        ),
        measures=(),
        provenance=MADE,
    )
    factors = capacity_factors_of(schedule, world.crossings.junctions)
    before, after = (approach_capacity_veh_h(junction, plan) for plan in (running, longer))
    for arm, capacity in before.items():
        values = factors[junction.junction_id, arm]
        assert isinstance(values, tuple)
        assert values[:28] == pytest.approx([1.0] * 28)
        assert values[28:] == pytest.approx([after[arm] / capacity] * 68)
    assert any(values[-1] != values[0] for values in factors.values() if isinstance(values, tuple))
