"""Complaint propensity as a table for a person."""

from serving.propensity import PropensityReport
from serving.terminal import Column, Terminal

COLUMNS = (
    Column("district"),
    Column("complaints", number=True),
    Column("expected", "at the city's readiness", number=True),
    Column("propensity", "city = 1", number=True),
    Column("90 % interval"),
)


def show_propensity(speak: Terminal, report: PropensityReport) -> None:
    speak.table(
        f"Readiness to complain of {', '.join(report.categories)} over {report.days} days",
        COLUMNS,
        [
            (one.district_id, one.complaints, one.expected, one.propensity, f"{one.low:.2f} to {one.high:.2f}")
            for one in report.districts
        ],
    )
    speak.say(
        f"From {report.visits_counted:,} scheduled and audit visits ({report.audits:,} audits); "
        f"{report.visits_left_out:,} others are left out, since a complaint may have caused them."
    )
    for note in report.notes:
        speak.note(note)
