"""Imports as tables for a person."""

from features.sources.report import ImportReport
from serving.terminal import Column, Terminal, show_sentences

FEED_COLUMNS = (
    Column("feed"),
    Column("table"),
    Column("read", "records", number=True),
    Column("new", "rows", number=True),
    Column("corrected", "rows", number=True),
    Column("duplicate", "rows", number=True),
    Column("repaired", "rows", number=True),
    Column("quarantined", "rows", number=True),
)


def show_import(speak: Terminal, report: ImportReport, *, dry_run: bool) -> None:
    title = (
        f"What {report.mapping} would bring (nothing was stored)" if dry_run else f"Imported through {report.mapping}"
    )
    speak.table(
        title,
        FEED_COLUMNS,
        [
            (
                feed.feed,
                feed.contract,
                feed.read,
                feed.new,
                feed.corrections,
                feed.duplicates,
                feed.repaired,
                feed.quarantined,
            )
            for feed in report.feeds
        ],
    )
    reasons = [(feed.feed, number, reason) for feed in report.feeds for reason, number in feed.reasons]
    if reasons:
        columns = (Column("feed"), Column("rows", number=True), Column("reason, with the first example's values"))
        speak.table("Quarantined, most frequent reasons", columns, reasons)
    repairs = [(feed.feed, number, reason) for feed in report.feeds for reason, number in feed.repairs]
    if repairs:
        columns = (Column("feed"), Column("rows", number=True), Column("repair, with the first example's values"))
        speak.table("Repaired as the mapping says, most frequent", columns, repairs)
    for feed in report.feeds:
        for reason, number in feed.left_out:
            speak.say(f"{feed.feed}: {number:,} left out: {reason}")
    show_sentences(speak, "Assumed", report.assumed, "are stored with the import")
