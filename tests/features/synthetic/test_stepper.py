"""Plans change what happens next, and nothing else does."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import InvalidValueError, UnknownIdError
from city.ids import PointId, SiteId, TruckId
from city.waste import Stream
from features.sources.synthetic import Actions, CityStepper, DayOutcome, TripDone

START = date(2026, 3, 2)
SCALE = 0.25


def _lived(stepper: CityStepper, days: int, *, start: date = START, idle: bool = False) -> list[DayOutcome]:
    outcomes = []
    for k in range(days):
        day = start + timedelta(days=k)
        outcomes.append(stepper.day(day, Actions() if idle else stepper.usual_actions(day)))
    return outcomes


def _trip(stops: dict[str, int], *, tipped_s: int, stream: Stream = Stream.RESIDUAL) -> TripDone:
    return TripDone(
        truck_id=TruckId("HC001"),
        stream=stream,
        stops=tuple((PointId(point_id), second) for point_id, second in stops.items()),
        site_id=SiteId("TS1"),
        tipped_s=tipped_s,
    )


def _fill(outcome: DayOutcome, point_id: str, stream: Stream = Stream.RESIDUAL) -> float:
    row = outcome.truth.fills.filter((pl.col("point_id") == point_id) & (pl.col("stream") == stream.value))
    return float(row["fill_end"].item())


def test_emptying_a_point_takes_what_lay_in_it_and_nothing_from_its_neighbours() -> None:
    emptied, left = CityStepper(seed=2, scale=SCALE), CityStepper(seed=2, scale=SCALE)
    actions = Actions(trips=(_trip({"P00001": 40_000}, tipped_s=43_000),))
    with_trip, without = emptied.day(START, actions), left.day(START, Actions())
    taken = with_trip.truth.emptied["fill"].item()
    assert taken > 0
    assert _fill(with_trip, "P00001") == pytest.approx(_fill(without, "P00001") - taken)
    assert _fill(with_trip, "P00001", Stream.KITCHEN) == _fill(without, "P00001", Stream.KITCHEN)
    assert _fill(with_trip, "P00002") == _fill(without, "P00002")


def test_a_queue_waits_over_midnight() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    key = stepper.world.traffic.keys[0]
    blocked = stepper.day(START, Actions(capacity_factors={key: 0.1})).truth.approaches
    after = stepper.day(START + timedelta(days=1), Actions()).truth.approaches
    mine = (pl.col("junction_id") == key[0]) & (pl.col("arm") == key[1])
    left, first = blocked.filter(mine).row(-1, named=True), after.filter(mine).row(0, named=True)
    assert left["queue_veh"] > 0
    assert first["served_veh"] + first["queue_veh"] == left["queue_veh"] + first["demand_veh"]


def test_emptying_twice_a_day_takes_only_what_came_in_between() -> None:
    once, twice = CityStepper(seed=2, scale=SCALE), CityStepper(seed=2, scale=SCALE)
    late = _trip({"P00001": 60_000}, tipped_s=63_000)
    early = _trip({"P00001": 30_000}, tipped_s=33_000)
    single = once.day(START, Actions(trips=(late,))).truth.emptied["fill"].sum()
    both = twice.day(START, Actions(trips=(early, late))).truth.emptied["fill"]
    assert len(both) == 2
    assert both.sum() == pytest.approx(single)


def test_bins_that_nobody_empties_overflow_and_people_complain() -> None:
    served, idle = CityStepper(seed=2, scale=SCALE), CityStepper(seed=2, scale=SCALE)
    usual, waiting = _lived(served, 5), _lived(idle, 5, idle=True)

    def overflow_h(days: list[DayOutcome]) -> float:
        return float(sum(day.truth.fills["overflow_h"].sum() for day in days))

    def about_waste(days: list[DayOutcome]) -> int:
        return sum(day.complaints["category"].to_list().count("waste") for day in days)

    assert overflow_h(waiting) > 20 * overflow_h(usual)
    assert about_waste(waiting) > 3 * about_waste(usual)


def test_quiet_districts_complain_less_about_the_same_dirt() -> None:
    idle = CityStepper(seed=2, scale=1.0)
    days = _lived(idle, 4, idle=True)
    reports = pl.concat([day.complaints for day in days]).filter(pl.col("category") == "waste")
    per_district = dict(reports.group_by("district_id").len().iter_rows())
    ranked = sorted(idle.world.districts, key=lambda district: district.propensity)
    assert per_district[ranked[0].district_id] < per_district[ranked[-1].district_id] / 3


def test_a_ticket_is_written_the_night_after_for_what_was_taken_on_both_sides_of_midnight() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    trip = _trip({"P00001": 80_000, "P00002": 90_000}, tipped_s=95_000)
    today = stepper.day(START, Actions(trips=(trip,)))
    tomorrow = stepper.day(START + timedelta(days=1), Actions())
    assert today.tickets.is_empty()
    assert tomorrow.tickets["service_date"].to_list() == [START]
    taken = pl.concat([today.truth.emptied, tomorrow.truth.emptied])
    assert taken["emptied_at"].dt.date().to_list() == [START, START + timedelta(days=1)]
    assert tomorrow.tickets["true_kg"].item() == pytest.approx(taken["kg"].sum())
    assert tomorrow.readings.filter(pl.col("method") == "visit")["ticket_id"].to_list() == [
        tomorrow.tickets["ticket_id"].item()
    ]


def test_a_truck_that_goes_home_loaded_gets_no_ticket() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    trip = TripDone(
        truck_id=TruckId("HC001"),
        stream=Stream.RESIDUAL,
        stops=((PointId("P00001"), 30_000),),
        site_id=None,
        tipped_s=33_000,
    )
    outcome = stepper.day(START, Actions(trips=(trip,)))
    assert outcome.tickets.is_empty()
    assert outcome.readings.filter(pl.col("method") == "visit")["ticket_id"].to_list() == [None]


def test_less_capacity_makes_queues_lower_counts_and_slower_traffic() -> None:
    calm, jammed = CityStepper(seed=2, scale=SCALE), CityStepper(seed=2, scale=SCALE)
    key = calm.world.traffic.keys[0]
    free = calm.day(START, Actions()).truth.approaches
    full = jammed.day(START, Actions(capacity_factors={key: 0.4})).truth.approaches
    mine = (pl.col("junction_id") == key[0]) & (pl.col("arm") == key[1])
    assert full.filter(mine)["queue_veh"].sum() > free.filter(mine)["queue_veh"].sum()
    assert full.filter(mine)["demand_veh"].to_list() == free.filter(mine)["demand_veh"].to_list()
    assert full.filter(~mine).equals(free.filter(~mine))


def test_factors_may_differ_from_quarter_hour_to_quarter_hour() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    key = stepper.world.traffic.keys[0]
    factors = tuple(1.0 if slot < 48 else 2.0 for slot in range(96))
    plain = stepper.fork().day(START, Actions()).truth.approaches
    changed = stepper.day(START, Actions(capacity_factors={key: factors})).truth.approaches
    mine = (pl.col("junction_id") == key[0]) & (pl.col("arm") == key[1])
    ratio = (changed.filter(mine)["capacity_veh"] / plain.filter(mine)["capacity_veh"]).to_numpy()
    assert ratio[:48] == pytest.approx(np.ones(48))
    assert ratio[48:] == pytest.approx(2 * np.ones(48), rel=0.02)


def test_served_vehicles_never_exceed_capacity_and_none_are_lost() -> None:
    approaches = CityStepper(seed=2, scale=1.0).day(START, Actions()).truth.approaches
    assert (approaches["served_veh"] <= approaches["capacity_veh"]).all()
    assert (approaches["served_veh"] == approaches["capacity_veh"]).any()
    for _, rows in approaches.group_by("junction_id", "arm"):
        last = rows.sort("start_at")["queue_veh"].to_list()[-1]
        gone = [sum(rows[name].to_list()) for name in ("served_veh", "diverted_veh")]
        assert sum(rows["demand_veh"].to_list()) == sum(gone) + last


def test_a_day_is_the_same_whenever_the_stepping_began() -> None:
    early, late = CityStepper(seed=2, scale=SCALE), CityStepper(seed=2, scale=SCALE)
    last = _lived(early, 20, start=START - timedelta(days=14))[-1]
    same = _lived(late, 13, start=START - timedelta(days=7))[-1]
    assert last.day == same.day
    assert last.counts.equals(same.counts)
    assert last.readings.equals(same.readings)
    assert last.tickets.drop("true_kg").equals(same.tickets.drop("true_kg"))
    assert last.complaints.equals(same.complaints)


def test_another_seed_is_another_city() -> None:
    one, other = CityStepper(seed=2, scale=SCALE), CityStepper(seed=3, scale=SCALE)
    assert not one.day(START, Actions()).counts.equals(other.day(START, Actions()).counts)


def test_a_fork_goes_its_own_way() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    stepper.day(START, stepper.usual_actions(START))
    twin = stepper.fork()
    tomorrow = START + timedelta(days=1)
    twin.day(tomorrow, Actions())
    plain = stepper.day(tomorrow, stepper.usual_actions(tomorrow))
    again = CityStepper(seed=2, scale=SCALE)
    assert _lived(again, 2)[-1].readings.equals(plain.readings)
    assert twin.fill.sum() > stepper.fill.sum()


def test_days_come_in_order() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    stepper.day(START, Actions())
    with pytest.raises(InvalidValueError, match="2026-03-03"):
        stepper.day(START, Actions())


def test_actions_on_what_does_not_exist_are_refused() -> None:
    stepper = CityStepper(seed=2, scale=SCALE)
    ghost = _trip({"P99999": 30_000}, tipped_s=33_000)
    with pytest.raises(UnknownIdError, match="P99999"):
        stepper.day(START, Actions(trips=(ghost,)))
    with pytest.raises(UnknownIdError, match="J999 N"):
        stepper.day(START, Actions(capacity_factors={("J999", "N"): 1.0}))  # type: ignore[dict-item]
