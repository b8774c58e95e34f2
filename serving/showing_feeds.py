"""The health of feeds for a person: one line per feed, then what is wrong, since when, and what to do."""

from serving.desk import Desk
from serving.terminal import Column, Terminal
from serving.watching import Watch

_MOST_SHOWN = 30
COLUMNS = (
    Column("feed"),
    Column("quantity"),
    Column("series", number=True),
    Column("values", number=True),
    Column("step", "min", number=True),
    Column("delay", "min", number=True),
    Column("last value", "city time"),
    Column("findings", number=True),
)


def show_watch(speak: Terminal, watch: Watch, desk: Desk) -> None:
    zone = desk.zone()
    for sentence in watch.assumed:
        speak.note(sentence)
    speak.table(
        f"Feeds at {watch.now.astimezone(zone):%Y-%m-%d %H:%M}, judged over what came since "
        f"{watch.since.astimezone(zone):%Y-%m-%d}",
        COLUMNS,
        [
            (
                feed.feed,
                feed.quantity,
                feed.sensors,
                feed.values,
                feed.step_s // 60,
                feed.delay_s // 60,
                f"{feed.last_at.astimezone(zone):%Y-%m-%d %H:%M}",
                len(feed.findings),
            )
            for feed in watch.feeds
        ],
    )
    for feed in watch.feeds:
        if feed.not_judged:
            speak.note(feed.not_judged)
    for finding in watch.findings[:_MOST_SHOWN]:
        speak.say(finding.sentence, style="red")
        speak.say(f"  {finding.todo}")
    if len(watch.findings) > _MOST_SHOWN:
        speak.say(f"{len(watch.findings) - _MOST_SHOWN} more findings: `city watch feeds --json` lists all.")
    if not watch.feeds:
        speak.say("Nothing was imported in this time that could be watched.")
    elif not watch.findings:
        speak.say("Every feed is healthy.", style="green")
