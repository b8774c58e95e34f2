"""docs/data.md, written from the contracts: `python -m city.data_page`; `--check` only says whether it is current."""

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import dataframely as dy

from city.catalogue import MASTER_DATA, TIME_COLUMN
from city.forecasts import FORECASTS, ForecastRow
from city.frame_columns import bounds
from city.frame_rules import CROSS_RULES, ROW_RULES
from city.frames import (
    HISTORY,
    CalendarDays,
    ComplaintCounts,
    ComplaintEvents,
    HistoryRow,
    Quarantine,
    QuarantineDecisions,
    SignalRuns,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    WorkZones,
)

PAGE = Path(__file__).parent.parent / "docs" / "data.md"
_COMMON = tuple(HistoryRow.column_names())
_INTRODUCTION = """# The history: every table, every column

Written from `city/frames.py`, `city/recorded_frames.py`, `city/forecasts.py` and `city/frame_rules.py` by
`python -m city.data_page`: change them, not this page.

A row that breaks a bound or a rule does not come in. It is kept in quarantine with its reason, file and line
(`city quarantine list`), and comes in by a repaired file or, after the mapping was corrected, by
`city quarantine release`. How a department's file becomes rows of these tables is described in
[mapping.md](mapping.md).

Bounds are included. A cell may be empty only where the table says so. All times are UTC; a file's wall clock is
converted when it comes in. Fill levels, loads and volumes are never converted into each other without a named density.
"""
_KNOWN = """## When a row was known, and when it was stored

`known_at` is when the city could know a row: the time of publication, where the mapping names a column for it; else
the end of what the row speaks of plus the feed's `delay`. Rows of a feed marked `live` are known from their import on
at the earliest, and so is a row released from quarantine. A later row with the same key and another value is a
correction: it is added, known from its import on, and the former value stays readable as it was known before
(`read(..., as_of=...)`). `imported_at` is when this product stored the row; it is given by the import, never by a
file. A measurement that comes again with a value it once had is the same file coming again and adds nothing; master
data may change back and forth.

The two stand in every table of the history, with `district_id` and `source`:
"""
_FORECASTS = """## Forecasts

What models write and planners read. Forecasts are no history: they carry `issued_at` instead of `known_at`, and
nothing that was known later was used.
"""
_QUARANTINE = """## Rows that were not let in

A row that was not let in is open until it is released, dropped or replaced. Nothing is ever deleted: a decision is a
row of its own, with who, when and why, and the newest one about a row counts.

    city quarantine list                                   # counted by feed and rule, each with an example
    city quarantine show 6b6ce97dc56b                      # the record as it came
    city import --mapping M.toml                           # a repaired file releases what it repaired
    city quarantine release --mapping M.toml --dry-run     # after the mapping was corrected: what would come in
    city quarantine drop --feed visits --why "test drives" --yes   # it never will, and why; without --yes it asks

Several records of one row (`[[feed.part]]`) are rows of their own here; `part` says which one. A record that comes
again with another value and is refused again replaces the row it was: one is open, as the import says.

A repaired record is known by what names it (its key) in the line where it stood: another record in the same line of a
file of the same name releases nothing. A row released through a corrected mapping is an import of its own. Of two
values for one key, release the right one by its id.
"""
_WHEN_KNOWN: dict[type[HistoryRow], str] = {
    TrafficCounts: "the end of the interval (`start_at` + `step_s`) plus the feed's delay",
    ComplaintCounts: "the end of the local day plus the feed's delay",
    ComplaintEvents: "`at` plus the feed's delay: opening, change and closing each have their own",
    WorkZones: "`at` plus the feed's delay: announcement, change and end each have their own",
    SignalRuns: "`start_at` plus the feed's delay; map `known_at` where a log is written when a plan ends",
    WeatherObserved: "the end of the hour plus the feed's delay",
    WeatherForecasts: "`issued_at` plus the feed's delay, never `valid_at`",
    CalendarDays: "the feed's `known_since` (the day of the notice), else the import",
}


def page() -> str:
    parts = [_INTRODUCTION, _contents(), _KNOWN, _columns(HistoryRow, _COMMON)]
    parts += [section for contract in HISTORY for section in _table(contract)]
    parts += [_FORECASTS, *(section for contract in FORECASTS for section in _table(contract))]
    parts += [_QUARANTINE, *(section for contract in (Quarantine, QuarantineDecisions) for section in _table(contract))]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _contents() -> str:
    lines = ["| table | what a row is |", "|---|---|"]
    contracts: tuple[type[dy.Schema], ...] = (*HISTORY, *FORECASTS, Quarantine, QuarantineDecisions)
    for contract in contracts:
        name = contract.__name__
        lines.append(f"| [{name}](#{name.casefold()}) | {_about(contract)} |")
    return "\n".join(lines)


def _about(contract: type[dy.Schema]) -> str:
    return cleandoc(contract.__doc__ or "").replace("\n", " ")


def _table(contract: type[dy.Schema]) -> Iterator[str]:
    common = _COMMON if issubclass(contract, HistoryRow) else ()
    yield f"### {contract.__name__}\n\n{_about(contract)}"
    facts = [f"Key: {', '.join(f'`{name}`' for name in contract.primary_key())}."] if contract.primary_key() else []
    if issubclass(contract, HistoryRow):
        facts.append(f"`known_at`: {_known(contract)}.")
    elif issubclass(contract, ForecastRow):
        facts.append("Known at `issued_at`.")
    if facts:
        yield " ".join(facts)
    yield _columns(contract, [name for name in contract.column_names() if name not in common])
    rules = list(_rules(contract))
    if rules:
        yield "\n".join(["Rules:", "", *rules])


def _known(contract: type[HistoryRow]) -> str:
    if contract in _WHEN_KNOWN:
        return _WHEN_KNOWN[contract]
    if contract in MASTER_DATA:
        return "the feed's `known_since`, else the import"
    return f"`{TIME_COLUMN[contract]}` plus the feed's delay"


def _columns(contract: type[dy.Schema], names: tuple[str, ...] | list[str]) -> str:
    lines = ["| column | unit | may hold | may be empty | meaning |", "|---|---|---|---|---|"]
    columns = contract.columns()
    lines += [_line(name, columns[name], is_key=name in contract.primary_key()) for name in names]
    return "\n".join(lines)


def _line(name: str, column: dy.Column, *, is_key: bool) -> str:
    metadata = column.metadata or {}
    unit = "word" if metadata.get("choices") else str(metadata.get("unit"))
    shown = f"**`{name}`**" if is_key else f"`{name}`"
    empty = "yes" if column.nullable else "no"
    meaning = str(metadata.get("meaning")).replace("|", r"\|")
    return f"| {shown} | {unit} | {bounds(column)} | {empty} | {meaning} |"


def _rules(contract: type[dy.Schema]) -> Iterator[str]:
    yield from (f"- {rule.words} (`{name}`)" for name, rule in ROW_RULES.items() if name in vars(contract))
    for rule in CROSS_RULES:
        if contract.__name__ in rule.contracts:
            yield f"- {rule.words} (`{rule.name}`)"
    if issubclass(contract, HistoryRow):
        yield "- two different values for one key in one file are both quarantined (`two_values_for_one_key`)"


def main(words: list[str]) -> int:
    wanted = page()
    if "--check" not in words:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write("docs/data.md is not current. Write it anew: python -m city.data_page\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
