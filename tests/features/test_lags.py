"""Lags and windows against SQL, mlforecast and polars' own windows; a torn grid is refused by name."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from city.errors import BrokenRuleError, InvalidValueError
from features.lags import BLOCK_ROWS, LagRecipe, RegularGrid

STEP = timedelta(minutes=15)
START = datetime(2024, 1, 1, tzinfo=UTC)


def rows(lengths: list[int], *, seed: int = 1, gaps: float = 0.0, level: float = 500.0) -> pl.DataFrame:
    """Series of these lengths, each beginning a day after the one before."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, length in enumerate(lengths):
        first = START + timedelta(days=number)
        values = pl.Series(rng.normal(level, 20, length).astype(np.float32))
        flow = pl.when(pl.Series(rng.random(length) >= gaps)).then(values)
        times = pl.datetime_range(first, first + STEP * (length - 1), STEP, eager=True)
        parts.append(pl.DataFrame({"id": [f"d{number}"] * length, "at": times}).with_columns(flow.alias("flow")))
    return pl.concat(parts)


def made(recipe: LagRecipe, table: pl.DataFrame) -> pl.DataFrame:
    return recipe.frame(table, series="id", time="at", value="flow", step=STEP)


def by_polars(recipe: LagRecipe, table: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("flow").cast(pl.Float64)
    columns = [value.shift(lag).over("id").alias(f"lag_{lag}") for lag in recipe.lags]
    behind = value.shift(recipe.horizon)
    columns += [behind.rolling_mean(one).over("id").alias(f"mean_{one}") for one in recipe.means]
    columns += [behind.rolling_std(one).over("id").alias(f"deviation_{one}") for one in recipe.deviations]
    return table.select(columns).cast(pl.Float32)


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    gaps=st.sampled_from([0.0, 0.1, 0.6]),
    horizon=st.integers(0, 7),
    seed=st.integers(0, 1_000),
)
def test_any_series_with_any_gaps(lengths: list[int], gaps: float, horizon: int, seed: int) -> None:
    table = rows(lengths, seed=seed, gaps=gaps)
    recipe = LagRecipe(lags=(horizon, horizon + 3, 70), means=(1, 4, 12), deviations=(2, 9), horizon=horizon)

    assert_frame_equal(made(recipe, table), by_polars(recipe, table), rel_tol=1e-4, abs_tol=5e-3)


def test_the_same_as_windows_in_sql() -> None:
    duckdb = pytest.importorskip("duckdb")
    table = rows([400, 300], gaps=0.05)
    over = 'OVER (PARTITION BY id ORDER BY "at"'
    window = f"{over} ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING)"
    whole = f"CASE WHEN count(flow) {window} = 12 THEN"
    connection = duckdb.connect()
    connection.register("counts", table.with_columns(pl.col("flow").cast(pl.Float64)).to_arrow())
    asked = connection.execute(
        f"SELECT lag(flow, 1) {over}) AS lag_1, lag(flow, 96) {over}) AS lag_96, "  # noqa: S608 - our own words
        f"{whole} avg(flow) {window} END AS mean_12, {whole} stddev_samp(flow) {window} END AS deviation_12 "
        'FROM counts ORDER BY id, "at"'
    )

    found = made(LagRecipe(lags=(1, 96), means=(12,), deviations=(12,)), table)

    expected = pl.DataFrame(asked.fetchall(), schema=dict.fromkeys(found.columns, pl.Float32), orient="row")
    assert_frame_equal(found, expected, rel_tol=1e-4, abs_tol=5e-3)


def test_series_longer_than_a_block_and_far_from_zero_keep_their_digits() -> None:
    table = rows([BLOCK_ROWS + 500, 40, BLOCK_ROWS // 2], level=1e6)
    recipe = LagRecipe(lags=(1,), means=(96,), deviations=(96,))

    assert_frame_equal(made(recipe, table), by_polars(recipe, table), rel_tol=1e-5)


def test_a_gap_is_named_with_its_series_and_time() -> None:
    table = rows([50, 50])
    torn = table.filter(~((pl.col("id") == "d1") & (pl.col("at") == START + timedelta(days=1, hours=2))))

    with pytest.raises(BrokenRuleError, match=r"'d1': after 2024-01-02 01:45.* comes 2024-01-02 02:15.*0:15:00"):
        made(LagRecipe(lags=(1,)), torn)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda table: pl.concat([table.head(9), table.slice(8, 1), table.slice(9)]), "'d0': after .* comes"),
        (lambda table: table.reverse(), "'d1': after .* comes"),
        (lambda table: pl.concat([table.tail(20), table.head(60)]), "'d1': its rows lie in several places"),
        (lambda table: table.with_columns(pl.when(pl.col("flow") != table["flow"][3]).then("at")), "row 3 has no at"),
    ],
)
def test_rows_twice_backwards_torn_apart_or_without_a_time_are_refused(spoil: object, sentence: str) -> None:
    assert callable(spoil)
    with pytest.raises(BrokenRuleError, match=sentence):
        RegularGrid.of(spoil(rows([40, 40])), series="id", time="at", step=STEP)


def test_a_recipe_that_looks_past_its_horizon_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="none nearer than the horizon of 12 steps"):
        LagRecipe(lags=(3, 12), horizon=12)
    with pytest.raises(InvalidValueError, match="deviations"):
        LagRecipe(deviations=(1,))


@given(steps=st.integers(1, 30), changed=st.integers(0, 99))
@settings(max_examples=20)
def test_nothing_nearer_than_the_horizon_is_seen(steps: int, changed: int) -> None:
    table = rows([100])
    other = table.with_columns(
        pl.when(pl.int_range(pl.len()) >= changed).then(pl.lit(9.0)).otherwise("flow").alias("flow").cast(pl.Float32)
    )
    recipe = LagRecipe(lags=(steps,), means=(5,), deviations=(6,), horizon=steps)

    before, after = made(recipe, table), made(recipe, other)

    assert_frame_equal(before.head(changed + steps), after.head(changed + steps), abs_tol=1e-3)
