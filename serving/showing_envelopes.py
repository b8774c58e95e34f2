"""Envelopes of the rolling mode, and junctions in shadow mode, for a person."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from city.clock import clock_text
from city.envelopes import PERSONS, StoredEnvelope
from city.rolling_bounds import Envelope
from city.shadow_marks import ShadowMark
from serving.terminal import Column, Terminal


def show_envelopes(speak: Terminal, found: Sequence[StoredEnvelope], clock: ZoneInfo) -> None:
    rows = [
        (
            one.envelope.envelope_id,
            one.status,
            ", ".join(bounds.junction_id for bounds in one.envelope.junctions),
            _hours(one.envelope),
            _at(one.envelope.valid_until, clock),
            ", ".join(one.approvers),
        )
        for one in found
    ]
    columns = ("envelope", "state", "junctions", "hours", "until", "approved by")
    speak.table(f"Envelopes ({clock.key})", [Column(name) for name in columns], rows)
    if not rows:
        speak.say("There is none. `city envelopes template` writes one to begin with.")


def show_envelope(speak: Terminal, stored: StoredEnvelope, clock: ZoneInfo) -> None:
    show_bounds(speak, stored.envelope, clock)
    rows = [(_at(one.at, clock), one.action, one.person, one.key_id, one.reason) for one in stored.events]
    speak.table("Story", [Column(name) for name in ("when", "step", "who", "key", "why")], rows)
    show_standing(speak, stored, clock)


def show_bounds(speak: Terminal, envelope: Envelope, clock: ZoneInfo) -> None:
    rows = [
        (
            one.junction_id,
            ", ".join(map(str, one.cycles_s)),
            ", ".join(f"{green.stage_id} {green.min_s}-{green.max_s}" for green in one.greens),
            one.split_step_s,
            one.offset_step_s,
        )
        for one in envelope.junctions
    ]
    columns = (
        Column("junction"),
        Column("cycles", "s"),
        Column("greens", "s"),
        Column("split step", "s", number=True),
        Column("offset step", "s", number=True),
    )
    until = _at(envelope.valid_until, clock)
    speak.table(f"Envelope {envelope.envelope_id}: {_hours(envelope)}, until {until} ({clock.key})", columns, rows)


def show_standing(speak: Terminal, stored: StoredEnvelope, clock: ZoneInfo) -> None:
    name = stored.envelope.envelope_id
    if stored.status == "approved":
        until = _at(stored.envelope.valid_until, clock)
        speak.say(f"Envelope {name} is approved: plans inside it publish themselves until {until}.")
        return
    speak.say(f"Envelope {name} is {stored.status}.")
    if stored.status == "draft":
        missing = PERSONS - len(stored.approvers)
        speak.say(f"{missing} {'different persons' if missing > 1 else 'more person'} must approve it.")


def show_marks(speak: Terminal, marks: Iterable[ShadowMark], clock: ZoneInfo, title: str) -> int:
    """How many there are."""
    rows = [
        (
            one.junction_id,
            one.action,
            "-" if one.until is None else _at(one.until, clock),
            one.person,
            _at(one.at, clock),
            one.reason,
        )
        for one in marks
    ]
    columns = ("junction", "step", "not before", "who", "when", "why")
    speak.table(f"{title} ({clock.key})", [Column(name) for name in columns], rows)
    return len(rows)


def _hours(envelope: Envelope) -> str:
    return ", ".join(f"{clock_text(one.start_s)}-{clock_text(one.end_s)}" for one in envelope.hours)


def _at(moment: datetime, clock: ZoneInfo) -> str:
    return f"{moment.astimezone(clock):%Y-%m-%d %H:%M}"
