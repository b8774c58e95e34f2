"""Whether a record that came in order is the one that was quarantined, or only stands in the same line of a file.

Departments overwrite `latest.csv` every day: line 5 of today is not line 5 of yesterday, and must not release it.
"""

import json

import polars as pl

from features.sources.feeds import Column, Feed
from features.sources.marked_rows import PART
from features.sources.read import LINE, Raw
from features.sources.stored_records import object_of
from features.sources.wide import wide_columns

_CELL_FIELDS = ("column", "value")
_PERSONAL = ("text", "reporter")  # kept masked and hashed: they never compare


def same_records(feed: Feed, raw: Raw, waiting: pl.DataFrame) -> pl.DataFrame:
    """Of waiting rows (`Quarantine`), those whose record came again in `raw`: what names it is unchanged."""
    came = _records(raw, waiting["line"])
    are_same = [
        _is_same(feed, object_of(row), rule or "", came.get(line))
        for line, rule, row in waiting.select("line", "rule", "row").iter_rows()
    ]
    return waiting.filter(pl.Series(are_same, dtype=pl.Boolean))


def same_keys(feed: Feed, records: pl.DataFrame, waiting: pl.DataFrame) -> pl.DataFrame:
    """Of waiting rows (`Quarantine`), those whose key is among `records` (LINE, PART and the columns as they came).

    For databases, whose rows stand in another line at each import. A row whose key itself was at fault is not known by
    it, and stays.
    """
    names = _key_of(feed)
    specs = [*feed.columns, *(pair for part in feed.parts for pair in part.columns)]
    kept = [
        None if {*_sources(specs, ((rule or "").partition("|")[0],))} & set(names) else _texts(object_of(row))
        for rule, row in waiting.select("rule", "row").iter_rows()
    ]
    columns = {name: [None if one is None else one.get(name) for one in kept] for name in names}
    own = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)).with_row_index("n").with_columns(
        pl.Series("known", [one is not None and set(names) <= set(one) for one in kept], dtype=pl.Boolean),
        pl.Series("of", waiting["part"], dtype=pl.String),
    )  # fmt: skip
    came = records.select(pl.col(names).cast(pl.String), pl.col(PART).alias("of")).unique()
    known = own.filter("known")
    apart = known.join(came, on=[*names, "of"], how="semi", nulls_equal=True)
    unsaid = known.filter(pl.col("of").is_null()).join(came, on=names, how="semi", nulls_equal=True)
    return waiting[sorted({*apart["n"], *unsaid["n"]})]


def _key_of(feed: Feed) -> list[str]:
    """The columns of the file that name a record, whichever of its row's parts it is."""
    if feed.entity is not None:
        return _sources(list(feed.columns), (f"{feed.entity}_id", "stream"))
    specs = [*feed.columns, *(pair for part in feed.parts for pair in part.columns)]
    return _sources(specs, tuple(feed.contract.primary_key()))


def _records(raw: Raw, lines: pl.Series) -> dict[int, dict[str, str | None]]:
    if raw.documents:
        wanted = set(lines)
        return {line: _texts(one) for line, one in enumerate(raw.documents, 1) if line in wanted}
    rows = raw.records.filter(pl.col(LINE).is_in(lines.unique().implode()))
    texts = rows.select(LINE, pl.exclude(LINE).cast(pl.String))
    return {int(row.pop(LINE)): row for row in texts.to_dicts()}


def _texts(document: object) -> dict[str, str | None]:
    if not isinstance(document, dict):
        return {}
    return {
        str(name): value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)
        for name, value in document.items()
    }


def _is_same(feed: Feed, kept: dict[str, object], rule: str, came: dict[str, str | None] | None) -> bool:
    if came is None:
        return False
    kept_texts = _texts(kept)
    specs = [*feed.columns, *(pair for part in feed.parts for pair in part.columns)]
    at_fault = set(_sources(specs, (rule.partition("|")[0],)))
    named = [name for name in _naming(feed, specs, came) if name not in at_fault and name in kept_texts]
    if not named:
        aside = {*at_fault, *_sources(specs, _PERSONAL), *_CELL_FIELDS, *wide_columns(feed, list(came))}
        named = [name for name in kept_texts if name not in aside and name in came]
    return all(kept_texts[name] == came.get(name) for name in named)


def _naming(feed: Feed, specs: list[tuple[str, Column]], came: dict[str, str | None]) -> list[str]:
    """Columns of the file that make a row's key; the id of master data."""
    if feed.entity is None:
        return _sources(specs, tuple(feed.contract.primary_key()))
    own = f"{feed.entity}_id"
    return _sources(specs, (own, "stream")) or [name for name in (own, "stream") if name in came]


def _sources(specs: list[tuple[str, Column]], names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(column for name, spec in specs if name in names for column in spec.sources))
