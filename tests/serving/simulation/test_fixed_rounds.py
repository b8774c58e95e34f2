"""Fixed weekly rounds: as often as the brim asks, on days that neighbours share."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from features.sources.synthetic import CityStepper
from serving.simulation.fixed_rounds import WEEK, day_number, fortnight_visits, nominal_trips, visiting_days

POINTS = CityStepper(seed=3, scale=0.5).world.points.points


@given(growth=st.floats(0.001, 1.5), brim=st.floats(0.3, 1.0))
def test_a_visit_finds_the_brim_on_average_unless_every_day_is_not_enough(growth: float, brim: float) -> None:
    visits = fortnight_visits(growth, brim)
    assert visits == 1 or (visits % 2 == 0 and 2 <= visits <= 2 * WEEK)
    if visits < 2 * WEEK:
        assert growth * 2 * WEEK / visits <= brim * (1 + 1e-9)
    if visits > 2:  # one visit a week less would not do
        assert growth * 2 * WEEK / (visits - 2) > brim * (1 - 1e-9)


@given(brim=st.floats(0.3, 1.0), seed=st.integers(0, 9))
def test_every_point_has_as_many_days_as_its_growth_asks(brim: float, seed: int) -> None:
    growth = {(p.point_id, p.stream): 0.05 + (k * 7 + seed) % 60 / 100 for k, p in enumerate(POINTS)}
    days = visiting_days(POINTS, growth, brim)
    for point in POINTS:
        key = (point.point_id, point.stream)
        wanted = fortnight_visits(growth[key], brim) if point.rule.may_skip else 2 * WEEK
        assert len(days[key]) == wanted


def test_a_higher_brim_never_means_more_visits() -> None:
    growth = {(p.point_id, p.stream): 0.2 for p in POINTS}
    totals = [sum(map(len, visiting_days(POINTS, growth, brim).values())) for brim in (0.4, 0.6, 0.8, 1.0)]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > totals[-1]


def test_weekdays_are_numbered_from_monday_and_over_two_weeks_each_point_is_served_on_its_days() -> None:
    assert day_number(date(2026, 3, 30)) % WEEK == 0
    growth = {(p.point_id, p.stream): 0.2 for p in POINTS}
    visits = visiting_days(POINTS, growth, 0.7)
    fleet = CityStepper(seed=3, scale=0.5).world.fleet
    served = dict.fromkeys(visits, 0)
    for ago in range(2 * WEEK):
        for trip in nominal_trips(visits, date(2026, 3, 30) + timedelta(days=ago), fleet, POINTS):
            for point_id, _ in trip.stops:
                served[point_id, trip.stream] += 1
    assert served == {key: len(days) for key, days in visits.items()}
