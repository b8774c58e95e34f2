"""Repairs that a mapping declares: values outside the contract's bounds become gaps, or the bound itself."""

import polars as pl

from city.frames import HistoryRow
from features.sources.feeds import Column, Outside
from features.sources.values import Parsed, said_at


def bounds(contract: type[HistoryRow], name: str) -> tuple[float, float] | None:
    """Least and most that a column of the contract may hold; None where it has no bounds."""
    spec = contract.columns()[name]
    least, most = getattr(spec, "min", None), getattr(spec, "max", None)
    return (float(least), float(most)) if isinstance(least, (int, float)) and isinstance(most, (int, float)) else None


def kept_within(contract: type[HistoryRow], name: str, spec: Column, parsed: Parsed) -> Parsed:
    """`outside` of the mapping applied to values in the contract's unit, each change said in `repairs`."""
    limits = bounds(contract, name) if spec.outside is not None else None
    if limits is None:
        return parsed
    values, (least, most) = parsed.values, limits
    wrong = ((values < least) | (values > most)).fill_null(value=False)
    if not wrong.any():
        return parsed
    unit = (contract.columns()[name].metadata or {}).get("unit")
    done = "left empty" if spec.outside is Outside.GAP else "set to the bound"
    shown = values.cast(pl.Float64).round_sig_figs(6)
    said = said_at(wrong, shown, f"{name} was {{}}, outside {least:g} to {most:g} {unit}: {done}")
    mended = values.set(wrong, None) if spec.outside is Outside.GAP else values.clip(least, most).cast(values.dtype)
    repairs = said if parsed.repairs is None else pl.select(pl.coalesce(parsed.repairs, said)).to_series()
    return Parsed(mended, parsed.faults, repairs)
