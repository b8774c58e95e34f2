"""Quarantined rows for a person."""

from zoneinfo import ZoneInfo

import polars as pl

from city.quarantine import ID, OPEN, STATE
from features.sources.release import ReleaseReport
from serving.quarantine import Dropped, Group, Overview, record_of
from serving.terminal import Column, Terminal

GROUP_COLUMNS = (
    Column("rows", number=True),
    Column("feed", "table"),
    Column("rule", "reason, with the example's values"),
    Column("example", "id"),
)
FEED_COLUMNS = (
    Column("feed"),
    Column("table"),
    Column("new", "rows", number=True),
    Column("corrected", "rows", number=True),
    Column("stored already", "rows", number=True),
    Column("still refused", "rows", number=True),
)
REFUSAL_COLUMNS = (
    Column("rows", number=True),
    Column("feed", "table"),
    Column("rule", "reason now, with the example's values"),
    Column("example", "id"),
)
_SHOWN_LETTERS = 300
_SHOWN_VALUE = 120


def show_groups(speak: Terminal, found: Overview, *, filtered: bool) -> None:
    states = ", ".join(f"{number:,} {state}" for state, number in found.states.items())
    if not any(found.states.values()):
        speak.say("Nothing was ever quarantined.")
        return
    if found.groups:
        speak.table(
            "Quarantined rows by feed and rule",
            GROUP_COLUMNS,
            [
                (
                    one.rows,
                    f"{one.feed or '-'}\n{one.contract}",
                    f"{_ruled(one)}\n{_short(one.example.reason)}\n",
                    one.example.row_id,
                )
                for one in found.groups
            ],
        )
    else:
        speak.say("No quarantined row matches." if filtered else "No quarantined row is open.")
    speak.say(f"All in all: {states}.")
    if any(one.state == OPEN for one in found.groups):
        speak.say("Look at one: city quarantine show ID")
        speak.say("A file was corrected: import it again. The mapping was: city quarantine release --mapping M.toml")


def show_rows(speak: Terminal, rows: pl.DataFrame, *, matched: int, zone: ZoneInfo) -> None:
    if speak.as_json:
        return
    for row in rows.iter_rows(named=True):
        when = row["imported_at"].astimezone(zone)
        place = f"{row['source']}, line {row['line']:,}" + (f", {row['part']}" if row["part"] else "")
        speak.say(f"{row[ID]}  {place}", style="bold")
        speak.say(
            f"  {row[STATE]}: {row['feed'] or 'feed not noted'} for {row['contract']}, refused {when:%Y-%m-%d %H:%M}"
        )
        speak.say(f"  {row['reason']}")
        record = record_of(row["row"])
        if isinstance(record, dict):
            for name, value in record.items():
                speak.say(f"    {name} = {_value(value)}")
        else:
            speak.say(f"    {_value(record)}")
        if row[STATE] != OPEN:
            decided = row["decided_at"].astimezone(zone)
            speak.say(f"  {row[STATE]} by {row['by']}, {decided:%Y-%m-%d %H:%M}: {row['why']}")
        speak.say("")
    more = matched - rows.height
    speak.say(f"{rows.height:,} of {matched:,} rows" + (f"; --limit {matched} shows all." if more else "."))


def show_release(speak: Terminal, report: ReleaseReport) -> None:
    would = "Would release" if report.dry_run else "Released"
    speak.say(f"{would} {report.released:,} of {report.chosen:,} quarantined rows through {report.mapping}.")
    if report.feeds:
        speak.table(
            "What became of their records",
            FEED_COLUMNS,
            [
                (feed.feed, feed.contract, feed.new, feed.corrections, feed.duplicates, feed.quarantined)
                for feed in report.feeds
            ],
        )
    if report.refused:
        speak.table(
            "Still open",
            REFUSAL_COLUMNS,
            [
                (one.rows, f"{one.feed or '-'}\n{one.contract}", f"{one.rule}\n{_short(one.reason)}\n", one.row_id)
                for one in report.refused
            ],
        )


def show_drop(speak: Terminal, report: Dropped) -> None:
    speak.say(
        f"Dropped {report.dropped:,} row(s), by {report.by}: {report.why}. "
        "They stay readable: city quarantine list --state dropped"
    )


def _ruled(group: Group) -> str:
    return group.rule if group.state == OPEN else f"{group.rule} ({group.state})"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}..."


def _value(value: object) -> str:
    text = "(empty)" if value is None else str(value)
    return text if len(text) <= _SHOWN_VALUE else f"{text[:_SHOWN_VALUE]}..."
