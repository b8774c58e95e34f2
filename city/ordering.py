"""Rows in the order of their key, quickly: a key of ids and times is packed into one whole number that sorts alike."""

from collections.abc import Sequence

import polars as pl

_MOST = 2**62
CODE = "_code"


def codes(frames: Sequence[pl.DataFrame], key: Sequence[str]) -> tuple[pl.Series, ...] | None:
    """One number per row, alike for alike keys in all frames and ordered as the keys are.

    None where the key does not fit, or has a type or a null that cannot be numbered.
    """
    packed = [pl.Series(CODE, [0], dtype=pl.Int64).new_from_index(0, frame.height) for frame in frames]
    size = 1
    for column in key:
        numbered = _numbers([frame[column] for frame in frames])
        if numbered is None:
            return None
        numbers, count = numbered
        size *= count
        if size > _MOST:
            return None
        packed = [former * count + number for former, number in zip(packed, numbers, strict=True)]
    return tuple(packed)


def _numbers(columns: Sequence[pl.Series]) -> tuple[list[pl.Series], int] | None:
    """Numbers from 0 in the order of the values, and how many there may be."""
    if any(column.null_count() for column in columns):
        return None
    dtype = columns[0].dtype
    if dtype == pl.String():
        names = pl.concat([column.unique() for column in columns]).unique().sort()
        found = [column.cast(pl.Enum(names)).to_physical().cast(pl.Int64) for column in columns]
        return found, max(names.len(), 1)
    if not (dtype.is_integer() or dtype.is_temporal()):
        return None
    whole = [column.to_physical().cast(pl.Int64) for column in columns]
    bounds = [(int(one.min()), int(one.max())) for one in whole if one.len()]  # type: ignore[arg-type]
    if not bounds:
        return whole, 1
    least = min(low for low, _ in bounds)
    return [one - least for one in whole], max(high for _, high in bounds) - least + 1


def in_order(rows: pl.DataFrame, key: Sequence[str]) -> tuple[pl.DataFrame, pl.Series]:
    """The rows sorted by key, and for each whether the next one has the same key."""
    found = codes([rows], key)
    if found is None:
        ordered = rows.sort(key)
        same = ordered.select(pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in key))
        return ordered, same.to_series().fill_null(value=False)
    (code,) = found
    if not code.is_sorted():
        order = code.arg_sort()
        rows, code = rows[order], code.gather(order)
    return rows, (code == code.shift(-1)).fill_null(value=False)


def last_of_each(stored: pl.DataFrame, key: Sequence[str], latest: Sequence[str]) -> pl.DataFrame:
    """Per key the row that is last by `latest`, sorted by key."""
    ordered, same = in_order(stored, key)
    if not same.any():
        return ordered
    several = same | same.shift(1, fill_value=False)
    chosen = ordered.filter(several).sort(latest).unique(key, keep="last", maintain_order=True)
    return in_order(pl.concat([ordered.filter(~several), chosen]), key)[0]
