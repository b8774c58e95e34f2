"""What the demo made, on one screen: tables with units, then where everything is and how to ask for it."""

from typing import TYPE_CHECKING

from serving.commands.opening import shown_path
from serving.demo_keys import DISPATCHER, ENGINEER, PEOPLE, DemoKeys
from serving.desk import Desk
from serving.showing_models import COLUMNS, headline
from serving.showing_plans import show_routes, show_signals
from serving.terminal import Column, Terminal

if TYPE_CHECKING:
    from serving.demo import DemoDay


def show_summary(speak: Terminal, desk: Desk, day: "DemoDay", keys: DemoKeys) -> None:
    local = day.files.now.astimezone(desk.zone())
    speak.say(f"\nIt is {local:%A %Y-%m-%d %H:%M} in {desk.city().name} ({desk.zone().key}).\n", style="bold")
    _history(speak, day)
    _errors(speak, day)
    show_signals(speak, day.signals.plan)
    show_routes(speak, day.routes.plan)
    _seconds(speak, day)
    _whereabouts(speak, desk, day)
    _asking(speak, desk, day, keys)


def _history(speak: Terminal, day: "DemoDay") -> None:
    columns = (
        Column("feed"),
        Column("good", "rows", number=True),
        Column("duplicates", "rows", number=True),
        Column("quarantined", "rows", number=True),
        Column("most frequent reason"),
    )
    rows = [
        (
            feed.feed,
            feed.new + feed.corrections,
            feed.duplicates,
            feed.quarantined,
            feed.reasons[0][0] if feed.reasons else "",
        )
        for feed in day.feeds
    ]
    speak.table("History: what the departments handed over", columns, rows)


def _errors(speak: Terminal, day: "DemoDay") -> None:
    rows = [row for trained in day.trained for row in headline(trained)]
    speak.table("Forecasts: errors beside the simple baseline", COLUMNS, rows)
    for issued in day.issued:
        values = sum(issued.rows.values())
        speak.say(f"{issued.what}: {values:,} values by {', '.join(issued.models)}")
        for sentence in issued.degraded:
            speak.note(f"Degraded: {sentence}")
        for sentence in issued.notes:
            speak.say(f"Note: {sentence}")


def _seconds(speak: Terminal, day: "DemoDay") -> None:
    rows = [*day.seconds, ("all", sum(seconds for _, seconds in day.seconds))]
    speak.table("Time taken", (Column("step"), Column("time", "s", number=True)), rows)
    if day.reused:
        speak.say(f"Used again from the last run: {', '.join(day.reused)}.")


def _whereabouts(speak: Terminal, desk: Desk, day: "DemoDay") -> None:
    settings = desk.settings
    places = (
        ("departments' files", settings.home / "demo" / day.files.mapping),
        ("signal plan", day.signals.folder),
        ("routes, a sheet per truck", day.routes.folder / "routes.xlsx"),
        ("routes on a map", day.routes.folder / "routes.geojson"),
        ("experiments", settings.mlruns),
    )
    speak.say("\nFiles", style="bold")
    for what, place in places:
        speak.say(f"  {what}: {shown_path(place)}")


def _asking(speak: Terminal, desk: Desk, day: "DemoDay", keys: DemoKeys) -> None:
    """Keys are secrets: a person sees them, a machine's output names only the file."""
    base = f"http://{desk.settings.host}:{desk.settings.port}"
    if speak.as_json:
        return
    speak.say("\nKeys of the demo's people", style="bold")
    for person, text in keys.texts.items():
        speak.say(f"  {person}, {' and '.join(PEOPLE[person])}: {text}")
    speak.note(f"They are kept for the next run in {shown_path(keys.file)}, which only this user can read.")
    speak.say(f"\nWhile `city serve` runs, sign in with one at {base}/ or ask:")
    asked = (
        (ENGINEER, "/v1/forecasts/congestion"),
        (ENGINEER, f"/v1/signals/plans/{day.signals.plan.plan_id}"),
        (DISPATCHER, "/v1/routes/plans"),
    )
    for person, path in asked:
        speak.say(f"  curl -s -H 'Authorization: Bearer {keys.texts[person]}' {base}{path}")
