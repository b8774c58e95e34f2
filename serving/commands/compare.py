"""`city compare`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, date_of, desk_of, terminal
from serving.terminal import answering


def compare(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option("--day", help="One local day, such as 2026-03-31; default: all that have news.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="From this day on; default: a week before the last compared day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold what was promised against what came: forecasts, routes, signals; then judge the declared measures.

    Made for every evening: what is as it was is not stored again, what came late makes a new version of its day.
    What was neither booked when it was issued nor when it was published is booked now. Trucks' tracks that are older
    than they may be kept are deleted at the end (CITY_TRACKS_KEPT_DAYS).

    Example: city compare --day 2026-03-31
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    one, first = date_of(day), date_of(since)
    with answering(speak):
        from serving.loop.comparing import comparable_days, compare_day
        from serving.loop.effects import judge_all
        from serving.loop.forgetting import forget_tracks
        from serving.showing_effects import show_effects
        from serving.showing_outcomes import show_day

        days = (one,) if one is not None else comparable_days(desk, since=first)
        found = [compare_day(desk, each, progress=speak.progress) for each in days]
        for outcome in found[-1:]:
            show_day(speak, outcome)
        if len(found) > 1:
            new = sum(bool(outcome.new) for outcome in found)
            speak.say(f"{len(found)} days from {days[0]} to {days[-1]} compared, {new} of them with something new.")
        if not found:
            speak.say(NOTHING)
        judged = judge_all(desk, progress=speak.progress)
        show_effects(speak, judged)
        forgotten = forget_tracks(desk)
        for sentence in forgotten:
            speak.note(sentence)
        said = [*forgotten, *([] if found else [NOTHING])]
        speak.answer({"days": found, "effects": judged, "said": said})


NOTHING = (
    "Nothing to compare yet: no day of which something was promised has news of what came. Import the day's counts, "
    "readings and tickets with `city import`, then compare again."
)
