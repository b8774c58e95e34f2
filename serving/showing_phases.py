"""Measures from controllers' event logs, as a table for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.terminal import Column, Terminal


def show_phases(speak: Terminal, title: str, phases: Sequence[Mapping[str, Any]]) -> None:
    """Nothing where there are none."""
    if not phases:
        return
    columns = (
        Column("junction"), Column("phase"), Column("cycles", number=True), Column("green", "%", number=True),
        Column("on green", "%", number=True), Column("platoon", "ratio", number=True),
        Column("failed", "% of splits", number=True), Column("used", "% of green", number=True),
        Column("on foot", "s", number=True), Column("left out", "quarters", number=True),
    )  # fmt: skip
    rows = [
        (one["junction_id"], _named(one), one["cycles"], _percent(one["green_share"]),
         _percent(one["arrivals_on_green"]), one["platoon_ratio"], _percent(one["split_failures"]),
         _percent(one["green_used"]), one["pedestrian_wait_s"], one["slots_left_out"])
        for one in phases
    ]  # fmt: skip
    speak.table(title, columns, rows)


def _named(one: Mapping[str, Any]) -> str:
    """With the signal group, where the channels name one."""
    return str(one["phase"]) if one["group_id"] is None else f"{one['phase']} ({one['group_id']})"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
