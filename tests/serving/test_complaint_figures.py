"""Complaints counted, small counts withheld, and nothing gives a withheld one away."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.frames import ComplaintCounts, ComplaintEvents
from serving.indicators_over_time import LEAST_SHOWN
from serving.withholding import COUNT, withheld
from tests.serving.told_figures import MIDNIGHT, MONDAY, bring, told, values
from tests.serving.watched_town import DAY, HOUR, NOW, Town, town_in


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return town_in(tmp_path)


def complaint(number: int, at: datetime, district: str, closed_h: float | None = None) -> list[dict[str, object]]:
    base = {"complaint_id": f"C{number}", "category": "waste", "district_id": district, "text": None}
    rows = [base | {"event": "opened", "at": at, "known_at": at}]
    if closed_h is not None:
        end = at + closed_h * HOUR
        rows.append(base | {"event": "closed", "at": end, "known_at": end})
    return rows


def test_complaints_are_counted_and_small_counts_withheld_with_one_that_would_give_them_away(town: Town) -> None:
    opened = [("north", 0)] * 12 + [("south", 0)] * 3 + [("north", 7)] * 9 + [("south", 7)] * 8
    rows = [row for n, (district, day) in enumerate(opened) for row in complaint(n, MIDNIGHT + day * DAY, district)]
    bring(town, ComplaintEvents, rows)

    found = values(told(town, "complaints.volume"))

    next_week = MONDAY + 7 * DAY
    assert found[None, MONDAY] == 15
    assert found["south", MONDAY] is None
    assert found["north", MONDAY] is None, "15 less 12 would tell the 3"
    assert found["south", next_week] is None or found["north", next_week] is None, "totals over weeks would tell"


def test_which_cells_are_withheld_does_not_depend_on_the_question(town: Town) -> None:
    random = np.random.default_rng(3)
    opened = [(str(random.choice(["north", "south", "east"])), int(random.integers(0, 14))) for _ in range(150)]
    rows = [row for n, (district, day) in enumerate(opened) for row in complaint(n, MIDNIGHT + day * DAY, district)]
    bring(town, ComplaintEvents, rows)

    whole = values(told(town, "complaints.volume", period="day"))
    for k in range(0, 14, 3):
        day = MONDAY + k * DAY
        alone = values(told(town, "complaints.volume", period="day", since=day, until=day))
        assert alone == {key: value for key, value in whole.items() if key[1] == day}
    assert None in whole.values()


def test_counts_that_a_department_hands_over_are_as_good(town: Town) -> None:
    bring(
        town,
        ComplaintCounts,
        [
            {"day": MONDAY + k * DAY, "district_key": "north", "category": "waste", "reports": 10 + k,
             "known_at": NOW - DAY}
            for k in range(3)
        ],
    )  # fmt: skip

    assert values(told(town, "complaints.volume")) == {("north", MONDAY): 33.0, (None, MONDAY): 33.0}


def test_response_time_is_the_median_of_those_closed_and_of_few_it_is_withheld(town: Town) -> None:
    hours = [1.0, 2.0, 3.0, 10.0, 50.0]
    rows = [row for n, h in enumerate(hours) for row in complaint(n, MIDNIGHT, "north", h)]
    rows += [row for n in range(4) for row in complaint(100 + n, MIDNIGHT, "south", 7.0)]
    rows += complaint(200, MIDNIGHT, "north")  # still open
    bring(town, ComplaintEvents, rows)

    found = values(told(town, "complaints.response_h"))

    assert LEAST_SHOWN == 5
    assert found == {("north", MONDAY): 3.0, ("south", MONDAY): None, (None, MONDAY): 7.0}
    assert told(town, "complaints.response_h", as_of=MIDNIGHT + 4 * HOUR).cells["value"].to_list() == [None, None]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 20)), min_size=1, max_size=80))
def test_no_total_of_days_weeks_or_districts_gives_a_withheld_count_away(opened: list[tuple[str, int]]) -> None:
    """By linear algebra: the totals that anybody may know leave every withheld cell free, or nothing is shown."""
    days = pl.DataFrame(opened, schema={"district_id": pl.String, "day": pl.Int64}, orient="row")
    dated = days.with_columns(start=pl.lit(MONDAY) + pl.duration(days="day"))
    cells = dated.group_by("district_id", "start").agg(pl.len().cast(pl.Int64).alias(COUNT))
    week = pl.col("start").dt.truncate("1w")

    done = withheld(cells, ("district_id", "start"), 5, coarser=("start", week))

    shown, hidden = done.filter(~pl.col("withheld")), done.filter("withheld").with_columns(week=week)
    assert shown.filter(pl.col(COUNT) < 5).is_empty()
    totals: list[list[str]] = [[], ["district_id"], ["start"], ["week"], ["district_id", "week"]]
    equations = [
        [float(all(row[name] == one[name] for name in by)) for row in hidden.iter_rows(named=True)]
        for by in totals
        for one in hidden.unique(by or None).iter_rows(named=True)
    ]
    rank = np.linalg.matrix_rank(np.array(equations)) if equations else 0
    for number in range(hidden.height):
        alone = np.eye(hidden.height)[number]
        is_given_away = np.linalg.matrix_rank(np.vstack([np.array(equations), alone])) == rank
        assert not is_given_away or shown.is_empty()
