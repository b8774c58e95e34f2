"""What was promised and what came, as tables for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.loop.comparing import DayOutcome
from serving.loop.figures import coverage_of, summed
from serving.showing_phases import show_phases
from serving.terminal import Column, Terminal


def show_day(speak: Terminal, found: DayOutcome) -> None:
    forecasts, routes, signals = (found.part(kind) for kind in ("forecasts", "routes", "signals"))
    if forecasts is not None:
        _forecasts(speak, f"Forecasts of {found.day}", forecasts["lines"])
    if routes is not None:
        _routes(speak, f"Collection on {found.day}", routes)
    if signals is not None:
        if signals["junctions"]:
            _signals(speak, f"Junctions on {found.day}", signals["junctions"])
        show_phases(speak, f"Event logs of {found.day}", signals.get("phases", ()))
    for sentence in found.said:
        speak.note(sentence)
    if found.parts:
        stored = ", ".join(f"{one.kind} version {one.version}" for one in found.parts)
        speak.say(f"{found.day}: {stored}; {'new: ' + ', '.join(found.new) if found.new else 'nothing new'}.")


def _forecasts(speak: Terminal, title: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """All districts together; `--json` has each of them."""
    columns = (
        Column("quantity"), Column("horizon"), Column("values", number=True), Column("error", "mean", number=True),
        Column("simple rule", "mean error", number=True), Column("pinball", number=True),
        Column("inside p10-p90", "%, 80 promised", number=True),
    )  # fmt: skip
    speak.table(
        title,
        columns,
        [
            (one["quantity"], one["horizon"], one["rows"], one["mae"], one["simple_mae"], one["pinball"],
             100 * coverage_of(one))
            for one in summed(lines, ("what", "quantity", "horizon"))
        ],
    )  # fmt: skip


def _routes(speak: Terminal, title: str, routes: Mapping[str, Any]) -> None:
    columns: tuple[Column, ...] = (
        Column("truck"), Column("stops", "planned", number=True), Column("done", number=True),
        Column("skipped", number=True), Column("blocked", number=True), Column("missed", number=True),
        Column("late", "min, median", number=True), Column("in order", "%", number=True),
        Column("planned", "kg", number=True), Column("weighed", "kg", number=True),
    )  # fmt: skip
    tracked = any("tracked_share" in one for one in routes["trucks"])
    if tracked:
        columns = (
            *columns, Column("planned", "km", number=True), Column("driven", "km", number=True),
            Column("idle", "h", number=True),
        )  # fmt: skip
    rows = [
        (one["truck_id"], one["stops"], one["done"], one["skipped"], one["blocked"], one["missed"],
         _minutes(one["late_median_s"]), _percent(one["in_order"]), one["planned_kg"], one["weighed_kg"],
         *((one["planned_km"], one.get("driven_km"), one.get("idle_h")) if tracked else ()))
        for one in routes["trucks"]
    ]  # fmt: skip
    if rows:
        speak.table(title, columns, rows)
    emptied, over = (sum(one[name] for one in routes["districts"]) for name in ("emptied", "overflowed"))
    if emptied:
        speak.say(f"{emptied} emptyings, {over} of them after an overflow ({100 * over / emptied:.1f} %).")
    if found := routes.get("left"):
        left, expected, overflows, awaited = (
            sum(one[name] for one in found) for name in ("left", "expected_overflows", "overflows", "awaited")
        )
        speak.say(
            f"{left} points were left, {expected:.1f} of them expected to flow over before the next visit: "
            f"{overflows} did, of {awaited} nothing is known yet."
        )


def _signals(speak: Terminal, title: str, junctions: Sequence[Mapping[str, Any]]) -> None:
    columns = (
        Column("junction"), Column("largest x", number=True), Column("mean x", number=True),
        Column("censored", "% of approaches", number=True), Column("left out", "quarter hours", number=True),
        Column("promised", "s delay", number=True), Column("on the counts", "s delay", number=True),
        Column("fixed program", "s on the counts", number=True),
    )  # fmt: skip
    speak.table(
        title,
        columns,
        [
            (one["junction_id"], one["largest_x"], one["mean_x"], _percent(one["censored_share"]),
             one["slots_left_out"], one.get("promised_delay_s"), one.get("counted_delay_s"), one.get("fixed_delay_s"))
            for one in junctions
        ],
    )  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
