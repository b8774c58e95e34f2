"""What a row of the file says for one column of the contract: a cell, or several cells in one text."""

import polars as pl

from features.sources.feeds import Column, Reading
from features.sources.values import texts


def source_texts(records: pl.DataFrame, spec: Column, reading: Reading) -> pl.Series:
    if spec.column is not None:
        return records[spec.column]
    pattern = spec.template or ""
    for column in spec.sources:
        pattern = pattern.replace("{" + column + "}", "{}")
    parts = [texts(records[column], Column(), reading).alias(f"{k}") for k, column in enumerate(spec.sources)]
    return pl.DataFrame(parts).select(pl.format(pattern, *(str(k) for k in range(len(parts))))).to_series()
