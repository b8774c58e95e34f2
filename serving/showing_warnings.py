"""Warnings and letters about them, for a person."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from city.warning_letters import SentLetter
from city.warning_signs import Episode, Warned
from serving.terminal import Column, Terminal
from serving.warning_documents import Known


def show_warnings(speak: Terminal, known: Sequence[Known], zone: ZoneInfo, *, parts: bool) -> None:
    if not known:
        speak.say("Nothing is wrong, and nothing is ahead that is worth a warning.")
        return
    columns = (Column("id"), Column("cause"), Column("subject"), Column("seen since", zone.key), Column("acknowledged"))
    rows = [
        (warned.warning_id, warned.cause, warned.subject, None if one is None else _at(one.first_seen, zone), _who(one))
        for warned, one in known
    ]
    speak.table(f"Warnings ({len(known)})", columns, rows)
    for warned, one in known:
        _show_one(speak, warned, one, zone)
        for part in warned.parts if parts else ():
            speak.say(f"    {part}")


def _show_one(speak: Terminal, warned: Warned, one: Episode | None, zone: ZoneInfo) -> None:
    speak.say(f"{warned.warning_id}  {warned.subject}", style="bold")
    speak.say(f"  {warned.sentence}")
    speak.say(f"  To do: {warned.todo}")
    for said in () if one is None else one.acknowledgements:
        speak.say(f"  {said.person}, {_at(said.at, zone)}: {said.note}")
    if one is not None and one.missing_since is not None:
        speak.say(f"  Not found any more since {_at(one.missing_since, zone)}.")


def _who(one: Episode | None) -> str:
    if one is None:
        return "-"
    if one.is_acknowledged:
        return one.acknowledgements[-1].person
    return "came back" if one.acknowledgements else "-"


def show_letters(speak: Terminal, letters: Sequence[SentLetter], zone: ZoneInfo) -> None:
    if not letters:
        speak.say("There are no letters.")
        return
    columns = (
        Column("made", zone.key), Column("receiver"), Column("event"), Column("state"),
        Column("attempts", number=True), Column("answer", "HTTP", number=True), Column("problem"),
    )  # fmt: skip
    rows = [
        (_at(one.made_at, zone), one.receiver, one.event, one.status.replace("_", " "), one.attempts,
         None if one.answer is None else str(one.answer), one.problem)
        for one in letters
    ]  # fmt: skip
    speak.table("Letters", columns, rows)


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
