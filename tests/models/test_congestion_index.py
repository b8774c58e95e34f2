"""The index is a ratio of times: by hand, at its edges, and from one segment to the whole city."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.congestion_index import AreaKind
from city.errors import MissingInputError
from city.frames import TrafficCounts
from features.arrays import Floats
from features.free_flow import FreeFlow
from models.congestion_index import IndexField, SpeedField, index_field
from models.index_answer import SLOW_TOGETHER, answer_index, free_flow_at, reasons_without
from models.joint_paths import JointPaths
from tests.features.small_city import MONDAY, noisy_counts, one_detector, stored
from tests.models.speed_forecasts import areas_of, free_flow_of, issue

SPEEDS = st.floats(0.0, 150.0)


def sure(*kmh: float) -> Floats:
    """One step in which each detector's speed is certain."""
    return np.repeat(np.array(kmh, np.float64)[None, :, None], 3, axis=2)


def indexed(
    speeds: Floats, *free_kmh: float, flow: Floats | None = None, length_km: tuple[float, ...] | None = None
) -> IndexField:
    areas = areas_of(speeds.shape[1], length_km=length_km)
    field = SpeedField.of(issue(speeds, flow=flow), areas, free_flow_of(*free_kmh))
    return index_field(field, areas, JointPaths.slow_together(*speeds.shape[:2]))


def test_it_is_the_ratio_of_summed_times_not_the_mean_of_ratios() -> None:
    found = indexed(sure(20.0, 60.0), 60.0, 60.0, flow=np.array([[300.0, 900.0]]), length_km=(2.0, 1.0))

    # 600 veh-km at 20 and 900 veh-km at 60 km/h take 30 + 15 h instead of 10 + 15
    assert found.quantiles[-1, 0] == pytest.approx([1.8, 1.8, 1.8])
    assert found.quantiles[:2, 0, 1] == pytest.approx([3.0, 1.0])
    mean_of_ratios = 2.0
    assert found.quantiles[-1, 0, 1] != pytest.approx(mean_of_ratios)


def test_a_segments_quantile_comes_from_the_opposite_quantile_of_speed() -> None:
    found = indexed(np.array([[[20.0, 30.0, 40.0]]]), 60.0)

    assert found.quantiles[0, 0] == pytest.approx([60 / 40, 60 / 30, 60 / 20])


def test_an_area_of_one_segment_is_that_segment() -> None:
    speeds = np.array([[[20.0, 30.0, 40.0]], [[45.0, 58.0, 66.0]]])

    found = indexed(speeds, 60.0)

    segment, district, city = found.quantiles
    assert district == pytest.approx(segment, rel=0.01)
    assert city == pytest.approx(segment, rel=0.01)
    for said in found.at_least.values():
        assert said[1] == pytest.approx(said[0], abs=0.01)


@settings(max_examples=60)
@given(st.lists(st.tuples(SPEEDS, SPEEDS), min_size=2, max_size=5), st.floats(12.0, 150.0))
def test_slower_never_lowers_it_and_it_stays_between_one_and_the_floor(
    pairs: list[tuple[float, float]], free_kmh: float
) -> None:
    slow, fast = (np.sort(np.array(pairs), axis=1)[:, k] for k in range(2))
    free = [free_kmh] * len(pairs)

    slower, faster = indexed(sure(*slow), *free), indexed(sure(*fast), *free)

    assert (slower.quantiles >= faster.quantiles - 1e-9).all()
    assert (faster.quantiles >= 1.0).all()
    assert (slower.quantiles <= free_kmh / 5.0 + 1e-9).all()  # a speed below 5 km/h counts as 5


@settings(max_examples=40)
@given(st.lists(st.lists(SPEEDS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_quantiles_never_cross(triples: list[list[float]]) -> None:
    speeds = np.sort(np.array([triples]), axis=2)

    quantiles = indexed(speeds, *[60.0] * len(triples)).quantiles

    assert (np.diff(quantiles, axis=2) >= 0).all()


def test_a_segment_without_speed_is_left_out_and_counted() -> None:
    found = indexed(sure(30.0, np.nan, 30.0), 60.0, 60.0, np.nan)

    assert np.isnan(found.quantiles[1:3]).all()
    assert found.quantiles[-1, 0, 1] == pytest.approx(2.0)
    assert (found.segments[-1, 0], found.unmeasured[-1, 0]) == (1, 2)


def test_an_unknown_flow_is_taken_from_the_others_and_it_is_said() -> None:
    flow = np.array([[200.0, np.nan]])
    areas = areas_of(2)

    field = SpeedField.of(issue(sure(30.0, 30.0), flow=flow), areas, free_flow_of(60.0, 60.0))
    nobody = SpeedField.of(issue(sure(30.0, 30.0), flow=flow * np.nan), areas, free_flow_of(60.0, 60.0))

    assert field.veh_km_h[0] == pytest.approx([200.0, 200.0])
    assert "median of the others, 200 veh/h" in field.assumed[-1]
    assert nobody.veh_km_h[0] == pytest.approx([1.0, 1.0])
    assert "the same everywhere" in nobody.assumed[-1]


def test_from_a_stored_history_every_area_is_answered_with_what_was_assumed(tmp_path: Path) -> None:
    counts = noisy_counts(12, with_speed=True)
    history = stored(tmp_path, (TrafficCounts, counts))
    issued_at = MONDAY + timedelta(days=12)
    forecasts = issue(
        np.tile([35.0, 45.0, 50.0], (48, 3, 1)), issued_at=issued_at, districts=["south", "north", "south"]
    )

    answer = answer_index(history, forecasts, free_flow=free_flow_at(history, issued_at))

    counted = dict(answer.forecasts.group_by("area_kind").len().iter_rows())
    assert counted == {"segment": 3 * 48, "district": 2 * 48, "city": 48}
    assert (answer.past_days, answer.paths >= 100, answer.without) == (11, True, ())
    assert answer.free_flow_cutoff == issued_at
    assert "taken as all alike" in answer.assumed[0]
    assert set(answer.forecasts["district_id"]) == {"north", "south", "city"}


def test_what_areas_did_on_like_days_counts_in_a_stored_citys_answer_as_much_as_the_paths(tmp_path: Path) -> None:
    """Three streets that stood at noon on ten days, and forecasts that say they will not: half is believed."""
    days, noon = 14, 48
    random = np.random.default_rng(6)
    speed = 60.0 + random.normal(0, 0.2, (3, days * 96))
    speed[:, np.arange(days * 96) % 96 == noon] = 15.0
    rows = [one_detector(f"d{k}", np.full(days * 96, 300.0), speed=speed[k]) for k in range(3)]
    history = stored(tmp_path, (TrafficCounts, pl.concat(rows)))
    forecasts = issue(np.tile([55.0, 60.0, 62.0], (96, 3, 1)), issued_at=MONDAY + timedelta(days=days))

    found = answer_index(history, forecasts, free_flow=free_flow_of(60.0, 60.0, 60.0)).forecasts

    at_noon = found.filter(pl.col("valid_at") == MONDAY + timedelta(days=days, hours=12))
    said = dict(at_noon.select("area_kind", "congested_probability").iter_rows())
    assert said["city"] == pytest.approx(0.5, abs=0.02)
    assert said["segment"] == pytest.approx(0.0, abs=0.01)


def test_where_only_flow_is_counted_there_is_no_index_and_a_reason(tmp_path: Path) -> None:
    flow_only = one_detector("d1", np.full(96 * 3, 300.0))
    both = one_detector("d0", np.full(96 * 3, 300.0), speed=np.linspace(40, 60, 96 * 3))
    history = stored(tmp_path, (TrafficCounts, pl.concat([flow_only, both])))
    speeds = np.tile([35.0, 45.0, 50.0], (4, 2, 1))
    speeds[:, 1] = np.nan
    forecasts = issue(speeds, issued_at=MONDAY + timedelta(days=3), districts=["north", "south"])

    answer = answer_index(history, forecasts, free_flow=free_flow_at(history, MONDAY + timedelta(days=3)))

    assert {(one.area_kind, one.area_id) for one in answer.without} == {
        (AreaKind.SEGMENT, "d1"),
        (AreaKind.DISTRICT, "south"),
    }
    assert all("measures no speed" in one.reason for one in answer.without)
    assert [one.area_id for one in reasons_without(forecasts, answer.forecasts)] == ["d1"]
    unknown = answer_index(history, forecasts, free_flow=FreeFlow(cutoff=MONDAY, speeds=free_flow_of().speeds))
    assert unknown.forecasts.is_empty()
    assert "too few speeds" in next(one.reason for one in unknown.without if one.area_id == "d0")


def test_a_first_day_is_taken_as_slow_together_and_no_forecast_is_refused(tmp_path: Path) -> None:
    history = stored(tmp_path, (TrafficCounts, one_detector("d0", np.full(90, 300.0), speed=np.full(90, 50.0))))
    forecasts = issue(np.tile([35.0, 45.0, 50.0], (4, 1, 1)), issued_at=MONDAY + timedelta(hours=23))

    answer = answer_index(history, forecasts, free_flow=free_flow_of(60.0))

    assert (answer.past_days, answer.assumed[-1]) == (0, SLOW_TOGETHER)
    with pytest.raises(MissingInputError, match="city forecast congestion"):
        answer_index(history, forecasts.clear(), free_flow=free_flow_of(60.0))
