"""Numbers as departments write them, turned into the texts that a machine reads."""

import re
from functools import lru_cache

import polars as pl

from features.sources.feeds import Format, Reading

# Wide forms only: a raised 2 is no 2, so no normalisation of the whole text.
_FULL_WIDTH = "０１２３４５６７８９．，－＋％"
_PLAIN_WIDTH = "0123456789.,-+%"
_TO_PLAIN_WIDTH = str.maketrans(_FULL_WIDTH, _PLAIN_WIDTH)
_MACHINE_NUMBER = r"^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$"


def plain_width(found: pl.Series) -> pl.Series:
    """Full-width digits and signs (１２．５) as the plain ones."""
    wide = found.str.contains(f"[{_FULL_WIDTH}]").fill_null(value=False)
    if not wide.any():
        return found
    return found.str.replace_many(list(_FULL_WIDTH), list(_PLAIN_WIDTH))


def number_texts(found: pl.Series, reading: Reading) -> pl.Series:
    """Texts without thousands signs and with a decimal point.

    A thousands sign stands before groups of exactly three digits; a text in which it stands elsewhere is kept as it
    is and made unreadable. The number cells of a workbook arrive as machine numbers whatever the mapping says.
    """
    plain = plain_width(found)
    sign, decimal = reading.thousands, reading.decimal
    if sign:
        grouped = plain.str.contains(_grouped(sign, decimal))
        strange = plain.str.contains(sign, literal=True) & ~grouped
        cell = plain.str.contains(_MACHINE_NUMBER) & strange & (reading.format is Format.EXCEL)
        kept, plain = plain, plain.str.replace_all(sign, "", literal=True)
        plain = plain.str.replace(decimal, ".", literal=True) if decimal != "." else plain
        no_number = pl.lit("?") + pl.lit(kept)
        chosen = pl.when(pl.lit(cell)).then(pl.lit(kept)).when(pl.lit(strange)).then(no_number).otherwise(pl.lit(plain))
        return pl.select(chosen).to_series()
    return plain.str.replace(decimal, ".", literal=True) if decimal != "." else plain


def number_text(text: str, reading: Reading) -> str:
    """The same for one text."""
    return str(number_texts(pl.Series([text]), reading)[0])


@lru_cache(maxsize=32)
def _grouped(sign: str, decimal: str) -> str:
    return rf"^[+-]?\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+(?:{re.escape(decimal)}\d+)?\s*%?$"
