"""What the benchmark of usual routes says it reached: hours and shifts against the beats, calm on the worst day."""

from benchmarks.collection_usual import Driven, _reached


def driven(day: str, plan: str, *, truck_h: float, shifts: int, share: float) -> Driven:
    return Driven(
        day=day, plan=plan, truck_h=truck_h, shifts=shifts, km=1.0, missed=0, stops=100, share=share, cost=1.0
    )


def test_hours_and_shifts_are_over_all_days_and_calm_is_that_of_the_worst() -> None:
    days = [
        driven(day, plan, truck_h=hours, shifts=shifts, share=share)
        for day, calm_share in (("1", 0.99), ("2", 0.86))
        for plan, hours, shifts, share in (
            ("beats", 20.0, 8, 1.0),
            ("calm", 18.0, 7, calm_share),
            ("free", 17.0, 6, 0.5),
        )
    ]

    reached = _reached(days)

    assert (reached["less_truck_h_pct"], reached["shifts_fewer_per_day"]) == (10.0, 1.0)
    assert reached["least_share"] == 0.86
    assert reached["truck_h_of_calm_pct"] == round(100 * (18 / 17 - 1), 2)
