"""The local scale and its levels: the table that is written down is the one that is used."""

from datetime import UTC, datetime

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.congestion_index import CONGESTED, LOCAL, CongestionIndexForecasts, IndexScale, Level
from city.errors import InvalidValueError

INDEXES = st.floats(1.0, 40.0)


@pytest.mark.parametrize(
    ("index", "points", "level"),
    [
        (1.0, 0.0, Level.FREE),
        (1.1, 1.0, Level.FREE),
        (1.2, 2.0, Level.BASICALLY_FREE),
        (1.5, 4.0, Level.LIGHT),
        (1.65, 5.0, Level.LIGHT),
        (1.8, 6.0, Level.MODERATE),
        (2.1, 8.0, Level.SEVERE),
        (2.4, 10.0, Level.SEVERE),
        (9.0, 10.0, Level.SEVERE),
    ],
)
def test_the_table_in_points_and_levels(index: float, points: float, level: Level) -> None:
    assert LOCAL.points(index) == pytest.approx(points)
    assert LOCAL.level(index) is level


def test_levels_are_named_in_both_languages_and_congested_begins_at_moderate() -> None:
    assert [level.chinese for level in Level] == ["畅通", "基本畅通", "轻度拥堵", "中度拥堵", "严重拥堵"]
    assert [level.words for level in Level] == ["free", "basically free", "light", "moderate", "severe"]
    assert LOCAL.begins_at(CONGESTED) == 1.8


@given(INDEXES, INDEXES)
def test_a_longer_way_never_has_fewer_points_nor_a_lower_level(one: float, other: float) -> None:
    low, high = sorted((one, other))
    levels = list(Level)

    assert LOCAL.points(low) <= LOCAL.points(high)
    assert levels.index(LOCAL.level(low)) <= levels.index(LOCAL.level(high))


@given(INDEXES)
def test_two_points_make_a_level(index: float) -> None:
    place = list(Level).index(LOCAL.level(index))

    assert 2 * place - 1e-9 <= LOCAL.points(index) <= 2 * place + 2 + 1e-9


def test_a_city_may_have_a_table_of_its_own_but_it_must_rise() -> None:
    own = IndexScale(name="own", ratios=(1.3, 1.6, 1.9, 2.2, 2.5))
    assert own.level(1.25) is Level.FREE

    with pytest.raises(InvalidValueError, match="each larger than the one before"):
        IndexScale(ratios=(1.3, 1.6, 1.6, 2.2, 2.5))
    with pytest.raises(InvalidValueError, match="above 1"):
        IndexScale(ratios=(1.0, 1.6, 1.9, 2.2, 2.5))


def row(**changes: object) -> pl.DataFrame:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    given_row = {
        "district_id": "city", "issued_at": moment, "model": "congestion v1", "rung": "champion", "area_kind": "city",
        "area_id": "city", "valid_at": moment, "step_s": 900, "index_p10": 1.1, "index_p50": 1.2, "index_p90": 1.4,
        "scale": 2.0, "level": "basically_free", "congested_probability": 0.05, "segments": 3, "unmeasured": 0,
        **changes,
    }  # fmt: skip
    schema = {name: column.dtype for name, column in CongestionIndexForecasts.columns().items()}
    return pl.DataFrame([given_row], schema=schema)


def test_the_contract_takes_a_row_and_refuses_what_cannot_be() -> None:
    assert CongestionIndexForecasts.validate(row()).height == 1

    for wrong in ({"index_p10": 0.9}, {"index_p50": 1.5}, {"level": "jam"}, {"area_kind": "street"}, {"segments": 0}):
        with pytest.raises(dy.exc.ValidationError):
            CongestionIndexForecasts.validate(row(**wrong))
