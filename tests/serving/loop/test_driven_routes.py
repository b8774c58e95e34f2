"""Planned against driven: by the drivers' word, by what was read at the bins, and by nobody's."""

from dataclasses import replace
from typing import Any

from city.ids import DistrictId
from serving.loop.comparing import compare_day
from tests.serving.loop.small_city import DAY, SmallCity


def routes(town: SmallCity) -> dict[str, Any]:
    document = compare_day(town.desk, DAY).part("routes")
    assert document is not None
    return dict(document)


def truck(town: SmallCity, name: str = "T1") -> dict[str, Any]:
    return next(one for one in routes(town)["trucks"] if one["truck_id"] == name)


def test_each_stop_is_done_skipped_blocked_or_missed(town: SmallCity) -> None:
    plan = town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0), ("P3", 10.0))))
    town.report(plan, "T1", ("done", "P1", 8.1), ("skipped", "P2", 9.0))
    town.evening()

    one = truck(town)

    assert (one["stops"], one["done"], one["skipped"], one["blocked"], one["missed"]) == (3, 1, 1, 0, 1)


def test_a_bin_that_was_emptied_was_served_although_nobody_said_so(town: SmallCity) -> None:
    town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0))))
    town.read(("P1", 8.5, 0.6))
    town.evening()

    one = truck(town)

    assert (one["done"], one["by_reading"], one["missed"]) == (1, 1, 1)
    assert one["late_median_s"] == 0.5 * 3600 - 120  # against the planned departure


def test_one_reading_is_of_one_visit(town: SmallCity) -> None:
    """Served twice by plan, emptied once: the second visit was missed. Its driver's word takes the reading."""
    plan = town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P1", 14.0))))
    town.read(("P1", 8.1, 0.6))
    town.evening()

    assert (truck(town)["done"], truck(town)["missed"]) == (1, 1)
    town.report(plan, "T1", ("done", "P1", 8.1))
    assert (truck(town)["done"], truck(town)["by_reading"], truck(town)["missed"]) == (1, 0, 1)


def test_the_drivers_word_goes_before_a_reading(town: SmallCity) -> None:
    plan = town.publish(town.collection("routes-1", T1=(("P1", 8.0),)))
    town.report(plan, "T1", ("blocked", "P1", 8.0))
    town.read(("P1", 8.5, 0.6))
    town.evening()

    assert (truck(town)["blocked"], truck(town)["done"]) == (1, 0)


def test_order_and_lateness_are_told(town: SmallCity) -> None:
    plan = town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0), ("P3", 10.0))))
    town.report(plan, "T1", ("done", "P3", 8.0), ("done", "P1", 9.0), ("done", "P2", 10.0))
    town.evening()

    one = truck(town)

    assert one["in_order"] == round(2 / 3, 4)
    assert (one["late_stops"], one["early_stops"]) == (2, 1)


def test_loads_are_those_of_the_weighbridge(town: SmallCity) -> None:
    town.publish(town.collection("routes-1", T1=(("P1", 8.0),), T2=(("P2", 9.0),)))
    town.weigh("T1", 850.0)
    town.evening()

    assert truck(town)["weighed_kg"] == 850.0
    assert truck(town, "T2")["weighed_kg"] is None


def test_overflows_are_counted_by_district_with_or_without_a_plan(town: SmallCity) -> None:
    town.read(("P1", 8.0, 0.6), ("P2", 9.0, 1.2), ("P3", 10.0, 1.0))
    town.evening()

    found = {one["district_id"]: (one["emptied"], one["overflowed"]) for one in routes(town)["districts"]}

    assert found == {"north": (2, 1), "south": (1, 0)}


def test_of_a_truck_in_two_plans_the_last_one_counts_with_all_that_its_driver_said(town: SmallCity) -> None:
    first = town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0))))
    town.report(first, "T1", ("done", "P1", 8.0))
    second = town.publish(town.collection("routes-2", T1=(("P1", 8.0), ("P3", 9.5))))
    town.report(second, "T1", ("done", "P3", 9.6))
    town.evening()

    one = truck(town)

    assert (one["plan_id"], one["stops"], one["done"]) == ("routes-2", 2, 2)
    assert routes(town)["plans"] == ["routes-1", "routes-2"]


def test_publishing_books_the_promise_with_the_plan_that_it_replaced(town: SmallCity) -> None:
    both = (DistrictId("north"), DistrictId("south"))
    town.publish(town.collection("routes-1", T1=(("P1", 8.0), ("P2", 9.0)), T2=(("P3", 9.0),)))
    town.publish(replace(town.collection("routes-2", T1=(("P1", 8.0),)), district_ids=both))

    first, second = (one.promise for one in town.desk.ledger.promises.find(kind="plan"))

    assert (first.promised["stops"], first.promised["trucks"], first.promised["km"]) == (3, 2, 2.0)
    assert second.promised["stops"] == 1
    assert [one["plan_id"] for one in second.promised["instead_of"]] == ["routes-1"]
    assert second.promised["instead_of"][0]["km"] == 2.0
    assert first.service_date == DAY


def test_a_plan_published_before_promises_were_booked_is_booked_as_it_would_be_today(town: SmallCity) -> None:
    plan = town.publish(town.signals("signals-1", delay_s=12.5))
    ledger = town.desk.ledger
    (booked,) = ledger.promises.find(kind="plan")

    assert not ledger.promises.book_plan(plan)
    assert booked.promise.promised["by_junction"]["J-north"]["delay_s"] == 12.5
