"""The rule behind a reason, for rows that were quarantined before rules were stored beside reasons."""

import polars as pl

_FIXED = (
    ("different values for one key", "two_values_for_one_key"),
    ("district_id is .*, expected one of ", "district_id|unknown"),
    ("^nothing was measured", "something_measured"),
    ("^it ends at .*, after this import", "ends_after_import"),
)
_OF_COLUMN = (
    (r"^([\w.]+) is missing", "nullability"),
    (r"^([\w.]+) is '.*', which the clock", "clock"),
    (r"^([\w.]+) is [^']*, before ", "order"),
    (r"^([\w.]+) is '", "unreadable"),
)
_BOUNDS = r"^([\w.]+) is (?P<found>[-+.\deE]+), expected (?P<least>[-+.\deE]+) to (?P<most>[-+.\deE]+)"


def rule_of(rule: pl.Expr, reason: pl.Expr) -> pl.Expr:
    """The stored rule; else the one that the sentence tells; else the sentence's words, * for its values."""
    first = reason.str.split("; ").list.first()
    found, least = (first.str.extract(_BOUNDS, group).cast(pl.Float64, strict=False) for group in (2, 3))
    column = first.str.extract(_BOUNDS, 1)
    told: list[pl.Expr] = [
        pl.when(column.is_not_null()).then(
            pl.concat_str(column, pl.when(found < least).then(pl.lit("|min")).otherwise(pl.lit("|max")))
        )
    ]
    told += [pl.when(first.str.contains(pattern)).then(pl.lit(name)) for pattern, name in _FIXED]
    told += [pl.concat_str(first.str.extract(pattern, 1), pl.lit(f"|{kind}")) for pattern, kind in _OF_COLUMN]
    without_values = first.str.replace_all(r"'[^']*'|\d+(\.\d+)?", "*")
    return pl.coalesce(rule, *told, without_values.str.strip_chars(" .").str.slice(0, 60))
