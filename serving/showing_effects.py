"""Effects of declared measures as a table for a person."""

from collections.abc import Sequence

from serving.loop.effects import Judged, Proposal
from serving.terminal import Column, Terminal


def show_effects(speak: Terminal, found: Sequence[Judged]) -> None:
    if not found:
        return
    columns = (
        Column("measure"), Column("of"), Column("verdict"), Column("effect", number=True),
        Column("interval", "low", number=True), Column("", "high", number=True), Column("judged at", "%", number=True),
    )  # fmt: skip
    rows = []
    for one in found:
        measure = one.declared.measure
        document = {} if one.effect is None else one.effect.document
        effect = document.get("effect") or {}
        rows.append(
            (measure.measure_id, measure.name, one.word if one.effect is not None else "not begun",
             effect.get("estimate"), effect.get("low"), effect.get("high"), _percent(document.get("confidence")))
        )  # fmt: skip
    speak.table("Declared measures", columns, rows)


def show_proposals(speak: Terminal, found: Sequence[Proposal]) -> None:
    for one in found:
        speak.note(f"{one.sentence} {one.todo}")


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
